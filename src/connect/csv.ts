import { formatInstant, joinFields } from "../domain/index.ts";
import type { ExportedSighting } from "./exported.ts";

/** The columns of the table `accesses`, so that the file can be imported again, then what whosaw knows of the read. */
const csvColumns = [
  "time",
  "actor",
  "customer",
  "fields",
  "masked",
  "action",
  "ticket",
  "session",
  "ip",
  "source",
  "class",
  "explanation",
  "explanation_ticket",
  "receipt_log",
  "receipt_entry",
  "receipt_line",
] as const;

export const csvHeader: string = `${csvColumns.join(",")}\n`;

export function csvLine(row: ExportedSighting): string {
  const { explanation, receipt } = row;
  const cells: { readonly [column in (typeof csvColumns)[number]]: string } = {
    time: formatInstant(row.time),
    actor: row.actor,
    customer: row.customer,
    fields: joinFields(row.fields),
    masked: joinFields(row.masked),
    action: row.action,
    ticket: row.ticket,
    session: row.session,
    ip: row.ip,
    source: row.source,
    class: row.class,
    explanation: explanation?.kind ?? "",
    explanation_ticket: explanation?.ticket ?? "",
    receipt_log: receipt?.log ?? "",
    receipt_entry: receipt === null ? "" : String(receipt.entry),
    receipt_line: receipt === null || row.line === 0 ? "" : String(row.line),
  };
  return `${csvColumns.map((column) => csvCell(cells[column])).join(",")}\n`;
}

/** RFC 4180: quoted where the text holds a comma, a quote or a line break; and spaces at its ends, which readers may trim. */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
