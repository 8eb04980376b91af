import { contactSteps, recencyDays } from "../model/strata.ts";

/**
 * For each report, the sampled customers of its stratum at the time of the call: `of` each, in the order of the keys, which are
 * hashes, so that the smallest `matchedMax` are an even sample. `of` is the key or begins with it.
 * Parameters: reports, standings, cutoffs (milliseconds), strata, matchedMax.
 */
function cells(suffix: string, of: string): string {
  const count = "arrayCount(t -> t < r.cutoff, c.opened)";
  const since = `(r.cutoff - c.opened[${count}])`;
  const recency = steps(
    since,
    recencyDays.map((days) => days * 86_400_000),
  );
  return `
    SELECT r.report AS report, r.cutoff AS cutoff,
           groupArraySorted({matchedMax:UInt32})(${of}) AS list
    FROM trace_customers${suffix} AS c
    INNER JOIN (
      SELECT (arrayJoin(arrayZip({reports:Array(UInt32)}, {standings:Array(String)}, {cutoffs:Array(Int64)},
                                 {strata:Array(UInt8)})) AS row).1 AS report,
             row.2 AS standing, row.3 AS cutoff, row.4 AS stratum) AS r ON r.standing = c.standing
    WHERE c.created <= r.cutoff
      AND if(${count} = 0, 0, 1 + 5 * (${steps(count, contactSteps)}) + (${recency})) = r.stratum
    GROUP BY report, cutoff`;
}

/** How many were matched, and how many of them lie in each part of the base. Parameters as above, and steps (milliseconds). */
export function matchedSizes(suffix: string): string {
  return `
    SELECT report, length(list) AS matched, arrayCount(x -> x.2, list) AS with_ticket,
           arrayMap(step -> arrayCount(x -> x.3 < step, list), {steps:Array(Int64)}) AS before
    FROM (${cells(suffix, "(c.key, notEmpty(c.opened), c.created)")})`;
}

/**
 * Of the matched customers of each report, how many each account had exposed before the call, by kind of channel. Only accounts with
 * a hit are asked for. Parameters as above, and actors.
 */
export function matchedExposed(suffix: string): string {
  return `
    SELECT actor, groupArray(report) AS reports, groupArray(by_all) AS every, groupArray(by_unexplained) AS unexplained,
           groupArray(by_unfamiliar) AS unfamiliar FROM (
      SELECT m.report AS report, w.actor AS actor, countIf(w.first_all < m.cutoff) AS by_all,
             countIf(w.first_unexplained < m.cutoff) AS by_unexplained,
             countIf(w.first_unfamiliar < m.cutoff) AS by_unfamiliar
      FROM (SELECT report, cutoff, arrayJoin(list) AS key FROM (${cells(suffix, "c.key")})) AS m
      INNER JOIN (SELECT * FROM trace_reads${suffix} WHERE actor IN {actors:Array(String)}) AS w ON w.key = m.key
      GROUP BY report, actor HAVING by_all > 0)
    GROUP BY actor`;
}

/** How many of the limits a value is above. */
function steps(value: string, limits: readonly number[]): string {
  return limits.map((limit) => `(${value} > ${limit})`).join(" + ");
}
