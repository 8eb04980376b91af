import type { ChannelKind, Hit, Knowledge } from "./model/evidence.ts";

export const channelKinds: readonly ChannelKind[] = ["all", "unexplained", "unfamiliar"];

/** One read of a reporter, as the store has it and as the derived tables class it. */
export interface ReporterRead {
  readonly customer: string;
  readonly actor: string;
  readonly time: number;
  readonly unexplained: boolean;
  readonly unfamiliar: boolean;
  /** It showed a fact only this database holds, or the source does not say what it showed. */
  readonly exclusive: boolean;
}

/** An account's channel, as far as hits go. */
export interface HitChannel {
  readonly actor: string;
  readonly kind: ChannelKind;
  readonly hits: Hit[];
}

export function keyOf({ kind, actor }: Pick<HitChannel, "kind" | "actor">): string {
  return `${kind} ${actor}`;
}

/**
 * The channels through which reporting customers were exposed before the call, in the order of account and kind. A caller can't have
 * an exclusive fact from a channel that never showed one: that is no hit.
 */
export function hitChannels(
  reports: readonly { readonly customer: string; readonly cutoff: number; readonly knowledge: Knowledge }[],
  reads: ReadonlyMap<string, readonly ReporterRead[]>,
): readonly HitChannel[] {
  const channels = new Map<string, HitChannel>();
  for (const [report, { customer, cutoff, knowledge }] of reports.entries()) {
    const found = new Map<string, { read: ReporterRead; kind: ChannelKind; hit: Hit }>();
    for (const read of reads.get(customer) ?? [])
      if (read.time < cutoff)
        for (const kind of kindsOf(read)) {
          const key = `${kind} ${read.actor}`;
          const before = found.get(key)?.hit ?? {
            report,
            shown: false,
            first: read.time,
            last: read.time,
            reads: 0,
          };
          const hit = {
            ...before,
            shown: before.shown || read.exclusive,
            first: Math.min(before.first, read.time),
            last: Math.max(before.last, read.time),
            reads: before.reads + 1,
          };
          found.set(key, { read, kind, hit });
        }
    for (const [key, { read, kind, hit }] of found) {
      if (knowledge === "exclusive" && !hit.shown) continue;
      const channel = channels.get(key) ?? { actor: read.actor, kind, hits: [] };
      channels.set(key, channel);
      channel.hits.push(hit);
    }
  }
  return [...channels.values()].sort(
    (a, b) =>
      (a.actor < b.actor ? -1 : a.actor > b.actor ? 1 : 0) ||
      channelKinds.indexOf(a.kind) - channelKinds.indexOf(b.kind),
  );
}

function kindsOf(read: ReporterRead): readonly ChannelKind[] {
  return channelKinds.filter(
    (kind) => kind === "all" || (kind === "unexplained" ? read.unexplained : read.unfamiliar),
  );
}
