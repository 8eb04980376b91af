import type { CommonTableExpr, Node, SelectStmt } from "@pgsql/types";
import { isUnsteady } from "../beside/steady.ts";
import {
  type Atom,
  type Column,
  type CommonTable,
  type Env,
  hiddenName,
  type Lineage,
  noLineage,
  type Occurrence,
  type Output,
  union,
} from "../scope.ts";
import { rewriteQuery } from "../select.ts";
import {
  anywhere,
  become,
  call,
  columnRef,
  materialized,
  nullOf,
  plainSelect,
  scalar,
  tableNamed,
  target,
} from "../tree/nodes.ts";
import { mistake, refuse } from "../tree/refused.ts";
import { namedColumns, rewriteWith } from "./ctes.ts";

/**
 * A recursive query: every row tells, table by table, of the customers of the row it came from and of its own. Its columns are taken to
 * hold all that the first part and the repeated part show, since a value may wander from one column to another on its way round.
 */
export function rewriteRecursive(
  part: CommonTableExpr,
  query: SelectStmt,
  table: CommonTable,
  around: Env,
): Output {
  const { larg: first, rarg: again } = query;
  const { sortClause, limitCount, limitOffset, lockingClause } = query;
  const decorations = [
    [sortClause, "ORDER BY"],
    [limitOffset, "OFFSET"],
    [limitCount, "LIMIT"],
    [lockingClause, "FOR UPDATE/SHARE"],
  ] as const;
  const [, wrong] = decorations.find(([clause]) => clause !== undefined) ?? [];
  if (wrong !== undefined) return mistake("0A000", `${wrong} in a recursive query is not implemented`);
  const probed = new Set<Atom>();
  const env: Env = { ...around, tables: rewriteWith(query.withClause, around, probed) };
  if (query.op !== "SETOP_UNION" || first === undefined || again === undefined)
    return refuse(
      "recursive",
      "a recursive query of an unknown kind",
      "Write it as UNION ALL of two queries.",
    );
  if (query.all !== true) {
    const output = rewriteGrowing({ part, query, first, again, table }, env);
    for (const atom of probed) output.probed.add(atom);
    return output;
  }
  const start = rewriteQuery(first, env, true);
  if (start.openEnded) return unknownColumns();
  for (const atom of start.probed) probed.add(atom);
  // What the repeated part reads by itself is found by rewriting a copy of it.
  const begun = { ...start, columns: start.columns.map(goingRound) };
  table.output = { ...begun, columns: namedColumns(part, begun) };
  const trial = rewriteQuery(structuredClone(again), env, false);
  const everything = union([...start.columns, ...trial.columns].map(({ lineage }) => lineage));
  const against = union([start.tied ?? noLineage, trial.tied ?? noLineage]);
  const told = union([everything, against]);
  const carried = gathered([...start.carried, ...trial.carried], told, env);
  const atoms = carried.flatMap(({ occurrence }) => [...occurrence.atoms.values()]);
  const lineage: Lineage = env.carry ? new Set(atoms) : told;
  const columns = start.columns.map((column) => goingRound({ ...column, lineage, origin: null }));
  const tied = against.size === 0 ? noLineage : lineage;
  const output: Output = { columns, openEnded: false, carried, probed, tied };
  replaceSlots(first, start, carried);
  table.output = { ...output, columns: namedColumns(part, output) };
  const repeated = rewriteQuery(again, env, false);
  for (const atom of repeated.probed) probed.add(atom);
  replaceSlots(again, repeated, carried);
  return output;
}

/** What is made of a customer's field the first time counts on, or becomes something else, the second. */
function goingRound(column: Column): Column {
  return column.lineage.size === 0 ? column : { ...column, compared: true };
}

type Slots = Output["carried"];

/** One slot for each table, with the fields that may be shown of it. */
function gathered(slots: Slots, shown: Lineage, env: Env): Slots {
  const tables = new Map<string, Occurrence>();
  for (const { occurrence } of slots)
    tables.set(occurrence.table, { table: occurrence.table, atoms: new Map<string, Atom>() });
  for (const atom of shown) {
    const occurrence = tables.get(atom.occurrence.table);
    occurrence?.atoms.set(atom.field, { ...atom, occurrence });
  }
  return [...tables.values()].map((occurrence) => {
    return { occurrence, column: hiddenName(env.work), many: true };
  });
}

/** Puts one column for each table where a query's own slots stand. */
function replaceSlots(query: SelectStmt, { carried }: Output, slots: Slots): void {
  if (query.larg !== undefined || query.valuesLists !== undefined) {
    if (carried.length + slots.length > 0)
      refuse("recursive", "a part of a recursive query that is no plain SELECT", "Write it as one SELECT.");
    return;
  }
  const list = query.targetList ?? [];
  const from = list.length - carried.length;
  const values = list.slice(from).map((node): Node => {
    return ("ResTarget" in node ? node.ResTarget.val : undefined) ?? nullOf("json");
  });
  query.targetList = [
    ...list.slice(0, from),
    ...slots.map(({ occurrence, column }) => {
      const own = values.filter((_, index) => carried[index]?.occurrence.table === occurrence.table);
      return target(call("json_build_array", structuredClone(own)), column);
    }),
  ];
}

function unknownColumns(): never {
  return refuse("recursive", "a recursive query over columns that aren't known", "Name the columns.");
}

interface Growing {
  readonly part: CommonTableExpr;
  readonly query: SelectStmt;
  readonly first: SelectStmt;
  readonly again: SelectStmt;
  readonly table: CommonTable;
}

/** Stands for what a column of the recursion's own rows may hold, to find where its values go. */
function standIn(): Atom {
  return { occurrence: { table: "", atoms: new Map() }, field: "", showing: "plain" };
}

