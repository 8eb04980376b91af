import { z } from "zod";
import { type Clock, type Refusal, isRefusal, refusal } from "../base/index.ts";
import { csvHeader, csvLine } from "../connect/index.ts";
import type { ActorId } from "../domain/index.ts";
import type { Span } from "../explain/index.ts";
import type { LogReader } from "../record/index.ts";
import {
  type EvidenceImport,
  type EvidenceSighting,
  reportSightingsMax,
  unknownCsv,
} from "../respond/index.ts";
import type { Store } from "../store/index.ts";
import { stageRows } from "./export-rows.ts";

/** Sightings and events of one bundle: it is made, and checked by its reader, in memory; a million take about 200 MB. */
export const evidenceSightingsMax = 1_000_000;
/** What of the store goes into a bundle. */
export interface RowsWish extends Span {
  readonly actor: ActorId;
  /** Only a test asks for fewer. */
  readonly sightingsMax?: number;
  readonly onProgress?: (phase: "classing" | "writing", done: number, total: number) => void;
}

/** The sightings of the bundle as tables, and what the report needs of them. */
export interface Rows {
  readonly sightings: number;
  readonly exposureUnknown: number;
  readonly sightingsCsv: Uint8Array;
  readonly unknownCsv: Uint8Array;
  readonly shown: readonly EvidenceSighting[];
  readonly unproved: number;
  /** The log's entries behind them. */
  readonly entries: readonly number[];
}

/** Every sighting of one actor in a span, and every event that doesn't say which customers it showed; `log` is the one that proves them. */
export async function rowsOf(
  place: { readonly store: Store; readonly clock: Clock },
  log: string,
  wish: RowsWish,
): Promise<Rows | Refusal> {
  const tell = wish.onProgress ?? ((): void => undefined);
  const { actor, since, until, sightingsMax = evidenceSightingsMax } = wish;
  const staged = await stageRows(
    place.store,
    { actor, since, until, customer: null },
    { clock: place.clock, onProgress: (done, total) => tell("classing", done, total) },
  );
  if (isRefusal(staged)) return staged;
  try {
    const total = staged.sightings + staged.exposureUnknown;
    if (total > sightingsMax)
      return refusal(
        "refused",
        `${total} sightings are more than one bundle holds (limit ${sightingsMax})`,
        "Make several, each with its own --from and --to.",
      );
    const known: Buffer[] = [Buffer.from(csvHeader)];
    const unknown: string[] = [unknownCsv(null)];
    const shown: EvidenceSighting[] = [];
    const entries = new Set<number>();
    let unproved = 0;
    let done = 0;
    for await (const row of staged.rows({ unknown: true })) {
      if (row.receipt?.log === log) entries.add(row.receipt.entry);
      else unproved++;
      if (row.known) known.push(Buffer.from(csvLine(row)));
      else unknown.push(unknownCsv(row));
      if (row.known && shown.length < reportSightingsMax) shown.push(row);
      if (++done % 10_000 === 0 || done === total) tell("writing", done, total);
    }
    return {
      sightings: staged.sightings,
      exposureUnknown: staged.exposureUnknown,
      sightingsCsv: Buffer.concat(known),
      unknownCsv: Buffer.from(unknown.join("")),
      shown,
      unproved,
      entries: [...entries].sort((a, b) => a - b),
    };
  } finally {
    await staged.drop();
  }
}

/** What an entry of kind "import" says to a reader, checked when it is read back. */
const importEntry = z.object({
  kind: z.literal("import"),
  file: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number(),
  format: z.string(),
  read: z.number(),
  imported: z.number(),
  rejected: z.number(),
  by: z.string(),
});

/** The log's entries of some imports, as they are read back. */
export async function importsOf(
  reader: LogReader,
  indexes: readonly number[],
): Promise<readonly EvidenceImport[]> {
  const imports: EvidenceImport[] = [];
  for (const index of indexes) {
    const stored = await reader.entry(index);
    // A gateway's sighting proves itself.
    if (stored?.entry?.kind === "sighting") continue;
    const said = importEntry.safeParse(stored?.entry);
    imports.push({ index, recorded: stored?.recorded ?? null, told: said.success ? said.data : null });
  }
  return imports;
}
