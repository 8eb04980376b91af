import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { type Refusal, refusal } from "../../base/index.ts";

export type Compression = "none" | "gzip" | "zstd";

/** A file to import, as it was when it was looked at. */
export interface Source {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  readonly sha256: string;
  readonly compression: Compression;
  readonly parquet: boolean;
}

/** Bytes read from disk at once. */
const readBytes: number = 1 << 20;
/** Decompressed bytes per compressed byte above which a file is taken for a bomb: gzip's own bound is 1032. */
export const expansionMax = 1100;

/** Looks at a file: what it is by its first bytes (never by its name alone), and its SHA-256. */
export async function lookAt(path: string): Promise<Source | Refusal> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return refusal("input", `${path} is no file`, "give a file, or a folder of them");
    if (info.size === 0) return refusal("input", `${path} is empty`, "give a file with a header and rows");
    const head = await firstBytes(path);
    const hash = createHash("sha256");
    for await (const piece of createReadStream(path, { highWaterMark: readBytes }))
      hash.update(piece as Buffer);
    return {
      path,
      bytes: info.size,
      modified: info.mtimeMs,
      sha256: hash.digest("hex"),
      compression: compressionOf(head),
      parquet: head.subarray(0, 4).toString("latin1") === "PAR1",
    };
  } catch (error) {
    return unreadable(path, error);
  }
}

export function unreadable(path: string, error: unknown): Refusal {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT") return refusal("input", `${path} does not exist`, "check the path");
  if (code === "EACCES" || code === "EPERM")
    return refusal("input", `${path} may not be read`, "give this user the right to read it");
  return refusal(
    "input",
    `${path} can't be read: ${(error as Error).message}`,
    "check the disk and the file",
  );
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(8);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** RFC 1952: 1f 8b; RFC 8878: 28 b5 2f fd. */
function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : "none";
}

/** The stream of a damaged archive ends here, with the rows before the damage already given. */
export class DamagedSource extends Error {
  override readonly name = "DamagedSource";
}

/**
 * The file's text, decompressed. `onRead` hears of bytes read from disk.
 * @throws DamagedSource where an archive is cut off, broken, or expands beyond `expansionMax`.
 */
export async function* readText(source: Source, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(source.path, { highWaterMark: readBytes });
  let read = 0;
  let given = 0;
  file.on("data", (piece) => {
    read += piece.length;
    onRead(piece.length);
  });
  try {
    for await (const piece of decompressed(file, source.compression)) {
      given += piece.length;
      if (given > expansionMax * Math.max(read, readBytes))
        throw new DamagedSource(`expands more than ${expansionMax} times`);
      yield piece;
    }
  } catch (error) {
    if (source.compression === "none" || error instanceof DamagedSource) throw error;
    throw new DamagedSource(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    file.destroy();
  }
}

async function* decompressed(file: Readable, compression: Compression): AsyncGenerator<Buffer> {
  if (compression === "none")
    yield* file.pipe(new PassThrough({ highWaterMark: readBytes })) as AsyncIterable<Buffer>;
  else if (compression === "gzip") {
    const gunzip = createGunzip({ chunkSize: 1 << 18 });
    file.on("error", (error) => gunzip.destroy(error));
    yield* file.pipe(gunzip) as AsyncIterable<Buffer>;
  } else yield* unzstd(file as AsyncIterable<Buffer>);
}

async function* unzstd(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  let ended = false;
  const decoder = new Decompress((piece, final) => {
    if (piece.length > 0) ready.push(Buffer.from(piece));
    ended = final ?? false;
  });
  for await (const piece of file) {
    decoder.push(piece);
    const now = ready;
    ready = [];
    yield* now;
  }
  decoder.push(new Uint8Array(0), true);
  yield* ready;
  if (!ended) throw new DamagedSource("the archive is cut off");
}
