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

/** Follows what the log says about itself: whose key signs from where on, what was erased, where something was cut. */
export class Statements {
  readonly #origin: string;
  readonly #problems: Problems;
  readonly #keys: VerifierKey[];
  readonly erasures: Erasure[] = [];
  readonly gaps: GapNote[] = [];

  constructor(origin: string, trusted: VerifierKey | null, problems: Problems) {
    this.#origin = origin;
    this.#problems = problems;
    this.#keys = trusted === null ? [] : [trusted];
  }

  /** The key that signs at the log's end, as far as the trusted key leads to it. */
  get current(): VerifierKey | null {
    return this.#keys.at(-1) ?? null;
  }

  take(index: number, said: Said): void {
    const key = statementKey(this.#origin, said);
    if (key === null)
      return this.#problems.add("statement_wrong", index, `the signature of ${said.kind} does not verify`);
    if (said.kind === "log.handover") return this.#handOver(index, said, key);
    // Before the trusted key's time another key may have signed; a statement then proves nothing, and allows nothing.
    if (!this.#keys.some((known) => sameKey(known, key)))
      return this.#problems.add("statement_wrong", index, `${said.kind} is signed by another key`);
    if (said.kind === "log.gap") this.#gap(index, said);
    if (said.kind === "log.erasure") this.#erasure(index, said);
  }

  #handOver(index: number, said: Said, key: VerifierKey): void {
    const next = typeof said["next"] === "string" ? parseVerifierKey(said["next"]) : null;
    if (next === null || next.name !== this.#origin)
      return this.#problems.add("statement_wrong", index, "a hand-over names no key of this log");
    const current = this.current;
    if (current === null || sameKey(next, current)) return;
    if (sameKey(key, current)) this.#keys.push(next);
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
