/**
 * Statements that customers' fields decided and that name nobody, by actor: any customer may have been asked for. Those before the
 * customer's record existed can't have been about it. Parameters: customer String, since and until DateTime64(3).
 */
export const customerProbes: string = `
  SELECT actor, count() AS probes FROM probes
  WHERE time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
    AND time >= ifNull((SELECT max(created) FROM customers FINAL WHERE id = {customer:String}), toDateTime64(0, 3, 'UTC'))
  GROUP BY actor ORDER BY probes DESC, actor`;

/** One actor's, by what they were about. Parameters: actors, since and until as above. */
export const actorProbes: string = `
  SELECT target, fields, count() AS probes FROM probes
  WHERE actor IN {actors:Array(String)} AND time BETWEEN {since:DateTime64(3,'UTC')} AND {until:DateTime64(3,'UTC')}
  GROUP BY target, fields ORDER BY probes DESC, target, fields`;
