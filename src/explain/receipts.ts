import { liveImportMin, liveIndex } from "../store/index.ts";
import type { Engine } from "./engine.ts";
import { actorImports, actorLive, importPlaces, liveLog } from "./queries/receipts.ts";
import { type Span, spanParams } from "./span.ts";

/** Where the log tells of some sightings: the entry of the import that brought them, or the gateway's own entries. */
export interface ImportReceipt {
  /** Null: a gateway recorded them, each in an entry of its own. */
  readonly import: number | null;
  readonly file: string;
  readonly log: string;
  /** Of a gateway's entries the first. */
  readonly index: number;
  /** A gateway's entries only: the last, and how many there are. */
  readonly last?: number;
  readonly entries?: number;
}

/** One sighting's place in the log; `line` names it within an import's file, null where it has an entry of its own. */
export interface SightingReceipt {
  readonly log: string;
  readonly index: number;
  readonly line: number | null;
}

interface Origin {
  readonly import: number;
  readonly line: number;
}

/** Finds the receipts of some sightings: from the imports that brought them, or from their own index in the log. */
export async function receiptsOf(
  engine: Engine,
  origins: readonly Origin[],
): Promise<(origin: Origin) => SightingReceipt | null> {
  const imports = [...new Set(origins.map((origin) => origin.import))].filter((one) => one < liveImportMin);
  const told = new Map((await importReceipts(engine, imports)).map((one) => [one.import, one]));
  const live = origins.some((origin) => origin.import >= liveImportMin) ? await logOf(engine) : null;
  return (origin) => {
    const own = liveIndex(origin);
    if (own !== null) return live === null ? null : { log: live, index: own, line: null };
    const receipt = told.get(origin.import);
    return receipt === undefined ? null : { log: receipt.log, index: receipt.index, line: origin.line };
  };
}

async function logOf(engine: Engine): Promise<string | null> {
  const [row] = await engine.query<{ log: string }>(liveLog);
  return row?.log ?? null;
}

async function importReceipts(engine: Engine, imports: readonly number[]): Promise<readonly ImportReceipt[]> {
  if (imports.length === 0) return [];
  const rows = await engine.query<{ import: number; file: string; log: string; entry: number }>(
    importPlaces,
    { imports },
  );
  return rows.map(({ import: number, file, log, entry }) => ({ import: number, file, log, index: entry }));
}

/** The receipts behind everything that one actor saw in a span: its imports by their number, then what a gateway recorded. */
export async function actorReceipts(
  engine: Engine,
  actor: string,
  span: Span,
): Promise<readonly ImportReceipt[]> {
  const params = { actors: [actor], ...spanParams(span) };
  const rows = await engine.query<{ import: number }>(actorImports, params);
  const imports = rows.map((row) => row.import);
  const receipts = await importReceipts(
    engine,
    imports.filter((one) => one < liveImportMin),
  );
  const log = imports.some((one) => one >= liveImportMin) ? await logOf(engine) : null;
  if (log === null) return receipts;
  const [live] = await engine.query<{ first: number; last: number; entries: number }>(actorLive, params);
  if (live === undefined) return receipts;
  const { first: index, last, entries } = live;
  return [...receipts, { import: null, file: "gateway", log, index, last, entries }];
}
