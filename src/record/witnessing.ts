import type { Clock } from "../base/index.ts";
import type { Checkpoint, Hash, SignatureLine } from "../tlog/index.ts";
import type { Cosigners } from "./cosigning.ts";

/** How the log stands with its witnesses. */
export interface WitnessStatus {
  /** Entries under the last checkpoint that enough witnesses cosigned; null if none yet. */
  readonly size: number | null;
  /** Who cosigned the last checkpoint they were asked for. */
  readonly names: readonly string[];
  /** True while too few have cosigned for longer than the policy allows. */
  readonly alarm: boolean;
}

export interface WitnessingParts {
  readonly cosigners: Cosigners;
  /** How many must cosign. */
  readonly needed: number;
  /** How long fewer may, in milliseconds, before the alarm. */
  readonly alarmMillis: number;
  readonly clock: Clock;
  readonly prove: (checkpoint: Checkpoint, older: number) => Promise<readonly Hash[]>;
  /** Puts the cosignatures under the published checkpoint, if it is still the newest. */
  readonly attach: (checkpoint: Checkpoint, lines: readonly SignatureLine[]) => Promise<unknown>;
  readonly onAlarm: (status: WitnessStatus) => void;
}

/** Milliseconds until a checkpoint that too few cosigned is shown to the witnesses again. */
const retryMillis = 10_000;

/**
 * Shows each checkpoint to the witnesses, one round at a time and always the newest. A witness that is away stops
 * nothing: the log records on, its checkpoints stay without that cosignature, and after a while the alarm is raised.
 */
export class Witnessing {
  readonly #parts: WitnessingParts;
  #newest: Checkpoint | null = null;
  #round: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #enoughAt: number;
  #status: WitnessStatus = { size: null, names: [], alarm: false };
  #closed = false;

  constructor(parts: WitnessingParts) {
    this.#parts = parts;
    this.#enoughAt = parts.clock();
  }

  get status(): WitnessStatus {
    return this.#status;
  }

  show(checkpoint: Checkpoint): void {
    this.#newest = checkpoint;
    this.#round ??= this.#rounds();
  }

  async #rounds(): Promise<void> {
    for (let shown: Checkpoint | null = null; this.#newest !== shown;) {
      shown = this.#newest;
      if (shown !== null) await this.#show(shown);
    }
    this.#round = null;
  }

  async #show(checkpoint: Checkpoint): Promise<void> {
    const { cosigners, prove, attach, needed, clock, alarmMillis } = this.#parts;
    const lines = await cosigners.cosign(checkpoint, (older) => prove(checkpoint, older));
    if (lines.length > 0) await attach(checkpoint, lines);
    const names = [...new Set(lines.map(({ name }) => name))];
    const enough = names.length >= needed;
    if (enough) this.#enoughAt = clock();
    const late = !enough && clock() - this.#enoughAt >= alarmMillis;
    const raised = late && !this.#status.alarm;
    this.#status = { size: enough ? checkpoint.size : this.#status.size, names, alarm: late };
    if (raised) this.#parts.onAlarm(this.#status);
    if (!enough && !this.#closed) this.#again(checkpoint);
  }

  #again(checkpoint: Checkpoint): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#newest === checkpoint) this.#newest = { ...checkpoint };
      this.#round ??= this.#rounds();
    }, retryMillis);
    this.#retry.unref();
  }

  /** Waits for the round under way: a few seconds at most. */
  async settled(): Promise<WitnessStatus> {
    await this.#round;
    return this.#status;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#round;
    if (this.#retry !== null) clearTimeout(this.#retry);
  }
}
