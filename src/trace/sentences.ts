import type { AccountAnswer, TraceAnswer, Verdict } from "./answer.ts";
import type { ContactFrom } from "./model/contact.ts";
import type { ChannelKind } from "./model/evidence.ts";
import type { Hypothesis } from "./model/posterior.ts";

const names: Readonly<Record<Hypothesis, string>> = {
  insider: "an insider",
  stolen_account: "a stolen account",
  outside_breach: "a breach from outside, past every account",
  no_leak: "no leak: scam calls that come anyway",
};

const readWords: Readonly<Record<ChannelKind, string>> = {
  all: "read",
  unexplained: "read without a reason that the tickets show",
  unfamiliar: "read in unfamiliar sessions",
};

/**
 * How few invented reports can name an honest account, if whoever invents them knows whom it read: `infer.test.ts` measures it for an account
 * that read 1% and 0.05% of the base, among 100 and 2,000 accounts, alone and beside ten reports of customers it had not read.
 */
export const framingLimit =
  "two of customers whom one account had read can name it above 90% where nothing else is reported, and two to five can beside ten honest reports";

/** A probability in words that never claim certainty: two figures away from the ends, and "over 99.9%" near them. */
export function percent(probability: number): string {
  if (probability > 0.999) return "over 99.9%";
  if (probability < 0.001) return "under 0.1%";
  const digits = probability > 0.99 || probability < 0.01 ? 1 : 0;
  return `${(probability * 100).toFixed(digits)}%`;
}

