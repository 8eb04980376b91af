import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { type Clock, type Refusal, isRefusal, makeFolder, refusal } from "../base/index.ts";
import { type FileTask, importFile } from "../capture/index.ts";
import { type TableName, tableNames } from "../domain/index.ts";
import { type LogReader, openReader } from "../record/index.ts";
import { recoverLog } from "./live/catching-up.ts";
import { findServe } from "./live/running.ts";
import { refreshAll } from "./live/refreshing.ts";
import { shipLog } from "./live/shipping.ts";
import { type Store, openLoader, openStore } from "../store/index.ts";
import { keptShape, unpackKept } from "./kept.ts";

export interface Rebuilt {
  readonly imports: number;
  /** Sightings of the imports and of the gateway together. */
  readonly sightings: number;
  /** What a gateway had recorded: entries of the log, and the sightings that they tell of. */
  readonly gateway: { readonly entries: number; readonly sightings: number };
}

export interface RebuildOptions {
  readonly data: string;
  readonly clock: Clock;
  readonly onProgress: (done: number, total: number) => void;
}

/** What an entry of kind "import" says, checked once when it is read back. */
export interface ImportEntry {
  readonly kind: "import";
  readonly import: number;
  readonly file: string;
  readonly table: TableName;
  readonly format: string;
  readonly map?: unknown;
  readonly sha256: string;
  readonly imported: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Its name below `files/`; null: the file was not kept. */
  readonly kept: string | null;
}

const importEntry: z.ZodType<ImportEntry> = z.object({
  kind: z.literal("import"),
  import: z.number().int(),
  file: z.string(),
  table: z.enum(tableNames),
  format: z.string(),
  map: z.unknown(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  imported: z.number().int(),
  duplicates: z.number().int(),
  rejected: z.number().int(),
  kept: z.string().regex(keptShape).nullable(),
});

/** There while the store may lack rows that erased imports had hidden (deciding/mending.ts); a store built anew has nothing to mend. */
export const mendingFile = "mending.json";

/** One import as the log tells of it. */
export interface Told {
  readonly index: number;
  readonly entry: ImportEntry;
}

/**
 * Builds the store anew from the log and the files kept beside it (I4): each import under its own number, in its own order, each
 * file checked against the digest in the log first. The old store is set aside, and removed only when the new one stands; of a rebuild
 * that didn't end, whoever opens the store next puts it back.
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt | Refusal> {
  const data = resolve(options.data);
  const serve = await findServe(data);
  if (serve !== null)
    return refusal(
      "refused",
      `whosaw serve works on ${data} (process ${serve.status.pid})`,
      "Stop it first: it keeps the store open.",
    );
  const recovered = await recoverLog(data, options);
  if (recovered !== null) return recovered;
  const reader = await openReader(data);
  if (isRefusal(reader)) return reader;
  const told = await toldImports(reader);
  if (isRefusal(told)) return told;
  const missing = told.find(({ entry }) => entry.kept === null);
  if (missing !== undefined) {
    return refusal(
      "input",
      `the file of import ${missing.entry.import} (${missing.entry.file}) was not kept`,
      "Import the files again into a new data directory; what the log says of them stays provable.",
    );
  }
  const store = await openStore({ data, anew: true });
  if (isRefusal(store)) return store;
  try {
    const rebuilt = await importAll(store, { told, reader }, options);
    if (isRefusal(rebuilt)) return rebuilt;
    store.keepNew();
    await rm(join(data, mendingFile), { force: true });
    return rebuilt;
  } finally {
    await store.close();
  }
}

/** Every import that the log tells of, in its order. */
export async function toldImports(reader: LogReader): Promise<readonly Told[] | Refusal> {
  const told: Told[] = [];
  for await (const bundle of reader.entries()) {
    for (const { index, entry } of bundle) {
      if (entry?.kind !== "import") continue;
      const said = importEntry.safeParse(entry);
      if (!said.success) {
        return refusal(
          "verification",
          `entry ${index} of the log is no import that this whosaw understands`,
          "Run whosaw verify; upgrade whosaw if the log is whole.",
        );
      }
      // A crash between the log and the journal has an import told twice; its rows are there once.
      const known = told.some(({ entry: earlier }) => sameImport(earlier, said.data));
      if (!known) told.push({ index, entry: said.data });
    }
  }
  return told;
}

function sameImport(one: ImportEntry, other: ImportEntry): boolean {
  return one.sha256 === other.sha256 && one.table === other.table && one.format === other.format;
}

async function importAll(
  store: Store,
  { told, reader }: { readonly told: readonly Told[]; readonly reader: LogReader },
  { clock, onProgress }: RebuildOptions,
): Promise<Rebuilt | Refusal> {
  const log = reader.checkpoint.origin;
  let sightings = 0;
  for (const [done, { index, entry }] of told.entries()) {
    onProgress(done, told.length);
    const imported = await importTold(store, { log, index, entry }, clock);
    if (isRefusal(imported)) return imported;
    if (entry.table === "accesses") sightings += imported;
  }
  const shipped = await shipLog(store, reader);
  if (isRefusal(shipped)) return shipped;
  await refreshAll(store, () => undefined);
  const gateway = { entries: shipped.entries, sightings: shipped.sightings };
  return { imports: told.length, sightings: sightings + gateway.sightings, gateway };
}

/** Takes in one import anew, under its own number; how many rows came in. */
export async function importTold(
  store: Store,
  { log, index, entry }: Told & { readonly log: string },
  clock: Clock,
): Promise<number | Refusal> {
  const { data } = store;
  const source = await unpack(data, entry);
  if (isRefusal(source)) return source;
  const answer = await importFile(
    {
      loader: openLoader(store),
      staging: join(data, "staging"),
      rejected: join(data, "rejected"),
      clock,
      onProgress: (): void => undefined,
    },
    taskOf(entry, source, { log, index }),
  );
  await rm(source, { force: true });
  if (isRefusal(answer)) return answer;
  // Rows that an import which has been erased since had brought in first count as this one's now.
  if (
    answer.imported < entry.imported ||
    answer.imported + answer.duplicates !== entry.imported + entry.duplicates ||
    answer.rejected !== entry.rejected
  )
    return refusal(
      "verification",
      `import ${entry.import} gave ${answer.imported} rows where the log says ${entry.imported}`,
      "This whosaw reads that file differently than the one that imported it; the old store was kept.",
    );
  return answer.imported;
}

/** The kept file as it was imported, in the staging folder, checked against the log's digest. */
async function unpack(
  data: string,
  { kept, import: number, sha256 }: ImportEntry,
): Promise<string | Refusal> {
  const out = join(data, "staging", `kept-${number}`);
  makeFolder(join(data, "staging"), 0o700);
  return (await unpackKept(data, { name: kept ?? "", sha256 }, out)) ?? out;
}

function taskOf(
  entry: ImportEntry,
  path: string,
  place: { readonly log: string; readonly index: number },
): FileTask {
  // The log holds the map as it was used; it was checked when the import was made.
  const way = entry.map as (FileTask["map"] & FileTask["renaming"]) | null;
  const renamed = way !== null && "rename" in way;
  return {
    path,
    table: entry.table,
    format: entry.format.split(" ")[0] as FileTask["format"],
    renaming: renamed ? way : null,
    map: renamed ? null : way,
    vendor: {},
    told: { number: entry.import, file: entry.file, sha256: entry.sha256, place },
  };
}
