import { closeSync, existsSync, openSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../base/index.ts";

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

/** Whose rejected lines they are. */
export interface RejectsOf {
  readonly path: string;
  readonly sha256: string;
  /** True: an import of this very file left a rejected file behind, which goes on. */
  readonly known: boolean;
}

export function openRejects(folder: string, file: RejectsOf): Rejects {
  const path = rejectsPath(folder, file);
  makeFolder(dirname(path), 0o700);
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

/** `<name>.rejected.jsonl`; where another file of that name has left one, the content's own number stands in between. */
function rejectsPath(folder: string, { path, sha256, known }: RejectsOf): string {
  const plain = join(folder, `${basename(path)}.rejected.jsonl`);
  const own = join(folder, `${basename(path)}.${sha256.slice(0, 8)}.rejected.jsonl`);
  if (existsSync(own)) return own;
  return existsSync(plain) && !known ? own : plain;
}
