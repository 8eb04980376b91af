import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Refusal, isRefusal } from "../../base/index.ts";
import {
  type ApproverKey,
  type CarriedOut,
  type Proposal,
  openReader,
  shredFileKey,
} from "../../record/index.ts";
import { keptFolder } from "../kept.ts";
import { openDesk } from "../desk.ts";
import { type Asked, agreeWith } from "./asking.ts";
import type { Deciding } from "./deciding.ts";
import { noteMending, toldBefore } from "./mending.ts";
import { type LogPlace, withDeciding } from "./opening.ts";

/** How somebody agrees: with their key here, or by a signature made elsewhere (base64). Null: only what was agreed to already counts. */
export type Agreement = { readonly key: ApproverKey } | { readonly signature: string } | null;

/** What an approval came to. */
export interface Outcome extends Asked {
  /** Null while approvals are missing. */
  readonly carriedOut: CarriedOut | null;
  /** Kept files that no import in the log speaks of any more, and were removed. */
  readonly filesRemoved: number;
  /** Sightings in the store when the rows of erased imports were gone from it; null: there were none to go, or `storeStays` says why they are still there. */
  readonly rebuilt: number | null;
  readonly storeStays: string | null;
}

/** Records an approval, and if it is the second, does what was proposed. */
export async function approve(
  place: LogPlace,
  index: number,
  agreement: Agreement,
): Promise<Outcome | Refusal> {
  const done = await withDeciding(place, (deciding) => approveIn(deciding, place, { index, agreement }));
  if (isRefusal(done) || done.carriedOut === null || !touchesImports(done.proposal)) return done;
  // Opening takes their rows out of the store, and brings back what they had hidden; the same after a crash, at the next question.
  const desk = await openDesk({ ...place, mustExist: true });
  if (isRefusal(desk)) return { ...done, storeStays: desk.what };
  const [row] = await desk.store.query<{ sightings: number }>("SELECT count() AS sightings FROM sightings");
  await desk.close();
  return { ...done, rebuilt: row?.sightings ?? 0 };
}

async function approveIn(
  deciding: Deciding,
  place: LogPlace,
  { index, agreement }: { readonly index: number; readonly agreement: Agreement },
): Promise<Outcome | Refusal> {
  const asked = await record(deciding, index, agreement);
  if (isRefusal(asked)) return asked;
  const waiting = { ...asked, carriedOut: null, filesRemoved: 0, rebuilt: null, storeStays: null };
  if (asked.missing > 0) return waiting;
  const before = touchesImports(asked.proposal) ? await toldBefore(place.data) : null;
  if (isRefusal(before)) return before;
  if (before !== null) await noteMending(resolve(place.data), before);
  const carriedOut = await deciding.carryOut(index);
  if (isRefusal(carriedOut)) return carriedOut;
  // Again: a question that came in between found nothing to mend.
  if (before !== null) await noteMending(resolve(place.data), before);
  const filesRemoved = touchesImports(asked.proposal) ? await deciding.alone(() => sweepKept(place.data)) : 0;
  return { ...waiting, carriedOut, filesRemoved: isRefusal(filesRemoved) ? 0 : filesRemoved };
}

async function record(deciding: Deciding, index: number, agreement: Agreement): Promise<Asked | Refusal> {
  if (agreement !== null && "signature" in agreement) return deciding.approve(index, agreement.signature);
  const proposal = await deciding.proposal(index);
  if (isRefusal(proposal)) return proposal;
  if (agreement !== null) return agreeWith(deciding, proposal, agreement.key);
  return { proposal, missing: Math.max(0, 2 - proposal.approvedBy.length) };
}

/** Whether imports may be among what is erased: then their files go too, and their rows in the store. */
function touchesImports({ order }: Proposal): boolean {
  return order.do === "erase" && (order.kind === null || order.kind === "import");
}

/** Removes kept files that no import of the log names. To be called while no import is under way. */
async function sweepKept(data: string): Promise<number | Refusal> {
  const reader = await openReader(data);
  if (isRefusal(reader)) return reader;
  const named = new Set<unknown>();
  for await (const entries of reader.entries())
    for (const { entry } of entries) if (entry?.kind === "import") named.add(entry["kept"]);
  const folder = join(resolve(data), keptFolder);
  const names = await readdir(folder).catch(() => []);
  const orphans = names.filter((name) => !named.has(name));
  for (const name of orphans) {
    // The key first: after a crash the next sweep still finds the file, and finds it unreadable.
    const shredded = await shredFileKey(data, name);
    if (isRefusal(shredded)) return shredded;
    await rm(join(folder, name), { force: true });
  }
  return orphans.length;
}
