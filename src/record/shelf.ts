import { refusal, type Refusal } from "../base/index.ts";
import {
  Edge,
  decodeBundle,
  encodeBundle,
  entryBundlePath,
  levelSize,
  leafHash,
  sameBytes,
  tilePath,
  tileWidth,
  hashBytes,
  edgeTiles,
  type BundleKind,
  type Hash,
  type Tile,
  type TreeHead,
} from "../tlog/index.ts";
import type { Disk } from "./disk.ts";

/** An entry with its place among the leaves worked out. */
export interface Shelved {
  readonly entry: Uint8Array;
  readonly leaf: Uint8Array;
  readonly leafHash: Hash;
}

/** How many files are written at once: three leave one thread of Node's pool of four to the write-ahead file. */
const writersMax = 3;

/**
 * The tree's files: tiles, leaf bundles and entry bundles. Full ones are written as they fill, partial ones when a
 * checkpoint is due. Only the right edge is in memory: less than 256 entries and under 8 KiB of hashes a level.
 */
export class Shelf {
  readonly #disk: Disk;
  readonly #edge: Edge;
  #leaves: Uint8Array[];
  #entries: Uint8Array[];
  readonly #partialFolders = new Set<string>();
  readonly #queue: (() => Promise<void>)[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #writers = 0;
  #backlogBytes = 0;
  /** Called at once when a write fails in the background, so that nothing more is acknowledged. */
  onFailure: (error: unknown) => void = () => undefined;

  private constructor(disk: Disk, edge: Edge, leaves: readonly Uint8Array[], entries: readonly Uint8Array[]) {
    this.#disk = disk;
    this.#edge = edge;
    this.#leaves = [...leaves];
    this.#entries = [...entries];
  }

  /** Reads the right edge of a signed tree back. Its root must come out as it was signed. */
  static async restore(disk: Disk, head: TreeHead): Promise<Shelf | Refusal> {
    const tiles = new Map<number | "entries", Uint8Array>();
    for (const tile of edgeTiles(head.size)) {
      const hashes = await readPrefix(disk, tilePath(tile), tile);
      if (hashes === null) return damaged(`log/${tilePath(tile)} is missing or short`);
      tiles.set(tile.level, hashes);
    }
    const edge = Edge.restore(head.size, (tile) => tiles.get(tile.level) ?? Buffer.of());
    if (!sameBytes(edge.root(), head.root)) return damaged("the tiles do not lead to the signed root");
    const tile: Tile = { level: "entries", index: levelSize(head.size, 1), width: head.size % tileWidth };
    const leaves = await readBundle(disk, "leaves", tile);
    const entries = await readBundle(disk, "entries", tile);
    if (leaves === null || entries === null)
      return damaged(`the bundles of tile ${tile.index} are missing or short`);
    const hashes = tiles.get(0) ?? Buffer.of();
    for (const [at, leaf] of leaves.entries())
      if (
        leaf.length > 0 &&
        !sameBytes(leafHash(leaf), hashes.subarray(at * hashBytes, (at + 1) * hashBytes))
      )
        return damaged(`leaf ${tile.index * tileWidth + at} is not the one that was signed`);
    const shelf = new Shelf(disk, edge, leaves, entries);
    for (const partial of edgeTiles(head.size)) shelf.#rememberPartial(tilePath(partial));
    if (tile.width > 0) shelf.#rememberBundles(tile);
    return shelf;
  }

  get size(): number {
    return this.#edge.size;
  }

  /** Bytes handed over and not yet on the disk. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** The last entry of the open bundle, if it has any. */
  get lastEntry(): Uint8Array | null {
    return this.#entries.at(-1) ?? null;
  }

  push(item: Shelved): void {
    this.#leaves.push(item.leaf);
    this.#entries.push(item.entry);
    for (const { tile, hashes } of this.#edge.push(item.leafHash)) {
      this.#write(tilePath(tile), hashes);
      if (tile.level !== 0) continue;
      const bundle: Tile = { level: "entries", index: tile.index, width: tileWidth };
      this.#writeBundles(bundle);
      this.#leaves = [];
      this.#entries = [];
    }
  }

