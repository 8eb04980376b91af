import { type Instant, parseInstant } from "../../../domain/index.ts";
import { csvCells } from "./csvRecords.ts";
import { parseForeign, textAt } from "./jsonReading.ts";

/** A record of PostgreSQL's log, whichever of csvlog and jsonlog it stood in. */
export interface LogRecord {
  readonly time: Instant | null;
  readonly user: string;
  readonly host: string;
  readonly session: string;
  readonly message: string;
}

/** csvlog's columns of PostgreSQL 14 to 18 ("Using CSV-Format Log Output"), by number; before 14 the last ones lack. */
const columns = { time: 0, user: 1, from: 4, session: 5, message: 13, least: 23 } as const;

export function fromCsvlog(text: string): LogRecord | null {
  const cells = csvCells(text);
  if (cells === null || cells.length < columns.least) return null;
  const cell = (column: number): string => cells[column] ?? "";
  return {
    time: logTime(cell(columns.time)),
    user: cell(columns.user),
    // host:port, also for IPv6, whose own colons come before.
    host: hostOf(cell(columns.from).replace(/:\d+$/, "")),
    session: cell(columns.session),
    message: cell(columns.message),
  };
}

export function fromJsonlog(text: string): LogRecord | null {
  const record = parseForeign(text);
  if (record === null) return null;
  return {
    time: logTime(textAt(record, "timestamp")),
    user: textAt(record, "user"),
    host: hostOf(textAt(record, "remote_host")),
    session: textAt(record, "session_id"),
    message: textAt(record, "message"),
  };
}

function hostOf(host: string): string {
  return host === "[local]" ? "" : host;
}

/** Abbreviations with one meaning everywhere, in minutes east; CST, IST, BST and their like have several and are refused. */
const zones: { readonly [abbreviation: string]: string } = {
  GMT: "Z",
  UTC: "Z",
  WET: "Z",
  WEST: "+01:00",
  CET: "+01:00",
  CEST: "+02:00",
  EET: "+02:00",
  EEST: "+03:00",
  EST: "-05:00",
  EDT: "-04:00",
  MDT: "-06:00",
  PDT: "-07:00",
  JST: "+09:00",
};

/** log_timezone is written as an abbreviation (`UTC`, `CET`) or as hours (`+03`). */
function logTime(text: string): Instant | null {
  const [, stamp = "", zone = ""] = /^(.*\d) ?([A-Z]{3,5}|[+-]\d{2}(?::?\d{2})?)$/.exec(text) ?? [];
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : (zones[zone] ?? zone);
  return stamp === "" ? null : parseInstant(`${stamp}${offset}`);
}

/** What pgaudit says of a statement (pgaudit README, "Format"). */
export interface AuditEntry {
  /** STATEMENT_ID and SUBSTATEMENT_ID: entries of one session that share both tell of one statement. */
  readonly statementId: string;
  readonly substatementId: string;
  readonly className: string;
  readonly command: string;
  readonly objectName: string;
  /** Null where the entry doesn't hold it. */
  readonly statement: string | null;
  /** An earlier entry of the same statement holds its text and parameters. */
  readonly saidBefore: boolean;
  readonly parameters: readonly string[] | null;
  /** What pgaudit.log_rows counted; null where it is off. */
  readonly rows: number | null;
}

const prefix = "AUDIT: ";
const notLogged = "<not logged>";
const previouslyLogged = "<previously logged>";

export function isAudit(message: string): boolean {
  return message.startsWith(prefix);
}

/** The payload is CSV once more, and its last cell but one CSV for the third time. */
export function auditEntry(message: string): AuditEntry | null {
  const cells = csvCells(message.slice(prefix.length));
  if (cells === null || cells.length < 9 || cells.length > 10) return null;
  const [kind = "", statementId = "", substatementId = "", className = "", command = ""] = cells;
  const [objectName = "", statement = "", parameters = "", rows] = cells.slice(6);
  if (
    (kind !== "SESSION" && kind !== "OBJECT") ||
    !/^\d+$/.test(statementId) ||
    !/^\d+$/.test(substatementId)
  )
    return null;
  if (rows !== undefined && !/^\d{1,15}$/.test(rows)) return null;
  return {
    statementId,
    substatementId,
    className,
    command,
    objectName,
    statement: statement === notLogged || statement === previouslyLogged ? null : statement,
    saidBefore: statement === previouslyLogged,
    parameters: parametersOf(parameters),
    rows: rows === undefined ? null : Number(rows),
  };
}

function parametersOf(cell: string): readonly string[] | null {
  if (cell === notLogged || cell === previouslyLogged) return null;
  return cell === "<none>" ? [] : csvCells(cell);
}
