import type { Engine } from "./engine.ts";
import { actorImports, importPlaces } from "./queries/receipts.ts";
import { type Span, spanParams } from "./span.ts";

/** An import's entry in the log: with the line number in that file it names one sighting. */
export interface ImportReceipt {
  readonly import: number;
  readonly file: string;
  readonly log: string;
  readonly index: number;
}

/** The receipts of some imports, by their number. */
export async function receiptsOf(
  engine: Engine,
  imports: readonly number[],
): Promise<ReadonlyMap<number, ImportReceipt>> {
  if (imports.length === 0) return new Map();
  const rows = await engine.query<{ import: number; file: string; log: string; entry: number }>(
    importPlaces,
    { imports },
  );
  return new Map(
    rows.map(({ import: number, file, log, entry }) => [number, { import: number, file, log, index: entry }]),
  );
}

/** The receipts behind everything that one actor saw in a span. */
export async function actorReceipts(
  engine: Engine,
  actor: string,
  span: Span,
): Promise<readonly ImportReceipt[]> {
  const rows = await engine.query<{ import: number }>(actorImports, { actors: [actor], ...spanParams(span) });
  const receipts = await receiptsOf(
    engine,
    rows.map((row) => row.import),
  );
  return [...receipts.values()].sort((a, b) => a.import - b.import);
}
