import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evidenceInMemory, firstReads } from "../../bench/trace/memory.ts";
import { insertWorld } from "../../bench/trace/insert.ts";
import { tellsAll, type Telling } from "../../bench/trace/telling.ts";
import { deskOfWorld, reportsOfWorld } from "../../bench/trace/world.ts";
import { isRefusal } from "../base/index.ts";
import type { Instant } from "../domain/index.ts";
import { always, refreshExplanations } from "../explain/index.ts";
import { customerText, makeWorld, plainScenario, type Scenario, type World } from "../simulate/index.ts";
import { openStore, type Store } from "../store/index.ts";
import {
  defaultSettings,
  evidenceFromStore,
  type GivenReport,
  isReachFresh,
  refreshReach,
  traceReports,
  type UsedReport,
} from "./index.ts";

const scenario: Scenario = {
  ...plainScenario,
  customers: 4000,
  actors: 30,
  days: 70,
  theft: {
    ...plainScenario.theft,
    kind: "insider",
    style: "without-tickets",
    segment: { ...plainScenario.theft.segment, language: "en" },
    thieves: 1,
    perDay: 4,
    total: null,
    bySearch: 0.2,
    fromDay: 10,
    toDay: 45,
  },
  reporting: { share: 0, count: 24, delayDays: 6, fromDay: 12 },
  background: { kind: "weekly", perWeek: 2, spike: { day: 0, days: 0, factor: 1, language: null } },
  robustness: { ...plainScenario.robustness, duplicateReports: 3, unknownCustomers: 2 },
};

// Every seventh access showed masked values only, whoever made it.
const telling: Telling = { ...tellsAll, masked: (access) => access % 7 === 0 };
const bare: Telling = { ...telling, addresses: false, tickets: false, actors: false };
const folders: string[] = [];
let store: Store;
let bareStore: Store;
let world: World;
let given: readonly GivenReport[];

async function storeOf(told: Telling): Promise<Store> {
  const data = mkdtempSync(join(tmpdir(), "whosaw-trace-"));
  folders.push(data);
  const opened = await openStore({ data });
  if (isRefusal(opened)) throw new Error(opened.what);
  await insertWorld(opened, world, told);
  await refreshExplanations(opened);
  await refreshReach(opened);
  return opened;
}

beforeAll(async () => {
  world = makeWorld(scenario, 5);
  store = await storeOf(telling);
  bareStore = await storeOf(bare);
  given = reportsOfWorld(world).map(({ customer, time, knew }) => ({
    customer: customer < 0 ? "nobody-we-know" : customerText(customer),
    time,
    knew,
  }));
});

afterAll(async () => {
  await store.close();
  await bareStore.close();
  for (const data of folders) rmSync(data, { recursive: true, force: true });
});

/** Strata have names for people in the store's evidence only. */
function nameless(report: UsedReport): UsedReport {
  return { ...report, stratum: "" };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

describe("the evidence", () => {
  it.each([
    ["with tickets and addresses", telling],
    ["without tickets, addresses and a table of actors", bare],
  ])(
    "counted by SQL over the store is the evidence counted in memory, to the last count, %s",
    async (_, told) => {
      const asked = {
        settings: defaultSettings,
        span: always,
        suffix: "",
        matchedMax: 1_000_000,
        canaries: new Set<string>(),
      };
      const counted = await evidenceFromStore(told === bare ? bareStore : store, given, asked);
      const desk = deskOfWorld(world, told);
      const oracle = evidenceInMemory(desk, firstReads(desk), reportsOfWorld(world), defaultSettings);
      expect(counted.intake).toEqual(oracle.intake);
      expect(oracle.intake.duplicates).toBeGreaterThan(0);
      expect(counted.intake.unknownCustomer).toBe(2);
      expect(counted.contactFrom).toBe(told.tickets ? "tickets" : "reads");
      expect(counted.contactFrom).toBe(oracle.contactFrom);
      expect(counted.sessionsUnknown).toEqual(oracle.sessionsUnknown);
      expect(counted.reports.map(nameless)).toEqual(oracle.reports.map(nameless));
      const sorted = [...oracle.channels].sort((a, b) =>
        a.actor < b.actor ? -1 : a.actor > b.actor ? 1 : 0,
      );
      expect(counted.channels).toEqual(sorted);
      expect(new Set(counted.channels.map(({ kind }) => kind)).size).toBe(told.addresses ? 3 : 2);
      expect(counted.reaches).toEqual(oracle.reaches);
      expect([counted.customers, counted.accounts]).toEqual([oracle.customers, oracle.accounts]);
      expect([...counted.segments].sort(byName)).toEqual([...oracle.segments].sort(byName));
    },
  );

  it("from a sample of the matched customers names the same account as from all of them", async () => {
    const answer = await traceReports(store, given);
    const [top] = answer.accounts;
    expect(top?.actor).toBe(world.actors[world.truth.accounts[0] ?? -1]?.id);
    expect(answer.verdict).toBe("insider");
    expect(top?.probability).toBeGreaterThan(0.9);
  });

  it("takes a canary in that no table has, and says of every report whether it is one", async () => {
    const [first] = given;
    const invented = { customer: "a-canary", time: first?.time ?? 0, knew: ["name"] };
    expect((await traceReports(store, [invented])).reports).toMatchObject({ used: 0, unknownCustomer: 1 });
    const answer = await traceReports(store, [invented], { canaries: new Set(["a-canary"]) });
    expect(answer.used).toMatchObject([{ customer: "a-canary", canary: true }]);
    expect(answer.verdict).toBe("outside_breach");
    const read = given.find(({ customer }) => customer !== null && customer !== "nobody-we-know");
    const one = await traceReports(store, [read ?? invented], {
      canaries: new Set([read?.customer ?? ""]),
    });
    // Several had read this customer: one of them, whoever it was.
    expect(one.hypotheses.insider + one.hypotheses.stolen_account).toBeGreaterThan(0.9);
  });

  it("is fresh after it was built and stale after the next import", async () => {
    expect(await isReachFresh(store)).toBe(true);
    await store.insert("imports", [
      { import: 9, file: "more.csv", table: "accesses", started: 0, finished: 0 },
    ]);
    expect(await isReachFresh(store)).toBe(false);
    await store.command("ALTER TABLE imports DELETE WHERE import = 9 SETTINGS mutations_sync = 2");
  });

  it("of a part of time holds only the reads in it", async () => {
    const span = { since: (world.start + 50 * 86_400_000) as Instant, until: world.end as Instant };
    const answer = await traceReports(store, given, { span });
    const reads = answer.accounts.flatMap((account) => account.reads);
    expect(reads.every(({ first }) => Date.parse(first) >= span.since)).toBe(true);
    // The theft was over by then: nobody may be named for it.
    expect(answer.accounts.every(({ probability }) => probability < 0.9)).toBe(true);
  });
});
