import type { Json } from "../base/index.ts";
import { parseVerifierKey, sameKey, statementKey, type Said, type VerifierKey } from "../tlog/index.ts";
import { DecisionCheck } from "./decisions.ts";
import type { Problems } from "./problem.ts";

/** A gap as the log tells it: what recovery could not read back. */
export interface GapNote {
  readonly index: number;
  readonly why: string;
  readonly bytes: number;
}

interface Signed {
  readonly index: number;
  readonly said: Said;
  readonly key: VerifierKey;
  /** Of the entry's bytes. */
  readonly sha256: string;
}

/** Follows what the log says about itself: whose key signs from where on, what was erased, where something was cut. */
export class Statements {
  readonly #origin: string;
  readonly #problems: Problems;
  readonly #trusted: VerifierKey | null;
  readonly #signed: Signed[] = [];
  readonly decisions: DecisionCheck;
  readonly gaps: GapNote[] = [];
  #current: VerifierKey | null;
  #known: readonly VerifierKey[];

  constructor(origin: string, trusted: VerifierKey | null, problems: Problems) {
    this.#origin = origin;
    this.#problems = problems;
    this.#trusted = trusted;
    this.#current = trusted;
    this.#known = trusted === null ? [] : [trusted];
    this.decisions = new DecisionCheck(origin, problems);
  }

  /** Every key that the trusted one leads to or follows. Known after `judge`. */
  get known(): readonly VerifierKey[] {
    return this.#known;
  }

  /** The key that signs at the log's end, as far as the trusted key leads to it. Known after `judge`. */
  get current(): VerifierKey | null {
    return this.#current;
  }

  take(index: number, said: Said, sha256: string): void {
    const key = statementKey(this.#origin, said);
    if (key === null)
      this.#problems.add("statement_wrong", index, `the signature of ${said.kind} does not verify`);
    else this.#signed.push({ index, said, key, sha256 });
  }

  /**
   * To be called when every entry has been taken: a statement may be older than the trusted key. `whole` is whether that
   * were all statements of the log; from a part, as a bundle holds it, nobody can say who had agreed to what.
   */
  judge(whole: boolean): void {
    if (this.#trusted === null) return;
    const known = this.#followKeys(this.#trusted);
    this.#known = known;
    for (const { index, said, key, sha256 } of this.#signed) {
      if (!known.some((one) => sameKey(one, key)))
        this.#problems.add(
          "statement_wrong",
          index,
          `${said.kind} is signed by a key that the trusted one knows nothing of`,
        );
      else if (said.kind === "log.gap") this.#gap(index, said);
      else if (whole) this.decisions.take(index, said, sha256);
    }
  }

  /** Forward from the trusted key by the hand-overs it and its followers signed, and back to those it follows. */
  #followKeys(trusted: VerifierKey): readonly VerifierKey[] {
    const known = [trusted];
    const handovers = this.#signed.filter(({ said }) => said.kind === "log.handover");
    for (const { index, said, key } of handovers) {
      const next = typeof said["next"] === "string" ? parseVerifierKey(said["next"]) : null;
      if (next === null || next.name !== this.#origin)
        this.#problems.add("statement_wrong", index, "a hand-over names no key of this log");
      else if (this.#current !== null && sameKey(key, this.#current)) known.push((this.#current = next));
    }
    for (const { said, key } of handovers.toReversed()) {
      const next = typeof said["next"] === "string" ? parseVerifierKey(said["next"]) : null;
      if (next !== null && known.some((one) => sameKey(one, next))) known.push(key);
    }
    return known;
  }

  #gap(index: number, said: Said): void {
    if (said["from"] !== index)
      this.#problems.add("statement_wrong", index, "a gap entry does not stand where the log was cut");
    this.gaps.push({ index, why: text(said["why"]), bytes: Number(said["bytes"]) });
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
