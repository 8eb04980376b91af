import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { defect } from "../base/index.ts";
import { writeDurably, type Disk } from "./disk.ts";
import { scanSegment, segmentHead, type Scan } from "./ahead.ts";

/** Where the write-ahead segments stand. Each is named for the index of its first record, in 20 digits. */
export const aheadFolder = "log/ahead";

/** A segment is closed for a new one after this many bytes, at a checkpoint: what recovery has to read again. */
export const segmentBytesMax = 16_777_216;

/**
 * Zeros written behind a frame when the file has to grow: the next frames overwrite them, and their fdatasync then has
 * no new file length to make durable, which saves the file system's journal (a fifth to a half of the time here).
 */
const roomBytes = 1_048_576;

export interface Segment {
  readonly first: number;
  readonly name: string;
}

function segmentName(first: number): string {
  return `${aheadFolder}/${String(first).padStart(20, "0")}`;
}

/** The write-ahead file: append-only segments, the last of which is open. */
export class Ahead {
  readonly #disk: Disk;
  readonly #segments: Segment[];
  #file: FileHandle | null = null;
  #bytes = 0;
  #allocated = 0;

  constructor(disk: Disk, segments: readonly Segment[]) {
    this.#disk = disk;
    this.#segments = [...segments];
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Starts a segment whose first record will be `first`. The one before is kept until `trim`. `frame` comes into being
   * with the segment, so that a gap can't be forgotten between the cut and the entry that says so.
   */
  async start(first: number, frame: Uint8Array = Buffer.of()): Promise<void> {
    await this.#file?.close();
    this.#file = null;
    const name = segmentName(first);
    await this.#disk.put(name, Buffer.concat([segmentHead, frame]));
    await this.#disk.settle();
    this.#file = await open(this.#disk.path(name), constants.O_WRONLY);
    this.#bytes = segmentHead.length + frame.length;
    this.#allocated = this.#bytes;
    if (this.#segments.at(-1)?.name !== name) this.#segments.push({ first, name });
  }

  /** Resolves when the frame is on the disk. */
  async append(frame: Uint8Array): Promise<void> {
    if (this.#file === null) return defect("the write-ahead file is not open");
    const end = this.#bytes + frame.length;
    const room = end <= this.#allocated ? 0 : roomBytes;
    await writeDurably(
      this.#file.fd,
      room === 0 ? frame : Buffer.concat([frame, Buffer.alloc(room)]),
      this.#bytes,
    );
    this.#allocated = Math.max(this.#allocated, end + room);
    this.#bytes = end;
  }

  /** Removes the segments that hold nothing at or beyond `size`. */
  async trim(size: number): Promise<void> {
    for (let next = this.#segments[1]; next !== undefined && next.first <= size; next = this.#segments[1]) {
      const [done] = this.#segments.splice(0, 1);
      if (done !== undefined) await this.#disk.remove(done.name);
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}

/** Reads every segment there is, oldest first. */
export async function readSegments(disk: Disk): Promise<readonly (Segment & { readonly scan: Scan })[]> {
  const names = (await disk.list(aheadFolder)).filter((name) => /^\d{20}$/.test(name));
  const segments: (Segment & { readonly scan: Scan })[] = [];
  for (const base of names) {
    const name = `${aheadFolder}/${base}`;
    const bytes = (await disk.read(name)) ?? Buffer.of();
    segments.push({ first: Number(base), name, scan: scanSegment(bytes) });
  }
  return segments;
}
