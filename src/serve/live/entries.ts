import { type Json, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import type { GatewayEvent, Reader, Seen, StatementNote } from "../../capture/index.ts";
import { type ExplanationKind, parseCustomerId } from "../../domain/index.ts";
import type { Said } from "../../record/index.ts";

/** What was known at the moment of a read: the work item that justifies it. */
export interface KnownReason {
  readonly kind: ExplanationKind;
  readonly ticket: string;
}

/** Each customer's reason for an actor at a moment (epoch ms), or null where none is known; in the customers' order. No waiting. */
export type ExplainReads = (
  actor: string,
  customers: readonly string[],
  now: number,
) => readonly (KnownReason | null)[];

/** Closes a text that may hold customers' values under the key of the actor whose statement it is (docs/formats/sealed.md). */
export type SealText = (actor: string, text: string) => Promise<Json | Refusal>;

/** Characters of a statement's normalized text that an entry keeps. */
export const normalizedCharactersMax = 16_384;
/** Characters of a statement as it was sent that are sealed. */
export const originalCharactersMax = 24_576;
/** Characters of an error or notice as the server wrote it that are sealed. */
export const errorCharactersMax = 8_192;
/** Characters of what a client says of itself. */
export const nameCharactersMax = 256;
/** Bytes of one entry's `entry`: the log's 262,144 less what the log puts around it (docs/formats/entries.md). */
export const saidBytesMax: number = 262_144 - 64;

/** What entries are made with. */
export interface EntryParts {
  readonly explain: ExplainReads;
  readonly seal: SealText;
}

/** The log's entries for one event, in their order: more than one only for a sighting of very many customers. */
export async function entriesOf(
  event: GatewayEvent,
  { explain, seal }: EntryParts,
): Promise<readonly Said[] | Refusal> {
  const time = new Date(event.time).toISOString();
  if (event.kind === "login_refused") return [loginRefused(event, time)];
  const { reader } = event;
  if ("method" in event) return [said(event.kind, time, reader, { method: event.method })];
  const statement = await noteOf(reader, event.statement, seal);
  if (isRefusal(statement)) return statement;
  if (event.kind === "sighting") return sightingEntries(event, { time, statement, explain });
  if (event.kind === "probe") {
    const probes = event.probes.map(({ table, fields }) => ({ fields, table }));
    return [said(event.kind, time, reader, { probes, statement })];
  }
  if (event.kind === "refusal") {
    const { code, rule } = event;
    return [said(event.kind, time, reader, { code, rule, statement })];
  }
  const original = await seal(reader.actor, clip(event.original, errorCharactersMax));
  if (isRefusal(original)) return original;
  const { code, severity } = event;
  return [said(event.kind, time, reader, { code, original, severity, statement })];
}

function loginRefused(
  { ip, rule, user }: Extract<GatewayEvent, { readonly kind: "login_refused" }>,
  time: string,
): Said {
  const told = { ip: clip(ip, nameCharactersMax), kind: "login_refused", rule, time };
  return { ...told, user: clip(user, nameCharactersMax) };
}

type Sighting = Extract<GatewayEvent, { readonly kind: "sighting" }>;

/** Members in the order of RFC 8785, which the log then writes without sorting. */
function said(kind: string, time: string, reader: Reader, rest: { readonly [member: string]: Json }): Said {
  const members = Object.entries({
    ...rest,
    actor: reader.actor,
    application: clip(reader.application, nameCharactersMax),
    ip: reader.ip,
    kind,
    role: reader.role,
    session: reader.session,
    time,
  }).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members) as Said;
}

/** A statement as an entry keeps it. One without literals says in its normalized text all that it said. */
async function noteOf(
  reader: Reader,
  statement: StatementNote | null,
  seal: SealText,
): Promise<Json | Refusal> {
  if (statement === null) return null;
  const { normalized, original } = statement;
  const kept = clip(normalized, normalizedCharactersMax);
  const sealed =
    original === normalized ? null : await seal(reader.actor, clip(original, originalCharactersMax));
  if (isRefusal(sealed)) return sealed;
  const whole = normalized.length <= normalizedCharactersMax && original.length <= originalCharactersMax;
  return whole ? { normalized: kept, sealed } : { cut: original.length, normalized: kept, sealed };
}

/** As far as the limit, never half a character: half of one has no UTF-8 form. */
function clip(text: string, charactersMax: number): string {
  const cut = text.length <= charactersMax ? text : text.slice(0, charactersMax);
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}

function sightingEntries(
  event: Sighting,
  parts: { readonly time: string; readonly statement: Json; readonly explain: ExplainReads },
): readonly Said[] | Refusal {
  const { time, statement } = parts;
  const { seen } = event;
  const wrong = seen.some(({ customers }) => customers.some((id) => parseCustomerId(id) === null));
  if (wrong) return notAnId;
  const because = reasonsOf(event, parts.explain);
  if (boundOf(event, statement, because) <= saidBytesMax)
    return [sighting(event, { time, statement, rows: event.rows, part: null, seen, because })];
  return inParts(event, { time, statement, because });
}

