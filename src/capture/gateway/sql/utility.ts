import type { CopyStmt, Node, RangeVar, SelectStmt } from "@pgsql/types";
import { defect } from "../../../base/index.ts";
import type { Relation } from "../catalog/catalog.ts";
import { isLink, keepTicketsCopied } from "./keys.ts";
import { type Env, hiddenName, type Output, type Work } from "./scope.ts";
import { rewriteQuery } from "./select.ts";
import { configured, hidesProtected, touchesProtected } from "./tables.ts";
import { anywhere, columnRef, isTree, lastWord, plainSelect, subselect, target } from "./tree/nodes.ts";
import { mistake, refuse } from "./tree/refused.ts";
import { rewriteWrite } from "./write.ts";

const nothing = (): Output => ({ columns: [], openEnded: false, carried: [], probed: new Set() });

/** Rewrites any statement where it stands. Gives what its rows tell, also for those whose rows come later (DECLARE, PREPARE). */
export function rewriteStatement(tree: Node, env: Env): Output {
  const { work } = env;
  if ("SelectStmt" in tree) return rewriteTop(tree.SelectStmt, env);
  if ("InsertStmt" in tree || "UpdateStmt" in tree || "DeleteStmt" in tree || "MergeStmt" in tree)
    return rewriteWrite(tree, env);
  if ("DeclareCursorStmt" in tree) return inner(tree.DeclareCursorStmt.query, env);
  if ("PrepareStmt" in tree) return inner(tree.PrepareStmt.query, env);
  if ("CopyStmt" in tree) return rewriteCopy(tree.CopyStmt, env);
  if ("ExplainStmt" in tree) return rewriteExplain(tree.ExplainStmt.query, tree.ExplainStmt.options, env);
  if ("CreateTableAsStmt" in tree) {
    const { query, objtype } = tree.CreateTableAsStmt;
    if (query !== undefined && "ExecuteStmt" in query)
      return refuse("derived", "a prepared statement's rows would be stored", "Write its query instead.");
    return objtype === "OBJECT_MATVIEW" ? materialized(query, env) : stored(query, env);
  }
  if ("ViewStmt" in tree) return rewriteView(tree, work);
  return passing(tree, work);
}

function inner(query: Node | undefined, env: Env): Output {
  return rewriteStatement(query ?? defect("a statement without its query"), env);
}

/** `SELECT ... INTO` stores what it reads. */
function rewriteTop(query: SelectStmt, env: Env): Output {
  let first = query;
  while (first.larg !== undefined) first = first.larg;
  return first.intoClause === undefined
    ? rewriteQuery(query, env, false)
    : stored({ SelectStmt: query }, env);
}

function stored(query: Node | undefined, env: Env): Output {
  if (query === undefined || !("SelectStmt" in query))
    return refuse("shape", "a statement of an unknown kind stores rows", "Write it as a SELECT.");
  const output = rewriteQuery(query.SelectStmt, { ...env, carry: false }, false);
  if (output.columns.some(({ lineage }) => lineage.size > 0))
    refuse(
      "derived",
      "customers' data would be copied to another table",
      "Read them where they are, or make a temporary view.",
    );
  return { ...nothing(), probed: output.probed };
}

/**
 * What it shows is nobody's, and should that change, it isn't read any more: so its query is kept as the client wrote it, and with it the
 * names of views that it stands on.
 */
function materialized(query: Node | undefined, env: Env): Output {
  const { count, context } = env.work;
  const named = places(query, env.work);
  if (
    named.some(({ relation, hides }) => hides || (relation !== null && touchesProtected(relation, context)))
  )
    return refuse(
      "derived",
      "customers' data would be stored in a materialized view",
      "Make a temporary view.",
    );
  const output = stored(query, env);
  count.changed = false;
  return output;
}

