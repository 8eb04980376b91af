import { randomBytes } from "node:crypto";
import { isRefusal, refusal, systemClock, type Clock, type Refusal } from "../base/index.ts";
import { signStatement, type Checkpoint, type SignerKey } from "../tlog/index.ts";
import { encodeBatch, type AheadRecord } from "./ahead.ts";
import { Cosigners, type AskWitness, type WitnessAddress } from "./cosigning.ts";
import { Disk } from "./disk.ts";
import { interruptedErasure } from "./deciding/erase.ts";
import { carryOnShredding } from "./deciding/shred.ts";
import { errnoText, remedyOf } from "./errno.ts";
import { findHeads, Head } from "./head.ts";
import { isHandingOver, openKey, type Bytes } from "./keys.ts";
import { takeLock, type Lock } from "./lock.ts";
import { LogReader } from "./reader.ts";
import { openSealing } from "./people/sealing.ts";
import { recover, type Gap, type Recovered } from "./recover.ts";
import { Sequencer, shelve, type Parts } from "./recorder.ts";
import { clockWentBack, Sealer } from "./seal.ts";
import { Ahead, aheadFolder } from "./segments.ts";
import { Witnessing, type WitnessingParts, type WitnessStatus } from "./witnessing.ts";

export interface RecorderOptions {
  readonly clock?: Clock;
  readonly random?: Bytes;
  /** The name of a new log, as a URL without its scheme. An existing log keeps its name. */
  readonly name?: string;
  /** How long an acknowledged entry may wait for the checkpoint that covers it. */
  readonly checkpointMillis?: number;
  /** Go on after damage that lost acknowledged entries. The loss becomes a signed entry; it can't be undone. */
  readonly acceptLoss?: boolean;
  readonly witnesses?: Witnesses;
}

/** Who cosigns, how many must, and what happens when they don't. */
export interface Witnesses {
  readonly addresses: readonly WitnessAddress[];
  readonly needed: number;
  /** How long fewer may cosign before the alarm. */
  readonly alarmMillis: number;
  readonly onAlarm?: (status: WitnessStatus) => void;
  readonly ask?: AskWitness;
}

/** A log held open for writing. */
export type Recorder = Pick<
  Sequencer,
  | "log"
  | "key"
  | "append"
  | "appendAll"
  | "checkpoint"
  | "witnessed"
  | "status"
  | "decisions"
  | "rotateKey"
  | "close"
>;

const checkpointMillisDefault = 1000;

/**
 * Opens the log in a data directory (`log/` and `keys/` below it), making both on the first run; recovers what a
 * crash left; holds the directory until `close`. The same for gateway, HTTP and import.
 */
export async function openSequencer(
  dir: string,
  options: RecorderOptions = {},
): Promise<Sequencer | Refusal> {
  const disk = new Disk(dir);
  let lock: Lock | Refusal | null = null;
  try {
    // By way of the disk, so that the folders' own names are fsynced too.
    await disk.folder("log");
    await disk.folder("keys");
    lock = takeLock(disk.path("log/lock"));
    if (isRefusal(lock)) return lock;
    const opened = await openLocked(disk, lock, options);
    if (isRefusal(opened)) lock.release();
    return opened;
  } catch (error) {
    if (lock !== null && !isRefusal(lock)) lock.release();
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refusal("input", `the log can't be opened: ${errnoText(error)}`, remedyOf(error, "the log"));
  }
}

/** What opening the log of a data directory would have to give up; null: nothing. Changes nothing. */
export async function lookAtGap(dir: string): Promise<Gap | null | Refusal> {
  const disk = new Disk(dir);
  const lock = takeLock(disk.path("log/lock"));
  if (isRefusal(lock)) return lock;
  try {
    const signer = await openKey(disk, null, randomBytes);
    if (isRefusal(signer)) return signer;
    const heads = await findHeads(disk, [signer]);
    if (isRefusal(heads)) return heads;
    const recovered = await recover(disk, heads, true);
    return isRefusal(recovered) ? recovered : recovered.gap;
  } finally {
    lock.release();
  }
}

