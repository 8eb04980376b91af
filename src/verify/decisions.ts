import type { Json } from "../base/index.ts";
import {
  approvalText,
  decodeBase64,
  parseVerifierKey,
  verifyBytes,
  type Said,
  type VerifierKey,
} from "../tlog/index.ts";
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
  readonly proposal: number;
  readonly reason: string;
  /** Names of those whose approvals verify. */
  readonly approvedBy: readonly string[];
}

/** A person's key that was destroyed, as the log tells it. */
export interface ShreddingNote {
  readonly index: number;
  readonly proposal: number;
  readonly holder: string;
  readonly reason: string;
  readonly approvedBy: readonly string[];
}

/** Somebody who may approve, and the entry that made them so. */
export interface Approver {
  readonly name: string;
  readonly key: string;
  readonly index: number;
}

/** Two people must agree to what can't be undone. */
const approversMin = 2;

interface Proposed {
  readonly sha256: string;
  readonly order: { readonly [member: string]: Json | undefined };
  /** Entries that may be erased; those erased are taken off. */
  left: number;
  /** Names by public key: one person with two names is one person. */
  readonly approvals: Map<string, string>;
}

/** Follows who may approve, what was proposed, who signed for it, and whether what was done had been agreed to. */
export class DecisionCheck {
  readonly #origin: string;
  readonly #problems: Problems;
  readonly #approvers = new Map<string, { readonly key: VerifierKey; readonly approver: Approver }>();
  readonly #proposals = new Map<number, Proposed>();
  readonly erasures: Erasure[] = [];
  readonly shreddings: ShreddingNote[] = [];

  constructor(origin: string, problems: Problems) {
    this.#origin = origin;
    this.#problems = problems;
  }

  get approvers(): readonly Approver[] {
    return [...this.#approvers.values()].map(({ approver }) => approver);
  }

  /** In the order of the log. */
  take(index: number, said: Said, sha256: string): void {
    if (said.kind === "log.approver") this.#approver(index, said);
    else if (said.kind === "log.proposal") this.#proposal(index, said, sha256);
    else if (said.kind === "log.approval") this.#approval(index, said);
    else if (said.kind === "log.erasure") this.#erasure(index, said);
    else if (said.kind === "log.shredding") this.#shredding(index, said);
  }

  #approver(index: number, said: Said): void {
    const { change } = said;
    const text = textOf(said["approver"]);
    const key = parseVerifierKey(text);
    if (key === null || (change !== "add" && change !== "remove"))
      return this.#wrong(index, "an approver has no key");
    const other = [...this.#approvers.values()].find(
      (one) => one.approver.name !== key.name && Buffer.compare(one.key.publicKey, key.publicKey) === 0,
    );
    if (change === "add" && other !== undefined)
      return this.#wrong(index, `${key.name} and ${other.approver.name} have the same key`);
    if (this.#approvers.size < approversMin) {
      if (change === "remove" || this.#approvers.has(key.name))
        return this.#wrong(index, "an approver was changed before there were two to agree to it");
    } else {
      const agreed = this.#agreed(said, "approver");
      if (agreed === null || agreed.order["change"] !== change || agreed.order["approver"] !== text)
        return this.#wrong(index, `who may approve was changed without ${approversMin} approvals`);
    }
    if (change === "remove") this.#approvers.delete(key.name);
    else this.#approvers.set(key.name, { key, approver: { name: key.name, key: text, index } });
  }

  #proposal(index: number, said: Said, sha256: string): void {
    const { order, entries } = said;
    if (typeof order !== "object" || order === null || Array.isArray(order) || typeof entries !== "number")
      return this.#wrong(index, "a proposal proposes nothing");
    this.#proposals.set(index, {
      sha256,
      order: order as { readonly [member: string]: Json },
      left: entries,
      approvals: new Map(),
    });
  }

  #approval(index: number, said: Said): void {
    const proposal = Number(said["proposal"]);
    const proposed = this.#proposals.get(proposal);
    const name = textOf(said["approver"]);
    const approver = this.#approvers.get(name);
    const signature = decodeBase64(textOf(said["agreed"]));
    if (proposed === undefined || approver === undefined || signature === null)
      return this.#wrong(index, "an approval is of no proposal, or by nobody who may approve");
    const bytes = Buffer.from(approvalText(this.#origin, proposal, proposed.sha256));
    if (!verifyBytes(approver.key, bytes, signature))
      return this.#wrong(index, `the approval of ${name} is not theirs`);
    proposed.approvals.set(Buffer.from(approver.key.publicKey).toString("hex"), name);
  }

  /** The proposal that a statement carries out, if two agreed to it and it is of that sort. */
  #agreed(said: Said, sort: string): Proposed | null {
    const proposed = this.#proposals.get(Number(said["proposal"]));
    return proposed !== undefined && proposed.approvals.size >= approversMin && proposed.order["do"] === sort
      ? proposed
      : null;
  }

  #erasure(index: number, said: Said): void {
    const agreed = this.#agreed(said, "erase");
    if (agreed === null)
      return this.#problems.add(
        "erasure_wrong",
        index,
        `entries were erased without the approval of ${approversMin} people`,
      );
    const proposal = Number(said["proposal"]);
    for (const stretch of listOf(said["stretches"])) {
      const { from, to } = stretch as { readonly from?: unknown; readonly to?: unknown };
      if (typeof from !== "number" || typeof to !== "number" || from < 0 || from >= to || to > proposal) {
        this.#problems.add("erasure_wrong", index, "an erasure names entries that nobody agreed to erase");
        continue;
      }
      agreed.left -= to - from;
      const approvedBy = [...agreed.approvals.values()];
      this.erasures.push({ index, proposal, from, to, reason: textOf(said["reason"]), approvedBy });
    }
    if (agreed.left < 0)
      this.#problems.add("erasure_wrong", index, `${-agreed.left} entries more were erased than agreed to`);
  }

  #shredding(index: number, said: Said): void {
    const agreed = this.#agreed(said, "shred");
    const holder = textOf(said["holder"]);
    if (agreed === null || agreed.order["holder"] !== holder)
      return this.#problems.add(
        "erasure_wrong",
        index,
        `a person's key was destroyed without the approval of ${approversMin} people`,
      );
    const approvedBy = [...agreed.approvals.values()];
    const proposal = Number(said["proposal"]);
    this.shreddings.push({ index, proposal, holder, reason: textOf(said["reason"]), approvedBy });
  }

  #wrong(index: number, detail: string): void {
    this.#problems.add("approval_wrong", index, detail);
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
