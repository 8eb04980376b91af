import { join } from "node:path";
import { type Clock, type Refusal, isRefusal, makeFolder, refusal } from "../../base/index.ts";
import type { ActorId, CustomerId } from "../../domain/index.ts";
import { always, openDesk, openTrial, suspendActor, type Trial } from "../../serve/index.ts";
import { count } from "../terminal/table.ts";

/** Tells, and waits between chapters where somebody sits there. */
export interface Teller {
  readonly chapter: (title: string, text: string) => Promise<void>;
  readonly say: (text: string) => void;
}

/** What came of the demo's gateway. */
export interface GatewayTold {
  readonly data: string;
  readonly refused: readonly string[];
  readonly thief: { readonly actor: string; readonly read: number; readonly scope: number };
  readonly suspendedMillis: number | null;
}

const trialCustomers = 20_000;
/** Customers that the thief takes, and how many a page. */
const stolen = 2_000;
const page = 100;

/** A help desk in PostgreSQL with the gateway in front: masks, tickets, refusals, a theft on record and its end. */
export async function gatewayChapters(
  teller: Teller,
  folder: string,
  clock: Clock,
): Promise<GatewayTold | Refusal> {
  const own = join(folder, "gateway");
  makeFolder(own, 0o700);
  teller.say(
    `Starting PostgreSQL 18 with a help desk of ${count(trialCustomers)} customers, and the gateway in front of it ...`,
  );
  const trial = await openTrial({ folder: own, customers: trialCustomers, clock, onEvent: teller.say });
  if (isRefusal(trial)) return trial;
  try {
    return await tell(teller, trial, clock);
  } catch (error) {
    return refusal(
      "connection",
      error instanceof Error ? error.message : String(error),
      "Run the demo again.",
    );
  } finally {
    await trial.close();
  }
}

async function tell(teller: Teller, trial: Trial, clock: Clock): Promise<GatewayTold | Refusal> {
  const agent = trial.as("agent-0001");
  const thief = trial.as("lead-1");
  try {
    const mine = await agent.ask("select id, name, phone from customers order by id limit 3");
    await teller.chapter(
      "The gateway",
      "A support agent sees the customers of the tickets that are the agent's own, and of their phone numbers the last digits:\n" +
        `${mine.map(([id, name, phone]) => `  ${id ?? ""}  ${name ?? ""}  ${phone ?? ""}`).join("\n")}\n\n` +
        `Try it: PGPASSWORD=${trial.password} psql -h 127.0.0.1 -p ${trial.port} -U agent-0001 ${trial.database}`,
    );
    const refused = await evasions(teller, agent.ask);
    await answerFor(teller, trial, clock, mine[0]?.[0] ?? "");
    const read = await steal(thief.ask);
    return await stop(teller, trial, { clock, refused, read });
  } finally {
    agent.close();
    thief.close();
  }
}

const attempts = [
  "select query_to_xml('select phone from customers', true, true, '')",
  "create table scratch.mine as select * from customers",
  "copy customers to program 'cat'",
];

async function evasions(teller: Teller, ask: (sql: string) => Promise<unknown>): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const sql of attempts) {
    const said = await ask(sql).then(
      () => "answered",
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        return `refused${/ \([0-9A-Z]{5}\)/.exec(text)?.[0] ?? `: ${text}`}, and on record`;
      },
    );
    if (said !== "answered") refused.push(sql);
    teller.say(`  ${sql}\n    ${said}`);
  }
  return refused;
}

async function answerFor(teller: Teller, trial: Trial, clock: Clock, customer: string): Promise<void> {
  const desk = await openDesk({ data: trial.data, clock, onEvent: teller.say });
  if (isRefusal(desk)) return teller.say(desk.what);
  const { sightings } = await desk.whoSaw(customer as CustomerId, always);
  await desk.close();
  const lines = sightings.map(
    ({ time, actor, fields, masked, explanation, receipt }) =>
      `  ${time}  ${actor}  ${fields.join(", ")}; masked: ${masked.join(", ")}; ${explanation === null ? "unexplained" : `${explanation.kind}, ticket ${explanation.ticket}`}; entry ${receipt?.index ?? ""}`,
  );
  await teller.chapter(`Who saw customer ${customer}`, lines.join("\n"));
}

/** An account with broad rights leafs through the customers, as the employee of 2019 did. */
async function steal(ask: (sql: string) => Promise<readonly unknown[]>): Promise<number> {
  let read = 0;
  for (let from = 0; from < stolen; from += page)
    read += (await ask(`select name, email, phone from customers order by id limit ${page} offset ${from}`))
      .length;
  return read;
}

async function stop(
  teller: Teller,
  trial: Trial,
  {
    clock,
    refused,
    read,
  }: { readonly clock: Clock; readonly refused: readonly string[]; readonly read: number },
): Promise<GatewayTold | Refusal> {
  const actor = "lead-1" as ActorId;
  const desk = await openDesk({ data: trial.data, clock, onEvent: teller.say });
  if (isRefusal(desk)) return desk;
  const scope = await desk.scope({ actor, unexplainedOnly: true, ...always });
  await desk.close();
  const suspended = await suspendActor({ data: trial.data, actor, reason: "the demo's thief", clock });
  if (isRefusal(suspended)) return suspended;
  await teller.chapter(
    "A theft through the gateway, and its end",
    `lead-1, who may see everybody, leafs through ${count(read)} customers. On record, without a reason: ${count(scope.unexplained)} customers.\n` +
      `Suspended: ${suspended.ended} session cut, a probe's login ${suspended.probe?.outcome ?? "not tried"}, in ${suspended.millis ?? 0} ms.`,
  );
  return {
    data: trial.data,
    refused,
    thief: { actor, read, scope: scope.unexplained },
    suspendedMillis: suspended.millis,
  };
}
