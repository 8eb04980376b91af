import type { SelectStmt } from "@pgsql/types";
import type { Companion } from "../expressions.ts";
import { isUnsteady, widen } from "./steady.ts";
import { call, columnRef, nullOf, plainSelect, scalar, subselect, target } from "../tree/nodes.ts";
import { type Env, hiddenName, union } from "../scope.ts";
import { rewriteQuery } from "../select.ts";
import type { Beside, Place } from "./once.ts";

/**
 * The customers of a sub-select's answer, as expressions to stand beside it. They are computed by a second evaluation in the same
 * statement, so under the same snapshot, of the same query widened: a superset of the rows that the first one took, whichever those were.
 * Null where even the widened one could read others.
 */
export function companionsOf({ query, level, use, asked }: Omit<Place, "node">): Beside | null {
  widen(query);
  if (asked) nameSomething(query);
  const { work } = level.env;
  const alone = isUnsteady(query, work.context);
  const env: Env = { work, scope: level.scope, tables: level.tables, carry: true, asked };
  const output = rewriteQuery(query, env, false);
  // Views stand in it only now, and may choose rows as well.
  const unsteady = alone || isUnsteady(query, work.context);
  const lineage = union(output.columns.map((column) => column.lineage));
  const shown = new Set([...lineage].map(({ occurrence }) => occurrence));
  const companions: Companion[] = [];
  for (const { occurrence, column } of output.carried) {
    if (!shown.has(occurrence)) continue;
    if (unsteady) return null;
    const alias = hiddenName(work);
    const expression = scalar(
      plainSelect({
        targetList: [target(call("json_agg", [columnRef(alias, column)]))],
        fromClause: [subselect(structuredClone(query), alias)],
      }),
    );
    companions.push({
      occurrence,
      expression,
      aggregate: use.aggregate,
      partition: use.partition,
      target: null,
    });
  }
  return { companions, lineage, probed: output.probed };
}

/** EXISTS needs no column, but customers stand beside one. */
function nameSomething(query: SelectStmt): void {
  for (const side of [query.larg, query.rarg]) if (side !== undefined) nameSomething(side);
  if (query.larg !== undefined || query.valuesLists !== undefined) return;
  query.targetList ??= [target(nullOf("text"))];
}
