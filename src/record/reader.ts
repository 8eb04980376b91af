import { defect, refusal, type Refusal } from "../base/index.ts";
import {
  consistencyRanges,
  coverOf,
  decodeBundle,
  decodeEntry,
  entryBundlePath,
  foldPerfect,
  formatProofFile,
  inclusionRanges,
  levelSize,
  nodesFromTiles,
  parseCheckpoint,
  proveConsistency,
  proveInclusion,
  tileForNode,
  tilePath,
  tileWidth,
  type BundleKind,
  type Checkpoint,
  type Hash,
  type NodeAt,
  type Said,
  type Tile,
} from "../tlog/index.ts";
import { Disk } from "./disk.ts";
import { checkpointFile, noLog } from "./head.ts";

/** An entry as it stands in the log; `entry` is null once it has been erased. */
export interface StoredEntry {
  readonly index: number;
  readonly recorded: string | null;
  readonly entry: Said | null;
}

/** One entry with everything that proves it, for a bundle: each a file's text. */
export interface ProvedEntry {
  /** The entry's own bytes: canonical JSON. */
  readonly entry: string;
  /** The leaf whose hash the proof starts from: `{"entry": SHA-256 of the above, "salt": ...}`. */
  readonly leaf: string;
  /** C2SP tlog-proof. */
  readonly proof: string;
}

/**
 * Reads what a checkpoint covers, without a lock and while a recorder writes: files below a checkpoint never change,
 * but for erasures. Entries acknowledged after it are seen by the next reader.
 */
export class LogReader {
  readonly #disk: Disk;
  readonly checkpoint: Checkpoint;

  constructor(disk: Disk, checkpoint: Checkpoint) {
    this.#disk = disk;
    this.checkpoint = checkpoint;
  }

  get size(): number {
    return this.checkpoint.size;
  }

  /** Entries from `from` up to `to` (not included), a bundle of up to 256 at a time, in their order. */
  async *entries(from = 0, to: number = this.size): AsyncGenerator<readonly StoredEntry[]> {
    const end = Math.min(to, this.size);
    for (let index = from; index < end;) {
      const first = index - (index % tileWidth);
      const last = Math.min(end, first + tileWidth);
      const records = await this.#bundle("entries", first / tileWidth);
      yield records.slice(index - first, last - first).map((bytes, at) => stored(index + at, bytes));
      index = last;
    }
  }

  /** Null if the log has no such entry yet. */
  async entry(index: number): Promise<StoredEntry | null> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size) return null;
    const records = await this.#bundle("entries", Math.floor(index / tileWidth));
    return stored(index, records[index % tileWidth] ?? defect("a bundle shorter than its tile"));
  }

  /** Null for an entry that is not there or erased: its proof would prove nothing that can be read. */
  async prove(index: number): Promise<ProvedEntry | null> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size) return null;
    const bundle = Math.floor(index / tileWidth);
    const entry = (await this.#bundle("entries", bundle))[index % tileWidth];
    const leaf = (await this.#bundle("leaves", bundle))[index % tileWidth];
    if (entry === undefined || leaf === undefined || entry.length === 0 || leaf.length === 0) return null;
    const nodeAt = await this.#nodes(inclusionRanges(index, this.size));
    const path = proveInclusion(index, this.size, nodeAt);
    const proof = formatProofFile({ extra: null, index, path, checkpoint: this.checkpoint });
    return { entry: entry.toString(), leaf: leaf.toString(), proof };
  }

  /** The consistency proof from an older size to this checkpoint's (RFC 6962 section 2.1.2). */
  async proveFrom(older: number): Promise<readonly Hash[]> {
    const nodeAt = await this.#nodes(consistencyRanges(older, this.size));
    return proveConsistency(older, this.size, nodeAt);
  }

  /** Fetches the tiles that these ranges need. */
  async #nodes(ranges: readonly (readonly [number, number])[]): Promise<NodeAt> {
    const tiles = new Map<string, Uint8Array>();
    for (const node of ranges.flatMap(([start, end]) => coverOf(start, end))) {
      const tile = tileForNode(node, this.size);
      if (!tiles.has(tilePath(tile))) tiles.set(tilePath(tile), await this.#tile(tile));
    }
    const tileAt = (tile: Tile): Uint8Array =>
      tiles.get(tilePath(tile)) ?? defect("a tile that was not fetched");
    return nodesFromTiles(this.size, tileAt, foldPerfect);
  }

  async #tile(tile: Tile): Promise<Uint8Array> {
    const bytes = await this.#either(tilePath(tile), tilePath({ ...tile, width: tileWidth }));
    return bytes.subarray(0, tile.width * 32);
  }

  async #bundle(kind: BundleKind, index: number): Promise<readonly Buffer[]> {
    const width = Math.min(tileWidth, levelSize(this.size, 0) - index * tileWidth);
    const path = (of: number): string =>
      kind === "leaves" ? tilePath({ level: "entries", index, width: of }) : entryBundlePath(index, of);
    const records = decodeBundle(kind, await this.#either(path(width), path(tileWidth)));
    if (records === null || records.length < width)
      throw new Error(`log/${path(width)} is damaged: run whosaw verify`);
    return records.slice(0, width);
  }

  /** The file, or the full one that has taken its place since this reader's checkpoint. */
  async #either(path: string, full: string): Promise<Buffer> {
    const bytes = (await this.#disk.read(`log/${path}`)) ?? (await this.#disk.read(`log/${full}`));
    if (bytes === null) throw new Error(`log/${path} is missing: run whosaw verify`);
    return bytes;
  }
}

function stored(index: number, bytes: Buffer): StoredEntry {
  if (bytes.length === 0) return { index, recorded: null, entry: null };
  const parsed = decodeEntry(bytes);
  if (parsed === null) throw new Error(`entry ${index} is damaged: run whosaw verify`);
  return { index, ...parsed };
}

const damagedCheckpoint = refusal(
  "input",
  "the log's checkpoint is damaged",
  "whosaw verify tells what is wrong with the log",
);

/** Opens a data directory's log for reading. */
export async function openReader(dir: string): Promise<LogReader | Refusal> {
  const disk = new Disk(dir);
  const text = await disk.read(checkpointFile);
  if (text === null) return noLog(dir);
  const checkpoint = parseCheckpoint(text.toString());
  return checkpoint === null ? damagedCheckpoint : new LogReader(disk, checkpoint);
}
