/**
 * What is on record without a customer's name and may have been about one customer, by actor. What came before the customer's record
 * existed can't have been. Parameters: customer String, since and until DateTime64(3).
 */
function unnamed(table: "unknown_exposures" | "probes", counted: "events" | "probes"): string {
  return `
  SELECT actor, count() AS ${counted} FROM ${table}
  WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
    AND time >= ifNull((SELECT max(created) FROM customers FINAL WHERE id = {customer:String}), toDateTime64(0, 3, 'UTC'))
  GROUP BY actor ORDER BY ${counted} DESC, actor`;
}

/** List and search events whose source does not name the customers that came back. */
export const customerUnknown: string = unnamed("unknown_exposures", "events");

/** Statements that customers' fields decided, so that their answer tells of some without naming any. */
export const customerProbes: string = unnamed("probes", "probes");
