import { defect, isRefusal, refusal, type Json, type Refusal } from "../base/index.ts";
import {
  formatVerifierKey,
  leafFor,
  leafHash,
  signStatement,
  type Checkpoint,
  type Said,
  type SignerKey,
  type Statement,
} from "../tlog/index.ts";
import { Decisions } from "./deciding/decisions.ts";
import { encodeBatch, type AheadRecord } from "./ahead.ts";
import type { Disk } from "./disk.ts";
import {
  eraseRecords,
  forgetErasing,
  noteErasing,
  plain,
  refuseStatements,
  unfitStretches,
  type Stretch,
} from "./deciding/erase.ts";
import { errnoText } from "./errno.ts";
import type { Head } from "./head.ts";
import { adoptNextKey, nextKey, type Bytes } from "./keys.ts";
import type { Lock } from "./lock.ts";
import { WaitingQueue, type Waiter } from "./queue.ts";
import type { Receipt } from "./receipt.ts";
import { clockWentBack, type Sealed, type Sealer } from "./seal.ts";
import { segmentBytesMax, type Ahead } from "./segments.ts";
import type { Shelf, Shelved } from "./shelf.ts";
import type { Witnessing, WitnessingParts, WitnessStatus } from "./witnessing.ts";

/** Bytes of tiles and bundles that may wait to be written before commits wait for them: some 200,000 entries. */
const backlogBytesMax = 134_217_728;

/** What a recorder is made of, once the log has been recovered. */
export interface Parts {
  readonly signers: readonly SignerKey[];
  readonly lock: Lock;
  readonly head: Head;
  readonly shelf: Shelf;
  readonly ahead: Ahead;
  readonly sealer: Sealer;
  readonly checkpointMillis: number;
  readonly disk: Disk;
  readonly random: Bytes;
  /** Null in a log without witnesses. */
  readonly witnessing: ((attach: WitnessingParts["attach"]) => Witnessing) | null;
}

/** How the log stands. */
export interface RecorderStatus {
  /** Entries acknowledged. */
  readonly size: number;
  /** Entries that the published checkpoint covers. */
  readonly checkpointSize: number;
  readonly waiting: number;
  readonly stopped: Refusal | null;
  /** Null in a log without witnesses. */
  readonly witnesses: WitnessStatus | null;
}

/**
 * The sequencer. One commit at a time: everything that waits is framed, written and fdatasynced together, and only
 * then answered. Tiles follow as they fill; the checkpoint follows within `checkpointMillis`.
 */
export class Sequencer {
  readonly #parts: Parts;
  /** The first signs for the log; during a hand-over the next one stands behind it. */
  #signers: readonly SignerKey[];
  readonly #queue = new WaitingQueue();
  #committing: readonly Waiter[] = [];
  #size: number;
  #checkpointSize = 0;
  #unfiled: readonly Shelved[] = [];
  #stopped: Refusal | null = null;
  #pumping: Promise<void> | null = null;
  #publishing: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #newSegment = false;
  readonly #witnessing: Witnessing | null;
  /** What needs two people. */
  readonly decisions: Decisions;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#signers = parts.signers;
    this.#size = parts.shelf.size;
    this.#witnessing =
      parts.witnessing?.((checkpoint, lines) => this.#alone(() => parts.head.attach(checkpoint, lines))) ??
      null;
    this.decisions = new Decisions(
      {
        log: this.log,
        checkpoint: () => this.checkpoint(),
        state: (kind, members) => this.#say(kind, members),
        erase: (stretches, members) => this.#erase(stretches, members),
      },
      parts.disk,
    );
    parts.shelf.onFailure = (error) => this.#stop(failed(error));
  }

  /** The log's name: its checkpoints' origin. */
  get log(): string {
    return this.#signer().verifier.name;
  }

  /** The verifier key, as C2SP signed-note writes it. */
  get key(): string {
    return formatVerifierKey(this.#signer().verifier);
  }

  status(): RecorderStatus {
    return {
      size: this.#size,
      checkpointSize: this.#checkpointSize,
      waiting: this.#queue.entries,
      stopped: this.#stopped,
      witnesses: this.#witnessing?.status ?? null,
    };
  }

  /** Resolves to a receipt once the entry is on the disk, or to a refusal: then nothing that depends on it may happen. */
  append(said: Said): Promise<Receipt | Refusal> {
    return this.appendAll([said]).then((answer) =>
      isRefusal(answer) ? answer : (answer[0] ?? defect("no receipt")),
    );
  }

  /** As `append`, for entries that become durable together and get indexes in a row: at most queueEntriesMax of them. */
  appendAll(said: readonly Said[]): Promise<readonly Receipt[] | Refusal> {
    return this.#wait(said, (one) => this.#parts.sealer.seal(one));
  }

  /** Appends the log's own statement, signed by the log's key. */
  async #state(statement: Statement): Promise<Receipt | Refusal> {
    const signed = signStatement(this.log, statement, this.#signer());
    const answer = await this.#wait([signed], (one) => this.#parts.sealer.sealOwn(one));
    return isRefusal(answer) ? answer : (answer[0] ?? defect("no receipt"));
  }

  /** As `#state`, stamped with the recorder's time. */
  async #say(
    kind: Statement["kind"],
    members: { readonly [member: string]: Json },
  ): Promise<Receipt | Refusal> {
    const time = this.#parts.sealer.now();
    return time === null ? this.#stop(clockWentBack) : this.#state({ ...members, kind, time });
  }

