import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { entryBytesMax, tileWidth } from "../tlog/index.ts";
import { dirname, join } from "node:path";

/**
 * Where the verifier reads from: a folder here, a bundle or a web server elsewhere. Null if there is no such file. Whoever
 * gives a room is done with what was read into it before; the reader may use it or not.
 */
export type ReadFile = (path: string, room?: Room) => Uint8Array | null | Promise<Uint8Array | null>;

/** Memory for one file after another: a log has three for every 256 entries, and fresh memory for each costs as much as reading it. */
export class Room {
  #bytes = Buffer.allocUnsafeSlow(1 << 16);

  /** So many bytes, with anything in them. */
  take(size: number): Uint8Array {
    if (size > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(2 * size);
    return this.#bytes.subarray(0, size);
  }
}

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

function readOrNull(path: string, room?: Room): Uint8Array | null {
  try {
    // Synchronous, because a log is read a few kilobytes at a time: the asynchronous read costs more than the hashing.
    return readAll(openSync(path, "r"), room);
  } catch (error) {
    if (error instanceof Error && "code" in error && missingCodes.has(String(error.code))) return null;
    throw error;
  }
}

/** The whole file in one read, and its end: readFileSync asks the system twice as much. Closes it. */
function readAll(fd: number, room?: Room): Uint8Array {
  try {
    const { size } = fstatSync(fd);
    if (size > fileBytesMax) return tooLong;
    const bytes = room?.take(size) ?? Buffer.allocUnsafeSlow(size);
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
    read: (path, room) => readOrNull(`${folder}/${path}`, room),
    keyText: key === null ? null : Buffer.from(key).toString(),
  };
}