/** What differs between the parts of one sighting. */
interface Part {
  readonly time: string;
  readonly statement: Json;
  readonly rows: number;
  readonly part: { readonly at: number; readonly of: number } | null;
  readonly seen: readonly Seen[];
  readonly because: readonly Because[];
}

type Because = readonly [customer: string, kind: ExplanationKind, ticket: string];

/** Written out, not sorted: this is made for every read. */
function sighting({ action, reader, ticket }: Sighting, part: Part): Said {
  const seen = part.seen.map(({ customers, masked, probed, shown, table }) => ({
    customers,
    masked,
    probed,
    shown,
    table,
  }));
  return {
    action,
    actor: reader.actor,
    application: clip(reader.application, nameCharactersMax),
    because: part.because,
    ip: reader.ip,
    kind: "sighting",
    part: part.part,
    role: reader.role,
    rows: part.rows,
    seen,
    session: reader.session,
    statement: part.statement,
    ticket,
    time: part.time,
  };
}

function reasonsOf({ reader, seen, time }: Sighting, explain: ExplainReads): readonly Because[] {
  const customers =
    seen.length === 1 ? (seen[0]?.customers ?? []) : [...new Set(seen.flatMap((one) => one.customers))];
  const reasons = explain(reader.actor, customers, time);
  const because: Because[] = [];
  for (const [at, customer] of customers.entries()) {
    const reason = reasons[at] ?? null;
    if (reason !== null) because.push([customer, reason.kind, reason.ticket]);
  }
  return because;
}

/** More bytes than the entry can have: no string of n UTF-16 units takes more than 6n + 3 in JSON. */
function boundOf({ reader, seen, ticket }: Sighting, statement: Json, because: readonly Because[]): number {
  let characters = statementCharacters(statement) + (ticket?.length ?? 0) + nameCharactersMax;
  characters += reader.actor.length + reader.session.length + reader.role.length + reader.ip.length + 256;
  for (const { table, customers, shown, masked, probed } of seen) {
    characters += table.length + 32;
    for (const list of [customers, shown, masked, probed])
      for (const one of list) characters += one.length + 1;
  }
  for (const [customer, kind, ticketId] of because)
    characters += customer.length + kind.length + ticketId.length + 3;
  return characters * 6;
}

/** UTF-16 units of a statement's note: its texts, and more than all that stands between them. */
function statementCharacters(statement: Json): number {
  if (typeof statement === "string") return statement.length + 3;
  if (typeof statement !== "object" || statement === null) return 24;
  let characters = 3;
  for (const [member, value] of Object.entries(statement))
    characters += member.length + 4 + statementCharacters(value);
  return characters;
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}

/**
 * One sighting in several entries: the first holds the statement and the rows, each as many customers as fit. They go into the log
 * together, so that either all of them are there or none is released.
 */
function inParts(
  event: Sighting,
  { time, statement, because }: Pick<Part, "time" | "statement" | "because">,
): readonly Said[] | Refusal {
  const reasons = new Map(because.map((one) => [one[0], one]));
  const empty = { time, rows: event.rows, part: { at: 9_999_999, of: 9_999_999 }, seen: [], because: [] };
  const first = bytesOf(sighting(event, { ...empty, statement }));
  const others = bytesOf(sighting(event, { ...empty, statement: null }));
  const packed = pack(event.seen, reasons, { first, others });
  if (isRefusal(packed)) return packed;
  return packed.map((one, at) =>
    sighting(event, {
      time,
      statement: at === 0 ? statement : null,
      rows: at === 0 ? event.rows : 0,
      part: { at: at + 1, of: packed.length },
      ...one,
    }),
  );
}

interface Packed {
  readonly seen: Seen[];
  readonly because: Because[];
}

function pack(
  seen: readonly Seen[],
  reasons: ReadonlyMap<string, Because>,
  { first, others }: { readonly first: number; readonly others: number },
): readonly Packed[] | Refusal {
  const packed: Packed[] = [{ seen: [], because: [] }];
  let used = first;
  const turn = (): void => {
    packed.push({ seen: [], because: [] });
    used = others;
  };
  for (const one of seen) {
    const head = bytesOf({ ...one, customers: [] });
    if (others + head > saidBytesMax / 2) return tooManyFields;
    let customers: string[] | null = null;
    for (const customer of one.customers) {
      const reason = reasons.get(customer);
      const cost = bytesOf(customer) + (reason === undefined ? 0 : bytesOf(reason));
      if (used + cost + (customers === null ? head : 0) > saidBytesMax) {
        turn();
        customers = null;
      }
      if (customers === null) {
        customers = [];
        packed.at(-1)?.seen.push({ ...one, customers });
        used += head;
      }
      customers.push(customer);
      if (reason !== undefined) packed.at(-1)?.because.push(reason);
      used += cost;
    }
  }
  return packed;
}

const notAnId: Refusal = refusal(
  "refused",
  "a row's customer is no id (empty, longer than 256 bytes, or with control characters), so nothing can say who was seen",
  "mend the key in the database, or name another key column in whosaw.yaml",
);

const tooManyFields: Refusal = refusal(
  "refused",
  "a statement reads so many columns of one table that its record doesn't fit into an entry",
  "name the columns that are needed",
);
