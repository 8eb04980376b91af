import { describe, expect, it } from "vitest";
import { decided, infer } from "./infer.ts";
import { accountPosteriors } from "./model/account.ts";
import { range, sketch } from "./model/fixture.testing.ts";
import { uncertaintyMin } from "./model/bounded.ts";
import { knowledgeOf } from "./model/knowledge.ts";
import { stories } from "./model/posterior.ts";
import { defaultSettings } from "./model/settings.ts";
import { parseMeasured } from "./report/measured.ts";
import { tracePage } from "./report/page.ts";
import { count, odds, percent } from "./sentences.ts";

const caught = sketch({
  reports: 9,
  knowledge: (report) => (report % 2 === 0 ? "exclusive" : "much"),
  channels: [
    { actor: "agent-0417", hits: range(0, 7), share: 0.01 },
    { actor: "agent-0099", hits: [2], share: 0.02 },
  ],
});

describe("a verdict", () => {
  const answer = infer(caught, defaultSettings);
  it("names the account that the reports point to, and says so in numbers", () => {
    expect(answer.verdict).toBe("insider");
    expect(answer.accounts[0]?.actor).toBe("agent-0417");
    expect(answer.accounts[0]?.sentences[0]).toBe(
      "7 of 9 reporting customers were read by agent-0417 before the call; of as many customers alike in language, kind and contact with support, 0.09 would be expected by chance.",
    );
    expect(answer.reportsNeeded).toBe(0);
    expect(answer.accounts[0]?.reads).toHaveLength(7);
  });
  it("has a ladder that ends where the answer stands", () => {
    expect(answer.ladder).toHaveLength(9);
    expect(answer.ladder.at(-1)?.accounts["agent-0417"]).toBeCloseTo(
      answer.accounts[0]?.probability ?? 0,
      10,
    );
    expect(answer.ladder[0]?.accounts["agent-0417"]).toBeLessThan(0.9);
  });
  it("is the same again from the same evidence", () => {
    expect(infer(caught, defaultSettings)).toEqual(answer);
  });
  it("says how sure the share of the leak is", () => {
    const { mean, low, high } = answer.leakShare ?? { mean: 0, low: 0, high: 0 };
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(low).toBeGreaterThan(0.2);
  });
});

describe("too few reports", () => {
  it("leave it undetermined, with how many more would decide it", () => {
    const answer = infer(
      sketch({ reports: 2, channels: [{ actor: "ann", hits: [0], share: 0.005 }] }),
      defaultSettings,
    );
    expect(answer.verdict).toBe("undetermined");
    expect(answer.needed?.seed).toBe(defaultSettings.seed);
    expect(answer.reportsNeeded === null || answer.reportsNeeded > 0).toBe(true);
    expect(answer.sentences.join(" ")).toMatch(/Undetermined: 2 reports fit/);
  });
  it("or none at all, say nothing beyond the prior", () => {
    const answer = infer(sketch({ reports: 0, channels: [] }), defaultSettings);
    expect(answer.verdict).toBe("undetermined");
    expect(answer.accounts).toEqual([]);
    expect(answer.leakShare).toBeNull();
    expect(answer.sentences[0]).toBe("No report can be used, so nothing is said beyond the prior.");
  });
});

/** The hypotheses after reports of customers whom no account had read. */
function sums(reports: number, knew: readonly string[]): ReturnType<typeof infer>["hypotheses"] {
  const knowledge = knowledgeOf(knew, defaultSettings);
  return infer(sketch({ reports, channels: [], knowledge: () => knowledge }), defaultSettings).hypotheses;
}

