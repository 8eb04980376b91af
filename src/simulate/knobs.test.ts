import { type Arbitrary, assert, constantFrom, integer, option, property, record } from "fast-check";
import { expect, test } from "vitest";
import { checkScenario, everyone, makeWorld, plainScenario, type Scenario, type World } from "./index.ts";

const theftKnobs = record({
  kind: constantFrom(
    "insider" as const,
    "stolen_account" as const,
    "outside_breach" as const,
    "none" as const,
  ),
  style: constantFrom(
    "own-queue" as const,
    "without-tickets" as const,
    "inside-tickets" as const,
    "borrowed-session" as const,
    "report-download" as const,
  ),
  thieves: integer({ min: 1, max: 5 }),
  perDay: option(integer({ min: 1, max: 300 })),
  total: option(integer({ min: 1, max: 500 })),
  bySearch: constantFrom(0, 0.4, 1),
  segment: record({
    language: constantFrom(null, "en", "es", "xx"),
    kind: constantFrom(null, "consumer" as const, "government" as const),
    olderThanDays: constantFrom(null, 100),
    hasTicket: constantFrom(false, true),
  }),
  fromDay: integer({ min: 0, max: 8 }),
  toDay: integer({ min: 0, max: 15 }),
});

const deskKnobs = record({
  seed: integer({ min: 0, max: 2 ** 40 }),
  customers: integer({ min: 200, max: 800 }),
  actors: integer({ min: 20, max: 40 }),
  days: integer({ min: 1, max: 12 }),
  ticketsPerShift: constantFrom(0, 1, 8),
  exportEveryDays: integer({ min: 0, max: 5 }),
  outage: option(record({ day: integer({ min: 0, max: 5 }), days: integer({ min: 1, max: 20 }) })),
  theft: theftKnobs,
  background: constantFrom("none" as const, "weekly" as const, "spike" as const),
  count: option(integer({ min: 0, max: 50 })),
});

type Knobs = typeof deskKnobs extends Arbitrary<infer Value> ? Value : never;

function worldOf(knobs: Knobs): World {
  const { seed, background, count, theft, ...rest } = knobs;
  const scenario: Scenario = {
    ...plainScenario,
    ...rest,
    theft: { ...plainScenario.theft, ...theft },
    reporting: { share: 0.2, count, delayDays: 1, fromDay: 1 },
    background: { kind: background, perWeek: 20, spike: { day: 2, days: 3, factor: 5, language: "en" } },
    robustness: {
      duplicateReports: 2,
      unknownCustomers: 1,
      maliciousFrame: { actor: null, reports: 2 },
      clockSkewHours: 1,
      unmeasured: 0.3,
    },
  };
  expect(checkScenario(scenario)).toBeNull();
  return makeWorld(scenario, seed);
}

/** What must hold of any desk, whatever the knobs. */
function wrongs(world: World): readonly string[] {
  const { accesses, truth, scenario, population, start, end } = world;
  const found: string[] = [];
  const say = (wrong: boolean, what: string): void => void (wrong && found.push(what));
  const rows = new Set<string>();
  for (let at = 0; at < accesses.count; at++) {
    say(accesses.time[at]! < start || accesses.time[at]! >= end, "a row outside the days");
    say(at > 0 && accesses.time[at]! < accesses.time[at - 1]!, "a row out of order");
    say(accesses.customer[at]! >= scenario.customers, "a row of nobody");
    rows.add(`${accesses.time[at]}/${accesses.actor[at]}/${accesses.customer[at]}`);
  }
  const { stolen } = truth;
  const thieves = new Set(truth.accounts);
  const isStolen = new Map<number, number>();
  for (let at = 0; at < stolen.count; at++) {
    const by = stolen.actor[at]!;
    say(isStolen.has(stolen.customer[at]!), "stolen twice");
    isStolen.set(stolen.customer[at]!, stolen.time[at]!);
    say(by >= 0 && !thieves.has(by), "a thief the truth doesn't name");
    say(by >= 0 && !rows.has(`${stolen.time[at]}/${by}/${stolen.customer[at]}`), "stolen without a row");
    say(
      population.created[stolen.customer[at]!]! * 86_400_000 + start > stolen.time[at]!,
      "stolen before joining",
    );
  }
  say(scenario.theft.total !== null && stolen.count > scenario.theft.total, "more stolen than wanted");
  for (const { origin, customer, called } of world.reports) {
    say(called >= end, "a call after the last day");
    say(origin === "leak" && !(isStolen.get(customer)! < called), "a leak report without a theft before");
  }
  return [...new Set(found)];
}

test("whatever the knobs say, the truth is in the rows and nothing comes before its cause", () => {
  let stolen = 0;
  let leaks = 0;
  assert(
    property(deskKnobs, (knobs) => {
      const world = worldOf(knobs);
      expect(wrongs(world)).toEqual([]);
      stolen += world.truth.stolen.count;
      leaks += world.reports.filter((report) => report.origin === "leak").length;
    }),
    { numRuns: 150, seed: 20_190_801 },
  );
  // The property would hold of desks where nothing happens, too.
  expect(stolen).toBeGreaterThan(1000);
  expect(leaks).toBeGreaterThan(100);
});

test("a theft of a segment nobody is in steals nothing and still is a desk", () => {
  const theft = {
    ...plainScenario.theft,
    kind: "insider",
    thieves: 1,
    total: 50,
    toDay: 10,
    segment: { ...everyone, language: "xx" },
  } as const;
  const world = makeWorld({ ...plainScenario, customers: 500, actors: 20, days: 10, theft }, 1);
  expect(world.truth.stolen.count).toBe(0);
  expect(world.truth.accounts).toEqual([]);
});