async function openLocked(disk: Disk, lock: Lock, options: RecorderOptions): Promise<Sequencer | Refusal> {
  const random = options.random ?? randomBytes;
  for (const top of ["log", "keys"]) await disk.remove(`${top}/tmp`);
  await disk.settle();
  const signer = await openKey(disk, options.name ?? null, random);
  if (isRefusal(signer)) return signer;
  const heads = await findHeads(disk, [signer]);
  if (isRefusal(heads)) return heads;
  const recovered = await recover(disk, heads, options.acceptLoss ?? false);
  if (isRefusal(recovered)) return recovered;
  const sealer = new Sealer(options.clock ?? systemClock, random, recovered.lastMillis);
  const gap = recovered.gap === null ? null : gapRecord(recovered.gap, signer, sealer);
  if (isRefusal(gap)) return gap;
  const cosigners = Cosigners.from(options.witnesses?.addresses ?? [], options.witnesses?.ask);
  if (isRefusal(cosigners)) return cosigners;
  const ahead = await carryOn(disk, recovered, gap);
  const sequencer = new Sequencer({
    signers: [signer],
    lock,
    head: new Head(disk, heads.signed),
    shelf: recovered.shelf,
    ahead,
    sealer,
    disk,
    random,
    witnessing: options.witnesses === undefined ? null : witnessingFor(disk, cosigners, options),
    checkpointMillis: options.checkpointMillis ?? checkpointMillisDefault,
  });
  const published = await sequencer.checkpoint();
  if (isRefusal(published)) return abandoned(sequencer, published);
  const interrupted = await carryOnInterrupted(disk, sequencer, published);
  return interrupted === null ? sequencer : abandoned(sequencer, interrupted);
}

function witnessingFor(disk: Disk, cosigners: Cosigners, options: RecorderOptions): Parts["witnessing"] {
  const { needed = 0, alarmMillis = 0, onAlarm = () => undefined } = options.witnesses ?? {};
  const prove: WitnessingParts["prove"] = (checkpoint, older) =>
    new LogReader(disk, checkpoint).proveFrom(older);
  const clock = options.clock ?? systemClock;
  return (attach) => new Witnessing({ cosigners, needed, alarmMillis, clock, prove, attach, onAlarm });
}

async function abandoned(sequencer: Sequencer, why: Refusal): Promise<Refusal> {
  await sequencer.close();
  return why;
}

/** Finishes an erasure, a shredding or a hand-over of keys that a crash cut short. */
async function carryOnInterrupted(
  disk: Disk,
  sequencer: Sequencer,
  now: Checkpoint,
): Promise<Refusal | null> {
  const stretches = await interruptedErasure(disk, new LogReader(disk, now));
  const erased = stretches === null ? null : await sequencer.eraseNow(stretches);
  if (erased !== null) return erased;
  const unshredded = await carryOnShredding(disk, new LogReader(disk, now), async (holder) => {
    const sealing = await openSealing(disk.path("."));
    return isRefusal(sealing) ? sealing : sealing.shredHolder(holder);
  });
  if (unshredded !== null) return unshredded;
  const rotated = (await isHandingOver(disk)) ? await sequencer.rotateKey() : null;
  return isRefusal(rotated) ? rotated : null;
}

/** Puts what the write-ahead file held onto the shelf and starts a new segment behind it, with the gap entry if need be. */
async function carryOn(disk: Disk, recovered: Recovered, gap: AheadRecord | null): Promise<Ahead> {
  const { shelf, replay, segments } = recovered;
  // What could not be read may still be of use to someone: it is put aside before the segments go.
  if (recovered.gap?.why === "damaged")
    for (const { name } of segments)
      await disk.put(name.replace(aheadFolder, "log/lost"), (await disk.read(name)) ?? Buffer.of());
  for (const record of replay) shelf.push(shelve(record));
  const ahead = new Ahead(disk, segments);
  await ahead.start(
    shelf.size,
    gap === null ? undefined : encodeBatch({ first: shelf.size, records: [gap] }),
  );
  if (gap !== null) shelf.push(shelve(gap));
  return ahead;
}

function gapRecord(gap: Gap, signer: SignerKey, sealer: Sealer): AheadRecord | Refusal {
  const time = sealer.now();
  if (time === null) return clockWentBack;
  const { from, bytes, sha256, entriesAtMost, why } = gap;
  const statement = { kind: "log.gap", time, from, bytes, sha256, entriesAtMost, why } as const;
  return sealer.sealOwn(signStatement(signer.verifier.name, statement, signer));
}