/** A view is read through its query, so a temporary one may say anything; one that stays is somebody else's to make. */
function rewriteView(tree: Node, work: Work): Output {
  const view = "ViewStmt" in tree ? tree.ViewStmt : defect("no view");
  const place = view.view;
  const temporary = place?.relpersistence === "t" || place?.schemaname === "pg_temp";
  const found = names(view.query, work);
  if (!temporary && found.some((relation) => touchesProtected(relation, work.context)))
    refuse("derived", "a view of customers' data would stay", "Make a temporary view.");
  return nothing();
}

/** Relations that a tree names; common tables may be among them by name. */
function names(tree: unknown, work: Work): readonly Relation[] {
  return places(tree, work).flatMap(({ relation }) => (relation === null ? [] : [relation]));
}

interface Place {
  readonly name: string;
  /** Null: the catalog doesn't know it. */
  readonly relation: Relation | null;
  /** A customers' table of that name stands in a later schema, and is what the server finds if the login may not use this one's. */
  readonly hides: boolean;
}

function places(tree: unknown, work: Work): readonly Place[] {
  const found: Place[] = [];
  anywhere(tree, ({ RangeVar: place, relation }) => {
    for (const each of [place, relation]) {
      if (!isTree(each) || typeof each["relname"] !== "string") continue;
      const { relname, schemaname } = each;
      const { catalog } = work.context;
      if (typeof schemaname === "string")
        found.push({
          name: `${schemaname}.${relname}`,
          relation: catalog.relation(schemaname, relname),
          hides: false,
        });
      else {
        const known = catalog.resolve(relname, work.searchPath);
        const hides = known !== null && hidesProtected(known, work.searchPath, work.context);
        found.push({ name: relname, relation: known, hides });
      }
    }
    return false;
  });
  return found;
}

/** What may be done to customers' tables without reading a row of them to the client. */
const harmless: ReadonlySet<string> = new Set([
  "LockStmt",
  "VacuumStmt",
  "TruncateStmt",
  "IndexStmt",
  "CreateStmt",
  "CreateStatsStmt",
  "ReindexStmt",
  "ClusterStmt",
]);

/** Unless they name their tables, they go through whole schemas. */
const upkeep: ReadonlySet<string> = new Set(["VacuumStmt", "ReindexStmt", "ClusterStmt"]);

const tables: ReadonlySet<string> = new Set(["table", "partitioned", "materialized"]);

/**
 * Whether a statement reads tables that it doesn't name, so that its errors may quote a row of any. SET CONSTRAINTS doesn't: it looks at
 * rows that its own transaction has changed, which is guarded if one of them was a customer's.
 */
function reachesFar(tree: Node, work: Work): boolean {
  const [kind = ""] = Object.keys(tree);
  // All tables with columns of that type are looked through.
  if (kind === "AlterDomainStmt") return true;
  if (!upkeep.has(kind)) return false;
  const named = places(tree, work);
  return named.length === 0 || !named.every((place) => isNobodys(place, work));
}

/** Whether the name is a table's, or an index's of one, that isn't protected; a name that the catalog doesn't know isn't sent. */
function isNobodys({ name, relation, hides }: Place, { context }: Work): boolean {
  if (relation === null) return mistake("42P01", `relation "${name}" does not exist`);
  if (hides) return false;
  const table = relation.indexOf === undefined ? relation : context.catalog.byOid(relation.indexOf);
  return table !== null && tables.has(table.kind) && !touchesProtected(table, context);
}

