import { isRefusal, refusal, type Json, type Refusal } from "../base/index.ts";
import { sha256Hex, type Said } from "../tlog/index.ts";
import { Disk } from "./disk.ts";
import { handovers } from "./keys.ts";
import type { Receipt } from "./receipt.ts";
import { openReader, type LogReader, type ProvedEntry } from "./reader.ts";

/** What is to be taken out of the log, and the files that go with it. */
export interface BundleOrder {
  /** Indexes of the entries; erased ones can't be proved and are left out, and counted. */
  readonly entries: readonly number[];
  /** Other files of the bundle: the report, the policy, the steps to verify. Paths are relative, with `/`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What the log is to say of the export: who, why, for whom. `kind` is `export`. */
  readonly said: Said & { readonly kind: "export" };
}

/** What a bundle needs of the log that is open for writing, here or in another process. */
export interface BundleLog {
  readonly key: string;
  readonly append: (said: Said) => Promise<Receipt | Refusal>;
  /** Makes everything appended so far provable. */
  readonly checkpoint: () => Promise<object | Refusal>;
  readonly witnessed: () => Promise<unknown>;
}

/** A bundle's files by path: write them into a folder or an archive, byte for byte. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly erased: number;
}

/** Entries of one bundle. */
export const bundleEntriesMax = 250_000;

/**
 * Makes a bundle that stands alone. The export is itself an entry, with the SHA-256 of the list of files, so the log
 * vouches for every byte of the bundle (docs/formats/checkpoint.md, "Bundle").
 */
export async function makeBundle(
  dir: string,
  recorder: BundleLog,
  order: BundleOrder,
): Promise<Bundle | Refusal> {
  if (order.entries.length > bundleEntriesMax)
    return refusal("input", `a bundle holds at most ${bundleEntriesMax} entries`, "make several");
  const published = await recorder.checkpoint();
  if (isRefusal(published)) return published;
  await recorder.witnessed();
  const reader = await openReader(dir);
  if (isRefusal(reader)) return reader;
  const files = new Map(order.files);
  files.set("log.vkey", Buffer.from(`${recorder.key}\n`));
  // Whoever trusts an older key needs the hand-overs to get to the one that signs now.
  const missing = await addEntries(files, reader, [...order.entries, ...(await handovers(new Disk(dir)))]);
  if (isRefusal(missing)) return missing;
  const sums = Buffer.from(
    [...files]
      .map(([path, bytes]) => `${sha256Hex(bytes)}  ${path}\n`)
      .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
      .join(""),
  );
  files.set("SHA256SUMS", sums);
  const said: Said & { readonly [member: string]: Json } = { ...order.said, sums: sha256Hex(sums) };
  const receipt = await recorder.append(said);
  if (isRefusal(receipt)) return receipt;
  const covered = await recorder.checkpoint();
  if (isRefusal(covered)) return covered;
  await recorder.witnessed();
  const after = await openReader(dir);
  const proved = isRefusal(after) ? after : await after.prove(receipt.index);
  if (isRefusal(proved)) return proved;
  if (proved === null)
    return refusal("verification", "the export's own entry can't be proved", "run `whosaw verify`");
  addProved(files, "export", proved);
  return { files, erased: missing };
}

/** How many of the entries could not be proved, being erased. */
async function addEntries(
  files: Map<string, Uint8Array>,
  reader: LogReader,
  indexes: readonly number[],
): Promise<number | Refusal> {
  let erased = 0;
  for (const index of new Set(indexes)) {
    if ((await reader.entry(index)) === null)
      return refusal("input", `the log has no entry ${index}`, `it has entries 0 to ${reader.size - 1}`);
    const proved = await reader.prove(index);
    if (proved === null) erased++;
    else addProved(files, `entries/${index}`, proved);
  }
  return erased;
}

function addProved(files: Map<string, Uint8Array>, name: string, proved: ProvedEntry): void {
  files.set(`${name}.json`, Buffer.from(proved.entry));
  files.set(`${name}.leaf.json`, Buffer.from(proved.leaf));
  files.set(`${name}.tlog-proof`, Buffer.from(proved.proof));
}
