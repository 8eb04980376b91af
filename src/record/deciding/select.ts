import type { LogReader, StoredEntry } from "../reader.ts";
import { erasureStretchesMax, type Stretch } from "./erase.ts";
import type { ErasureOrder } from "./order.ts";

/**
 * The entries below `end` that an order speaks of and that are still there, in runs of at most erasureStretchesMax
 * stretches: what one erasure entry can name. The log's own statements are never among them.
 */
export async function* selected(
  reader: LogReader,
  order: ErasureOrder,
  end: number,
): AsyncGenerator<readonly Stretch[]> {
  const before = order.before === null ? null : Date.parse(order.before);
  let run: { from: number; to: number }[] = [];
  for (const { from, to } of order.stretches ?? [{ from: 0, to: end }])
    for await (const entries of reader.entries(from, Math.min(to, end)))
      for (const stored of entries) {
        if (!matches(stored, order.kind, before)) continue;
        const last = run.at(-1);
        if (last?.to === stored.index) last.to++;
        else {
          if (run.length === erasureStretchesMax) {
            yield run;
            run = [];
          }
          run.push({ from: stored.index, to: stored.index + 1 });
        }
      }
  if (run.length > 0) yield run;
}

function matches({ entry }: StoredEntry, kind: string | null, before: number | null): boolean {
  if (entry === null || entry.kind.startsWith("log.")) return false;
  return (kind === null || entry.kind === kind) && (before === null || Date.parse(entry.time) < before);
}

/** Entries in these stretches. */
export function countOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((total, { from, to }) => total + to - from, 0);
}
