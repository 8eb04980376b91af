import { crc32 } from "node:zlib";
import { defect } from "../base/index.ts";
import { entryBytesMax, saltBytes } from "../tlog/index.ts";

/** An entry as the write-ahead file holds it. */
export interface AheadRecord {
  readonly salt: Uint8Array;
  readonly entry: Uint8Array;
}

/** One group commit: everything that one fdatasync made durable. */
export interface Batch {
  /** The index of the first record. */
  readonly first: number;
  readonly records: readonly AheadRecord[];
}

/**
 * A frame is `"WSB1"`, crc32 of all that follows, body length, record count (each big-endian uint32), first index
 * (big-endian uint64), then the records: entry length (uint32), salt (16 bytes), entry.
 * A batch is framed as a whole, because it is acknowledged as a whole: the next frame is written only after this one
 * is durable, so a broken frame with a whole one behind it is damage, and a broken frame at the end is a torn write.
 */
const magic = 0x57534231;
const headerBytes = 24;
const recordHeadBytes = 4 + saltBytes;

/** The first bytes of every segment: 16, so that a stray file is told from a segment. */
export const segmentHead: Buffer = Buffer.from("whosaw-ahead/v1\n");

export function encodeBatch(batch: Batch): Buffer {
  const body = batch.records.reduce((total, { entry }) => total + recordHeadBytes + entry.length, 0);
  const frame = Buffer.allocUnsafe(headerBytes + body);
  frame.writeUInt32BE(magic, 0);
  frame.writeUInt32BE(body, 8);
  frame.writeUInt32BE(batch.records.length, 12);
  frame.writeBigUInt64BE(BigInt(batch.first), 16);
  let at = headerBytes;
  for (const { salt, entry } of batch.records) {
    frame.writeUInt32BE(entry.length, at);
    frame.set(salt, at + 4);
    frame.set(entry, at + recordHeadBytes);
    at += recordHeadBytes + entry.length;
  }
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4);
  return frame;
}

/** What a segment holds. */
export interface Scan {
  readonly batches: readonly Batch[];
  /** Where the last whole frame ends; what follows is `broken`. */
  readonly end: number;
  readonly broken: Broken | null;
}

/** Bytes that are not a whole frame. */
export interface Broken {
  readonly bytes: Buffer;
  /** A whole frame stands behind them: they were durable once, so this is damage and not a torn write. */
  readonly damage: boolean;
  /** The index behind the last record of such frames; null where there is none. */
  readonly end: number | null;
  /** How many records the broken frame's header speaks of, if it can be read. */
  readonly recordsAtMost: number | null;
}

export function scanSegment(segment: Buffer): Scan {
  if (!segment.subarray(0, segmentHead.length).equals(segmentHead))
    return { batches: [], end: 0, broken: brokenAt(segment, 0) };
  const batches: Batch[] = [];
  let at = segmentHead.length;
  while (at < segment.length) {
    const frame = decodeFrame(segment, at);
    if (frame === null)
      return { batches, end: at, broken: isRoom(segment, at) ? null : brokenAt(segment, at) };
    batches.push(frame.batch);
    at = frame.end;
  }
  return { batches, end: at, broken: null };
}

/** Nothing but zeros up to the end: the room for frames to come. */
function isRoom(segment: Buffer, at: number): boolean {
  for (let next = at; next < segment.length; next++) if (segment[next] !== 0) return false;
  return true;
}

function decodeFrame(segment: Buffer, start: number): { readonly batch: Batch; readonly end: number } | null {
  if (start + headerBytes > segment.length || segment.readUInt32BE(start) !== magic) return null;
  const end = start + headerBytes + segment.readUInt32BE(start + 8);
  if (end > segment.length || crc32(segment.subarray(start + 8, end)) !== segment.readUInt32BE(start + 4))
    return null;
  const records: AheadRecord[] = [];
  for (let at = start + headerBytes; at < end;) {
    const length = segment.readUInt32BE(at);
    const entry = at + recordHeadBytes;
    // The checksum held, so these bytes are as they were written: a length that doesn't fit is a defect of the writer.
    if (length > entryBytesMax || entry + length > end) defect("a whole frame holds half a record");
    records.push({ salt: segment.subarray(at + 4, entry), entry: segment.subarray(entry, entry + length) });
    at = entry + length;
  }
  const first = Number(segment.readBigUInt64BE(start + 16));
  if (records.length !== segment.readUInt32BE(start + 12)) defect("a whole frame miscounts its records");
  return { batch: { first, records }, end };
}

function brokenAt(segment: Buffer, at: number): Broken {
  const bytes = segment.subarray(at);
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(magic, 0);
  let end: number | null = null;
  for (let next = bytes.indexOf(mark, 1); next > 0;) {
    const frame = decodeFrame(bytes, next);
    if (frame !== null) end = frame.batch.first + frame.batch.records.length;
    next = bytes.indexOf(mark, frame?.end ?? next + 1);
  }
  const readable = bytes.length >= headerBytes && bytes.readUInt32BE(0) === magic;
  return { bytes, damage: end !== null, end, recordsAtMost: readable ? bytes.readUInt32BE(12) : null };
}
