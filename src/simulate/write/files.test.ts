import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actions, parseInstant, tableNames, tables } from "../../domain/index.ts";
import { makeWorld, plainScenario, type Scenario, type World, writeDesk, type Written } from "../index.ts";
import { customerText, eventNames, ipText, maskTexts, sessionText, ticketText } from "../text.ts";

const desk: Scenario = {
  ...plainScenario,
  customers: 2000,
  actors: 40,
  days: 40,
  theft: { ...plainScenario.theft, kind: "insider", thieves: 2, total: 90, fromDay: 3, toDay: 30 },
  reporting: { share: 0, count: 8, delayDays: 4, fromDay: 5 },
  robustness: { ...plainScenario.robustness, duplicateReports: 2, unknownCustomers: 1 },
};

let folder = "";
let written: Written;
let world: World;
const progress: number[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-simulate-"));
  written = await writeDesk(desk, 11, join(folder, "csv"), {
    onProgress: (at) => progress.push(at.accesses),
  });
  await writeDesk(desk, 11, join(folder, "jsonl"), { format: "jsonl" });
  world = makeWorld(desk, 11);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Cells = { readonly [column: string]: string };

async function table(name: string): Promise<readonly Cells[]> {
  return parse(await readFile(join(folder, "csv", `${name}.csv`)), { columns: true }) as readonly Cells[];
}

const time = (text: string | undefined): number => parseInstant(text ?? "") ?? Number.NaN;

test("the accesses on disk are the accesses in memory", async () => {
  const rows = await table("accesses");
  const { accesses, actors } = world;
  expect(rows).toHaveLength(accesses.count);
  expect(written.accesses).toBe(accesses.count);
  const inMemory = rows.map((row, at) => {
    const actor = actors[accesses.actor[at]!]!;
    return {
      time: time(row["time"]) === accesses.time[at] ? row["time"] : "another time",
      actor: actor.id,
      customer: customerText(accesses.customer[at]!),
      fields: maskTexts[accesses.fields[at]!],
      action: actions[accesses.action[at]!],
      ticket: ticketText(accesses.ticket[at]!),
      session: sessionText(accesses.session[at]!),
      ip: ipText(accesses.ip[at]!),
      source: actor.kind === "service" ? "job" : "desk",
    };
  });
  expect(rows).toEqual(inMemory);
});

test("so are tickets and their events", async () => {
  const tickets = new Map((await table("tickets")).map((row) => [row["id"], row]));
  expect([tickets.size, written.tickets]).toEqual([world.tickets.length, world.tickets.length]);
  for (const ticket of world.tickets) {
    const row = tickets.get(ticketText(ticket.id))!;
    expect(row["customer"]).toBe(customerText(ticket.customer));
    expect(time(row["opened"])).toBe(ticket.opened);
    expect(row["closed"] === "" ? null : time(row["closed"])).toBe(ticket.closed);
    const ids = ticket.assignees.map((actor) => world.actors[actor]!.id);
    expect(row["assignee"]!.split(";").sort()).toEqual([...new Set(ids)].sort());
  }
  const events = await table("ticket_events");
  expect(events).toHaveLength(world.events.count);
  for (const [at, row] of events.entries()) {
    const event = world.events.row(at);
    expect([time(row["time"]), row["ticket"], row["actor"], row["event"]]).toEqual([
      event.time,
      ticketText(event.ticket),
      world.actors[event.actor]!.id,
      eventNames[event.event],
    ]);
  }
});

test("customers, actors and reports too, and ids agree across the tables", async () => {
  const customers = await table("customers");
  expect(customers).toHaveLength(desk.customers);
  for (const [at, row] of customers.entries()) {
    expect(row["language"]).toBe(desk.languages[world.population.language[at]!]!.code);
    expect(row["has_phone"]).toBe(world.population.phone[at] === 1 ? "yes" : "no");
    expect(time(row["created"])).toBe(world.start + world.population.created[at]! * 86_400_000);
  }
  const actors = await table("actors");
  expect(actors.map((row) => row["id"])).toEqual(world.actors.map((actor) => actor.id));
  const reports = await table("reports");
  expect(reports.map((row) => [row["customer"], time(row["time"]), row["knew"]])).toEqual(
    world.reports.map((report) => [customerText(report.customer), report.time, maskTexts[report.knew]]),
  );
  const known = new Set(customers.map((row) => row["id"]));
  expect(reports.filter((row) => !known.has(row["customer"]))).toHaveLength(
    world.reports.filter((report) => report.customer >= desk.customers).length,
  );
});

interface TruthFile {
  readonly kind: string;
  readonly accounts: readonly string[];
  readonly seed: number;
  readonly stolenCount: number;
  readonly reports: readonly {
    readonly origin: string;
    readonly customer: string;
    readonly account: string | null;
  }[];
  readonly stolen: readonly {
    readonly customer: string;
    readonly time: string;
    readonly actor: string;
    readonly fields: readonly string[];
  }[];
}

test("truth.json says what the world's truth says, and each theft is a row of accesses.csv", async () => {
  const truth = JSON.parse(await readFile(join(folder, "csv", "truth.json"), "utf8")) as TruthFile;
  expect([truth.kind, truth.seed, truth.stolenCount]).toEqual(["insider", 11, world.truth.stolen.count]);
  expect(truth.accounts).toEqual(world.truth.accounts.map((account) => world.actors[account]!.id));
  expect(truth.reports.map((report) => report.origin)).toEqual(world.reports.map((report) => report.origin));
  const rows = new Set(
    (await table("accesses")).map((row) => `${row["time"]} ${row["actor"]} ${row["customer"]}`),
  );
  expect(truth.stolen).toHaveLength(truth.stolenCount);
  expect(truth.stolen.length).toBeGreaterThan(80);
  for (const each of truth.stolen) expect(rows.has(`${each.time} ${each.actor} ${each.customer}`)).toBe(true);
});

test("JSON Lines say the same as CSV, with lists as lists and nothing for what isn't there", async () => {
  for (const name of tableNames) {
    const lines = (await readFile(join(folder, "jsonl", `${name}.jsonl`), "utf8")).trimEnd().split("\n");
    const said = lines.map((line) => {
      const members = Object.entries(
        JSON.parse(line) as { readonly [column: string]: string | readonly string[] },
      );
      const cells = members.map(([column, cell]) => [
        column,
        typeof cell === "string" ? cell : cell.join(";"),
      ]);
      return Object.fromEntries(cells.filter(([, cell]) => cell !== "")) as Cells;
    });
    const present = (await table(name)).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")),
    );
    expect(said).toEqual(present);
  }
});

test("every table has the contract's required columns first, and no column the contract doesn't have but segments", async () => {
  for (const name of tableNames) {
    const header = (await readFile(join(folder, "csv", `${name}.csv`), "utf8")).split("\n")[0]!.split(",");
    const { required, optional } = tables[name];
    expect(header.slice(0, required.length)).toEqual(required);
    const further = header.filter((column) => ![...required, ...optional].includes(column));
    expect(further).toEqual(name === "customers" ? ["product", "has_phone"] : []);
  }
});

test("progress counts up to all rows", () => {
  expect(progress.at(-1)).toBe(written.accesses);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
});
