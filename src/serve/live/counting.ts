import { z } from "zod";
import { defect, refusal, type Refusal } from "../../base/index.ts";
import {
  type GatewayEvent,
  hasQuota,
  type QuotaBook,
  type Reader,
  type RecordEvents,
  type ShownRefusal,
  type StatementRefusal,
  statementRefusal,
} from "../../capture/index.ts";
import type { Role } from "../../policy/index.ts";
import type { LogReader } from "../../record/index.ts";

type Roles = ReadonlyMap<string, Role>;

export interface Counting {
  readonly book: QuotaBook;
  readonly roles: () => Roles;
  readonly record: RecordEvents;
}

/**
 * Holds what every gateway process is about to show against the quotas, where all of it comes together: a quota holds for an account,
 * through however many processes and logins it reads. What is refused is on record as a refusal, and nothing of it is shown.
 */
export function countInto({ book, roles, record }: Counting): RecordEvents {
  return async (events) => {
    for (const event of events) {
      if (event.kind !== "sighting") continue;
      const { reader, seen, statement, time } = event;
      const refused = judge(book, roles(), reader, { seen, time });
      if (refused === null) continue;
      const { code, rule } = refused;
      const said: GatewayEvent = { kind: "refusal", time, reader, code, rule, statement };
      const unrecorded = await record([...events.filter(({ kind }) => kind !== "sighting"), said]);
      return unrecorded ?? shown(refused);
    }
    return record(events);
  };
}

function judge(
  book: QuotaBook,
  roles: Roles,
  { actor, role: name }: Reader,
  { seen, time }: Pick<GatewayEvent & { readonly kind: "sighting" }, "seen" | "time">,
): StatementRefusal | null {
  const role = roles.get(name);
  return role === undefined ? noRole : book.admit({ actor, role }, seen, time);
}

/** A session whose role a reload took away; it is about to be cut. */
const noRole = statementRefusal({
  code: "42501",
  message: "whosaw: the role is not configured any more",
  hint: "",
  rule: "role",
});

function shown(refused: StatementRefusal): ShownRefusal & Refusal {
  return { ...refusal("refused", refused.message, refused.hint), shown: refused };
}

const texts = z.array(z.string());
const sighting = z.object({
  kind: z.literal("sighting"),
  time: z.iso.datetime(),
  actor: z.string(),
  role: z.string(),
  seen: z.array(
    z.object({ table: z.string(), customers: texts, shown: texts, masked: texts, probed: texts }),
  ),
});

const dayMillis = 86_400_000;

/** Counts what the log says was shown in the last day: a restart gives nobody a fresh quota. Reads nothing where no role has one. */
export async function recallShown(
  log: LogReader,
  { book, roles }: Pick<Counting, "book" | "roles">,
  now: number,
): Promise<void> {
  const counted = new Map([...roles()].filter(([, role]) => hasQuota(role)));
  if (counted.size === 0) return;
  const since = now - dayMillis;
  for await (const bundle of log.entries(await firstSince(log, since)))
    for (const { entry } of bundle) {
      const role = typeof entry?.["role"] === "string" ? counted.get(entry["role"]) : undefined;
      if (entry?.kind !== "sighting" || role === undefined) continue;
      const told = sighting.safeParse(entry);
      if (!told.success) continue;
      const { actor, seen, time } = told.data;
      const at = Date.parse(time);
      if (at >= since) book.remember({ actor, role }, seen, at);
    }
}

/** The index from which on everything was recorded after a moment; `recorded` never decreases. An erased entry's isn't known. */
async function firstSince(log: LogReader, since: number): Promise<number> {
  let low = 0;
  let high = log.size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { recorded } = (await log.entry(middle)) ?? defect("an entry within the log's size is there");
    if (recorded !== null && Date.parse(recorded) < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
