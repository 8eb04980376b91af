import { actorSightings } from "./actor-sightings.ts";

/**
 * What one actor saw: a row a day and one (`total` = 1) over all, counts only, no customer is named.
 * Grouping sets, because distinct customers don't add up over days and the classing should be done once.
 */
export function actorCounts(): string {
  return `
    SELECT toString(toDate(time)) AS day, grouping(day) AS total, count() AS reads,
           countIf(class = 'explained') AS explained, countIf(class = 'bystander') AS bystanders,
           countIf(class = 'unexplained') AS unexplained, uniqExact(customer) AS customers,
           uniqExactIf(customer, class = 'unexplained') AS unexplained_customers,
           uniqExactIf((session, ip), session != '' OR ip != '') AS sessions,
           toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last
    FROM (${actorSightings()}) GROUP BY GROUPING SETS ((day), ()) ORDER BY total, day`;
}

/** Parameters: actor String, since and until. How many different customers each field was shown of. */
export const actorFields: string = `
  SELECT field, uniqExact(customer) AS customers FROM (
    SELECT customer, arrayJoin(splitByChar(';', fields)) AS field FROM sightings
    WHERE actor IN {actors:Array(String)}
      AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')} AND fields != '')
  GROUP BY field ORDER BY customers DESC, field`;

/** Parameters as above. */
export const actorActions: string = `
  SELECT action, count() AS reads FROM sightings
  WHERE actor IN {actors:Array(String)}
    AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
  GROUP BY action ORDER BY reads DESC, action`;

/** Parameters as above. Events that don't say which customers they showed; `rows` bounds how many, 0 where no bound is known. */
export const actorUnknown: string = `
  SELECT count() AS events, sum(rows) AS rows_max, countIf(rows = 0) AS unbounded FROM unknown_exposures
  WHERE actor IN {actors:Array(String)}
    AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}`;

/** Parameters as above. Statements that customers' fields decided and that name nobody, by what they were about. */
export const actorProbes: string = `
  SELECT target, fields, count() AS probes FROM probes
  WHERE actor IN {actors:Array(String)} AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
  GROUP BY target, fields ORDER BY probes DESC, target, fields`;

/** Who the actor is, as far as the actors table says. Parameters: actors. */
export const actorWho: string = `
  SELECT id, kind, team, language FROM actors FINAL WHERE id IN {actors:Array(String)}`;

/**
 * The explained share of everybody in the actor's team over the same days, from the daily counts:
 * the measure of what is usual there. Parameters: team String, since, until.
 */
export const teamShares: string = `
  SELECT actor, sum(explained) / sum(explained + unexplained) AS share, sum(customers) / count() AS customers_a_day
  FROM actor_days FINAL
  WHERE actor IN (SELECT id FROM actors FINAL WHERE team = {team:String})
    AND day BETWEEN toDate({since:DateTime64(3,'UTC')}) AND toDate({until:DateTime64(3,'UTC')})
  GROUP BY actor HAVING sum(explained + unexplained) > 0 ORDER BY actor`;
