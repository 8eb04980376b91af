import { constants, fdatasync, write } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "./errno.ts";
import { syncFile, syncFileSystem } from "./sync.ts";

/** Writes all of `bytes` at a place of an open file and waits until they are on the disk. Fails at the first error. */
export async function writeDurably(fd: number, bytes: Uint8Array, place: number): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await writeSome(fd, bytes.subarray(at), place + at);
  await new Promise<void>((resolve, reject) => {
    fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}

// The callback forms: a promise-based handle costs twice as much a call, and this runs for every batch.
function writeSome(fd: number, bytes: Uint8Array, place: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, place, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

/** Up to so many files, as a quiet log writes them, are fsynced each; more are made durable together. */
const filesSyncedOneByOneMax = 12;

/** Renames under way together: enough to keep the threads busy, few enough that a commit's write finds its turn. */
const renamesAtOnceMax = 32;

/**
 * The folders of one log, and the one way whole files come into them: written beside, fsynced, renamed, and the folder
 * fsynced before anyone relies on the name (`settle`).
 */
export class Disk {
  readonly #root: string;
  readonly #unsettled = new Set<string>();
  readonly #known = new Set<string>();
  #temporary = 0;
  readonly #staged: { readonly temporary: string; readonly name: string }[] = [];
  #settling: Promise<void> = Promise.resolve();

  constructor(root: string) {
    this.#root = root;
  }

  path(name: string): string {
    return join(this.#root, name);
  }

  /** Makes a folder and all above it; each new name is fsynced by `settle`. */
  async folder(name: string): Promise<void> {
    if (this.#known.has(name)) return;
    if (name !== "." && name !== "/") await this.folder(dirname(name));
    const made = await mkdir(this.path(name), { mode: name === "keys" ? 0o700 : 0o750 }).then(
      () => true,
      (error: unknown) => {
        if (isErrno(error, "EEXIST")) return false;
        throw error;
      },
    );
    this.#known.add(name);
    if (made) this.#unsettled.add(dirname(name));
  }

  /** Puts a whole file in place. It may be relied upon after the next `settle`. */
  async put(name: string, bytes: Uint8Array | string, mode = 0o640): Promise<void> {
    await this.folder(dirname(name));
    // Beside: under the same top folder, which may be a mount of its own, so that the rename stays a rename.
    const beside = `${name.split("/")[0] ?? ""}/tmp`;
    await this.folder(beside);
    const temporary = this.path(`${beside}/${process.pid}-${this.#temporary++}`);
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path(name));
    this.#unsettled.add(dirname(name));
  }

  /**
   * Writes a whole file beside its place. It is put there by the next `flush`, and may be relied upon after the next
   * `settle`: so that a second's worth of tiles costs one flush of the disk and not one each.
   */
  async stage(name: string, bytes: Uint8Array): Promise<void> {
    await this.folder(dirname(name));
    await this.folder("log/tmp");
    const temporary = this.path(`log/tmp/${process.pid}-${this.#temporary++}`);
    await writeFile(temporary, bytes, { flag: "wx", mode: 0o640 });
    this.#staged.push({ temporary, name });
  }

  /** Makes staged files durable, then puts them in place. One call at a time. */
  async flush(): Promise<void> {
    const staged = this.#staged.splice(0);
    const together = staged.length > filesSyncedOneByOneMax && (await syncFileSystem(this.path("log/tmp")));
    if (!together) for (const { temporary } of staged) await syncFile(temporary);
    // Several at once, because each waits longer for its thread than for the file system; their order is nobody's concern before `settle`.
    for (let from = 0; from < staged.length; from += renamesAtOnceMax)
      await Promise.all(
        staged.slice(from, from + renamesAtOnceMax).map(async ({ temporary, name }) => {
          await rename(temporary, this.path(name));
          this.#unsettled.add(dirname(name));
        }),
      );
  }

  /** Makes every name since the last call durable. */
  settle(): Promise<void> {
    // One after the other: a second call must not return while the first still fsyncs a folder both rely upon.
    const settled = this.#settling.then(() => this.#settleNow());
    this.#settling = settled;
    return settled;
  }

  async #settleNow(): Promise<void> {
    const folders = [...this.#unsettled];
    this.#unsettled.clear();
    for (const name of folders) {
      const folder = await open(this.path(name), constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }
  }

  /** The whole file, or null if there is none. */
  async read(name: string): Promise<Buffer | null> {
    return readFile(this.path(name)).catch((error: unknown) => {
      if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return null;
      throw error;
    });
  }

  async list(name: string): Promise<readonly string[]> {
    return readdir(this.path(name)).then(
      (names) => names.sort(),
      (error: unknown) => {
        if (isErrno(error, "ENOENT")) return [];
        throw error;
      },
    );
  }

  /** Renames a durable file over another; it may be relied upon after the next `settle`. */
  async move(from: string, to: string): Promise<void> {
    await rename(this.path(from), this.path(to));
    this.#unsettled.add(dirname(to));
  }

  /** Removes a file or folder; its going is durable after the next `settle`. */
  async remove(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
    this.#known.delete(name);
    this.#unsettled.add(dirname(name));
  }
}