  /** Resolves when less than `bytes` wait to be written; rejects if a write failed. */
  async drained(bytes: number): Promise<void> {
    while (this.#backlogBytes > bytes) await Promise.race(this.#underWay);
  }

  /** Resolves when everything pushed so far is in its place. */
  async flushed(): Promise<void> {
    await Promise.all(this.#underWay);
    await this.#disk.flush();
  }

  /** Makes all pushed so far durable, and says what tree that is. */
  async settle(): Promise<Omit<TreeHead, "origin">> {
    const head = { size: this.#edge.size, root: this.#edge.root() };
    for (const { tile, hashes } of this.#edge.partials()) {
      this.#write(tilePath(tile), hashes);
      this.#rememberPartial(tilePath(tile));
    }
    const tile: Tile = { level: "entries", index: levelSize(head.size, 1), width: head.size % tileWidth };
    if (tile.width > 0) {
      this.#writeBundles(tile);
      this.#rememberBundles(tile);
    }
    await this.flushed();
    await this.#disk.settle();
    return head;
  }

  /** Removes partial tiles and bundles whose full ones are signed for (tlog-tiles allows it from then on). */
  async tidy(size: number): Promise<void> {
    for (const folder of this.#partialFolders) {
      const { level, index } = tileOfFolder(folder);
      if ((index + 1) * tileWidth > levelSize(size, level)) continue;
      await this.#disk.remove(`log/${folder}`);
      this.#partialFolders.delete(folder);
    }
  }

  /** Replaces records of the open bundle by nothing, as their files are. */
  forget(from: number, to: number): void {
    const start = this.size - this.#leaves.length;
    for (let index = Math.max(from, start); index < Math.min(to, this.size); index++) {
      this.#leaves[index - start] = Buffer.of();
      this.#entries[index - start] = Buffer.of();
    }
  }

  #writeBundles(tile: Tile): void {
    this.#write(tilePath(tile), encodeBundle("leaves", this.#leaves));
    this.#write(entryBundlePath(tile.index, tile.width), encodeBundle("entries", this.#entries));
  }

  #rememberBundles(tile: Tile): void {
    this.#rememberPartial(tilePath(tile));
    this.#rememberPartial(entryBundlePath(tile.index, tile.width));
  }

  #rememberPartial(path: string): void {
    this.#partialFolders.add(path.slice(0, path.lastIndexOf("/")));
  }

  #write(path: string, bytes: Uint8Array): void {
    this.#backlogBytes += bytes.length;
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push(async () => {
        try {
          await this.#disk.stage(`log/${path}`, bytes);
          this.#backlogBytes -= bytes.length;
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    this.#underWay.add(written);
    // A failed write stays in the set, so that whoever next waits for the shelf learns of it.
    written.then(
      () => this.#underWay.delete(written),
      (error: unknown) => {
        this.#queue.length = 0;
        this.onFailure(error);
      },
    );
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#writers >= writersMax) return;
    this.#writers++;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) await job();
    this.#writers--;
  }
}

/** Which tile a partial folder belongs to: `tile/0/x001/234.p`, `tile/entries/234.p`, `entries/234.p`. */
function tileOfFolder(folder: string): { readonly level: number; readonly index: number } {
  const [first, second = "", ...rest] = folder.slice(0, -".p".length).split("/");
  const number = first === "tile" ? rest : [second, ...rest];
  const level = first === "tile" && second !== "entries" ? Number(second) : 0;
  return { level, index: Number(number.join("").replaceAll("x", "")) };
}

function damaged(what: string): Refusal {
  return refusal(
    "verification",
    what,
    "run `whosaw verify`, and restore the log from its copy before recording on",
  );
}

/** A tile at its width, from a wider one if the partial file has gone. */
async function readPrefix(disk: Disk, path: string, tile: Tile): Promise<Uint8Array | null> {
  const bytes = (await disk.read(`log/${path}`)) ?? (await disk.read(`log/${path.replace(/\.p\/\d+$/, "")}`));
  const length = tile.width * hashBytes;
  return bytes === null || bytes.length < length ? null : bytes.subarray(0, length);
}

async function readBundle(disk: Disk, kind: BundleKind, tile: Tile): Promise<readonly Buffer[] | null> {
  if (tile.width === 0) return [];
  const pathFor = (width: number): string =>
    `log/${kind === "leaves" ? tilePath({ ...tile, width }) : entryBundlePath(tile.index, width)}`;
  const bytes = (await disk.read(pathFor(tile.width))) ?? (await disk.read(pathFor(tileWidth)));
  const records = bytes === null ? null : decodeBundle(kind, bytes);
  return records === null || records.length < tile.width ? null : records.slice(0, tile.width);
}