describe("what callers knew", () => {
  it("decides nothing where it is ordinary facts, however many reports say so", () => {
    for (const knew of [
      ["name", "phone"],
      ["name", "address"],
      ["name", "phone", "address", "email"],
    ])
      for (const reports of [10, 30, 200])
        expect(sums(reports, knew).outside_breach, `${reports} of ${knew.join(";")}`).toBeLessThan(0.8);
  });
  it("leaves out the phone number, which whoever phones has", () => {
    const classes = [["phone"], ["name", "phone"], ["name", "address", "phone"], ["phone", "ticket"]].map(
      (knew) => knowledgeOf(knew, defaultSettings),
    );
    expect(classes).toEqual(["unsaid", "little", "much", "exclusive"]);
  });
  it("decides for a breach from outside where it is facts that only this database holds", () => {
    expect(sums(30, ["name", "phone", "ticket"]).outside_breach).toBeGreaterThan(0.9);
  });
  it("decides for an insider where an account had read them besides", () => {
    const answer = infer(
      sketch({
        reports: 9,
        knowledge: () => "exclusive",
        channels: [{ actor: "ann", hits: range(0, 8), share: 0.01 }],
      }),
      defaultSettings,
    );
    expect(answer.verdict).toBe("insider");
  });
});

describe("no probability", () => {
  it("is certainty, however much speaks for it", () => {
    const told = infer(
      sketch({
        reports: 80,
        knowledge: () => "exclusive",
        channels: [{ actor: "ann", hits: range(0, 80), share: 1e-5 }],
      }),
      defaultSettings,
    );
    const all = [
      ...Object.values(told.hypotheses),
      ...told.accounts.map(({ probability }) => probability),
      ...told.segments.map(({ probability }) => probability),
      ...told.ladder.flatMap((step) => [...Object.values(step.hypotheses), ...Object.values(step.accounts)]),
    ];
    expect(Math.max(...all)).toBeLessThanOrEqual(1 - uncertaintyMin);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(uncertaintyMin);
    expect(told.accounts[0]?.probability).toBeGreaterThan(0.9999);
  });
});

/** How probable an honest account becomes by `invented` reports of customers it read, beside `honest` ones of customers it didn't. */
function framed(
  invented: number,
  on: {
    readonly accounts: number;
    readonly share: number;
    readonly honest: number;
    readonly knew: "unsaid" | "exclusive";
    readonly last: boolean;
  },
): number {
  const hits = on.last ? range(on.honest, on.honest + invented) : range(0, invented);
  const evidence = sketch({
    reports: invented + on.honest,
    accounts: on.accounts,
    knowledge: (report) => (hits.includes(report) ? on.knew : "unsaid"),
    channels: [
      { actor: "ann", hits, share: on.share },
      { actor: "ann", kind: "unexplained", hits, share: on.share / 5 },
    ],
  });
  return accountPosteriors(stories(evidence, defaultSettings))[0]?.probability ?? 0;
}

describe("reports invented to frame an honest account", () => {
  const desks = [100, 2000].flatMap((accounts) =>
    [0.01, 0.0005].flatMap((share) =>
      (["unsaid", "exclusive"] as const).flatMap((knew) =>
        [false, true].map((last) => ({ accounts, share, knew, last })),
      ),
    ),
  );
  /** The fewest of one to five that name it above 90%. */
  const needed = (honest: number): readonly number[] =>
    desks.map((desk) => range(1, 6).find((k) => framed(k, { ...desk, honest }) > decided) ?? Infinity);
  it("take two or three where nothing else is reported: one is never enough", () => {
    expect([Math.min(...needed(0)), Math.max(...needed(0))]).toEqual([2, 3]);
  });
  it("take two to five beside ten honest reports", () => {
    expect([Math.min(...needed(10)), Math.max(...needed(10))]).toEqual([2, 5]);
  });
  it("take more than one however many honest reports came before", () => {
    for (const honest of [1, 10, 60, 200])
      for (const desk of desks) expect(framed(1, { ...desk, honest })).toBeLessThan(decided);
  });
  it("are admitted to among the limits on the page", () => {
    const page = tracePage(infer(caught, defaultSettings), null, "2019-10-31T12:00:00Z");
    expect(page).toContain("two of customers whom one account had read can name it above 90%");
  });
});

