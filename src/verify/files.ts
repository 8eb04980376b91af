import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { entryBytesMax, tileWidth } from "../tlog/index.ts";
import { dirname, join } from "node:path";

/** Where the verifier reads from: a folder here, a bundle or a web server elsewhere. Null if there is no such file. */
export type ReadFile = (path: string) => Uint8Array | null | Promise<Uint8Array | null>;

/** A log on a disk: what reads its files, and the public key that stands beside it, if one does. */
export interface LogFolder {
  readonly read: ReadFile;
  readonly keyText: string | null;
}

const missingCodes = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** The largest file a log can have: a bundle of 256 of the longest entries. */
const fileBytesMax = tileWidth * (4 + entryBytesMax);

/** Stands for a file that is longer: nothing that one byte could be a whole of, so that it is called malformed. */
const tooLong = Buffer.alloc(1);

function readOrNull(path: string): Uint8Array | null {
  try {
    // Synchronous, because a log is read a few kilobytes at a time: the asynchronous read costs more than the hashing.
    return readAll(openSync(path, "r"));
  } catch (error) {
    if (error instanceof Error && "code" in error && missingCodes.has(String(error.code))) return null;
    throw error;
  }
}

/** The whole file in one read, and its end: readFileSync asks the system twice as much. Closes it. */
function readAll(fd: number): Uint8Array {
  try {
    const { size } = fstatSync(fd);
    if (size > fileBytesMax) return tooLong;
    const bytes = Buffer.allocUnsafeSlow(size);
    let read = 0;
    for (let some = -1; read < size && some !== 0; read += some)
      some = readSync(fd, bytes, read, size - read, null);
    return bytes.subarray(0, read);
  } finally {
    closeSync(fd);
  }
}

/** A data directory (with `log/` in it) or the log's own folder. */
export function logFolder(dir: string): LogFolder {
  const folder = existsSync(join(dir, "log")) ? join(dir, "log") : dir;
  const key = readOrNull(join(dirname(folder), "keys/log.vkey"));
  return {
    read: (path) => readOrNull(join(folder, path)),
    keyText: key === null ? null : Buffer.from(key).toString(),
  };
}