/** A statement that answers no rows of tables. What would make a customer's table another thing is refused. */
function passing(tree: Node, work: Work): Output {
  const [kind] = Object.keys(tree);
  const found = names(tree, work);
  if (reachesFar(tree, work)) work.count.protected = true;
  keepFromFollowing(tree, work);
  if ("TruncateStmt" in tree)
    for (const place of tree.TruncateStmt.relations ?? []) {
      const relation = names(place, work)[0];
      if ("RangeVar" in place && relation !== undefined) wholeName(place.RangeVar, relation, work);
    }
  for (const relation of found) {
    work.names.add(relation.name).add(relation.schema);
    if (kind === "TruncateStmt" && isLink(relation, work.context))
      refuse(
        "key",
        "customers' rows would no longer lead to their customer",
        "Ask whoever runs the database.",
      );
    if (!touchesProtected(relation, work.context)) continue;
    if (!harmless.has(kind ?? ""))
      refuse(
        "statement",
        "customers' tables are not changed through whosaw",
        "Ask whoever runs the database.",
      );
    work.count.protected = true;
    if (kind === "TruncateStmt") work.count.action = "delete";
  }
  return nothing();
}

function rewriteExplain(query: Node | undefined, options: readonly Node[] | undefined, env: Env): Output {
  const analyze = (options ?? []).some((node) => {
    if (!("DefElem" in node) || node.DefElem.defname !== "analyze") return false;
    const { arg } = node.DefElem;
    if (arg === undefined) return true;
    if ("Boolean" in arg) return arg.Boolean.boolval === true;
    if ("Integer" in arg) return arg.Integer.ival !== undefined && arg.Integer.ival !== 0;
    return !("String" in arg && /^(?:false|off)$/i.test(arg.String.sval ?? ""));
  });
  if (query !== undefined && "ExecuteStmt" in query) {
    if (analyze) refuse("explain", "EXPLAIN ANALYZE runs a prepared statement", "Leave ANALYZE out.");
    return nothing();
  }
  const { probed } = inner(query, env);
  const { count } = env.work;
  count.action = null;
  if (analyze && count.protected)
    refuse("explain", "EXPLAIN ANALYZE reads customers' data", "Leave ANALYZE out.");
  // How many rows the server expects for a condition comes from the columns' own values.
  return { ...nothing(), probed };
}

function rewriteCopy(copy: CopyStmt, env: Env): Output {
  const { work } = env;
  if (copy.is_program === true || copy.filename !== undefined)
    return refuse("copy", "COPY reaches files or programs of the server", "Use COPY ... TO STDOUT.");
  if (copy.is_from === true) return copyIn(copy, work);
  const { relation } = copy;
  const query: Node = copy.query ?? { SelectStmt: plainSelect({ targetList: copyColumns(copy) }) };
  if (relation !== undefined && "SelectStmt" in query) {
    // COPY of a table takes its own rows only, not its children's.
    const { inh: _, ...only } = relation;
    query.SelectStmt.fromClause = [{ RangeVar: only }];
    const [found] = names(copy, work);
    const what = { view: "view", partitioned: "partitioned table" };
    if (found?.kind === "view" || found?.kind === "partitioned")
      mistake(
        "42809",
        `cannot copy from ${what[found.kind]} "${found.name}"`,
        null,
        "Try the COPY (SELECT ...) TO variant.",
      );
  }
  const output = inner(query, env);
  if (!work.count.changed) return output;
  work.count.export = true;
  copy.options = (copy.options ?? []).map(switched);
  delete copy.relation;
  delete copy.attlist;
  copy.query = output.carried.length === 0 ? query : slotsFirst(query, output, work);
  if (output.carried.length > 0 && !textual(copy.options))
    refuse("copy", "customers' data can't be copied in binary form", "Use FORMAT text or csv.");
  if (output.carried.length > 0 && !plainNull(copy.options))
    refuse("copy", "this text for NULL could pass for a customer's id", "Leave NULL out, or use CSV.");
  return output;
}

/** `COPY ... CSV HEADER`, as it was written of old, in the words of today: the option alone switches it on. */
function switched(option: Node): Node {
  if (!("DefElem" in option) || option.DefElem.arg === undefined) return option;
  const { arg, ...rest } = option.DefElem;
  if (!("Boolean" in arg)) return option;
  if (arg.Boolean.boolval === true) return { DefElem: rest };
  return { DefElem: { ...rest, arg: { String: { sval: "false" } } } };
}

