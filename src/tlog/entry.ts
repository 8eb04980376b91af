import { canonicalJson, type Json } from "../base/index.ts";

/** What was said, by whoever said it: any JSON with a kind and the time of what it tells (RFC 3339). */
export interface Said {
  readonly kind: string;
  readonly time: string;
  readonly [member: string]: Json;
}

/** An entry as the log keeps it: what was said, and when the recorder sequenced it (its own clock, never backwards). */
export interface LogEntry {
  readonly entry: Said;
  /** RFC 3339 in UTC with milliseconds: 24 characters, so that text order is time order. */
  readonly recorded: string;
}

const head = '{"entry":{';
const tailShape = /^,"recorded":"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)"\}$/;
const tailBytes = ',"recorded":"2000-01-01T00:00:00.000Z"}'.length;

/** Wraps canonical text; "entry" sorts before "recorded", so the whole is canonical too. */
export function formatEntry(said: string, recorded: string): string {
  return `{"entry":${said},"recorded":"${recorded}"}`;
}

/**
 * The recorder's time of an entry, from its last 39 bytes; null if it isn't shaped like an entry. In JSON that ends
 * so, the member can stand nowhere but at the outermost level.
 */
export function recordedOf(entry: Uint8Array): string | null {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  if (bytes.length < head.length + tailBytes || bytes.toString("latin1", 0, head.length) !== head)
    return null;
  return tailShape.exec(bytes.toString("latin1", bytes.length - tailBytes))?.[1] ?? null;
}

// What each byte of the head and of the tail must be: itself, or a digit (0).
const headShape = Uint8Array.from(head, (sign) => sign.charCodeAt(0));
const tailPattern = Uint8Array.from(',"recorded":"0000-00-00T00:00:00.000Z"}', (sign) =>
  sign === "0" ? 0 : sign.charCodeAt(0),
);

/** Where the time of recording stands, counted back from an entry's end, and how many bytes it has. */
export const recordedPlace: { readonly fromEnd: number; readonly bytes: number } = { fromEnd: 26, bytes: 24 };

/** As recordedOf, without taking the time out: whether the bytes from `from` up to `to` have the form of an entry. */
export function hasEntryShape(bytes: Uint8Array, from: number, to: number): boolean {
  return hasHead(bytes, from, to) && hasTail(bytes, to - tailBytes, 0);
}

/** The same of an entry that comes after the one which ends at `before`, and was recorded no earlier. */
export function followsEntry(
  bytes: Uint8Array,
  { from, to, before }: { readonly from: number; readonly to: number; readonly before: number },
): boolean {
  if (!hasHead(bytes, from, to)) return false;
  // Text order is time order. As far as the two are the same, the one is as well formed as the other.
  let same = 0;
  while (same < tailBytes && bytes[to - tailBytes + same] === bytes[before - tailBytes + same]) same++;
  if (same === tailBytes) return true;
  const tail = to - tailBytes;
  return (bytes[tail + same] ?? 0) > (bytes[before - tailBytes + same] ?? 0) && hasTail(bytes, tail, same);
}

function hasHead(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - tailBytes < from + headShape.length || to > bytes.length) return false;
  for (let at = 0; at < headShape.length; at++) if (bytes[from + at] !== headShape[at]) return false;
  return true;
}

function hasTail(bytes: Uint8Array, tail: number, from: number): boolean {
  for (let at = from; at < tailBytes; at++) {
    const wanted = tailPattern[at];
    const byte = bytes[tail + at] ?? 0;
    if (wanted === 0 ? byte < 0x30 || byte > 0x39 : byte !== wanted) return false;
  }
  return true;
}

/** Null unless the bytes are an entry, in canonical JSON (RFC 8785) to the last byte. */
export function parseEntry(bytes: Uint8Array): LogEntry | null {
  const entry = decodeEntry(bytes);
  // As bytes: what is not UTF-8 would else pass for the replacement character it is read as.
  return entry !== null && Buffer.from(canonicalText({ ...entry })).equals(bytes) ? entry : null;
}

/** As parseEntry, for a log that has been verified or was written here: the spelling is not looked at. Half the time. */
export function decodeEntry(bytes: Uint8Array): LogEntry | null {
  const parsed = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  if (parsed === null || recordedOf(bytes) === null) return null;
  const { entry, recorded, ...rest } = parsed as { readonly [member: string]: Json };
  if (typeof recorded !== "string" || Object.keys(rest).length > 0 || !isSaid(entry)) return null;
  return { entry, recorded };
}

function isSaid(value: Json | undefined): value is Said {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const said = value as { readonly [member: string]: Json };
  return typeof said["kind"] === "string" && typeof said["time"] === "string";
}

function parseJson(text: string): Json | null {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/**
 * canonicalJson, by the engine's own JSON.stringify where it writes the same: members already in order, every number
 * finite, every string well formed. Four times as fast on a sighting; tested equal on random values.
 * @throws RangeError where canonicalJson does.
 */
export function canonicalText(value: Json): string {
  if (!isOrdered(value)) return canonicalJson(value);
  const text = JSON.stringify(value);
  // JSON.stringify escapes lone surrogates instead of refusing them; the escape may also be a string's own text.
  return text.includes("\\ud") ? canonicalJson(value) : text;
}

function isOrdered(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return value !== undefined;
  if (Array.isArray(value)) return value.every(isOrdered);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let last = "";
  for (const key of Object.keys(value)) {
    if (key < last) return false;
    last = key;
    if (!isOrdered((value as { readonly [member: string]: Json })[key] as Json)) return false;
  }
  return true;
}
