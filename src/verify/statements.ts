import type { Json } from "../base/index.ts";
import { parseVerifierKey, sameKey, statementKey, type Said, type VerifierKey } from "../tlog/index.ts";
import type { Problems } from "./problem.ts";

/** A stretch of entries, the last not included. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** An erasure as the log tells it. */
export interface Erasure extends Stretch {
  /** The erasure entry's own index. */
  readonly index: number;
  readonly reason: string;
  readonly approvedBy: readonly string[];
}

/** A gap as the log tells it: what recovery could not read back. */
export interface GapNote {
  readonly index: number;
  readonly why: string;
  readonly bytes: number;
}

/** Two people must have approved an erasure. */
const approversMin = 2;

interface Signed {
  readonly index: number;
  readonly said: Said;
  readonly key: VerifierKey;
}

/** Follows what the log says about itself: whose key signs from where on, what was erased, where something was cut. */
export class Statements {
  readonly #origin: string;
  readonly #problems: Problems;
  readonly #trusted: VerifierKey | null;
  readonly #signed: Signed[] = [];
  readonly erasures: Erasure[] = [];
  readonly gaps: GapNote[] = [];
  #current: VerifierKey | null;
  #known: readonly VerifierKey[];

  constructor(origin: string, trusted: VerifierKey | null, problems: Problems) {
    this.#origin = origin;
    this.#problems = problems;
    this.#trusted = trusted;
    this.#current = trusted;
    this.#known = trusted === null ? [] : [trusted];
  }

  /** Every key that the trusted one leads to or follows. Known after `judge`. */
  get known(): readonly VerifierKey[] {
    return this.#known;
  }

  /** The key that signs at the log's end, as far as the trusted key leads to it. Known after `judge`. */
  get current(): VerifierKey | null {
    return this.#current;
  }

  take(index: number, said: Said): void {
    const key = statementKey(this.#origin, said);
    if (key === null)
      this.#problems.add("statement_wrong", index, `the signature of ${said.kind} does not verify`);
    else this.#signed.push({ index, said, key });
  }

  /** To be called when every entry has been taken: a statement may be older than the trusted key. */
  judge(): void {
    if (this.#trusted === null) return;
    const known = this.#followKeys(this.#trusted);
    this.#known = known;
    for (const { index, said, key } of this.#signed) {
      if (!known.some((one) => sameKey(one, key)))
        this.#problems.add(
          "statement_wrong",
          index,
          `${said.kind} is signed by a key that the trusted one knows nothing of`,
        );
      else if (said.kind === "log.gap") this.#gap(index, said);
      else if (said.kind === "log.erasure") this.#erasure(index, said);
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

  #erasure(index: number, said: Said): void {
    const approvedBy = strings(said["approvedBy"]);
    if (new Set(approvedBy).size < approversMin)
      return this.#problems.add(
        "erasure_wrong",
        index,
        `an erasure needs ${approversMin} people, it has ${approvedBy.length}`,
      );
    for (const stretch of Array.isArray(said["stretches"]) ? (said["stretches"] as readonly Json[]) : []) {
      const { from, to } = stretch as { readonly from?: unknown; readonly to?: unknown };
      if (typeof from !== "number" || typeof to !== "number" || from < 0 || from >= to || to > index)
        this.#problems.add("erasure_wrong", index, "an erasure names entries that did not stand before it");
      else this.erasures.push({ index, from, to, reason: text(said["reason"]), approvedBy });
    }
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function strings(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? (value as readonly Json[]).filter((member) => typeof member === "string")
    : [];
}
