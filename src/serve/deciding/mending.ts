import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Clock, type Refusal, isRefusal } from "../../base/index.ts";
import { type LogReader, openReader } from "../../record/index.ts";
import type { Store } from "../../store/index.ts";
import { dropImports } from "../live/erased.ts";
import { refreshFromNothing } from "../live/refreshing.ts";
import { type Told, importTold, mendingFile, toldImports } from "../rebuild.ts";

/** The imports that the log told of before some were erased. */
export type ToldBefore = readonly { readonly index: number; readonly table: string }[];

const note: z.ZodType<{ readonly before: ToldBefore }> = z.object({
  before: z.array(z.object({ index: z.number().int(), table: z.string() })),
});

/** What the log tells of now, to be noted before anything is erased. */
export async function toldBefore(data: string): Promise<ToldBefore | Refusal> {
  const reader = await openReader(data);
  if (isRefusal(reader)) return reader;
  const told = await toldImports(reader);
  return isRefusal(told) ? told : told.map(({ index, entry: { table } }) => ({ index, table }));
}

export async function noteMending(data: string, before: ToldBefore): Promise<void> {
  await writeFile(join(data, mendingFile), JSON.stringify({ before }), { mode: 0o600, flush: true });
}

/**
 * Brings back what erased imports had hidden: a line that stands in two files is a row of the first one, and of a customer, ticket or
 * actor only the latest word is kept. The rows of the erased ones are gone already (`shipLog`). Says what could not be brought back.
 * To be called while nobody else writes to the store; done again after a crash, it gives the same rows.
 */
export async function mendStore(store: Store, clock: Clock): Promise<string | null | Refusal> {
  const before = await readNote(store.data);
  if (before === null) return null;
  const reader = await openReader(store.data);
  if (isRefusal(reader)) return reader;
  const told = await toldImports(reader);
  if (isRefusal(told)) return told;
  const touched = told.filter(isTouched(before, told));
  const kept = touched.filter(({ entry }) => entry.kept !== null);
  if (kept.length > 0) {
    const refused = await importAnew(store, reader, { told: kept, clock });
    if (refused !== null) return refused;
  }
  await rm(join(store.data, mendingFile), { force: true });
  const lost = touched.filter(({ entry }) => entry.kept === null).map(({ entry }) => entry.file);
  return lost.length === 0
    ? null
    : `lines of ${lost.join(", ")} that an erased file held too are not in the store any more, because the file was not kept: import it again`;
}

/** Whether an import may have had rows hidden by one that was erased. */
function isTouched(before: ToldBefore, now: readonly Told[]): (told: Told) => boolean {
  const left = new Set(now.map(({ index }) => index));
  const erased = new Set(before.filter(({ index }) => !left.has(index)).map(({ table }) => table));
  // Reads are rows of their own; of anything else a later file may have replaced what an earlier one said.
  return ({ entry }) => erased.has(entry.table) && (entry.table !== "accesses" || entry.duplicates > 0);
}

async function importAnew(
  store: Store,
  reader: LogReader,
  { told, clock }: { readonly told: readonly Told[]; readonly clock: Clock },
): Promise<Refusal | null> {
  await dropImports(
    store,
    told.map(({ entry }) => entry.import),
  );
  for (const one of told) {
    const imported = await importTold(store, { log: reader.checkpoint.origin, ...one }, clock);
    if (isRefusal(imported)) return imported;
  }
  await refreshFromNothing(store);
  return null;
}

async function readNote(data: string): Promise<ToldBefore | null> {
  const text = await readFile(join(data, mendingFile), "utf8").catch(() => null);
  return text === null ? null : note.parse(JSON.parse(text)).before;
}
