import { type Background, everyone, plainScenario, type Scenario, scaled, type Theft } from "./knobs.ts";

export const scenarioNames = [
  "trend-micro-2019",
  "att-2014",
  "twitter-2015",
  "shopify-2020",
  "coinbase-2025",
  "cash-app-2021",
  "revolut-2022",
  "no-leak",
] as const;

export type ScenarioName = (typeof scenarioNames)[number];

export function isScenarioName(text: string): text is ScenarioName {
  return (scenarioNames as readonly string[]).includes(text);
}

const insider: Theft = {
  kind: "insider",
  style: "own-queue",
  thieves: 1,
  perDay: null,
  total: null,
  bySearch: 0,
  segment: everyone,
  fromDay: 0,
  toDay: 0,
  fields: ["name", "email", "phone", "ticket"],
};

const quiet: Background = { ...plainScenario.background, perWeek: 2 };

/** 2019-05-01 is day 0; 2019-08-01 is day 92; 2019-10-31 is day 183. */
const trendMicro: Scenario = {
  ...plainScenario,
  name: "trend-micro-2019",
  source:
    "68,000 English-speaking of 12 million consumer customers; names, e-mail addresses, ticket numbers, some phone numbers; reports from early August, insider established at the end of October 2019 (borncity.com 2019-11-07; techtarget.com 252473667)",
  assumed: [
    "the theft began in May",
    "5,000 actors and the other languages' shares",
    "most were taken from pages of search results",
    "34 reports (one of 2,000 stolen)",
    "two background reports a week and a campaign in September",
    "a ticket system that was down for two days in July",
  ],
  customers: 12_000_000,
  actors: 5000,
  days: 184,
  start: "2019-05-01",
  theft: {
    ...insider,
    total: 68_000,
    bySearch: 0.7,
    segment: { ...everyone, language: "en", kind: "consumer" },
    fromDay: 5,
    toDay: 180,
  },
  reporting: { share: 0.0005, count: 34, delayDays: 12, fromDay: 92 },
  outage: { day: 71, days: 2 },
  background: { kind: "spike", perWeek: 2, spike: { day: 130, days: 10, factor: 4, language: "en" } },
};

const att: Scenario = {
  ...plainScenario,
  name: "att-2014",
  source:
    "AT&T's Mexican call centre: 3 agents, 68,701 accounts in 168 days from 4 November 2013 to 21 April 2014, about 136 an agent and day, Spanish-speaking customers (FCC DOC-332911A1, 2015; pymnts.com)",
  assumed: ["6 million customers", "2,500 actors", "40 reports", "the days before and after"],
  customers: 6_000_000,
  actors: 2500,
  days: 200,
  start: "2013-10-21",
  languages: [
    { code: "es", country: "US", share: 0.3 },
    { code: "en", country: "US", share: 0.7 },
  ],
  theft: {
    ...insider,
    thieves: 3,
    // 68,701 accounts, 3 agents, 168 days: 136 each on every day of the calendar; here on working days, so more.
    total: 68_701,
    segment: { ...everyone, language: "es" },
    fromDay: 14,
    toDay: 182,
  },
  reporting: { share: 0.0006, count: 40, delayDays: 14, fromDay: 21 },
  background: quiet,
};

const twitter: Scenario = {
  ...plainScenario,
  name: "twitter-2015",
  source:
    "more than 6,000 users read by one engineer without a need, 21 May to 18 November 2015: 181 days, about 33 a day (middleeasteye.net; charged November 2019)",
  assumed: ["2 million customers and 800 actors on the desk", "20 reports", "every day at work alike"],
  customers: 2_000_000,
  actors: 800,
  days: 190,
  start: "2015-05-18",
  theft: {
    ...insider,
    style: "without-tickets",
    total: 6000,
    fromDay: 3,
    toDay: 184,
    fields: ["name", "email", "phone"],
  },
  reporting: { share: 0.0033, count: 20, delayDays: 20, fromDay: 10 },
  background: quiet,
};

