import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { GatewayEvent } from "../../capture/index.ts";
import { isRefusal } from "../../base/index.ts";
import { type LogReader, openReader, type Said } from "../../record/index.ts";

/** A customer that is invented: nobody outside can know it. */
export interface Canary {
  readonly customer: string;
  /** The only one whose work leads to it; null: anybody's. */
  readonly actor: string | null;
  readonly ticket: string | null;
  readonly planted: string;
}

/** The log's entry of an alarm. */
export interface Alarm extends Said {
  readonly actor: string;
  readonly customer: string;
}

export function isAlarm(entry: Said): entry is Alarm {
  return entry.kind === "alarm";
}

const suspension = z.object({
  kind: z.literal("suspension"),
  actor: z.string(),
  upstream: z.array(z.string()).nullable(),
});
const restoration = z.object({ kind: z.literal("restoration"), actor: z.string() });
const canary = z.object({
  kind: z.literal("canary"),
  time: z.string(),
  customer: z.string(),
  action: z.enum(["planted", "removed"]),
  actor: z.string().nullable(),
  ticket: z.string().nullable(),
});

const kept = z.object({
  log: z.string(),
  next: z.number().int().min(0),
  suspended: z.array(z.string()),
  former: z.array(z.string()),
  revoked: z.record(z.string(), z.array(z.string())),
  canaries: z.array(
    z.object({
      customer: z.string(),
      actor: z.string().nullable(),
      ticket: z.string().nullable(),
      planted: z.string(),
    }),
  ),
});

/** What the log was folded to the last time: a view, which may be deleted. */
const standingFile = "standing.json";

/** Who is suspended and which customers are canaries, as the log says it. */
export class Standing {
  readonly suspended: Set<string>;
  readonly canaries: Map<string, Canary>;
  /** Canaries that were removed: who had them before then still has them. */
  readonly former: Set<string>;
  /** By suspended actor: the logins at the server that the suspension took away. */
  readonly revoked: Map<string, readonly string[]>;

  constructor(
    suspended: readonly string[] = [],
    canaries: readonly Canary[] = [],
    former: readonly string[] = [],
    revoked: Readonly<Record<string, readonly string[]>> = {},
  ) {
    this.revoked = new Map(Object.entries(revoked));
    this.suspended = new Set(suspended);
    this.former = new Set(former);
    this.canaries = new Map(canaries.map((one) => [one.customer, one]));
  }

  /** Takes one entry in; others than those in charge write are passed over. */
  take(entry: Said): void {
    if (entry.kind === "suspension") {
      const { actor, upstream } = suspension.parse(entry);
      this.suspended.add(actor);
      // A second suspension finds a login that is taken already: what the first took stays to be given back.
      if (upstream !== null) this.revoked.set(actor, upstream);
    }
    if (entry.kind === "restoration") {
      const { actor } = restoration.parse(entry);
      this.suspended.delete(actor);
      this.revoked.delete(actor);
    }
    if (entry.kind !== "canary") return;
    const { customer, action, actor, ticket, time } = canary.parse(entry);
    if (action === "planted") this.canaries.set(customer, { customer, actor, ticket, planted: time });
    else if (this.canaries.delete(customer)) this.former.add(customer);
  }

  /** An alarm for each canary that an event shows, to stand right before the event's own entry. */
  alarms(event: GatewayEvent): readonly Alarm[] {
    if (event.kind !== "sighting" || this.canaries.size === 0) return [];
    const fields = new Map<string, Set<string>>();
    for (const { customers, shown, masked, probed } of event.seen)
      for (const customer of customers) {
        if (!this.canaries.has(customer)) continue;
        const held = fields.get(customer) ?? new Set();
        for (const field of [...shown, ...masked, ...probed]) held.add(field);
        fields.set(customer, held);
      }
    const { actor, ip, session } = event.reader;
    const time = new Date(event.time).toISOString();
    return [...fields].map(([customer, names]) => {
      const seen = [...names].sort();
      return { actor, customer, fields: seen, ip, kind: "alarm", rule: "canary", session, time };
    });
  }
}

/** Folds the log, from where the kept view ends. */
export async function standingOf(data: string, reader: LogReader): Promise<Standing> {
  const before = readKept(data);
  const log = reader.checkpoint.origin;
  const usable = before !== null && before.log === log && before.next <= reader.size;
  const standing = usable
    ? new Standing(before.suspended, before.canaries, before.former, before.revoked)
    : new Standing();
  for await (const bundle of reader.entries(usable ? before.next : 0))
    for (const { entry } of bundle) if (entry !== null) standing.take(entry);
  keep(data, { log, next: reader.size }, standing);
  return standing;
}

/** Every customer that is or was a canary, as the log says it; none where there is no log. */
export async function canariesOf(data: string): Promise<ReadonlySet<string>> {
  const reader = await openReader(data);
  if (isRefusal(reader)) return new Set();
  const { canaries, former } = await standingOf(data, reader);
  return new Set([...canaries.keys(), ...former]);
}

function readKept(data: string): z.infer<typeof kept> | null {
  const file = join(data, standingFile);
  if (!existsSync(file)) return null;
  try {
    const read = kept.safeParse(JSON.parse(readFileSync(file, "utf8")));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** By a rename, so that nobody reads half a view. */
function keep(data: string, at: { readonly log: string; readonly next: number }, standing: Standing): void {
  const { suspended, canaries, former, revoked } = standing;
  const part = join(data, `${standingFile}.${process.pid}`);
  const lists = {
    suspended: [...suspended],
    canaries: [...canaries.values()],
    former: [...former],
    revoked: Object.fromEntries(revoked),
  };
  const text = JSON.stringify({ ...at, ...lists });
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, join(data, standingFile));
}
