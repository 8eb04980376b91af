import { EitherFramer, framed, type RawRecord } from "./jsonRecords.ts";
import { CsvFramer } from "./csvRecords.ts";
import {
  access,
  circumstance,
  type Circumstance,
  ignored,
  type Normalised,
  type ProtectedTable,
  rejected,
  unknown,
  type VendorOptions,
} from "./normalised.ts";
import { type AuditEntry, auditEntry, fromCsvlog, fromJsonlog, isAudit } from "./pgauditEntry.ts";
import { SessionStatements } from "./pgauditSessions.ts";
import { protectedTable, statementParser, type StatementParser, type TableRead } from "./sql/index.ts";

/** The tables that hold customers unless the import says otherwise, each with `id` as its key. */
export const protectedTablesDefault: readonly ProtectedTable[] = [
  "customers",
  "customer",
  "contacts",
  "contact",
  "clients",
  "client",
  "users",
].map((table) => ({ table, key: "id" }));

/** What an import of a pgaudit log must tell its reader. */
export const pgauditNotices: readonly string[] = [
  "pgaudit logs statements, not rows: only customers whose key a statement names by value are known, the rest is exposure unknown.",
  "pgaudit is incomplete evidence: it is best-effort and not transactional, superusers can turn it off, and reads of views and functions may hide the tables behind them.",
  "A key named by value counts as seen although the row may not exist; key columns are taken to be integers, uuids or case-sensitive text.",
];

/**
 * PostgreSQL's csvlog or jsonlog (14 to 18; told apart by the first character) with pgaudit's AUDIT messages.
 * The actor is the database user who logged in. Entries of SESSION and OBJECT auditing that tell of the same
 * statement give its rows once.
 */
export async function* pgaudit(
  bytes: AsyncIterable<Uint8Array>,
  options: VendorOptions = {},
): AsyncGenerator<Normalised> {
  const tables = options.tables ?? protectedTablesDefault;
  const reader = new AuditReader(await statementParser(), tables);
  const framer = new EitherFramer([], () => new CsvFramer());
  for await (const raw of framed(bytes, framer)) yield* reader.read(raw, framer.isJson);
}

class AuditReader {
  readonly #parser: StatementParser;
  readonly #tables: readonly ProtectedTable[];
  readonly #sessions = new SessionStatements();

  constructor(parser: StatementParser, tables: readonly ProtectedTable[]) {
    this.#parser = parser;
    this.#tables = tables;
  }

  read(raw: RawRecord, isJson: boolean): readonly Normalised[] {
    const { line } = raw;
    if ("reason" in raw) return [rejected(line, raw.reason)];
    const record = isJson ? fromJsonlog(raw.text) : fromCsvlog(raw.text);
    if (record === null) return [rejected(line, isJson ? "not a JSON object" : "not a record of csvlog")];
    if (!isAudit(record.message)) return [ignored(line, "no record of pgaudit")];
    const entry = auditEntry(record.message);
    if (entry === null) return [rejected(line, "pgaudit's message can't be read")];
    const at = circumstance(line, {
      time: record.time,
      actor: record.user,
      session: record.session,
      ip: record.host,
      source: "pgaudit",
    });
    if ("kind" in at) return [at];
    return this.#entry(at, this.#sessions.completed(record.session, entry));
  }

  #entry(at: Circumstance, entry: AuditEntry): readonly Normalised[] {
    const object = this.#object(entry);
    // EXECUTE, FETCH and the like: what they read is logged by itself. Some versions log a view's read as MISC.
    if (
      entry.className !== "READ" &&
      entry.className !== "WRITE" &&
      (object === undefined || entry.className !== "MISC")
    )
      return [ignored(at.line, `pgaudit class ${classOf(entry)} reads no rows`)];
    if (entry.command === "PREPARE") return [ignored(at.line, "preparing a statement reads no rows")];
    const text = entry.statement;
    const reading = text === null ? null : this.#parser.read(text, this.#tables, entry.parameters);
    if (reading?.foreignKeyCheck === true)
      return [ignored(at.line, "a foreign key check of PostgreSQL's own")];
    const reads = [...(reading?.reads ?? [])];
    if (object !== undefined && !reads.some((read) => read.table === object))
      reads.push({ table: object, keys: null, action: actionOf(entry), fields: [] });
    const fresh = (key: string): boolean => this.#sessions.isFresh(at.session, entry, key);
    if (reads.length === 0 && reading === null && entry.objectName === "")
      return fresh("?") ? [unknown(at, { action: actionOf(entry), target: "" })] : [saidBefore(at)];
    if (reads.length === 0) return [ignored(at.line, "no protected table")];
    const bound = reading?.rowsBound === true && reads.length === 1;
    // COPY's count was 0 whatever it copied until pgaudit's versions of 2026.
    if (bound && entry.rows === 0 && reads[0]?.action !== "export")
      return [ignored(at.line, "no row came back")];
    const rows = reads.flatMap((read) => rowsOf(at, read, { rows: bound ? (entry.rows ?? 0) : 0, fresh }));
    if (rows.length > 0) return rows;
    return reads.every((read) => read.keys?.size === 0)
      ? [ignored(at.line, "it names no customer")]
      : [saidBefore(at)];
  }

  #object(entry: AuditEntry): ProtectedTable | undefined {
    const [, schema = "", name = ""] =
      /^(?:(.*)\.)?([^.]+)$/.exec(entry.objectName.replaceAll('"', "")) ?? [];
    return name === "" ? undefined : protectedTable(this.#tables, schema, name);
  }
}

function saidBefore(at: Circumstance): Normalised {
  return ignored(at.line, "the same statement was told of before");
}

function rowsOf(
  at: Circumstance,
  read: TableRead,
  how: { readonly rows: number; readonly fresh: (key: string) => boolean },
): readonly Normalised[] {
  const { action, fields } = read;
  if (read.keys === null)
    return how.fresh(`${action} ${read.table.table}`)
      ? [unknown(at, { action, fields, rows: how.rows, target: read.table.table })]
      : [];
  return [...read.keys]
    .filter((customer) => how.fresh(`${action} ${read.table.table} ${customer}`))
    .map((customer) => access(at, { customer, action, fields }));
}

/** Only words of pgaudit's own get into a reason. */
function classOf(entry: AuditEntry): string {
  return /^(DDL|FUNCTION|MISC|ROLE)$/.test(entry.className) ? entry.className : "of another name";
}

function actionOf(entry: AuditEntry): "read" | "update" | "delete" | "export" {
  if (entry.command === "COPY" && entry.className === "READ") return "export";
  if (entry.className !== "WRITE") return "read";
  return entry.command === "DELETE" || entry.command.startsWith("TRUNCATE") ? "delete" : "update";
}
