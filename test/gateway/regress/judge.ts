import type { Difference } from "./compare.ts";
import type { FileResult } from "./suite.ts";

/** One difference, and what it comes from. */
export interface Judged {
  readonly file: string;
  readonly sql: string;
  readonly difference: Difference;
  /** `unknown`: somebody must look. */
  readonly why: string;
}

type Found = Pick<Judged, "sql" | "difference">;

/** Deviations that KNOWN_LIMITATIONS.md tells of, and what only this way of comparing makes. The first that fits is it. */
const known: readonly (readonly [why: string, fits: (found: Found) => boolean])[] = [
  [
    "the suite's own: a number that each server hands out for itself is written into the statement",
    ({ sql }) =>
      /\bpg_temp_\d|\b[a-z_]+\(\d{5,}\)|\breindex_temp_before\b|large object \d{5,}|= \d{5,}/i.test(sql),
  ],
  [
    "the suite's own: a view whose column it drops by deleting from pg_depend",
    ({ sql }) => /\btt14v\b/.test(sql),
  ],
  [
    "conditions aren't moved into a view with a security_barrier, not even those that the server knows to be harmless",
    ({ sql, difference: { mine } }) =>
      /_secure\b|\brls_sbv\b/.test(sql) &&
      (/Subquery Scan|Filter: /.test(mine) || mine.startsWith("C SELECT 0")),
  ],
  [
    "a column of two views joined by USING, named alone, is said to be of no table",
    ({ sql, difference: { kind } }) => kind === "origin" && /\busing\s*\(/i.test(sql),
  ],
  [
    "an error about WITH is told in fewer words",
    ({ sql, difference: { bare, mine } }) =>
      /^\s*with\b/i.test(sql) && bare.startsWith("E ") && mine.startsWith("E ") && !/whosaw/.test(mine),
  ],
  ["the gateway's own connection is counted", ({ sql }) => /\bsessions\b.*\bpg_stat_database\b/is.test(sql)],
  [
    "names are looked up before options are read",
    ({ difference: { bare, mine } }) => codeOf(bare) === "42601" && codeOf(mine) === "42P01",
  ],
  [
    "texts are withheld where tables are looked through that the statement doesn't name",
    ({ sql, difference: { mine } }) =>
      /the server's text is withheld/.test(mine) &&
      /\b(?:alter\s+domain|reindex|vacuum|analyze|cluster)\b/i.test(sql),
  ],
  [
    "the statement is read by PostgreSQL 18's grammar",
    ({ difference: { bare, mine } }) => bare.startsWith("E ") && saysParser(mine) && codeOf(bare) !== null,
  ],
  [
    "a view's whole row is an anonymous record",
    ({ difference: { kind, mine } }) => kind === "columns" && / 0 2249 /.test(mine),
  ],
  [
    "a function is named with its schema",
    ({ difference: { bare, mine } }) =>
      /M=function \w+\.\w+\(/.test(mine) && withoutPlace(bare) === withoutPlace(mine),
  ],
  [
    "a statement that was written anew has no positions",
    ({ difference: { kind, bare, mine } }) =>
      kind === "position" && / \| P=\d+/.test(bare) && !/ \| P=\d+/.test(mine),
  ],
  [
    "restrict_nonsystem_relation_kind doesn't reach views",
    ({ difference: { bare } }) => /M=access to non-system view/.test(bare),
  ],
];

const codeOf = (text: string): string | null => / C=(\w{5})/.exec(text)?.[1] ?? null;

/** Positions, and the schema before a function's name. */
const withoutPlace = (text: string): string =>
  text.replace(/ \| P=\d+/, "").replace(/M=function (?:\w+\.)?/, "M=function ");

/** An error of the parser: of syntax, at a place, without anything that only the server's analysis adds. */
function saysParser(text: string): boolean {
  return text.startsWith("E ") && codeOf(text) === "42601" && !/whosaw/.test(text);
}

const keyOf = (file: string, sql: string, times: number): string => JSON.stringify([file, sql, times]);

/** Statements that are there more than once are told apart by their order. */
function* differences(
  results: readonly FileResult[],
): Generator<Omit<Judged, "why"> & { readonly key: string }> {
  for (const { name: file, steps } of results) {
    const seen = new Map<string, number>();
    for (const { sql, outcome } of steps) {
      // Numbers and moments that each server has for itself stand in what psql asks.
      const plain = sql.replaceAll(/'\d{5,}'|'[^']*\d\d:\d\d:\d\d[^']*'/g, "'own'");
      const times = (seen.get(plain) ?? 0) + 1;
      seen.set(plain, times);
      if (outcome.kind !== "different") continue;
      yield { file, sql, difference: outcome.difference, key: keyOf(file, plain, times) };
    }
  }
}

/** What the differences of a run come from: two bare servers differ there too, or a deviation that is known. */
export function judge(mine: readonly FileResult[], control: readonly FileResult[]): readonly Judged[] {
  const own = new Set([...differences(control)].map(({ key }) => key));
  return [...differences(mine)].map(({ key, ...found }) => {
    const why = own.has(key)
      ? "the suite's own: two bare servers differ too"
      : known.find(([, fits]) => fits(found))?.[0];
    return { ...found, why: why ?? "unknown" };
  });
}