  #wait<One>(
    said: readonly One[],
    seal: (one: One) => Sealed | Refusal,
  ): Promise<readonly Receipt[] | Refusal> {
    if (this.#stopped !== null) return Promise.resolve(this.#stopped);
    if (said.length === 0) return Promise.resolve([]);
    if (!this.#queue.hasRoom(said.length, 0)) return Promise.resolve(queueFull);
    const records: Sealed[] = [];
    let bytes = 0;
    for (const one of said) {
      const sealed = seal(one);
      if (isRefusal(sealed)) {
        if (sealed === clockWentBack) this.#stop(sealed);
        return Promise.resolve(sealed);
      }
      bytes += sealed.entry.length;
      records.push(sealed);
    }
    return new Promise((resolve) => {
      const room = this.#queue.push({
        records,
        recorded: records.map(({ recorded }) => recorded),
        bytes,
        resolve,
      });
      if (!room) return resolve(queueFull);
      this.#pumping ??= this.#pump();
    });
  }

  /** Commits until nothing waits. */
  async #pump(): Promise<void> {
    try {
      // A turn of the event loop before each commit lets everyone who is about to ask come along.
      for (await turn(); this.#hasWork() && this.#stopped === null; await turn()) await this.#commit();
    } catch (error) {
      this.#stop(failed(error));
    }
    this.#pumping = null;
  }

  #hasWork(): boolean {
    return this.#queue.entries > 0 || this.#newSegment;
  }

  async #commit(): Promise<void> {
    const { ahead, shelf } = this.#parts;
    await shelf.drained(backlogBytesMax);
    if (this.#newSegment) {
      await ahead.start(this.#size);
      this.#newSegment = false;
    }
    const waiters = this.#queue.take();
    if (waiters.length === 0) return;
    this.#committing = waiters;
    const records =
      waiters.length === 1 ? (waiters[0]?.records ?? []) : waiters.flatMap((waiter) => waiter.records);
    const durable = ahead.append(encodeBatch({ first: this.#size, records }));
    // While the disk works: hash this commit, and file the one before, which is durable already.
    durable.catch(() => undefined);
    const shelved = records.map(shelve);
    const receipts = this.#receipts(waiters, shelved);
    this.#fileDurable();
    await durable;
    if (this.#stopped !== null) return;
    this.#size += records.length;
    this.#unfiled = shelved;
    this.#committing = [];
    for (const [at, waiter] of waiters.entries()) waiter.resolve(receipts[at] ?? defect("no receipt"));
    this.#timer ??= setTimeout(() => void this.checkpoint(), this.#parts.checkpointMillis);
  }

  #receipts(waiters: readonly Waiter[], shelved: readonly Shelved[]): readonly (readonly Receipt[])[] {
    const log = this.log;
    let index = this.#size;
    return waiters.map(({ recorded }) =>
      recorded.map((time) => {
        const hash = shelved[index - this.#size]?.leafHash ?? defect("an entry without a leaf");
        return { log, index: index++, leafHash: Buffer.from(hash).toString("base64"), recorded: time };
      }),
    );
  }

  /** Hands what is durable to the tree. */
  #fileDurable(): void {
    for (const item of this.#unfiled) this.#parts.shelf.push(item);
    this.#unfiled = [];
  }

  /** Publishes a checkpoint that covers every entry acknowledged so far. */
  checkpoint(): Promise<Checkpoint | Refusal> {
    const published = this.#publishing.then(() => this.#publish());
    this.#publishing = published;
    return published;
  }

  /** Waits until the witnesses have answered for the last checkpoint, or not. Null in a log without witnesses. */
  async witnessed(): Promise<WitnessStatus | null> {
    return (await this.#witnessing?.settled()) ?? null;
  }

  async #publish(): Promise<Checkpoint | Refusal> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#stopped !== null) return this.#stopped;
    try {
      this.#fileDurable();
      const tree = await this.#parts.shelf.settle();
      const checkpoint = await this.#parts.head.publish({ origin: this.log, ...tree }, this.#signers);
      if (isRefusal(checkpoint)) return this.#stop(checkpoint);
      this.#checkpointSize = tree.size;
      this.#witnessing?.show(checkpoint);
      await this.#parts.shelf.tidy(tree.size);
      await this.#parts.ahead.trim(tree.size);
      this.#newSegment ||= this.#parts.ahead.bytes > segmentBytesMax;
      return checkpoint;
    } catch (error) {
      return this.#stop(failed(error));
    }
  }

  /** Ends the open segment, so that the next checkpoint may remove it. */
  async #endSegment(): Promise<void> {
    this.#newSegment = true;
    while (this.#newSegment && this.#stopped === null) {
      this.#pumping ??= this.#pump();
      await turn();
    }
  }

  /**
   * Erases entries with their salts. First the log says so and a checkpoint covers it; then the write-ahead segment that
   * may still hold them is removed; only then are the bundles rewritten. A crash in between is carried on from.
   */
  async #erase(
    stretches: readonly Stretch[],
    members: { readonly [member: string]: Json },
  ): Promise<Receipt | Refusal> {
    const { disk } = this.#parts;
    const published = await this.checkpoint();
    if (isRefusal(published)) return published;
    const unfit = unfitStretches(stretches, published.size) ?? (await refuseStatements(disk, stretches));
    if (unfit !== null) return unfit;
    await noteErasing(disk, stretches, published.size);
    const receipt = await this.#say("log.erasure", { ...members, stretches: plain(stretches) });
    const erased = isRefusal(receipt) ? receipt : await this.eraseNow(stretches);
    return erased ?? receipt;
  }

  /** The second half of an erasure, which the log has told of already. */
  async eraseNow(stretches: readonly Stretch[]): Promise<Refusal | null> {
    const { disk, shelf } = this.#parts;
    await this.#endSegment();
    const published = await this.checkpoint();
    if (isRefusal(published)) return published;
    return this.#alone(async () => {
      for (const { from, to } of stretches) shelf.forget(from, to);
      await shelf.flushed();
      await eraseRecords(disk, stretches);
      await forgetErasing(disk);
      return null;
    });
  }

  /**
   * Hands over to a new key. The old one signs the entry that names the new one; the checkpoint that covers it bears
   * both signatures; from then on the new one signs alone.
   */
  async rotateKey(): Promise<Receipt | Refusal> {
    const { disk, random } = this.#parts;
    const next = await this.#alone(() => nextKey(disk, this.log, random));
    if (isRefusal(next)) return next;
    const receipt = await this.#say("log.handover", { next: formatVerifierKey(next.verifier) });
    if (isRefusal(receipt)) return receipt;
    this.#signers = [this.#signer(), next];
    const published = await this.checkpoint();
    if (isRefusal(published)) return published;
    const done = await this.#alone(async () => {
      await adoptNextKey(disk, next, receipt.index);
      this.#signers = [next];
      return null;
    });
    return done ?? receipt;
  }

  /** Work on files that no checkpoint may overlap; an error in it stops the log as any other does. */
  #alone<Done>(work: () => Promise<Done>): Promise<Done | Refusal> {
    const done = this.#publishing.then(async () => {
      if (this.#stopped !== null) return this.#stopped;
      try {
        return await work();
      } catch (error) {
        return this.#stop(failed(error));
      }
    });
    this.#publishing = done;
    return done;
  }

  /** Waits for what waits, publishes a last checkpoint, and lets go of the directory. */
  async close(): Promise<Refusal | null> {
    await this.#pumping;
    const last = await this.checkpoint();
    await this.#witnessing?.close();
    const ended = isRefusal(last) ? last : await this.#endTidily();
    this.#stopped ??= refusal("refused", "the log is closed", "open it again");
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#parts.ahead.close().catch(() => undefined);
    this.#parts.lock.release();
    return ended;
  }

  async #endTidily(): Promise<Refusal | null> {
    try {
      await this.#endSegment();
      // It failed in the pump then, which has nobody to tell.
      if (this.#stopped !== null) return this.#stopped;
      await this.#parts.ahead.trim(this.#checkpointSize);
      return null;
    } catch (error) {
      return this.#stop(failed(error));
    }
  }

  /** No retry: after one failure nobody knows what the disk holds, and only recovery, which reads it, may tell. */
  #stop(why: Refusal): Refusal {
    if (this.#stopped !== null) return this.#stopped;
    this.#stopped = why;
    for (const waiter of [...this.#committing, ...this.#queue.takeAll()]) waiter.resolve(why);
    this.#committing = [];
    return why;
  }

  #signer(): SignerKey {
    return this.#signers[0] ?? defect("a recorder without a key");
  }
}

const queueFull: Refusal = refusal(
  "refused",
  "too many entries wait to be recorded",
  "try again; `whosaw doctor` measures the disk",
);

function failed(error: unknown): Refusal {
  return refusal(
    "refused",
    `the log stopped: ${errnoText(error)}`,
    "make room or mend the disk, then start again: recovery reads what is really there",
  );
}

export function shelve(record: AheadRecord): Shelved {
  const leaf = Buffer.from(leafFor(record.entry, record.salt), "latin1");
  return { entry: record.entry, leaf, leafHash: leafHash(leaf) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
