import type { Protection } from "../../../policy/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { netValuesMax, SecondNet } from "./secondNet.ts";

/** Types whose text is what an answer would show. */
const comparable =
  /^(?:text|character varying(?:\(\d+\))?|character(?:\(\d+\))?|bpchar|bigint|(?:\w+\.)?citext)$/;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Asks a question of the gateway's own and gives each row of the answer as it comes: none of them is kept. */
export type EachRow = (sql: string, onRow: (row: readonly (string | null)[]) => void) => Promise<void>;

/** The statements that read the values: of each table that holds its customer's id, the columns of class `contact`. */
export function netQueries(
  protection: Protection,
  catalog: Catalog,
): readonly { readonly table: string; readonly field: string; readonly sql: string }[] {
  return [...protection.tables].flatMap(([table, { key, fields, schema, table: name }]) => {
    const relation = catalog.relation(schema, name);
    if (relation === null || key.steps.length > 0 || key.many === true || key.or !== undefined) return [];
    return relation.columns
      .filter((column) => fields.get(column.name)?.class === "contact" && comparable.test(column.type))
      .map((column) => {
        const value = quoted(column.name);
        const from = `${quoted(schema)}.${quoted(name)}`;
        return {
          table,
          field: column.name,
          sql: `select ${quoted(key.column)}::pg_catalog.text, ${value}::pg_catalog.text from ${from} where ${value} is not null limit ${netValuesMax + 1}`,
        };
      });
  });
}

/** Makes a net of what the database holds now. `isFull`: there are more values than it takes. */
export async function knitNet(
  protection: Protection,
  catalog: Catalog,
  each: EachRow,
): Promise<{ readonly net: SecondNet; readonly isFull: boolean }> {
  const net = new SecondNet();
  let isFull = false;
  for (const { table, field, sql } of netQueries(protection, catalog)) {
    await each(sql, ([customer, value]) => {
      if (customer === null || customer === undefined || value === null || value === undefined) return;
      isFull ||= !net.add(Buffer.from(value), { table, field, customer });
    });
  }
  return { net, isFull };
}
