import { mkdtemp, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { type Refusal, isRefusal } from "../../base/index.ts";
import { type ActorId, parseActorId } from "../../domain/index.ts";
import { type Desk, type TraceAnswer, always, openDesk, readReports } from "../../serve/index.ts";
import { demoScenario, writeDesk } from "../../simulate/index.ts";
import { type ExitCode, type Invocation, printJson, refuse } from "../invocation.ts";
import { writePage } from "../pages/write.ts";
import { progress } from "../terminal/progress.ts";
import { paint } from "../terminal/screen.ts";
import { count, percent, table } from "../terminal/table.ts";
import { demoPidFile, demoPrefix, removeDemos } from "./demo-folders.ts";
import { type GatewayTold, gatewayChapters } from "./demo-gateway.ts";
import { traceText } from "./trace.ts";

interface DemoOptions {
  readonly once?: boolean;
  readonly seed?: number;
}

/** The desk that the README's picture was made from. */
const seedByDefault = 2019;

interface Told {
  readonly folder: string;
  readonly truth: Truth;
  readonly answer: TraceAnswer;
  readonly named: { readonly actor: string; readonly after: number } | null;
  readonly scope: {
    readonly customers: number;
    readonly unexplained: number;
    readonly stolen: number;
    readonly found: number;
  };
  readonly report: string;
  readonly gateway: GatewayTold | null;
}

interface Truth {
  readonly accounts: readonly string[];
  readonly stolen: readonly { readonly customer: string }[];
}

/** `whosaw demo`: the founding case of 2019, real code on simulated input, in a folder of its own. */
export async function demoCommand(invocation: Invocation, options: DemoOptions): Promise<ExitCode> {
  const story = new Story(invocation, options.once === true);
  try {
    const told = await tell(story, options.seed ?? seedByDefault);
    if (isRefusal(told)) return refuse(invocation, told);
    if (invocation.options.json) printJson(invocation.screen, summary(told));
    return 0;
  } finally {
    story.end();
  }
}

async function tell(story: Story, seed: number): Promise<Told | Refusal> {
  const removed = await removeDemos(tmpdir());
  if (removed > 0)
    story.say(
      `${removed} ${removed === 1 ? "folder" : "folders"} of earlier demos in ${tmpdir()} removed.\n`,
    );
  const folder = await mkdtemp(join(tmpdir(), demoPrefix));
  await writeFile(join(folder, demoPidFile), `${process.pid}\n`);
  const input = join(folder, "desk");
  await mkdir(input);
  await story.chapter(
    "The desk",
    `A security company with ${count(demoScenario.customers)} customers and ${demoScenario.actors} support people, from ${demoScenario.start} on for ${demoScenario.days} days.\n` +
      "It is simulated, after the case of 2019; the program that you run on it is the real one, and doesn't see the truth.",
  );
  const making = story.bar("simulating the desk");
  await writeDesk(demoScenario, seed, input, { onProgress: ({ day, days }) => making.update(day, days) });
  making.end();
  const truth = JSON.parse(await readFile(join(input, "truth.json"), "utf8")) as Truth;
  const data = join(folder, "data");
  const desk = await openDesk({ data, clock: story.invocation.clock, onEvent: (text) => story.say(text) });
  if (isRefusal(desk)) return desk;
  const told = await investigate(story, desk, { folder, input, truth }).finally(() => desk.close());
  if (isRefusal(told)) return told;
  const gateway = await gatewayChapters(story, folder, story.invocation.clock);
  // A machine that can't run a PostgreSQL of its own has seen the rest.
  if (isRefusal(gateway)) story.say(`${gateway.what}\n  ${gateway.todo}`);
  return { ...told, gateway: isRefusal(gateway) ? null : gateway };
}

interface Scene {
  readonly folder: string;
  readonly input: string;
  readonly truth: Truth;
}

async function investigate(
  story: Story,
  desk: Desk,
  { folder, input, truth }: Scene,
): Promise<Told | Refusal> {
  const importing = story.bar("importing");
  const imported = await desk.importPaths([input], {
    onProgress: ({ bytes, total }) => importing.update(bytes, total),
  });
  importing.end();
  if (isRefusal(imported)) return imported;
  story.say(
    table(
      [{ heading: "table" }, { heading: "imported", align: "right" }],
      imported.tables.map((row) => [row.table, count(row.imported)]),
    ),
  );
  const file = await readReports(join(input, "reports.csv"));
  if (isRefusal(file)) return file;
  const reports = [...file.reports].sort((a, b) => a.time - b.time);
  await story.chapter(
    "Customers report scam calls",
    "The callers know names, e-mail addresses and ticket numbers. Each report is traced as it comes in. A leak at all? A hack, a stolen account, an insider?",
  );
  let named: Told["named"] = null;
  let answer: TraceAnswer | null = null;
  for (let n = 1; n <= reports.length; n++) {
    answer = await desk.trace(reports.slice(0, n), always);
    const first = answer.accounts[0];
    story.say(reportLine(story, reports[n - 1], answer));
    if (named === null && first !== undefined && ["insider", "stolen_account"].includes(answer.verdict)) {
      named = { actor: first.actor, after: n };
      break;
    }
  }
  if (answer === null)
    return {
      kind: "refusal",
      code: "input",
      what: "this desk has no reports",
      todo: "Choose another --seed.",
    };
  story.say("");
  story.say(traceText(story.invocation.screen, answer));
  const report = join(folder, "report.html");
  await writePage(
    { ...story.invocation, options: { ...story.invocation.options, quiet: true } },
    report,
    () => desk.traceReport(answer),
  );
  const scope = await tellScope(story, desk, {
    truth,
    actor: parseActorId(named?.actor ?? truth.accounts[0] ?? ""),
  });
  await story.chapter("Where to go on", `${scopeHint(folder, desk, named?.actor)}\n  the report:  ${report}`);
  return { folder, truth, answer, named, scope, report, gateway: null };
}

function reportLine(
  story: Story,
  report: { customer: string; time: number } | undefined,
  answer: TraceAnswer,
): string {
  const first = answer.accounts[0];
  const who = first === undefined ? "nobody stands out" : `${first.actor} ${percent(first.probability)}`;
  const verdict =
    answer.verdict === "undetermined"
      ? "undetermined"
      : paint(story.invocation.screen, "bold", answer.verdict.replace("_", " "));
  const needed =
    answer.verdict === "undetermined" && answer.reportsNeeded !== null
      ? `; about ${answer.reportsNeeded} more needed`
      : "";
  return `  ${new Date(report?.time ?? 0).toISOString().slice(0, 10)}  report ${String(answer.reports.given).padStart(2)} by ${report?.customer ?? ""}: ${verdict}${needed}  (${who})`;
}

async function tellScope(
  story: Story,
  desk: Desk,
  { truth, actor }: { readonly truth: Truth; readonly actor: ActorId | null },
): Promise<Told["scope"]> {
  if (actor === null) return { customers: 0, unexplained: 0, stolen: truth.stolen.length, found: 0 };
  const question = { actor, unexplainedOnly: true, ...always };
  const scope = await desk.scope({ ...question, unexplainedOnly: false });
  const exposed = new Set<string>();
  let header = true;
  for await (const line of desk.scopeCsv({ ...question, unexplainedOnly: false })) {
    if (!header) exposed.add(line.slice(0, line.indexOf(",")));
    header = false;
  }
  const stolen = new Set(truth.stolen.map(({ customer }) => customer));
  const found = [...stolen].filter((customer) => exposed.has(customer)).length;
  await story.chapter(
    "Exactly who was exposed",
    table(
      [{ heading: `through ${actor}` }, { heading: "customers", align: "right" }],
      [
        ["seen at all", count(scope.customers)],
        ["seen without an explanation", count(scope.unexplained)],
        ["truth: stolen", count(stolen.size)],
        ["  of these, in the scope", count(found)],
      ],
    ) +
      (scope.notExposed.length > 0
        ? `Not exposed through this account: ${scope.notExposed.join(", ")}.`
        : ""),
  );
  return { customers: scope.customers, unexplained: scope.unexplained, stolen: stolen.size, found };
}

function scopeHint(folder: string, desk: Desk, actor: string | undefined): string {
  const who = actor ?? "ACTOR";
  return [
    `Everything lies in ${folder}, until the next demo. Try:`,
    `  bin/whosaw --data ${desk.data} actor ${who}`,
    `  bin/whosaw --data ${desk.data} scope --actor ${who} --unexplained --out exposed.csv`,
    `  bin/whosaw --data ${desk.data} trace --reports ${join(folder, "desk", "reports.csv")}`,
  ].join("\n");
}

function summary(told: Told): object {
  return {
    folder: told.folder,
    report: told.report,
    verdict: told.answer.verdict,
    named: told.named,
    truth: { accounts: told.truth.accounts, stolen: told.truth.stolen.length },
    scope: told.scope,
    gateway: told.gateway,
  };
}

/** Tells chapters, and between them waits for Enter where somebody sits at the terminal and did not say --once. */
class Story {
  readonly invocation: Invocation;
  readonly #prompt: ReturnType<typeof createInterface> | null;
  #chapters = 0;

  constructor(invocation: Invocation, once: boolean) {
    this.invocation = invocation;
    const somebodyThere = process.stdin.isTTY && process.stdout.isTTY && !once && !invocation.options.json;
    this.#prompt = somebodyThere ? createInterface({ input: process.stdin, output: process.stderr }) : null;
  }

  readonly chapter = async (title: string, text: string): Promise<void> => {
    if (this.#chapters++ > 0 && this.#prompt !== null) await this.#prompt.question("\n[Enter] ");
    this.say(`\n${paint(this.invocation.screen, "bold", title)}\n${text}\n`);
  };

  /** With --json the story goes to stderr, so that stdout holds the one document. */
  readonly say = (text: string): void => {
    const { screen, options } = this.invocation;
    if (!options.json) screen.out(`${text}\n`);
    else if (!options.quiet) screen.err(`${text}\n`);
  };

  bar(label: string): ReturnType<typeof progress> {
    const { screen, options, clock } = this.invocation;
    return progress(screen, label, { quiet: options.quiet, clock });
  }

  end(): void {
    this.#prompt?.close();
  }
}
