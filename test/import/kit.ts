import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../../src/base/index.ts";
import { type FileAnswer, type ImportOptions, importPaths } from "../../src/capture/index.ts";
import { openLoader, openStore, type Store } from "../../src/store/index.ts";

/** A store in a folder of its own, and a way to import text into it. */
export interface Kit {
  readonly folder: string;
  readonly data: string;
  readonly store: Store;
  readonly write: (name: string, content: string | Uint8Array) => string;
  readonly import: (path: string, options?: Partial<ImportOptions>) => Promise<FileAnswer>;
  readonly refuse: (path: string, options?: Partial<ImportOptions>) => Promise<string>;
  readonly empty: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface RejectedLine {
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

export async function openKit(): Promise<Kit> {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-test-"));
  const data = join(folder, "data");
  const store = await openStore({ data });
  if (isRefusal(store)) throw new Error(store.what);
  const run = async (path: string, options: Partial<ImportOptions>): ReturnType<typeof importPaths> =>
    importPaths([path], {
      loader: openLoader(store),
      staging: join(data, "staging"),
      rejected: join(data, "rejected"),
      clock: Date.now,
      onProgress: () => undefined,
      ...options,
    });
  return {
    folder,
    data,
    store,
    write: (name, content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    import: async (path, options = {}) => {
      const answer = await run(path, options);
      if (isRefusal(answer)) throw new Error(answer.what);
      const [file] = answer.tables;
      if (file === undefined) throw new Error("no file was imported");
      if (file.read !== file.imported + file.duplicates + file.rejected + file.ignored)
        throw new Error(`the counts don't add up: ${JSON.stringify(file)}`);
      return file;
    },
    refuse: async (path, options = {}) => {
      const answer = await run(path, options);
      if (!isRefusal(answer)) throw new Error(`not refused: ${JSON.stringify(answer)}`);
      return `${answer.code}: ${answer.what}; ${answer.todo}`;
    },
    empty: async () => {
      for (const table of ["sightings", "unknown_exposures", "imports"])
        await store.command(`TRUNCATE TABLE ${table} SYNC`);
    },
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function rejectedLines(answer: FileAnswer): readonly RejectedLine[] {
  if (answer.rejectedFile === null) return [];
  return readFileSync(answer.rejectedFile, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as RejectedLine)
    .sort((a, b) => a.line - b.line);
}