/**
 * A recursive query with UNION, which leaves out rows that are there already: with their customers beside them no two would be the same. So
 * the rows are made first, by themselves; then both parts are read once more over all of them, which makes each row again, from every row
 * that it can be made from, and tells of its customers. Where a row holds values of the row it came from, all rows tell of all customers.
 */
function rewriteGrowing({ part, query, first, again, table }: Growing, env: Env): Output {
  const unsteady = isUnsteady(query, env.work.context) || anywhere(query, (tree) => "over" in tree);
  const told = structuredClone({ first, again });
  const bare: Env = { ...env, carry: false };
  const start = rewriteQuery(first, bare, true);
  if (start.openEnded) return unknownColumns();
  const through = start.columns.map(standIn);
  const columns = start.columns.map((column, index): Column => {
    return { ...column, lineage: new Set(through.slice(index, index + 1)), origin: null, compared: true };
  });
  const rows: Output = { ...start, columns: namedColumns(part, { ...start, columns }), tied: noLineage };
  table.output = rows;
  const repeated = rewriteQuery(again, bare, false);
  const shown = without(
    through,
    [...start.columns, ...repeated.columns].map(({ lineage }) => lineage),
  );
  const probed = without(through, [start.probed, repeated.probed]);
  for (const atom of shown) probed.add(atom);
  if (!env.carry || probed.size === 0)
    return {
      ...start,
      columns: columns.map((column) => ({ ...column, lineage: shown })),
      carried: [],
      probed,
      tied: heldAgainst(through, start, repeated),
    };
  // A value that went round was read the first time: it must be the same the second time, in views' queries too.
  const differs = unsteady || isUnsteady(query, env.work.context);
  const { search_clause: search, cycle_clause: cycle } = part;
  if (differs || [search, cycle, query.withClause].some((clause) => clause !== undefined))
    return refuse(
      "recursive",
      "UNION in a recursive query of customers' data that would answer differently a second time",
      "Write UNION ALL, or leave out what chooses rows, and WITH, SEARCH and CYCLE inside it.",
    );
  const inner: CommonTable = { name: table.name, output: rows, outer: env.tables };
  return tellGrown({ part, query, ...told, table: inner }, env, through);
}

function heldAgainst(through: readonly Atom[], ...outputs: readonly Output[]): Lineage {
  return without(
    through,
    outputs.map(({ tied }) => tied ?? noLineage),
  );
}

function without(through: readonly Atom[], lineages: Iterable<Lineage>): Set<Atom> {
  const all = union(lineages);
  for (const atom of through) all.delete(atom);
  return all;
}

/** Whether a customer's field goes on from row to row: into a column, and out of that one into the next row. */
function wander(through: readonly Atom[], lineages: readonly Lineage[]): boolean {
  const holds = lineages.map((lineage) => without(through, [lineage]).size > 0);
  // A column holds what the columns hold that it is made of.
  for (let changed = true; changed;) {
    changed = false;
    for (const [index, lineage] of lineages.entries()) {
      if (holds[index] === true || !through.some((atom, from) => holds[from] === true && lineage.has(atom)))
        continue;
      holds[index] = true;
      changed = true;
    }
  }
  return lineages.some((lineage) => through.some((atom, from) => holds[from] === true && lineage.has(atom)));
}

function tellGrown(
  { part, query, first, again, table }: Growing,
  env: Env,
  through: readonly Atom[],
): Output {
  const names = part.aliascolnames;
  const grown: Node = {
    CommonTableExpr: {
      ctename: table.name,
      ...(names === undefined ? {} : { aliascolnames: names }),
      ctematerialized: "CTEMaterializeDefault",
      ctequery: { SelectStmt: { ...query } },
    },
  };
  const both = plainSelect({ op: "SETOP_UNION", larg: first, rarg: again });
  const output = rewriteQuery(both, { ...env, tables: table }, true);
  const tied = heldAgainst(through, output);
  if (env.scope !== null && tied.size > 0)
    return refuse(
      "recursive",
      "UNION in a recursive query that holds customers' data against a query around it",
      "Write UNION ALL.",
    );
  const lineages = output.columns.map(({ lineage }) => lineage);
  const wanders = wander(through, lineages);
  const slots = wanders ? everywhere(both, output, env) : output.carried;
  become(query, {
    ...both,
    withClause: { recursive: true, ctes: [grown, ...(both.withClause?.ctes ?? [])] },
  });
  const columns = output.columns.map((column): Column => {
    const lineage = without(through, wanders ? lineages : [column.lineage]);
    return wanders
      ? { ...column, lineage, origin: null, compared: true }
      : { ...column, lineage, origin: null };
  });
  return { ...output, columns, carried: slots, probed: without(through, [output.probed]), tied };
}

/** Every row gets the customers of all. */
function everywhere(query: SelectStmt, output: Output, env: Env): Output["carried"] {
  const name = hiddenName(env.work);
  const columns = output.columns.map((_, index) => `${name}_${index + 1}`);
  const carried = output.carried.map(({ occurrence }) => ({
    occurrence,
    column: hiddenName(env.work),
    many: true,
  }));
  const customers = output.carried.map(({ column }, index) => {
    const all = plainSelect({
      targetList: [target(call("json_agg", [columnRef(name, column)]))],
      fromClause: [tableNamed(name)],
    });
    return target(scalar(all), carried[index]?.column);
  });
  const rows = output.columns.map((column, index) =>
    target(columnRef(name, columns[index] ?? ""), column.name),
  );
  const part = materialized(name, columns, { ...query });
  become(
    query,
    plainSelect({
      targetList: [...rows, ...customers],
      fromClause: [tableNamed(name)],
      withClause: { ctes: [part] },
    }),
  );
  return carried;
}
