import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { type Refusal, isRefusal, isThere, makeFolder, refusal } from "../base/index.ts";
import {
  SealedFileError,
  fileKey,
  newFileKey,
  openReader,
  openingStream,
  sealingStream,
} from "../record/index.ts";

/** Below the data directory: imported files under their digests, sealed (docs/formats/sealed.md). */
export const keptFolder = "files";

/** What an entry's `kept` may be; files of earlier versions are not sealed. */
export const keptShape: RegExp = /^[0-9a-f]{64}(\.gz)?(\.sealed)?$/;

/** Parquet and archives are small already; gzip over them costs time and saves nothing. */
const compressed = /\.(gz|zst|zstd|parquet)$/i;

/**
 * Copies a file to `files/`, durably and once: the same content has the same name. It is sealed under a key of its own, because
 * it holds whatever its source put into it: whoever has a copy of `files/` has nothing without `keys/files/`. Gives the name below `files/`.
 */
export async function keepFile(data: string, sha256: string, path: string): Promise<string | Refusal> {
  const plain = compressed.test(path);
  const name = `${sha256}${plain ? "" : ".gz"}.sealed`;
  const folder = join(data, keptFolder);
  if (existsSync(join(folder, name))) return name;
  const key = await newFileKey(data, name);
  if (isRefusal(key)) return key;
  const part = join(folder, `${name}.part`);
  try {
    makeFolder(folder, 0o700);
    const into = createWriteStream(part, { mode: 0o600, flush: true });
    // Level 1: three quarters of what the slower ones save, in a quarter of their time.
    const packing = plain ? new PassThrough() : createGzip({ level: 1 });
    await pipeline(createReadStream(path), packing, sealingStream(key), into);
    await rename(part, join(folder, name));
    const handle = await open(folder, "r");
    await handle.sync();
    await handle.close();
    return name;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(
      "input",
      `can't keep ${path} in ${folder}: ${why}`,
      "Make room, or import with --no-keep; nothing of the file was imported.",
    );
  }
}

/** A kept file, and the digest it must have. */
export interface KeptFile {
  /** Below `files/`: what the import's entry calls `kept`. */
  readonly name: string;
  readonly sha256: string;
}

/** Writes a kept file out as it was imported (0600), and checks it against the log's digest. */
export async function unpackKept(
  data: string,
  { name, sha256 }: KeptFile,
  out: string,
): Promise<Refusal | null> {
  const kept = join(data, keptFolder, name);
  const sealed = name.endsWith(".sealed");
  const key = sealed ? await fileKey(data, name) : null;
  if (isRefusal(key)) return key;
  const hash = createHash("sha256");
  const hashing = new PassThrough();
  hashing.on("data", (piece: Buffer) => hash.update(piece));
  try {
    await pipeline(
      createReadStream(kept),
      key === null ? new PassThrough() : openingStream(key),
      name.replace(".sealed", "").endsWith(".gz") ? createGunzip() : new PassThrough(),
      hashing,
      createWriteStream(out, { mode: 0o600 }),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (cameOfWriting(error, out))
      return refusal(
        "input",
        `can't write ${out}: ${why}`,
        "Name a file in a folder that exists and has room.",
      );
    return refusal(
      error instanceof SealedFileError ? "verification" : "input",
      `can't read ${kept}: ${why}`,
      "Restore the files folder from a backup.",
    );
  }
  return hash.digest("hex") === sha256
    ? null
    : refusal(
        "verification",
        `${kept} is not the file that was imported: its SHA-256 differs from the log's`,
        "Restore the files folder from a backup.",
      );
}

/** A pipeline fails as one: an open(2) names its file, and only what is written to can fail at write(2). */
function cameOfWriting(error: unknown, out: string): boolean {
  if (!(error instanceof Error) || !("syscall" in error)) return false;
  return error.syscall === "write" || ("path" in error && error.path === out);
}

/** What came out of `writeKept`: the file as it was imported, and what the log says of it. */
export interface WrittenKept {
  readonly index: number;
  readonly file: string;
  readonly sha256: string;
  readonly out: string;
}

/** Writes the file that an import's entry speaks of: what a receipt's line is checked against. Never over a file that is there. */
export async function writeKept(data: string, index: number, out: string): Promise<WrittenKept | Refusal> {
  const reader = await openReader(data);
  if (isRefusal(reader)) return reader;
  const entry = (await reader.entry(index))?.entry ?? null;
  const [file, kept, sha256] = [entry?.["file"], entry?.["kept"], entry?.["sha256"]];
  if (entry?.kind !== "import" || typeof file !== "string" || typeof sha256 !== "string")
    return refusal(
      "input",
      `entry ${index} of the log is no import`,
      "A receipt names the entry of its import.",
    );
  if (typeof kept !== "string" || !keptShape.test(kept))
    return refusal("input", `the file of import ${file} was not kept`, "Ask whoever has the original.");
  if (isThere(out)) return refusal("refused", `${out} is there already`, "Name another file.");
  const wrong = await unpackKept(data, { name: kept, sha256 }, out);
  if (wrong !== null) await rm(out, { force: true });
  return wrong ?? { index, file, sha256, out };
}
