import type { Node, SelectStmt } from "@pgsql/types";
import { type Companion, isVolatile, type Level, type Use } from "./expressions.ts";
import { call, columnRef, plainSelect, scalar, subselect, target } from "./tree/nodes.ts";
import { refuse } from "./tree/refused.ts";
import { type Atom, type Env, hiddenName, type Lineage, union } from "./scope.ts";
import { rewriteQuery } from "./select.ts";

/**
 * The customers of a sub-select's answer, as expressions to stand beside it. They are computed by a second evaluation in the same
 * statement, so under the same snapshot, of the same query without its LIMIT (or with ties, where it is ordered): a superset of the
 * rows that the first one took, whichever those were. Functions of a statement are pure; what isn't is refused here.
 */
export function companionsOf(
  query: SelectStmt,
  level: Level,
  use: Use,
): {
  readonly companions: readonly Companion[];
  readonly lineage: Lineage;
  readonly probed: ReadonlySet<Atom>;
} {
  const isUnsteady = isVolatile(query);
  withoutLimit(query);
  const { work } = level.env;
  const env: Env = { work, scope: level.scope, tables: level.tables, carry: true };
  const output = rewriteQuery(query, env, false);
  const lineage = union(output.columns.map((column) => column.lineage));
  const shown = new Set([...lineage].map(({ occurrence }) => occurrence));
  const companions: Companion[] = [];
  for (const { occurrence, column } of output.carried) {
    if (!shown.has(occurrence)) continue;
    if (isUnsteady)
      refuse(
        "volatile",
        "a sub-select of customers' data would answer differently a second time",
        "Move random(), nextval(), TABLESAMPLE or FOR UPDATE out of the sub-select, or put it into FROM.",
      );
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

function constant(node: Node | undefined): number | null {
  if (node === undefined) return 0;
  if (!("A_Const" in node) || node.A_Const.ival === undefined) return null;
  return node.A_Const.ival.ival ?? 0;
}

/** Takes a LIMIT away, or makes it one that keeps every row that could have been within it. */
function withoutLimit(query: SelectStmt): void {
  if (query.limitCount === undefined && query.limitOffset === undefined) return;
  const count = constant(query.limitCount);
  const offset = constant(query.limitOffset);
  const sorted = query.sortClause !== undefined;
  if (
    sorted &&
    query.limitCount !== undefined &&
    count !== null &&
    offset !== null &&
    count >= 0 &&
    offset >= 0
  ) {
    query.limitCount = { A_Const: { ival: count + offset === 0 ? {} : { ival: count + offset } } };
    query.limitOption = "LIMIT_OPTION_WITH_TIES";
  } else {
    delete query.limitCount;
    query.limitOption = "LIMIT_OPTION_DEFAULT";
    if (query.distinctClause === undefined) delete query.sortClause;
  }
  delete query.limitOffset;
}