describe("an account whose reads carry no addresses", () => {
  const answer = infer(
    sketch({
      reports: 9,
      sessionsUnknown: ["agent-0417"],
      channels: [
        { actor: "agent-0417", hits: range(0, 7), share: 0.01 },
        { actor: "agent-0417", kind: "unexplained", hits: range(0, 7), share: 0.01 },
      ],
    }),
    defaultSettings,
  );
  it("is named, as an insider or a stolen account alike, and nothing is called an unfamiliar session", () => {
    expect(answer.accounts[0]?.probability).toBeGreaterThan(0.9);
    expect(answer.verdict).toBe("undetermined");
    expect(answer.hypotheses.insider).toBeCloseTo(answer.hypotheses.stolen_account, 1);
    expect(answer.accounts[0]?.sentences.join(" ")).not.toContain("unfamiliar");
  });
  it("can't be told apart by more reports, and the missing addresses are said", () => {
    expect(answer.reportsNeeded).toBeNull();
    expect(answer.sentences.join(" ")).toContain("Addresses are missing");
  });
  it("is decided by some more reports where its own sessions are known", () => {
    const known = infer(
      sketch({
        reports: 3,
        channels: [
          { actor: "agent-0417", hits: [0, 1], share: 0.01 },
          { actor: "agent-0417", kind: "unexplained", hits: [0, 1], share: 0.01 },
        ],
      }),
      defaultSettings,
    );
    expect(known.verdict).toBe("undetermined");
    expect(known.reportsNeeded).toBeGreaterThan(0);
  });
});

describe("words", () => {
  it("never claim certainty", () => {
    expect([percent(0.9999), percent(0.996), percent(0.42), percent(0.0001)]).toEqual([
      "over 99.9%",
      "99.6%",
      "42%",
      "under 0.1%",
    ]);
    expect([odds(0.96), odds(0.25), odds(1)]).toEqual(["24 to 1", "1 to 3", "9,999 to 1 or more"]);
    expect([count(131204), count(0.2), count(0.0312), count(0)]).toEqual(["131,204", "0.2", "0.03", "0"]);
  });
});

describe("the page", () => {
  const nasty = `<script>alert("1")</script>&'`;
  const page = tracePage(
    infer(
      sketch({ reports: 8, channels: [{ actor: nasty, hits: range(0, 7), share: 0.001 }] }),
      defaultSettings,
    ),
    null,
    "2019-10-31T12:00:00Z",
  );
  it("writes whatever came from the data as text", () => {
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
  });
  it("needs no network and no script, and has a heading, captions and a picture with a name", () => {
    expect(page).not.toMatch(/(src|href)\s*=|url\(|@import|https?:\/\/(?!www\.w3\.org)/);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<caption>/g)?.length);
    expect(page).toContain('role="img" aria-label=');
    expect(page).toContain("prefers-color-scheme:dark");
  });
  it("carries the method's measured calibration, with its command and date, or says that it has none", () => {
    expect(page).toContain("carries no measurement");
    const measured = parseMeasured(
      JSON.stringify({
        command: "npm run bench -- trace-calibration",
        date: "2026-11-23",
        sections: [
          {
            runs: 100,
            accounts: [
              {
                threshold: 0.95,
                claims: 20,
                right: 20,
                share: 1,
                stated: 0.99,
                interval: { low: 0.83, high: 1 },
              },
            ],
            verdicts: [
              {
                threshold: 0.95,
                claims: 180,
                right: 173,
                share: 0.961,
                stated: 0.991,
                interval: { low: 0.922, high: 0.984 },
              },
            ],
            falselyNamed: { named: 0, runs: 70, high: 0.05 },
          },
        ],
      }),
    );
    const told = tracePage(infer(caught, defaultSettings), measured, "2019-10-31T12:00:00Z");
    expect(told).toContain("npm run bench -- trace-calibration");
    expect(told).toContain("83.0% to 100.0%");
    // Verdicts are less often right than they say, and whoever reads one is told so.
    expect(told).toMatch(/99\.1%<.*173 of 180<.*92\.2% to 98\.4%/);
    expect(parseMeasured("{}")).toBeNull();
    expect(parseMeasured("no JSON")).toBeNull();
  });
});
