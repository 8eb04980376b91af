import { createWriteStream, lstatSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Refusal, refusal } from "../../base/index.ts";
import { storeRefusal } from "../../serve/index.ts";
import { type ExitCode, type Invocation, refuse, tell } from "../invocation.ts";

/** Writes a page where --html asked for one. */
export async function writePage(
  invocation: Invocation,
  file: string | undefined,
  page: () => string,
): Promise<ExitCode> {
  if (file === undefined) return 0;
  const wrong = await writeWhole(file, [page()]);
  if (wrong !== null) return refuse(invocation, wrong);
  tell(invocation, `page written to ${file}`);
  return 0;
}

/**
 * Writes a file that names people, which only its owner may read (0600): beside its place first, because half of a list would read as
 * the whole of it. What is no plain file, a pipe or a link, is written to as it stands.
 */
export async function writeWhole(
  file: string,
  text: Iterable<string> | AsyncIterable<string>,
): Promise<Refusal | null> {
  const there = lstatSync(file, { throwIfNoEntry: false });
  const part = there === undefined || there.isFile() ? `${file}.part` : file;
  try {
    if (part !== file) await rm(part, { force: true });
    await pipeline(Readable.from(text), createWriteStream(part, { mode: 0o600 }));
    if (part !== file) await rename(part, file);
    return null;
  } catch (error) {
    if (part !== file) await rm(part, { force: true }).catch(() => undefined);
    // What the store says of the list is no failure of the file.
    if (!(error instanceof Error) || storeRefusal(error) !== null || !("syscall" in error)) throw error;
    return refusal(
      "input",
      `can't write ${file}: ${error.message}`,
      "Name a file that you may write to, in a folder that exists and has room.",
    );
  }
}
