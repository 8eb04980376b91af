import { defect } from "../base/index.ts";
import { emptyRoot, foldPerfect, hashBytes, nodeHash, type Hash } from "./hash.ts";
import { coverOf, rangeHash } from "./proof.ts";
import { edgeTiles, tileWidth, type Tile } from "./tile.ts";

/** A tile that has just become full. */
export interface FullTile {
  readonly tile: Tile;
  readonly hashes: Uint8Array;
}

/**
 * The right edge of a growing tree: the partial tile of each level and nothing else, so that a log of any length
 * is carried on in under 8 KiB a level.
 */
export class Edge {
  #size = 0;
  readonly #levels: { count: number; readonly hashes: Buffer }[] = [];

  get size(): number {
    return this.#size;
  }

  /** Rebuilds the edge of a tree of `size` leaves from its partial tiles (those of `edgeTiles(size)`). */
  static restore(size: number, hashesOf: (tile: Tile) => Uint8Array): Edge {
    const edge = new Edge();
    edge.#size = size;
    for (const tile of edgeTiles(size)) {
      const hashes = hashesOf(tile);
      if (hashes.length !== tile.width * hashBytes) defect("a partial tile of another width");
      if (typeof tile.level !== "number") defect("an edge tile is a hash tile");
      edge.#level(tile.level).hashes.set(hashes);
      edge.#level(tile.level).count = tile.width;
    }
    return edge;
  }

  #level(level: number): { count: number; readonly hashes: Buffer } {
    for (let next = this.#levels.length; next <= level; next++)
      this.#levels.push({ count: 0, hashes: Buffer.alloc(tileWidth * hashBytes) });
    return this.#levels[level] ?? defect("a level was just made");
  }

  /** Appends one leaf hash; returns the tiles it filled, lowest level first. */
  push(leaf: Hash): readonly FullTile[] {
    this.#size++;
    return this.#carry(leaf, 0);
  }

  #carry(first: Hash, from: number): readonly FullTile[] {
    const full: FullTile[] = [];
    let hash = first;
    for (let level = from; ; level++) {
      const row = this.#level(level);
      row.hashes.set(hash, row.count * hashBytes);
      row.count++;
      if (row.count < tileWidth) return full;
      const hashes = Buffer.from(row.hashes);
      const index = this.#size / tileWidth ** (level + 1) - 1;
      full.push({ tile: { level, index, width: tileWidth }, hashes });
      row.count = 0;
      hash = foldPerfect(hashes);
    }
  }

  /** Appends the 256 leaf hashes of a full tile at once. The tree must end where a tile begins. */
  pushTile(hashes: Uint8Array): readonly FullTile[] {
    if (this.#size % tileWidth !== 0 || hashes.length !== tileWidth * hashBytes) defect("not a tile's place");
    this.#size += tileWidth;
    return this.#carry(foldPerfect(hashes), 1);
  }

  /** A second edge that grows apart from this one. */
  copy(): Edge {
    const partials = this.partials();
    return Edge.restore(
      this.#size,
      (tile) => partials.find((partial) => partial.tile.level === tile.level)?.hashes ?? Buffer.of(),
    );
  }

  /** The partial tiles of the tree as it stands; copies, so that they may be written while the tree grows. */
  partials(): readonly FullTile[] {
    return edgeTiles(this.#size).map((tile) => {
      const row = this.#level(Number(tile.level));
      return { tile, hashes: Buffer.from(row.hashes.subarray(0, tile.width * hashBytes)) };
    });
  }

  root(): Hash {
    if (this.#size === 0) return emptyRoot;
    // Left to right in the tree is high to low in levels; the fold goes right to left.
    const peaks = this.#levels.flatMap(({ count, hashes }) =>
      coverOf(0, count)
        .map(({ level, index }) =>
          foldPerfect(hashes.subarray(index * 2 ** level * hashBytes, (index + 1) * 2 ** level * hashBytes)),
        )
        .toReversed(),
    );
    return peaks.reduce((right, left) => nodeHash(left, right));
  }
}

/** The root of a tree given all its leaf hashes: for vectors, tests and small trees. */
export function rootOf(leaves: readonly Hash[]): Hash {
  const all = Buffer.concat(leaves);
  return rangeHash(0, leaves.length, ({ level, index }) =>
    foldPerfect(all.subarray(index * 2 ** level * hashBytes, (index + 1) * 2 ** level * hashBytes)),
  );
}
