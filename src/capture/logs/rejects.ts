import { closeSync, mkdirSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The rejected lines of one file: kept for the user, who must mend them, and readable by nobody else. */
export interface Rejects {
  readonly path: string;
  readonly add: (line: number, reason: string, text: string) => void;
  /** Bytes written so far. */
  readonly bytes: () => number;
  /** Takes back everything behind `bytes`: an interrupted segment is read again. */
  readonly rewind: (bytes: number) => void;
  /** Ends the file; one without lines is removed. */
  readonly close: () => void;
}

/** Characters of a rejected line that are kept: enough to find and mend it. */
const textMax = 4096;
/** Bytes gathered before they are written. */
const gatheredMax = 1 << 16;

export function openRejects(folder: string, file: string): Rejects {
  const path = join(folder, `${basename(file)}.rejected.jsonl`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let handle = openSync(path, "a", 0o600);
  let written = statSync(path).size;
  let gathered = "";
  const flush = (): void => {
    if (gathered === "") return;
    const bytes = Buffer.from(gathered);
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    written += bytes.length;
    gathered = "";
  };
  return {
    path,
    add: (line, reason, text) => {
      gathered += `${JSON.stringify({ line, reason, text: text.slice(0, textMax).toWellFormed() })}\n`;
      if (gathered.length > gatheredMax) flush();
    },
    bytes: () => {
      flush();
      return written;
    },
    rewind: (bytes) => {
      gathered = "";
      closeSync(handle);
      truncateSync(path, Math.min(bytes, written));
      handle = openSync(path, "a", 0o600);
      written = Math.min(bytes, written);
    },
    close: () => {
      flush();
      closeSync(handle);
      if (written === 0) rmSync(path, { force: true });
    },
  };
}