function copyColumns({ attlist }: CopyStmt): Node[] {
  if (attlist === undefined) return [target({ ColumnRef: { fields: [{ A_Star: {} }] } })];
  return attlist.map((column) => target(columnRef(lastWord([column]) ?? "")));
}

function copyIn(copy: CopyStmt, work: Work): Output {
  const [found] = names(copy, work);
  if (found === undefined)
    return mistake("42P01", `relation "${copy.relation?.relname ?? ""}" does not exist`);
  wholeName(copy.relation, found, work);
  keepTicketsCopied(found, work.context);
  work.names.add(found.name);
  work.count.action = "update";
  if (configured(found, work.context)) work.count.protected = true;
  return nothing();
}

/** Through a foreign key with ON UPDATE CASCADE a table of one's own would hold what a field becomes. */
function keepFromFollowing(tree: Node, { context, searchPath }: Work): void {
  const follows = anywhere(tree, ({ pktable: place, fk_upd_action: action }) => {
    if (!isTree(place) || action !== "c" || typeof place["relname"] !== "string") return false;
    const { relname, schemaname } = place;
    const found =
      typeof schemaname === "string"
        ? context.catalog.relation(schemaname, relname)
        : context.catalog.resolve(relname, searchPath);
    // One that isn't there yet is the table being made.
    if (found === null) return false;
    return touchesProtected(found, context) || hidesProtected(found, searchPath, context);
  });
  if (follows)
    refuse(
      "derived",
      "a foreign key would copy what customers' fields become",
      "Leave ON UPDATE CASCADE out.",
    );
}

/** These statements are sent with their names as they came, and the rows of a table behind must not be met instead. */
function wholeName(place: RangeVar | undefined, found: Relation, work: Work): void {
  if (place?.schemaname === undefined && hidesProtected(found, work.searchPath, work.context))
    refuse(
      "shadow",
      `table "${found.name}" stands before a customers' table of that name`,
      "Write its schema in front: schema.table.",
    );
}

function textual(options: readonly Node[] | undefined): boolean {
  const formats = (options ?? []).flatMap((node) =>
    "DefElem" in node && node.DefElem.defname === "format" && node.DefElem.arg !== undefined
      ? [lastWord([node.DefElem.arg]) ?? ""]
      : [],
  );
  return formats.every((format) => format === "text" || format === "csv");
}

/** In the text format a value that reads like the text for NULL can't be told from it. CSV puts quotation marks around the value. */
function plainNull(options: readonly Node[] | undefined): boolean {
  const given = new Map(
    (options ?? []).flatMap((node): [string, string | null][] =>
      "DefElem" in node && node.DefElem.arg !== undefined
        ? [[node.DefElem.defname ?? "", lastWord([node.DefElem.arg])]]
        : [],
    ),
  );
  const text = given.get("null");
  return given.get("format") === "csv" || text === undefined || text === "\\N" || text === "";
}

/** A line's hidden columns come first, where they are found without knowing how many others there are. */
function slotsFirst(query: Node, output: Output, work: Work): Node {
  if (output.openEnded) return refuse("copy", "COPY over columns that aren't known", "Name the columns.");
  if (!("SelectStmt" in query))
    return refuse("copy", "COPY of rows that are changed", "Use INSERT, UPDATE or DELETE by itself.");
  const alias = hiddenName(work);
  const columns = output.columns.map((_, index) => `${alias}_${index + 1}`);
  const slots = output.carried.map(({ column }) => column);
  const list = [
    ...slots.map((column) => target(columnRef(alias, column))),
    ...output.columns.map(({ name }, index) => target(columnRef(alias, columns[index] ?? ""), name)),
  ];
  const fromClause = [subselect(query.SelectStmt, alias, [...columns, ...slots])];
  return { SelectStmt: plainSelect({ targetList: list, fromClause }) };
}
