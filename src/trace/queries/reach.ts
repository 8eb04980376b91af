/**
 * How many customers each account exposed up to the first of the report days, and from each such day to the next, by kind of channel: to be
 * summed up. One array for each channel: a row for each day as well took six times as long.
 * Parameters: first and last (report days), places (of each day from the first to the last, the place of the report day it counts for).
 * `days`: how many report days there are.
 */
export function reachGains(suffix: string, days: number): string {
  return `
    SELECT actor, kind, sumResample(0, ${days}, 1)(customers, {places:Array(UInt32)}[greatest(day - {first:Int32}, 0) + 1]) AS gains
    FROM trace_reach${suffix}
    WHERE day <= {last:Int32}
    GROUP BY actor, kind SETTINGS optimize_aggregation_in_order = 1`;
}
