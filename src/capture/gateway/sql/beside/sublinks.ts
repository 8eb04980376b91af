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
import { become, columnRef, plainSelect, scalar, subselect, target, word } from "../tree/nodes.ts";
import { refuse } from "../tree/refused.ts";
import { companionsOf } from "./companions.ts";
import { type Beside, besideRow, canStandBeside, inWith, type Place } from "./once.ts";
import { choosesRows } from "./steady.ts";

/** A sub-select in an expression, and the fields that it is made of. */
export function ofSubLink(node: Place["node"], level: Level, use: Use): Lineage {
  const link = node.SubLink;
  const query = queryOf(link);
  const original = structuredClone(link);
  const tested = lineageOf(link.testexpr, level, use);
  const read = new Set<Scope>();
  const scope = watched(level.scope, read);
  const env: Env = { work: level.env.work, scope, tables: level.tables, carry: false };
  const bare = rewriteQuery(query, env, false);
  const reads = read.has(level.scope);
  const held = read.size > 0 ? heldIn(bare) : noLineage;
  const exists = link.subLinkType === "EXISTS_SUBLINK";
  const values = union(bare.columns.map(({ lineage }) => lineage));
  // That there are rows, or which, tells of fields only where these are held against something.
  const told = !exists && (use.output || use.against !== null) ? union([values, held]) : held;
  if (!level.env.carry || told.size === 0) {
    for (const atom of [...bare.probed, ...(exists ? values : [])]) level.probed.add(atom);
    if (!use.output) for (const atom of told) level.tied.add(atom);
    return exists ? told : union([tested, values, held]);
  }
  const place: Place = { node, query: queryOf(original), level, use, asked: held.size > 0 };
  const decides = exists || !use.output;
  const beside = decides ? besideDecision(place, original, reads) : besides(place, reads);
  level.companions.push(...beside.companions);
  for (const atom of beside.probed) level.probed.add(atom);
  return union([tested, beside.lineage]);
}

/** A scope, and those around it, of which it is noted whether anything in them is read. */
function watched(scope: Scope, read: Set<Scope>): Scope {
  return {
    ...scope,
    parent: scope.parent === null ? null : watched(scope.parent, read),
    read: (item, column) => {
      read.add(scope);
      scope.read(item, column);
    },
  };
}

/** Fields that a sub-select holds against something that may be a column outside it. */
function heldIn({ columns, tied }: Output): Lineage {
  const compared = columns.filter((column) => column.compared === true);
  return union([tied ?? noLineage, ...compared.map(({ lineage }) => lineage)]);
}

/** Of what only decides, the rows that let a row of this level pass: the server goes about finding them as it likes, and they are read again. */
function besideDecision(place: Place, original: SubLink, reads: boolean): Beside {
  const again = (): Place => ({ ...place, query: structuredClone(place.query) });
  const matching = place.use.against === "match" ? matched(again(), original) : null;
  const beside = matching === null ? null : companionsOf(matching);
  return beside ?? (reads ? null : inWith(again())) ?? companionsOf(again()) ?? differing();
}

/** Of `x IN (SELECT ...)` the rows that are x. Null for other sub-selects, any row of which may have decided. */
function matched(place: Place, { subLinkType, testexpr, operName }: SubLink): Place | null {
  const columns = place.query.targetList?.length;
  const plain = subLinkType === "ANY_SUBLINK" && operName === undefined && columns === 1;
  if (!plain || testexpr === undefined || "RowExpr" in testexpr) return null;
  const alias = hiddenName(place.level.env.work);
  const same: Node = {
    A_Expr: {
      kind: "AEXPR_OP",
      name: [word("=")],
      lexpr: testexpr,
      rexpr: columnRef(alias, alias),
    },
  };
  const query = plainSelect({
    targetList: [target(columnRef(alias, alias))],
    fromClause: [subselect(place.query, alias, [alias])],
    whereClause: same,
  });
  return { ...place, query };
}

/** Once, where that tells more than twice would; twice, where the second time is sure to read at least the rows of the first. */
function besides(place: Place, reads: boolean): Beside {
  const { node, query, level } = place;
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
  const twice = companionsOf(again());
  if (twice !== null) {
    if (grouping) node.SubLink.subselect = { SelectStmt: shown };
    return twice;
  }
  return (can ? besideRow(again()) : null) ?? differing();
}

function differing(): never {
  return refuse(
    "volatile",
    "a sub-select of customers' data would answer differently a second time",
    "Put what chooses rows (LIMIT, random(), FOR UPDATE) into WITH or into FROM, where it is computed once.",
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
