import { refusal, type Refusal } from "../base/index.ts";
import {
  decodeBundle,
  emptyRoot,
  entryBundlePath,
  foldPerfect,
  nodesFromTiles,
  parseEntry,
  rangeHash,
  recordedOf,
  sameBytes,
  sha256Hex,
  tilePath,
  tileForNode,
  coverOf,
  tileWidth,
  type Checkpoint,
  type Tile,
  type TreeHead,
} from "../tlog/index.ts";
import type { AheadRecord, Broken } from "./ahead.ts";
import type { Disk } from "./disk.ts";
import type { FoundHeads } from "./head.ts";
import { readSegments, type Segment } from "./segments.ts";
import { Shelf } from "./shelf.ts";

/** What could not be read back, for the entry that says so. */
export interface Gap {
  /** The index that the gap entry itself will have. */
  readonly from: number;
  readonly bytes: number;
  readonly sha256: string;
  /** How many entries may have been lost, as far as what is left still says it. None of them was acknowledged if `why` is `torn`. */
  readonly entriesAtMost: number | null;
  readonly why: "torn" | "damaged" | "missing";
}

/** A log brought back to its last whole entry, nothing written yet. */
export interface Recovered {
  readonly shelf: Shelf;
  readonly replay: readonly AheadRecord[];
  readonly gap: Gap | null;
  readonly segments: readonly Segment[];
  /** The last `recorded`, in epoch milliseconds; 0 in a log with none. */
  readonly lastMillis: number;
}

/**
 * Reads the log back: the tree up to the newest signed head from its tiles, what follows from the write-ahead file.
 * Everything replayed is written anew, so a page that a failed fsync left in the cache but not on the disk does no harm.
 */
export async function recover(
  disk: Disk,
  heads: FoundHeads,
  acceptLoss: boolean,
): Promise<Recovered | Refusal> {
  const { newest, older } = heads;
  const segments = await readSegments(disk);
  if (
    newest === null &&
    (segments.some(({ scan }) => scan.batches.length > 0) || (await disk.list("log/tile")).length > 0)
  )
    return refusal(
      "verification",
      "the log holds entries but no checkpoint",
      "restore log/checkpoint and the keys from their copy",
    );
  const start: TreeHead = newest ?? { origin: "", size: 0, root: emptyRoot };
  const shelf = await Shelf.restore(disk, start);
  if (!(shelf instanceof Shelf)) return shelf;
  if (older !== null && !(await isPrefix(disk, older, start.size)))
    return refusal(
      "verification",
      "log/checkpoint and the key's own memory tell of different histories",
      "run `whosaw verify` on both copies",
    );
  const read = replayOf(segments, start.size);
  const gap = newest !== null && segments.length === 0 ? missing(start.size) : read.gap;
  if (gap?.why === "damaged" && !acceptLoss)
    return refusal(
      "verification",
      `the write-ahead file is damaged at entry ${gap.from}: acknowledged entries behind it can't be read`,
      "restore log/ahead from a copy; whosaw recover says what going on without it costs (docs/operate/losing-the-log.md)",
    );
  const last = read.records.at(-1)?.entry ?? shelf.lastEntry ?? (await lastOfFullBundle(disk, start.size));
  const lastMillis = last === null || last.length === 0 ? 0 : Date.parse(recordedOf(last) ?? "");
  return { shelf, replay: read.records, gap, segments, lastMillis: lastMillis || 0 };
}

type ReadSegment = Awaited<ReturnType<typeof readSegments>>[number];

function replayOf(
  segments: readonly ReadSegment[],
  start: number,
): { records: readonly AheadRecord[]; gap: Gap | null } {
  const records: AheadRecord[] = [];
  const size = (): number => start + records.length;
  for (const [at, { first, scan }] of segments.entries()) {
    const behind = { from: size(), segments: segments.slice(at) };
    if (first > size()) return { records, gap: damagedAt(null, behind) };
    for (const batch of scan.batches) {
      if (batch.first > size()) return { records, gap: damagedAt(scan.broken, { ...behind, from: size() }) };
      records.push(...batch.records.slice(size() - batch.first));
    }
    const next = segments[at + 1];
    if (scan.broken === null || (next !== undefined && isTold(next, size()))) continue;
    const torn = next === undefined && !scan.broken.damage;
    const gap = torn
      ? gapAt(size(), scan.broken, "torn")
      : damagedAt(scan.broken, { ...behind, from: size() });
    return { records, gap };
  }
  return { records, gap: null };
}

/** Whole records stand behind what is broken; they were acknowledged, and go with it: without those before them they have no place in the tree. */
function damagedAt(
  broken: Broken | null,
  { from, segments }: { readonly from: number; readonly segments: readonly ReadSegment[] },
): Gap {
  const ends = segments.flatMap(({ scan: { batches, broken: one } }) => [
    ...batches.map(({ first, records }) => first + records.length),
    ...(one === null || one.end === null ? [] : [one.end]),
  ]);
  const end = Math.max(...ends, from);
  const gap = gapAt(from, broken, "damaged");
  return end > from ? { ...gap, entriesAtMost: end - from } : gap;
}

/** The next segment starts where this one breaks off, with the entry that says so; or the tree already holds both. */
function isTold(next: ReadSegment, size: number): boolean {
  const said = next.scan.batches[0]?.records[0];
  return (
    next.first < size ||
    (next.first === size && said !== undefined && parseEntry(said.entry)?.entry.kind === "log.gap")
  );
}

function gapAt(from: number, broken: Broken | null, why: Gap["why"]): Gap {
  const bytes = broken?.bytes ?? Buffer.of();
  return {
    from,
    bytes: bytes.length,
    sha256: sha256Hex(bytes),
    entriesAtMost: broken?.recordsAtMost ?? null,
    why,
  };
}

function missing(from: number): Gap {
  return gapAt(from, null, "missing");
}

/** True if the tree on the disk, cut at `head.size`, has `head`'s root. */
async function isPrefix(disk: Disk, head: Checkpoint, size: number): Promise<boolean> {
  const tiles = new Map<string, Buffer>();
  for (const node of coverOf(0, head.size)) {
    const path = tilePath(tileForNode(node, size));
    const bytes =
      (await disk.read(`log/${path}`)) ?? (await disk.read(`log/${path.replace(/\.p\/\d+$/, "")}`));
    if (bytes === null) return false;
    tiles.set(path, bytes);
  }
  const tileAt = (tile: Tile): Uint8Array => tiles.get(tilePath(tile)) ?? Buffer.of();
  return sameBytes(rangeHash(0, head.size, nodesFromTiles(size, tileAt, foldPerfect)), head.root);
}

async function lastOfFullBundle(disk: Disk, size: number): Promise<Buffer | null> {
  if (size === 0) return null;
  const bytes = await disk.read(`log/${entryBundlePath(size / tileWidth - 1, tileWidth)}`);
  return bytes === null ? null : (decodeBundle("entries", bytes)?.at(-1) ?? null);
}
