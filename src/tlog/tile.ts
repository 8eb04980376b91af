import { hashBytes, type Hash } from "./hash.ts";
import type { Node, NodeAt } from "./proof.ts";

/** Hashes in a full tile: C2SP tlog-tiles fixes the height at 8. */
export const tileWidth = 256;

/** A stored run of hashes (level 0 and up) or, at level "entries", of the bundle beside the level-0 tile. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  /** 1 to 255 in a partial tile, 256 in a full one. */
  readonly width: number;
}

/** `x001/x234/067` for 1234067: three digits an element, all but the last marked, so that no file is also a folder. */
export function tileNumberPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** The path below the log's folder, as C2SP tlog-tiles names it. */
export function tilePath(tile: Tile): string {
  return `tile/${tile.level}/${numberedPath(tile.index, tile.width)}`;
}

/** whosaw's own bundles of entries, numbered as the tiles are. */
export function entryBundlePath(index: number, width: number): string {
  return `entries/${numberedPath(index, width)}`;
}

function numberedPath(index: number, width: number): string {
  return `${tileNumberPath(index)}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** How many hashes level `level` holds in a tree of `size` leaves; only full tiles are hashed upward. */
export function levelSize(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile that holds hash `index` of `level` in a tree of `size` leaves. */
export function tileOf(level: number, index: number, size: number): Tile {
  const tile = Math.floor(index / tileWidth);
  return { level, index: tile, width: Math.min(tileWidth, levelSize(size, level) - tile * tileWidth) };
}

/** The rightmost tile of each level that is not full, lowest level first: all that an open log must remember. */
export function edgeTiles(size: number): readonly Tile[] {
  const edge: Tile[] = [];
  for (let level = 0; levelSize(size, level) > 0; level++) {
    const width = levelSize(size, level) % tileWidth;
    if (width > 0) edge.push({ level, index: Math.floor(levelSize(size, level) / tileWidth), width });
  }
  return edge;
}

/** The tile in which a perfect subtree's hash stands or can be computed. */
export function tileForNode(node: Node, size: number): Tile {
  const level = Math.floor(node.level / 8);
  return tileOf(level, node.index * 2 ** (node.level - level * 8), size);
}

/** Reads perfect subtrees out of tiles the caller has at hand. */
export function nodesFromTiles(
  size: number,
  tileAt: (tile: Tile) => Uint8Array,
  fold: (hashes: Uint8Array) => Hash,
): NodeAt {
  return (node) => {
    const tile = tileForNode(node, size);
    const span = 2 ** (node.level % 8);
    const first = (node.index * span) % tileWidth;
    return fold(tileAt(tile).subarray(first * hashBytes, (first + span) * hashBytes));
  };
}