/** A count, or the few decimals that a small expectation needs. */
export function count(value: number): string {
  if (value >= 10 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return value >= 0.1 ? value.toFixed(1) : value >= 0.001 ? value.toPrecision(1) : "less than 0.001";
}

function customers(n: number, what: string): string {
  return `${count(n)} ${what}${n === 1 ? "" : "s"}`;
}

export function accountSentences(
  account: Omit<AccountAnswer, "sentences">,
  {
    used,
    base,
    contactFrom,
  }: { readonly used: number; readonly base: number; readonly contactFrom: ContactFrom },
): readonly string[] {
  const { actor, kind, hits, expectedHits, reach, probability, together } = account;
  const sentences = [
    `${hits} of ${customers(used, "reporting customer")} ${hits === 1 ? "was" : "were"} ${readWords[kind]} by ${actor} before the call; ` +
      `of as many customers alike in language, kind and contact with support${contactFrom === "reads" ? " (judged from reads, since tickets are missing)" : ""}, ${count(expectedHits)} would be expected by chance.`,
    `By the last report ${actor} had ${readWords[kind]} ${count(reach)} of ${customers(base, "customer")}` +
      `${reach > base / 2 ? ": who reads nearly everyone is hit by nearly every report, so hits say little" : ""}.`,
    ...priorSentence(account.priorWeight),
    `The probability that the leak came through ${actor} is ${percent(probability)} (odds ${odds(probability)}).`,
  ];
  if (together.length > 0)
    sentences.push(`The reports fit ${actor} best together with ${together.join(", ")}.`);
  if (account.sessionsUnknown)
    sentences.push(
      `Nothing tells which sessions are ${actor}'s own: its reads carry no addresses, or on too few days. An insider and a stolen account look alike here.`,
    );
  if (account.exposureUnknown > 0)
    sentences.push(
      `${customers(account.exposureUnknown, "list or search event")} of ${actor} did not say which customers came back; they are not counted here.`,
    );
  return sentences;
}

/** Said where it matters: an account that starts at half or twice the mean. */
function priorSentence(weight: number): readonly string[] {
  if (weight > 0.5 && weight < 2) return [];
  const [start, why] =
    weight >= 2
      ? [`${count(weight)} times`, "most others have exposed fewer customers so, or none"]
      : [percent(weight), "it has exposed few customers so"];
  return [
    `Before the reports it was held ${start} as likely as the mean account to be the one: ${why}, and a leak of few hardly brings a report.`,
  ];
}

export function odds(probability: number): string {
  const bounded = Math.min(0.9999, Math.max(0.0001, probability));
  return bounded >= 0.5
    ? `${count(Math.round(bounded / (1 - bounded)))} to 1${probability > bounded ? " or more" : ""}`
    : `1 to ${count(Math.round((1 - bounded) / bounded))}${probability < bounded ? " or less" : ""}`;
}

type Told = Pick<
  TraceAnswer,
  "hypotheses" | "contactFrom" | "accounts" | "reports" | "reportsNeeded" | "needed"
>;

export function verdictSentences(verdict: Verdict, answer: Told): readonly string[] {
  const { used, given, duplicates, unknownCustomer } = answer.reports;
  const ranked = (Object.entries(answer.hypotheses) as [Hypothesis, number][]).sort((a, b) => b[1] - a[1]);
  const [first, second] = ranked;
  const sentences: string[] = [];
  if (used === 0) sentences.push("No report can be used, so nothing is said beyond the prior.");
  else if (verdict === "undetermined")
    sentences.push(
      `Undetermined: ${used === 1 ? "one report fits" : `${used} reports fit`} ${names[first?.[0] ?? "no_leak"]} at ${percent(first?.[1] ?? 0)} ` +
        `and ${names[second?.[0] ?? "no_leak"]} at ${percent(second?.[1] ?? 0)}; nothing is above 90%.`,
    );
  else
    sentences.push(
      `${used === 1 ? "The one report points" : `The ${count(used)} reports point`} to ${names[verdict]}: ${percent(answer.hypotheses[verdict])}.`,
    );
  const [top] = answer.accounts;
  if (top !== undefined && top.probability >= 0.5)
    sentences.push(`The likeliest account is ${top.actor}, at ${percent(top.probability)}.`);
  if (verdict === "insider" || verdict === "stolen_account")
    sentences.push("This names an account, not a person: who sat at it is for people to establish.");
  if (given !== used)
    sentences.push(
      `Of ${customers(given, "report")} given, ${used} were used; ${duplicates} repeated an earlier report of the same customer, ` +
        `${unknownCustomer} named nobody this database knows.`,
    );
  if (verdict === "undetermined") sentences.push(neededSentence(answer));
  return sentences;
}

function neededSentence({ reportsNeeded, needed, accounts, hypotheses }: Told): string {
  const alike = accounts.some(({ sessionsUnknown, probability }) => sessionsUnknown && probability >= 0.1);
  const missing =
    alike && hypotheses.insider + hypotheses.stolen_account >= 0.1
      ? " Addresses are missing: with them, an insider could be told from a stolen account."
      : "";
  return reportsNeeded === null
    ? `More reports alone will probably not decide it: in at least half of ${needed?.futures ?? 0} simulated futures ${needed?.furtherReportsMax ?? 0} more did not.${missing}`
    : `About ${customers(reportsNeeded, "more report")} would decide it (median of ${needed?.futures ?? 0} simulated futures).`;
}

/** What would move the verdict, from what the model is blind to in these data. */
export function wouldChange(answer: Told & Pick<TraceAnswer, "used" | "exposureUnknown">): readonly string[] {
  const sentences: string[] = [];
  const unsaid = answer.used.filter((report) => report.knowledge === "unsaid").length;
  if (unsaid > 0)
    sentences.push(
      `${customers(unsaid, "report")} ${unsaid === 1 ? "does" : "do"} not say what the caller knew. Ask: a fact only this database holds tells a leak from calls that come anyway.`,
    );
  if (!answer.used.some((report) => report.knowledge === "exclusive"))
    sentences.push(
      "No caller is known to have had a fact that only this database holds; one who had would speak for a leak.",
    );
  if (answer.exposureUnknown.events > 0)
    sentences.push(
      `${customers(answer.exposureUnknown.events, "event")} by ${customers(answer.exposureUnknown.accounts, "account")} did not say which customers they showed; an export among them could be the channel, and would not be seen here.`,
    );
  if (answer.contactFrom === "reads")
    sentences.push(
      "Contact with support was judged from reads, because no tickets (or too few) are known: customers are compared with others whom people read on as many days. Tickets would say it better, and could raise or lower every account.",
    );
  const [top] = answer.accounts;
  if (top !== undefined && top.probability >= 0.1)
    sentences.push(
      `If the reports were made up by somebody who knows whom ${top.actor} read, they would look the same: check with the customers that they called, and how the reports came in.`,
      `Reports of customers whom ${top.actor} had not read before the call would lower its probability.`,
    );
  sentences.push(
    "A way for data to leave that is not in the sightings (a backup, a screen photographed over a shoulder) can only appear here as a breach from outside.",
  );
  return sentences;
}
