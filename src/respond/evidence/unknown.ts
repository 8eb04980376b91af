import { formatInstant, joinFields } from "../../domain/index.ts";
import type { EvidenceEvent } from "./facts.ts";

/** An event that does not say which customers it showed. */
export interface UnknownEvent extends EvidenceEvent {
  /** The object, table or path that the source named. */
  readonly target: string;
  /** The most customers it can have shown; 0: no bound is known. */
  readonly rowsMax: number;
}

const columns = "time,actor,action,fields,target,customers_max,session,ip,source,receipt_entry,receipt_line";

/** The head of `exposure-unknown.csv`, or one line of it. */
export function unknownCsv(event: UnknownEvent | null): string {
  if (event === null) return `${columns}\n`;
  const { time, actor, action, fields, target, rowsMax, session, ip, source, receipt, line } = event;
  const cells = [
    formatInstant(time),
    actor,
    action,
    joinFields(fields),
    target,
    rowsMax === 0 ? "" : String(rowsMax),
    session,
    ip,
    source,
    receipt === null ? "" : String(receipt.entry),
    receipt === null ? "" : String(line),
  ];
  return `${cells.map(csvCell).join(",")}\n`;
}

/** RFC 4180: quoted where the text holds a comma, a quote or a line break; and spaces at its ends, which readers may trim. */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
