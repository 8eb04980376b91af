import { type Refusal } from "../../base/index.ts";
import type { Disk } from "../disk.ts";
import type { LogReader } from "../reader.ts";

/** Written before the log says that a key is shredded, removed when it is. */
const shreddingFile = "log/shredding";

/** A shredding under way. */
interface Shredding {
  readonly holder: string;
  /** Its entry stands at this index or behind it, if the crash let it be written. */
  readonly after: number;
}

export async function noteShredding(disk: Disk, shredding: Shredding): Promise<void> {
  await disk.put(shreddingFile, JSON.stringify(shredding));
  await disk.settle();
}

export async function forgetShredding(disk: Disk): Promise<void> {
  await disk.remove(shreddingFile);
  await disk.settle();
}

/** Finishes a shredding that a crash cut short, if the log tells of it; if it doesn't, nothing was and nothing will be shredded. */
export async function carryOnShredding(
  disk: Disk,
  reader: LogReader,
  shredHolder: (holder: string) => Promise<boolean | Refusal>,
): Promise<Refusal | null> {
  const text = await disk.read(shreddingFile);
  if (text === null) return null;
  const { holder, after } = JSON.parse(text.toString()) as Shredding;
  let told = false;
  for await (const entries of reader.entries(after))
    told ||= entries.some(({ entry }) => entry?.kind === "log.shredding" && entry["holder"] === holder);
  const shredded = told ? await shredHolder(holder) : false;
  if (typeof shredded !== "boolean") return shredded;
  await forgetShredding(disk);
  return null;
}