const shopify: Scenario = {
  ...plainScenario,
  name: "shopify-2020",
  source:
    "2 support contractors, fewer than 200 merchants, 4,900 records of one of them, 15 August to 15 September 2020 (siliconrepublic.com, digitalguardian.com)",
  assumed: ["the 4,900 records stand for the whole theft", "1 million customers, 600 actors", "25 reports"],
  customers: 1_000_000,
  actors: 600,
  days: 77,
  start: "2020-07-15",
  theft: {
    ...insider,
    style: "without-tickets",
    thieves: 2,
    total: 4900,
    fromDay: 31,
    toDay: 63,
    fields: ["name", "email"],
  },
  reporting: { share: 0.005, count: 25, delayDays: 8, fromDay: 33 },
  background: quiet,
};

const coinbase: Scenario = {
  ...plainScenario,
  name: "coinbase-2025",
  source:
    "69,461 customers through bribed agents of a contractor, 26 December 2024 to 11 May 2025: 136 days (sebastion.dev, hipaatimes.com)",
  assumed: [
    "five agents",
    "reads inside tickets and pulled tickets",
    "8 million customers, 3,000 actors",
    "60 reports",
  ],
  customers: 8_000_000,
  actors: 3000,
  days: 150,
  start: "2024-12-16",
  theft: {
    ...insider,
    style: "inside-tickets",
    thieves: 5,
    total: 69_461,
    fromDay: 10,
    toDay: 146,
    fields: ["name", "email", "phone", "address"],
  },
  reporting: { share: 0.0009, count: 60, delayDays: 15, fromDay: 15 },
  background: { ...quiet, perWeek: 5 },
};

const cashApp: Scenario = {
  ...plainScenario,
  name: "cash-app-2021",
  source:
    "up to 8.2 million customers in one report that a former employee downloaded on 10 December 2021; disclosed 4 April 2022, 115 days later (entrepreneur.com 424045)",
  assumed: ["12 million customers, 1,000 actors", "30 reports", "the oldest customers were in the report"],
  customers: 12_000_000,
  actors: 1000,
  days: 145,
  start: "2021-11-10",
  theft: {
    ...insider,
    style: "report-download",
    total: 8_200_000,
    fromDay: 30,
    toDay: 31,
    fields: ["name", "phone", "product"],
  },
  reporting: { share: 0.000_004, count: 30, delayDays: 25, fromDay: 32 },
  background: quiet,
};

const revolut: Scenario = {
  ...plainScenario,
  name: "revolut-2022",
  source:
    "50,150 customers, 0.16 % of the base, by an outsider with stolen access in the night of 10 to 11 September 2022, isolated by the next morning (computing.co.uk 4056622, helpnetsecurity.com 2022-09-20)",
  assumed: [
    "31,343,750 customers (50,150 / 0.16 %)",
    "4,000 actors",
    "30 reports",
    "nearly all from pages of search results",
  ],
  customers: 31_343_750,
  actors: 4000,
  days: 60,
  start: "2022-08-10",
  ticketsPerShift: 3,
  exportEveryDays: 0,
  theft: {
    ...insider,
    kind: "stolen_account",
    style: "borrowed-session",
    total: 50_150,
    bySearch: 0.97,
    fromDay: 32,
    toDay: 33,
    fields: ["name", "email", "phone", "address"],
  },
  reporting: { share: 0.0006, count: 30, delayDays: 6, fromDay: 33 },
  background: quiet,
};

const incidents: { readonly [name in ScenarioName]: Scenario } = {
  "trend-micro-2019": trendMicro,
  "att-2014": att,
  "twitter-2015": twitter,
  "shopify-2020": shopify,
  "coinbase-2025": coinbase,
  "cash-app-2021": cashApp,
  "revolut-2022": revolut,
  "no-leak": plainScenario,
};

/** The published case as a scenario, at its real size; `scaled` makes it smaller. */
export function scenario(name: ScenarioName): Scenario {
  return incidents[name];
}

/** The founding case at a size that a laptop tells in seconds. One customer of a hundred is stolen rather than one of 176. */
export const demoScenario: Scenario = demo();

function demo(): Scenario {
  const small = scaled(trendMicro, { customers: 40_000, actors: 120, reports: 14 });
  return {
    ...small,
    assumed: [...small.assumed, "390 stolen of 40,000, still less than one percent"],
    theft: { ...small.theft, total: 390, bySearch: 0 },
    background: { ...small.background, perWeek: 0.5 },
  };
}
