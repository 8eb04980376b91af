import {
  checkSignature,
  cosign,
  formatSignatureLine,
  parseAddCheckpoint,
  parseCheckpoint,
  parseVerifierKey,
  formatCheckpoint,
  sameBytes,
  sha256Hex,
  verifyConsistency,
  type Checkpoint,
  type SignerKey,
  type VerifierKey,
} from "../tlog/index.ts";
import { randomBytes } from "node:crypto";
import { isRefusal, makeFolder, refusal, systemClock, type Clock, type Refusal } from "../base/index.ts";
import { Disk } from "./disk.ts";
import { errnoText, remedyOf } from "./errno.ts";
import { openWitnessKey, type Bytes } from "./keys.ts";
import { takeLock, type Lock } from "./lock.ts";

/** An answer, in the terms of HTTP, which C2SP tlog-witness speaks. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 500;
  readonly type: "text/plain; charset=utf-8" | "text/x.tlog.size";
  readonly body: string;
}

export interface WitnessOptions {
  /** The witness's own name, as a URL without its scheme; needed on the first run. */
  readonly name?: string;
  /** Verifier keys of the logs it watches; several of one name while a key is being handed over. */
  readonly logs: readonly string[];
  readonly clock?: Clock;
  readonly random?: Bytes;
}

/**
 * Someone else's memory of a log: it signs a checkpoint only if that starts with everything it has signed before.
 * It keeps one checkpoint a log, and writes it down before it answers.
 */
export class Witness {
  readonly #disk: Disk;
  readonly #signer: SignerKey;
  readonly #logs: readonly VerifierKey[];
  readonly #clock: Clock;
  readonly #lock: Lock;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly disk: Disk;
    readonly signer: SignerKey;
    readonly logs: readonly VerifierKey[];
    readonly clock: Clock;
    readonly lock: Lock;
  }) {
    this.#disk = parts.disk;
    this.#signer = parts.signer;
    this.#logs = parts.logs;
    this.#clock = parts.clock;
    this.#lock = parts.lock;
  }

  get key(): VerifierKey {
    return this.#signer.verifier;
  }

  /** Answers one add-checkpoint request. One at a time: between the look at the old size and the note of the new one nothing may come. */
  addCheckpoint(body: string): Promise<WitnessAnswer> {
    const answered = this.#turn.then(() => this.#answer(body));
    this.#turn = answered.catch(() => undefined);
    return answered;
  }

  async #answer(body: string): Promise<WitnessAnswer> {
    const request = parseAddCheckpoint(body);
    if (request === null) return say(400, "not an add-checkpoint request");
    const { checkpoint, old, proof } = request;
    const keys = this.#logs.filter(({ name }) => name === checkpoint.origin);
    if (keys.length === 0) return say(404, "a log unknown here");
    const verdicts = keys.map((key) => checkSignature(checkpoint.note, key));
    if (!verdicts.includes("good") || verdicts.includes("bad")) return say(403, "not signed by the log");
    if (old > checkpoint.size) return say(400, "the old size is above the new one");
    const last = await this.#last(checkpoint.origin);
    if (isRefusal(last)) return say(500, last.what);
    if (old !== (last?.size ?? 0))
      return { status: 409, type: "text/x.tlog.size", body: `${last?.size ?? 0}\n` };
    if (last !== null && last.size === checkpoint.size && !sameBytes(last.root, checkpoint.root))
      return { status: 409, type: "text/x.tlog.size", body: `${last.size}\n` };
    const consistent =
      old === 0
        ? proof.length === 0
        : verifyConsistency(
            {
              older: old,
              newer: checkpoint.size,
              olderRoot: last?.root ?? Buffer.of(),
              newerRoot: checkpoint.root,
            },
            proof,
          );
    if (!consistent) return say(422, "the consistency proof does not verify");
    await this.#disk.put(fileFor(checkpoint.origin), formatCheckpoint(checkpoint));
    await this.#disk.settle();
    const line = cosign(checkpoint.note.text, this.#signer, Math.floor(this.#clock() / 1000));
    return { status: 200, type: "text/plain; charset=utf-8", body: formatSignatureLine(line) };
  }

  /** What was cosigned last. A file that doesn't parse is no reason to start from nothing: that would forget what was signed. */
  async #last(origin: string): Promise<Checkpoint | null | Refusal> {
    const text = await this.#disk.read(fileFor(origin));
    if (text === null) return null;
    return (
      parseCheckpoint(text.toString()) ??
      refusal("verification", "the witness's own memory is damaged", "restore it")
    );
  }

  close(): void {
    this.#lock.release();
  }
}

function say(status: WitnessAnswer["status"], body: string): WitnessAnswer {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

/** Origins may hold anything; their digest is a safe name. */
function fileFor(origin: string): string {
  return `witness/${sha256Hex(Buffer.from(origin))}/checkpoint`;
}

/** Opens a witness in a directory of its own, making its key (`keys/witness.key`, `keys/witness.vkey`) on the first run. */
export async function openWitness(dir: string, options: WitnessOptions): Promise<Witness | Refusal> {
  const keys = options.logs.map((text) => parseVerifierKey(text));
  const logs = keys.filter((key) => key !== null);
  if (logs.length !== keys.length)
    return refusal("usage", "a log's key is not a verifier key", "take it from the log's keys/log.vkey");
  const disk = new Disk(dir);
  const lock = await lockOf(disk, dir);
  if (isRefusal(lock)) return lock;
  const signer = await openWitnessKey(disk, options.name ?? null, options.random ?? randomBytes);
  if (!isRefusal(signer))
    return new Witness({ disk, signer, logs, clock: options.clock ?? systemClock, lock });
  lock.release();
  return signer;
}

async function lockOf(disk: Disk, dir: string): Promise<Lock | Refusal> {
  try {
    makeFolder(dir, 0o750);
    await disk.folder("witness");
    await disk.folder("keys");
    return takeLock(disk.path("witness/lock"));
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refusal(
      "input",
      `the witness's directory ${dir} can't be used: ${errnoText(error)}`,
      remedyOf(error, "that directory"),
    );
  }
}
