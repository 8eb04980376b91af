import {
  type Action,
  type ActorId,
  type CustomerId,
  type Instant,
  joinFields,
  parseActorId,
  parseCustomerId,
  parseTicketId,
  splitFields,
  type TicketId,
} from "../../../domain/index.ts";

/** The longest record of another system's log, in bytes; PostgreSQL's longest csvlog lines in the wild are far below. */
export const recordBytesMax: number = 1024 * 1024;

/** The longest session, address, source or target text, in bytes of UTF-8: as long as an id may be. */
export const cellBytesMax = 256;

/** The longest list of fields, in bytes of UTF-8: about two hundred field names. */
export const listCellBytesMax = 4096;

/** What every read has, whoever the customer was. */
export interface Circumstance {
  /** Of the record's first line in the file, counted from 1. */
  readonly line: number;
  readonly time: Instant;
  readonly actor: ActorId;
  /** '' where the source doesn't say; so are `ip` and `source`. */
  readonly session: string;
  readonly ip: string;
  readonly source: string;
}

/** One customer whose record was read. `fields` and `masked` are canonical list cells: sorted, joined by `;`. */
export interface AccessRow extends Circumstance {
  readonly kind: "access";
  readonly customer: CustomerId;
  readonly action: Action;
  readonly fields: string;
  readonly masked: string;
  readonly ticket: TicketId | null;
}

/** A read that does not say which customers came back. `rows` is an upper bound; 0: no bound is known. */
export interface UnknownRow extends Circumstance {
  readonly kind: "unknown";
  readonly action: Action;
  readonly fields: string;
  readonly rows: number;
  /** The object, table or path that the source names. Never a value and never a query's text, which holds values (I5). */
  readonly target: string;
  readonly ticket: TicketId | null;
}

/** A record that can't be read. `reason` holds no value of the record. */
export interface RejectedRow {
  readonly kind: "rejected";
  readonly line: number;
  readonly reason: string;
}

/** A sound record that is no read of customer data: a login, a change of the schema, a failed request. */
export interface IgnoredRow {
  readonly kind: "ignored";
  readonly line: number;
  readonly reason: string;
}

/** What a foreign log's record means. One record may give several rows; every record gives at least one. */
export type Normalised = AccessRow | UnknownRow | RejectedRow | IgnoredRow;

/** What a foreign log doesn't say of itself. Every part has a default, which its format's file states. */
export interface VendorOptions {
  /** OCSF: the resource types (any case) whose resources are customers. */
  readonly customerTypes?: readonly string[];
  /** pgaudit: the tables that hold customers. */
  readonly tables?: readonly ProtectedTable[];
  /** Salesforce: the objects whose records are customers, by name. */
  readonly customerObjects?: readonly string[];
  /** Whose ticket it is, when the tickets table is known; a Map's `get` will do. */
  readonly resolveTicket?: (ticket: TicketId) => CustomerId | undefined;
}

/** A table of customers: its name (with or without schema), the column that tells them apart, and the columns that hold their data. */
export interface ProtectedTable {
  readonly table: string;
  readonly key: string;
  readonly fields?: readonly string[];
}

/** Reads a log as it streams in, holding at most a record or two. Nothing in the bytes makes it throw. */
export type VendorFormat = (
  bytes: AsyncIterable<Uint8Array>,
  options: VendorOptions,
) => AsyncIterable<Normalised>;

export function rejected(line: number, reason: string): RejectedRow {
  return { kind: "rejected", line, reason };
}

export function ignored(line: number, reason: string): IgnoredRow {
  return { kind: "ignored", line, reason };
}

/** The texts of a record's circumstance, before they are checked. */
export interface RawCircumstance {
  readonly time: Instant | null;
  readonly actor: string;
  readonly session: string;
  readonly ip: string;
  readonly source: string;
}

/** Checks when, who and from where; null-like texts are ''. */
export function circumstance(line: number, raw: RawCircumstance): Circumstance | RejectedRow {
  if (raw.time === null) return rejected(line, "the time is missing or not a time");
  const actor = parseActorId(raw.actor);
  if (actor === null) return rejected(line, "the actor is missing or not an id");
  const { session, ip, source } = raw;
  if (!isCell(session)) return rejected(line, "the session is too long or has control characters");
  if (!isCell(ip)) return rejected(line, "the address is too long or has control characters");
  return { line, time: raw.time, actor, session, ip, source };
}

export interface RawAccess {
  readonly customer: string;
  readonly action: Action;
  readonly fields?: readonly string[];
  readonly masked?: readonly string[];
  readonly ticket?: string;
}

export function access(at: Circumstance, raw: RawAccess): AccessRow | RejectedRow {
  const customer = parseCustomerId(raw.customer);
  if (customer === null) return rejected(at.line, "the customer is not an id");
  const fields = listCell(raw.fields ?? []);
  const masked = listCell(raw.masked ?? []);
  if (fields === null || masked === null)
    return rejected(at.line, "the list of fields is too long or has control characters");
  const ticket = parseTicketId(raw.ticket ?? "");
  if (ticket === null && (raw.ticket ?? "") !== "") return rejected(at.line, "the ticket is not an id");
  return { ...at, kind: "access", customer, action: raw.action, fields, masked, ticket };
}

export interface RawUnknown {
  readonly action: Action;
  readonly target: string;
  readonly rows?: number;
  readonly fields?: readonly string[];
  readonly ticket?: string;
}

export function unknown(at: Circumstance, raw: RawUnknown): UnknownRow | RejectedRow {
  const fields = listCell(raw.fields ?? []);
  if (fields === null) return rejected(at.line, "the list of fields is too long or has control characters");
  const ticket = parseTicketId(raw.ticket ?? "");
  if (ticket === null && (raw.ticket ?? "") !== "") return rejected(at.line, "the ticket is not an id");
  const rows = raw.rows ?? 0;
  const bound = Number.isSafeInteger(rows) && rows > 0 ? rows : 0;
  return {
    ...at,
    kind: "unknown",
    action: raw.action,
    fields,
    rows: bound,
    target: shorten(raw.target),
    ticket,
  };
}

/** A ticket was read: an access to its customer's record where the tickets table says whose it is, else unknown. */
export function ticketRead(
  at: Circumstance,
  read: { readonly ticket: string; readonly action: Action },
  options: VendorOptions,
): AccessRow | UnknownRow | RejectedRow {
  const ticket = parseTicketId(read.ticket);
  if (ticket === null) return rejected(at.line, "the ticket is not an id");
  const customer = options.resolveTicket?.(ticket);
  return customer === undefined
    ? unknown(at, { ...read, target: `ticket ${ticket}` })
    : access(at, { ...read, customer });
}

function isCell(text: string): boolean {
  return (
    Buffer.byteLength(text) <= cellBytesMax && text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text)
  );
}

function listCell(members: readonly string[]): string | null {
  const cell = joinFields(splitFields(members.join(";")));
  if (!cell.isWellFormed() || /[\u0000-\u001f\u007f]/.test(cell)) return null;
  return Buffer.byteLength(cell) <= listCellBytesMax ? cell : null;
}

/** A target only helps its reader, so a long one is cut and control characters become spaces. */
function shorten(text: string): string {
  const clean = text
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
    .trim();
  return Buffer.byteLength(clean) <= cellBytesMax
    ? clean
    : `${clean.slice(0, cellBytesMax / 4).toWellFormed()}…`;
}
