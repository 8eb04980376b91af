import type {
  JsonArrayAgg,
  JsonArrayQueryConstructor,
  JsonFormat,
  Node,
  SelectStmt,
  SubLink,
} from "@pgsql/types";
import { type Level, lineageOf, type Use } from "../expressions.ts";
import { type Env, hiddenName, type Lineage, noLineage, type Output, type Scope, union } from "../scope.ts";
import { rewriteQuery } from "../select.ts";
import { become, columnRef, plainSelect, scalar, subselect, target } from "../tree/nodes.ts";
import { refuse } from "../tree/refused.ts";
import { companionsOf } from "./companions.ts";
import { type Beside, besideRow, canStandBeside, inWith, type Place } from "./once.ts";
import { choosesRows } from "./steady.ts";

/** A sub-select in an expression, and the fields that it is made of. */
export function ofSubLink(node: Place["node"], level: Level, use: Use): Lineage {
  const link = node.SubLink;
  const query = queryOf(link);
  const original = structuredClone(query);
  const tested = lineageOf(link.testexpr, level, use);
  let reads = false;
  const scope: Scope = {
    ...level.scope,
    read: (item, column) => {
      reads = true;
      level.scope.read(item, column);
    },
  };
  const env: Env = { work: level.env.work, scope, tables: level.tables, carry: false };
  const bare = rewriteQuery(query, env, false);
  const values = union(bare.columns.map(({ lineage }) => lineage));
  const rest = bare.probed;
  if (link.subLinkType === "EXISTS_SUBLINK") {
    for (const atom of [...values, ...rest]) level.probed.add(atom);
    return noLineage;
  }
  if (!use.output || !level.env.carry || values.size === 0) {
    for (const atom of rest) level.probed.add(atom);
    return union([tested, values]);
  }
  const beside = besides({ node, query: original, level, use }, reads);
  level.companions.push(...beside.companions);
  for (const atom of beside.probed) level.probed.add(atom);
  return union([tested, beside.lineage]);
}

/** Once, where that tells more than twice would; twice, where the second time is sure to read at least the rows of the first. */
function besides(place: Place, reads: boolean): Beside {
  const { node, query, level, use } = place;
  const again = (): Place => ({ ...place, query: structuredClone(query) });
  if (!reads) {
    const once = inWith(again());
    if (once !== null) return once;
  }
  const can = canStandBeside(place);
  if (can && level.hoist?.limited === false && choosesRows(query)) {
    const once = besideRow(again());
    if (once !== null) return once;
  }
  const grouping = level.env.work.context.role.aggregates.smallestGroup > 1;
  const shown = structuredClone(query);
  if (grouping) {
    // Small groups are held back by their customers, so these must be at hand here too.
    const env: Env = { work: level.env.work, scope: level.scope, tables: level.tables, carry: true };
    const output = rewriteQuery(shown, env, false);
    become(shown, visibleOnly({ ...shown }, output, hiddenName(env.work)));
  }
  const twice = companionsOf(structuredClone(query), level, use);
  if (twice !== null) {
    if (grouping) node.SubLink.subselect = { SelectStmt: shown };
    return twice;
  }
  return (
    (can ? besideRow(again()) : null) ??
    refuse(
      "volatile",
      "a sub-select of customers' data would answer differently a second time",
      "Put what chooses rows (LIMIT, random(), FOR UPDATE) into WITH or into FROM, where it is computed once.",
    )
  );
}

function visibleOnly(query: SelectStmt, output: Output, alias: string): SelectStmt {
  const columns = output.columns.map((_, index) => `${alias}_${index + 1}`);
  return plainSelect({
    targetList: columns.map((column, index) => target(columnRef(alias, column), output.columns[index]?.name)),
    fromClause: [subselect(query, alias, columns)],
  });
}

function queryOf(link: SubLink): SelectStmt {
  const inner = link.subselect;
  if (inner !== undefined && "SelectStmt" in inner) return inner.SelectStmt;
  return refuse("shape", "a sub-select of an unknown kind", "Write it as a plain sub-select.");
}

/** JSON_ARRAY(SELECT ...) as the server reads it (parse_expr.c): an aggregate over the query's only column. */
export function arrayOfQuery(made: JsonArrayQueryConstructor): Node {
  const { query, output, format, absent_on_null: absent } = made;
  if (query === undefined || !("SelectStmt" in query))
    return refuse("shape", "JSON_ARRAY of an unknown kind of query", "Write it as a sub-select.");
  const aggregate: JsonArrayAgg = {
    constructor: output === undefined ? {} : { output },
    arg: { raw_expr: columnRef("a"), format: format ?? jsonFormatDefault },
    ...(absent === true ? { absent_on_null: true } : {}),
  };
  return scalar(
    plainSelect({
      targetList: [target({ JsonArrayAgg: aggregate })],
      fromClause: [subselect(query.SelectStmt, "q", ["a"])],
    }),
  );
}

const jsonFormatDefault: JsonFormat = {
  format_type: "JS_FORMAT_DEFAULT",
  encoding: "JS_ENC_DEFAULT",
};
