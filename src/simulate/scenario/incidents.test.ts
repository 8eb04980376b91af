import { expect, test } from "vitest";
import { demoScenario, scenario, scenarioNames } from "./incidents.ts";
import { checkScenario, customersMax, customersMin, plainScenario, scaled } from "./knobs.ts";

const day = (name: (typeof scenarioNames)[number], at: number): string =>
  new Date(Date.parse(scenario(name).start) + at * 86_400_000).toISOString().slice(0, 10);

const windowOf = (name: (typeof scenarioNames)[number]): readonly [string, string] => {
  const { fromDay, toDay } = scenario(name).theft;
  return [day(name, fromDay), day(name, toDay)];
};

test("Trend Micro 2019 is 68,000 English-speaking consumers of 12 million, with reports from 1 August", () => {
  const { customers, theft, reporting } = scenario("trend-micro-2019");
  expect([customers, theft.total, theft.thieves]).toEqual([12_000_000, 68_000, 1]);
  expect(theft.segment).toMatchObject({ language: "en", kind: "consumer" });
  expect([...theft.fields].sort()).toEqual(["email", "name", "phone", "ticket"]);
  expect(day("trend-micro-2019", reporting.fromDay)).toBe("2019-08-01");
  expect(day("trend-micro-2019", scenario("trend-micro-2019").days)).toBe("2019-11-01");
});

test("AT&T's Mexican centre is 3 agents and 68,701 Spanish-speaking customers in 168 days: 136 each and day", () => {
  const { theft } = scenario("att-2014");
  expect(windowOf("att-2014")).toEqual(["2013-11-04", "2014-04-21"]);
  expect([theft.total, theft.thieves, theft.segment.language]).toEqual([68_701, 3, "es"]);
  expect(Math.round(theft.total! / theft.thieves / (theft.toDay - theft.fromDay))).toBe(136);
});

test("Twitter 2015 is 6,000 in 181 days by one: 33 a day", () => {
  const { theft } = scenario("twitter-2015");
  expect(windowOf("twitter-2015")).toEqual(["2015-05-21", "2015-11-18"]);
  expect([theft.thieves, Math.round(theft.total! / (theft.toDay - theft.fromDay))]).toEqual([1, 33]);
});

test("Shopify 2020 is two contractors and 4,900 records between 15 August and 15 September", () => {
  expect(windowOf("shopify-2020")).toEqual(["2020-08-15", "2020-09-16"]);
  expect([scenario("shopify-2020").theft.thieves, scenario("shopify-2020").theft.total]).toEqual([2, 4900]);
});

test("Coinbase 2025 is 69,461 in 136 days by several agents", () => {
  expect(windowOf("coinbase-2025")).toEqual(["2024-12-26", "2025-05-11"]);
  expect(scenario("coinbase-2025").theft.total).toBe(69_461);
  expect(scenario("coinbase-2025").theft.thieves).toBeGreaterThan(1);
});

test("Cash App 2021 is one download of 8.2 million on 10 December by somebody who had left, told 115 days later", () => {
  const { theft, days } = scenario("cash-app-2021");
  expect(windowOf("cash-app-2021")[0]).toBe("2021-12-10");
  expect([theft.total, theft.style]).toEqual([8_200_000, "report-download"]);
  expect(days).toBe(theft.fromDay + 115);
});

test("Revolut 2022 is one night's stolen access to 0.16 % of the base", () => {
  const { theft, customers } = scenario("revolut-2022");
  expect(windowOf("revolut-2022")).toEqual(["2022-09-11", "2022-09-12"]);
  expect([theft.kind, theft.total]).toEqual(["stolen_account", 50_150]);
  expect(theft.total! / customers).toBeCloseTo(0.0016, 6);
});

test.each(scenarioNames)("%s can be a desk and says where its figures come from", (name) => {
  const it = scenario(name);
  expect(checkScenario(it)).toBeNull();
  expect(it.name).toBe(name);
  expect(it.source.length).toBeGreaterThan(40);
  expect(it.theft.toDay).toBeLessThanOrEqual(it.days);
});

test("a smaller desk keeps the stolen share, the place in the days and the number of reports", () => {
  const whole = scenario("trend-micro-2019");
  const small = scaled(whole, { customers: 120_000, actors: 200, days: 92 });
  expect(small.theft.total).toBe(680);
  expect([small.reporting.count, small.reporting.fromDay]).toEqual([34, 46]);
  expect([small.theft.fromDay, small.theft.toDay]).toEqual([3, 90]);
  expect(scaled(whole, { reports: 9 }).reporting.count).toBe(9);
  expect(scaled(scenario("no-leak"), { customers: 1000 }).theft).toEqual(scenario("no-leak").theft);
});

test("the demo is the founding case: less than one percent stolen, reports from August", () => {
  expect(demoScenario.theft.total! / demoScenario.customers).toBeLessThan(0.01);
  expect(demoScenario.start).toBe("2019-05-01");
  expect(demoScenario.reporting.fromDay).toBe(92);
});

const refused = (change: Partial<typeof plainScenario>): string | undefined =>
  checkScenario({ ...plainScenario, ...change })?.code;

test("a desk that can't be is refused on both sides of each bound", () => {
  expect(refused({ customers: customersMin - 1 })).toBe("usage");
  expect(refused({ customers: customersMin })).toBeUndefined();
  expect(refused({ customers: customersMax })).toBeUndefined();
  expect(refused({ customers: customersMax + 1 })).toBe("usage");
  expect(refused({ actors: 19 })).toBe("usage");
  expect(refused({ actors: 20 })).toBeUndefined();
  expect(refused({ actors: 60_001 })).toBe("usage");
  expect(refused({ days: 0 })).toBe("usage");
  expect(refused({ days: 3651 })).toBe("usage");
  expect(refused({ days: 2.5 })).toBe("usage");
  expect(refused({ start: "2019-02-30" })).toBe("usage");
  expect(refused({ start: "yesterday" })).toBe("usage");
});
