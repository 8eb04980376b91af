/**
 * How many customers each account had exposed by the end of each of the report days, by kind of channel: gains between one such day
 * and the next, to be summed up. roundDown finds the day by binary search; on negated days it rounds up.
 * Parameters: actors, negated (the days negated, ascending), last (the last day).
 */
export function reachGains(suffix: string): string {
  return `
    SELECT actor, kind, groupArray((by, customers)) AS gains FROM (
      SELECT actor, kind, -roundDown(-day, {negated:Array(Int32)}) AS by, sum(customers) AS customers
      FROM trace_reach${suffix}
      WHERE actor IN {actors:Array(String)} AND day <= {last:Int32}
      GROUP BY actor, kind, by)
    GROUP BY actor, kind`;
}
