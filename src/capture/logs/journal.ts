import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** How far the import of one file has come. Written whole and fsynced after each segment. */
export interface Progress {
  readonly import: number;
  readonly started: number;
  readonly state: "loading" | "moving";
  /** Bytes of (decompressed) text behind the last committed record, and the number of the next line. */
  readonly offset: number;
  readonly line: number;
  readonly read: number;
  readonly rejected: number;
  readonly ignored: number;
  readonly exposureUnknown: number;
  /** Bytes of the rejected file that belong to what is committed. */
  readonly rejectedBytes: number;
  readonly imported: number;
  readonly duplicates: number;
  /** Where the log tells of this import, once it does. */
  readonly place?: LogPlace;
}

/** An entry's place: which log, and its index. */
export interface LogPlace {
  readonly log: string;
  readonly index: number;
}

export interface Journal {
  readonly path: string;
  readonly load: () => Progress | null;
  readonly save: (progress: Progress) => void;
  readonly remove: () => void;
}

/** The journal of one file's content in the staging folder: an interrupted import is found again by its SHA-256. */
export function openJournal(staging: string, sha256: string, table: string): Journal {
  const path = join(staging, `import-${table}-${sha256}.json`);
  return {
    path,
    load: () => {
      if (!existsSync(path)) return null;
      try {
        return JSON.parse(readFileSync(path, "utf8")) as Progress;
      } catch {
        return null;
      }
    },
    save: (progress) => {
      const fresh = `${path}.new`;
      writeDurably(fresh, JSON.stringify(progress));
      renameSync(fresh, path);
      syncFolder(dirname(path));
    },
    remove: () => rmSync(path, { force: true }),
  };
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is durable once its folder is. */
function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
