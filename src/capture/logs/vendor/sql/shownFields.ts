import { isForeign, listAt, reach, textAt } from "../jsonReading.ts";
import type { ProtectedTable } from "../normalised.ts";

/** A table in FROM, for the question which of its fields a target list shows. */
export interface ShownSource {
  readonly table: ProtectedTable;
  readonly calledAs: string;
  /** It is the only table there, so that every unqualified column is its own. */
  readonly alone: boolean;
}

/**
 * The fields of a protected table that a target list can show: its columns that stand there, also within functions;
 * all of the table's known fields for `*`, `c.*` or a whole row. Empty where it can't be told.
 */
export function fieldsShown(targetList: unknown, source: ShownSource): readonly string[] {
  const { table } = source;
  const shown = new Set<string>();
  for (const column of columnsIn(targetList)) {
    const qualified = column.length > 1;
    if (qualified && column.at(-2) !== source.calledAs) continue;
    const name = column.at(-1) ?? "";
    if (name === star || (!qualified && name === source.calledAs)) {
      if (table.fields === undefined) return [];
      for (const field of table.fields) shown.add(field);
    } else if (table.fields === undefined) {
      // Without a list of the table's fields, a bare name among several tables may be anybody's.
      if (!qualified && !source.alone) return [];
      shown.add(name);
    } else if (table.fields.includes(name)) shown.add(name);
  }
  return [...shown];
}

const star = "*";

/** Every column reference outside of subqueries, which speak for themselves. */
function columnsIn(node: unknown): readonly (readonly string[])[] {
  if (Array.isArray(node)) return node.flatMap(columnsIn);
  if (!isForeign(node)) return [];
  return Object.entries(node).flatMap(([kind, body]) => {
    if (kind === "ColumnRef")
      return [
        listAt(body, "fields").map((part) =>
          reach(part, "A_Star") === undefined ? textAt(part, "String", "sval") : star,
        ),
      ];
    return kind === "SubLink" ? [] : columnsIn(body);
  });
}
