/**
 * Events that may have shown one customer without saying so, by actor: list and search events whose source does not name
 * the customers that came back. Events before the customer's record existed can't have shown it.
 * Parameters: customer String, since and until DateTime64(3).
 */
export const customerUnknown: string = `
  SELECT actor, count() AS events FROM unknown_exposures
  WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
    AND time >= ifNull((SELECT max(created) FROM customers FINAL WHERE id = {customer:String}), toDateTime64(0, 3, 'UTC'))
  GROUP BY actor ORDER BY events DESC, actor`;
