import { refusal, type Refusal } from "../../base/index.ts";
import {
  canonicalText,
  decodeBundle,
  encodeBundle,
  entryBundlePath,
  parseEntry,
  tilePath,
  tileWidth,
  type BundleKind,
} from "../../tlog/index.ts";
import type { Disk } from "../disk.ts";
import type { LogReader } from "../reader.ts";

/** A stretch of entries, the last not included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Stretches of one erasure: the entry that names them must fit (entryBytesMax). */
export const erasureStretchesMax = 4096;

/** Written before the log says that something is erased, removed after the last bundle was rewritten. */
const erasingFile = "log/erasing";

export function unfitStretches(stretches: readonly Stretch[], size: number): Refusal | null {
  if (stretches.length === 0 || stretches.length > erasureStretchesMax)
    return refusal("input", `an erasure names 1 to ${erasureStretchesMax} stretches`, "split it");
  const fits = ({ from, to }: Stretch): boolean =>
    Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from < to && to <= size;
  if (!stretches.every(fits))
    return refusal(
      "input",
      "an erasure names entries that the log does not have",
      `the log has entries 0 to ${size - 1}`,
    );
  return null;
}

/** What the log says of itself stays: the keys, the gaps and the erasures are what the rest is checked by. */
export async function refuseStatements(disk: Disk, stretches: readonly Stretch[]): Promise<Refusal | null> {
  for (const [bundle, inside] of byBundle(stretches))
    for (const name of await copiesOf(disk, "entries", bundle)) {
      const records = decodeBundle("entries", (await disk.read(name)) ?? Buffer.of()) ?? [];
      for (const [at, record] of records.entries()) {
        if (record.length === 0 || !inside.has(at)) continue;
        if (parseEntry(record)?.entry.kind.startsWith("log.") === true)
          return refusal(
            "refused",
            `entry ${bundle * tileWidth + at} is the log's own statement`,
            "leave it out of the erasure",
          );
      }
    }
  return null;
}

/** Empties the records of these stretches in every copy of every bundle. Doing it twice does no harm. */
export async function eraseRecords(disk: Disk, stretches: readonly Stretch[]): Promise<void> {
  for (const [bundle, inside] of byBundle(stretches))
    for (const kind of ["leaves", "entries"] as const)
      for (const name of await copiesOf(disk, kind, bundle)) {
        const records = decodeBundle(kind, (await disk.read(name)) ?? Buffer.of()) ?? [];
        const kept = records.map((record, at) => (inside.has(at) ? Buffer.of() : record));
        await disk.put(name, encodeBundle(kind, kept));
      }
  await disk.settle();
}

/** Bundle by bundle, the places inside: thousands of short stretches rewrite each bundle once, and a long one costs no memory. */
function* byBundle(
  stretches: readonly Stretch[],
): Generator<readonly [bundle: number, inside: ReadonlySet<number>]> {
  let bundle = 0;
  let inside = new Set<number>();
  for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from))
    for (let index = from; index < to; index++) {
      const next = Math.floor(index / tileWidth);
      if (next !== bundle && inside.size > 0) {
        yield [bundle, inside];
        inside = new Set();
      }
      bundle = next;
      inside.add(index % tileWidth);
    }
  if (inside.size > 0) yield [bundle, inside];
}

/** The full bundle and the partial ones before it, as many as are there. */
async function copiesOf(disk: Disk, kind: BundleKind, index: number): Promise<readonly string[]> {
  const full = `log/${kind === "leaves" ? tilePath({ level: "entries", index, width: tileWidth }) : entryBundlePath(index, tileWidth)}`;
  const partials = await disk.list(`${full}.p`);
  const copies = partials.map((width) => `${full}.p/${width}`);
  return (await disk.read(full)) === null ? copies : [full, ...copies];
}

/** What is noted while an erasure is under way. */
interface Erasing {
  readonly stretches: readonly Stretch[];
  /** The erasure's own entry stands at this index or behind it, if the crash let it be written. */
  readonly after: number;
}

export async function noteErasing(disk: Disk, stretches: readonly Stretch[], after: number): Promise<void> {
  await disk.put(erasingFile, JSON.stringify({ stretches, after }));
  await disk.settle();
}

export async function forgetErasing(disk: Disk): Promise<void> {
  await disk.remove(erasingFile);
  await disk.settle();
}

/** The erasure that a crash interrupted, if the log tells of it; if it doesn't, nothing was and nothing will be erased. */
export async function interruptedErasure(disk: Disk, reader: LogReader): Promise<readonly Stretch[] | null> {
  const text = await disk.read(erasingFile);
  if (text === null) return null;
  const { stretches, after } = JSON.parse(text.toString()) as Erasing;
  for await (const entries of reader.entries(after))
    for (const { entry } of entries)
      if (
        entry?.kind === "log.erasure" &&
        canonicalText(entry["stretches"] ?? null) === canonicalText(plain(stretches))
      )
        return stretches;
  await forgetErasing(disk);
  return null;
}

/** As JSON. */
export function plain(stretches: readonly Stretch[]): { readonly from: number; readonly to: number }[] {
  return stretches.map(({ from, to }) => ({ from, to }));
}
