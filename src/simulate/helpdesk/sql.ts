import { type Cell, helpdeskRows, type HelpdeskOptions } from "./rows.ts";
import { helpdeskSchema } from "./schema.ts";

/** Rows of one INSERT: enough that a round trip costs little, few enough that a statement stays below 200 KB. */
const insertRowsMax = 500;

const literal = (cell: Cell): string => (cell === null ? "null" : `'${cell.replaceAll("'", "''")}'`);

/** Everything that makes the help desk in an empty database, one simple-query text after the other, to be run in order by its owner. */
export function* helpdeskSql(options: HelpdeskOptions): Generator<string> {
  yield helpdeskSchema;
  for (const { table, columns, rows } of helpdeskRows(options)) {
    const head = `insert into ${table} (${columns.join(", ")}) values `;
    let lines: string[] = [];
    for (const row of rows) {
      lines.push(`(${row.map(literal).join(", ")})`);
      if (lines.length < insertRowsMax) continue;
      yield head + lines.join(", ");
      lines = [];
    }
    if (lines.length > 0) yield head + lines.join(", ");
  }
  // Identity columns were filled by hand, so their sequences must be told where to go on.
  for (const table of ["customers", "tickets", "messages", "attachments"])
    yield `select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`;
  yield "refresh materialized view kb.article_popularity";
  yield "analyze";
}
