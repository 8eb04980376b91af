import { expect, test } from "vitest";
import { bit, type FullReport, makeWorld, plainScenario, type Scenario, type World } from "./index.ts";

const day = 86_400_000;
const base: Scenario = {
  ...plainScenario,
  customers: 6000,
  actors: 60,
  days: 90,
  exportEveryDays: 0,
  theft: { ...plainScenario.theft, kind: "insider", thieves: 1, total: 500, fromDay: 5, toDay: 70 },
  reporting: { share: 0, count: 25, delayDays: 10, fromDay: 40 },
};

const of = (world: World, origin: FullReport["origin"]): readonly FullReport[] =>
  world.reports.filter((report) => report.origin === origin);

function stolenAt(world: World): ReadonlyMap<number, { readonly time: number; readonly fields: number }> {
  const { stolen } = world.truth;
  return new Map(
    Array.from({ length: stolen.count }, (_, at) => [
      stolen.customer[at]!,
      { time: stolen.time[at]!, fields: stolen.fields[at]! },
    ]),
  );
}

const world = makeWorld(base, 1);

test("leak reports are as many as asked, of stolen customers, after the theft, knowing only what was stolen", () => {
  const stolen = stolenAt(world);
  const leaks = of(world, "leak");
  expect(leaks).toHaveLength(25);
  expect(new Set(leaks.map((report) => report.customer)).size).toBe(25);
  for (const report of leaks) {
    const theft = stolen.get(report.customer)!;
    expect(report.called).toBeGreaterThan(theft.time + day);
    expect(report.called).toBeGreaterThan(world.start + 40 * day);
    expect(report.called).toBeLessThan(world.end);
    expect(report.knew & ~theft.fields).toBe(0);
    expect(world.truth.accounts).toContain(report.account);
  }
});

test("reports come in the order told", () => {
  const times = world.reports.map((report) => report.time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("with a share instead of a count, about that share of the stolen report", () => {
  const many = {
    ...base,
    theft: { ...base.theft, total: 2000 },
    reporting: { ...base.reporting, count: null, share: 0.1 },
  };
  const told = of(makeWorld(many, 2), "leak").length;
  expect(told).toBeGreaterThan(140);
  expect(told).toBeLessThan(260);
});

test("background callers know little, and never a ticket number", () => {
  const ordinary = makeWorld({ ...base, background: { ...base.background, perWeek: 40 } }, 3);
  const reports = of(ordinary, "background");
  // 40 a week for 90 days is 514; five standard deviations each way.
  expect(Math.abs(reports.length - 514)).toBeLessThan(114);
  expect(reports.some((report) => (report.knew & (bit.ticket | bit.address)) !== 0)).toBe(false);
});

test("without a background nobody is called but those whose data leaked", () => {
  const silent = makeWorld({ ...base, background: { ...base.background, kind: "none" } }, 3);
  expect(silent.reports).toHaveLength(25);
});

test("a campaign multiplies the calls of its days, in its language", () => {
  const spike = { day: 50, days: 7, factor: 20, language: "ja" };
  const it = makeWorld({ ...base, background: { kind: "spike", perWeek: 6, spike } }, 3);
  const inside = of(it, "background").filter(
    ({ called }) => called >= it.start + 50 * day && called < it.start + 57 * day,
  );
  expect(inside.length).toBeGreaterThan(70);
  const japanese = inside.filter((report) => it.population.language[report.customer] === 1);
  expect(japanese.length / inside.length).toBeGreaterThan(0.85);
});

const mean = (column: ArrayLike<number>, list: readonly number[]): number =>
  list.reduce((sum, customer) => sum + column[customer]!, 0) / list.length;

test("whoever has a phone number and much contact is called, and tells, more than others", () => {
  const loud = makeWorld({ ...base, background: { ...base.background, perWeek: 100 } }, 4);
  const called = of(loud, "background").map((report) => report.customer);
  const all = Array.from({ length: base.customers }, (_, at) => at);
  expect(mean(loud.population.phone, called)).toBeGreaterThan(mean(loud.population.phone, all) + 0.1);
  expect(mean(loud.population.contacts, called)).toBeGreaterThan(1.3 * mean(loud.population.contacts, all));
});

test("an unmeasured cause drives both contact and calls beyond what is recorded", () => {
  const hidden = { ...base.robustness, unmeasured: 0.8 };
  const it = makeWorld({ ...base, robustness: hidden, background: { ...base.background, perWeek: 100 } }, 4);
  const cause = it.population.hidden!;
  const average = (list: readonly number[]): number =>
    list.reduce((sum, c) => sum + cause[c]!, 0) / list.length;
  const silent = Array.from({ length: base.customers }, (_, at) => at).filter(
    (c) => it.population.contacts[c] === 0,
  );
  const busy = Array.from({ length: base.customers }, (_, at) => at).filter(
    (c) => it.population.contacts[c]! > 8,
  );
  const calledSilent = of(it, "background")
    .map((r) => r.customer)
    .filter((c) => it.population.contacts[c] === 0);
  expect(average(busy)).toBeGreaterThan(1.3 * average(silent));
  // Among customers alike in contact, the called still differ in the cause: that is what breaks the matching.
  expect(average(calledSilent)).toBeGreaterThan(1.2 * average(silent));
});

test("duplicates, strangers and malicious reports are as many as asked and told as such", () => {
  const robustness = {
    ...base.robustness,
    duplicateReports: 6,
    unknownCustomers: 3,
    maliciousFrame: { actor: null, reports: 5 },
  };
  const it = makeWorld({ ...base, robustness }, 5);
  for (const report of of(it, "duplicate")) {
    const original = it.reports[report.duplicateOf]!;
    expect(original.customer).toBe(report.customer);
    expect(original.origin).not.toBe("duplicate");
    expect(original.time).toBeLessThanOrEqual(report.time);
  }
  expect(of(it, "duplicate")).toHaveLength(6);
  expect(of(it, "unknown").map((report) => report.customer >= base.customers)).toEqual([true, true, true]);
  const { framed } = it.truth;
  expect(it.truth.accounts).not.toContain(framed);
  expect(of(it, "malicious")).toHaveLength(5);
  for (const report of of(it, "malicious")) {
    const read = it.accesses.customer.some(
      (customer, at) =>
        customer === report.customer &&
        it.accesses.actor[at] === framed &&
        it.accesses.time[at]! <= report.called,
    );
    expect(read).toBe(true);
  }
});

test("the account to frame can be named", () => {
  const robustness = { ...base.robustness, maliciousFrame: { actor: 3, reports: 2 } };
  expect(makeWorld({ ...base, robustness }, 5).truth.framed).toBe(3);
});

test("a skewed clock moves what is told by hours, not what happened", () => {
  const it = makeWorld({ ...base, robustness: { ...base.robustness, clockSkewHours: 6 } }, 5);
  const off = it.reports.map((report) => Math.abs(report.time - report.called));
  expect(Math.max(...off)).toBeLessThanOrEqual(6 * 3_600_000);
  expect(Math.max(...off)).toBeGreaterThan(2 * 3_600_000);
});
