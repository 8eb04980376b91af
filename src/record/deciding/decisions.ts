import { isRefusal, refusal, type Json, type Refusal } from "../../base/index.ts";
import {
  approvalText,
  parseVerifierKey,
  sameBytes,
  type Checkpoint,
  type Statement,
  type VerifierKey,
} from "../../tlog/index.ts";
import type { Disk } from "../disk.ts";
import { errnoText, remedyOf } from "../errno.ts";
import { LogReader } from "../reader.ts";
import type { Receipt } from "../receipt.ts";
import type { Stretch } from "./erase.ts";
import { approvalsNeeded, isApproval, readLedger, type Ledger, type Proposal } from "./ledger.ts";
import { orderJson, type ApproverOrder, type ErasureOrder, type Order } from "./order.ts";
import { countOf, selected } from "./select.ts";
import { forgetShredding, noteShredding } from "./shred.ts";

/** What decisions ask of the recorder. */
export interface DecidingLog {
  readonly log: string;
  readonly checkpoint: () => Promise<Checkpoint | Refusal>;
  /** Appends a statement of the log's own, signed by the log's key and stamped with the time. */
  readonly state: (
    kind: Statement["kind"],
    members: { readonly [member: string]: Json },
  ) => Promise<Receipt | Refusal>;
  /** Appends the statement that says so, then empties the records. */
  readonly erase: (
    stretches: readonly Stretch[],
    members: { readonly [member: string]: Json },
  ) => Promise<Receipt | Refusal>;
}

/** What came of carrying out a proposal. */
export interface CarriedOut {
  readonly proposal: Proposal;
  /** Entries erased. */
  readonly erased: number;
  /** Whether there was a key to shred. */
  readonly shredded: boolean;
}

/** What `approve` came to. */
export interface Approved {
  readonly proposal: Proposal;
  readonly missing: number;
}

/** Destroys the key of a holder in whatever keyring is in use (people/sealing.ts). */
export type ShredHolder = (holder: string) => Promise<boolean | Refusal>;

/**
 * What needs two people: erasing entries, shredding a person's key, and changing who may approve. Each step is an entry: the
 * proposal, each approval with the approver's own signature, and what was then done. The first two approvers are
 * taken as they come, because there is nobody yet to ask; from then on two of them must agree to any change.
 */
export class Decisions {
  readonly #log: DecidingLog;
  readonly #disk: Disk;

  constructor(log: DecidingLog, disk: Disk) {
    this.#log = log;
    this.#disk = disk;
  }

  async ledger(): Promise<Ledger | Refusal> {
    const reader = await this.#reader();
    return isRefusal(reader) ? reader : attempt(() => readLedger(this.#disk, reader));
  }

  async #reader(): Promise<LogReader | Refusal> {
    const published = await this.#log.checkpoint();
    return isRefusal(published) ? published : new LogReader(this.#disk, published);
  }

  /** Registers one of the first two approvers, or proposes the change if there are two already. Null: registered. */
  async changeApprover(order: ApproverOrder, by: string): Promise<Proposal | null | Refusal> {
    const ledger = await this.ledger();
    if (isRefusal(ledger)) return ledger;
    const key = parseVerifierKey(order.approver);
    if (key === null || key.type !== "ed25519")
      return refusal("input", "that is no approver's key", "give an Ed25519 public key as PEM");
    const known = ledger.approvers.get(key.name);
    if (order.change === "remove" ? known === undefined : known === order.approver)
      return refusal(
        "refused",
        `${key.name} ${known === undefined ? "is no approver" : "is one"} already`,
        "",
      );
    const twin = [...ledger.approvers].find(
      ([name, text]) => name !== key.name && isSamePublicKey(key, parseVerifierKey(text)),
    );
    if (order.change === "add" && twin !== undefined)
      return refusal("refused", `that is the key of ${twin[0]}`, "two people need two keys");
    if (ledger.approvers.size >= approvalsNeeded) return this.propose(order, by);
    if (order.change === "remove" || known !== undefined)
      return refusal(
        "refused",
        "with fewer than two approvers nobody can agree to a change",
        "register a second approver first",
      );
    const { approver, change, reason } = order;
    const told = await this.#log.state("log.approver", { approver, change, reason, by, proposal: null });
    return isRefusal(told) ? told : null;
  }

  /** Writes down what is to be decided. Nothing is done yet. */
  propose(order: Order, by: string): Promise<Proposal | Refusal> {
    return attempt(() => this.#propose(order, by));
  }

  async #propose(order: Order, by: string): Promise<Proposal | Refusal> {
    const reader = await this.#reader();
    if (isRefusal(reader)) return reader;
    let entries = 0;
    if (order.do === "erase") {
      const unfit = unfitErasure(order, reader.size);
      if (unfit !== null) return unfit;
      for await (const run of selected(reader, order, reader.size)) entries += countOf(run);
      if (entries === 0)
        return refusal("input", "the log holds no entry that this would erase", "look again at kind and age");
    }
    const told = await this.#log.state("log.proposal", { order: orderJson(order), entries, by });
    if (isRefusal(told)) return told;
    return this.proposal(told.index);
  }

  async proposal(index: number): Promise<Proposal | Refusal> {
    const ledger = await this.ledger();
    if (isRefusal(ledger)) return ledger;
    return ledger.proposals.get(index) ?? noProposal(index);
  }

  /** What an approver signs to agree to a proposal. */
  textFor({ index, sha256 }: Proposal): string {
    return approvalText(this.#log.log, index, sha256);
  }

  /** Records an approval. `agreed` is base64 of the Ed25519 signature over `textFor`; whoever signed is found by it. */
  async approve(index: number, agreed: string): Promise<Approved | Refusal> {
    const ledger = await this.ledger();
    if (isRefusal(ledger)) return ledger;
    const proposal = ledger.proposals.get(index);
    if (proposal === undefined) return noProposal(index);
    const approver = [...ledger.approvers.keys()].find((name) =>
      isApproval(ledger, this.#log.log, { proposal, name, agreed }),
    );
    if (approver === undefined)
      return refusal(
        "refused",
        "that signature is no approver's for this proposal",
        "register the approver first; sign what `whosaw approve ID --print` prints",
      );
    if (!proposal.approvedBy.includes(approver)) {
      const told = await this.#log.state("log.approval", { proposal: index, approver, agreed });
      if (isRefusal(told)) return told;
    }
    const now = await this.proposal(index);
    return isRefusal(now) ? now : { proposal: now, missing: missingOf(now) };
  }

  /** Does what two have agreed to. An erasure that was cut short is gone on with; nothing else is done twice. */
  async carryOut(index: number, shredHolder: ShredHolder): Promise<CarriedOut | Refusal> {
    const proposal = await this.proposal(index);
    if (isRefusal(proposal)) return proposal;
    if (missingOf(proposal) > 0)
      return refusal(
        "refused",
        `proposal ${index} has ${proposal.approvedBy.length} of ${approvalsNeeded} approvals`,
        `another person approves it with \`whosaw approve ${index}\``,
      );
    const { order } = proposal;
    if (order.do === "erase") return attempt(() => this.#erase(proposal, order));
    if (proposal.done) return refusal("refused", `proposal ${index} was carried out already`, "");
    if (order.do === "shred") return attempt(() => this.#shred(proposal, order.holder, shredHolder));
    const { approver, change, reason } = order;
    const members = { approver, change, reason, by: proposal.by, proposal: index };
    const told = await this.#log.state("log.approver", members);
    return isRefusal(told) ? told : { proposal, erased: 0, shredded: false };
  }

  async #erase(proposal: Proposal, order: ErasureOrder): Promise<CarriedOut | Refusal> {
    const reader = await this.#reader();
    if (isRefusal(reader)) return reader;
    const { reason } = order;
    let erased = 0;
    for await (const stretches of selected(reader, order, proposal.index)) {
      const members = { proposal: proposal.index, reason, approvedBy: proposal.approvedBy };
      const told = await this.#log.erase(stretches, members);
      if (isRefusal(told)) return told;
      erased += countOf(stretches);
    }
    return { proposal, erased, shredded: false };
  }

  async #shred(proposal: Proposal, holder: string, shredHolder: ShredHolder): Promise<CarriedOut | Refusal> {
    const published = await this.#log.checkpoint();
    if (isRefusal(published)) return published;
    await noteShredding(this.#disk, { holder, after: published.size });
    const { reason } = proposal.order;
    const members = { proposal: proposal.index, holder, reason, approvedBy: proposal.approvedBy };
    const told = await this.#log.state("log.shredding", members);
    if (isRefusal(told)) return told;
    const covered = await this.#log.checkpoint();
    if (isRefusal(covered)) return covered;
    const shredded = await shredHolder(holder);
    if (isRefusal(shredded)) return shredded;
    await forgetShredding(this.#disk);
    return { proposal, erased: 0, shredded };
  }
}

/** What the disk says becomes a refusal; what was begun is finished at the next start or by asking again. */
async function attempt<Done>(work: () => Promise<Done>): Promise<Done | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refusal("refused", `the log can't be read: ${errnoText(error)}`, remedyOf(error, "the log"));
  }
}

function isSamePublicKey(one: VerifierKey, other: VerifierKey | null): boolean {
  return other !== null && sameBytes(one.publicKey, other.publicKey);
}

function missingOf({ approvedBy }: Proposal): number {
  return Math.max(0, approvalsNeeded - approvedBy.length);
}

function noProposal(index: number): Refusal {
  return refusal("input", `entry ${index} of the log is no proposal`, "`whosaw approve` lists the open ones");
}

function unfitErasure({ kind, before, stretches }: ErasureOrder, size: number): Refusal | null {
  if (kind === null && before === null && stretches === null)
    return refusal("usage", "that would erase everything", "say which kind, before when, or which entries");
  if (kind?.startsWith("log.") === true)
    return refusal("refused", "the log's own statements stay", "they are what the rest is checked by");
  if (before !== null && Number.isNaN(Date.parse(before)))
    return refusal("usage", "that is no time", "write it as 2024-01-01");
  const beyond = stretches?.find(({ from, to }) => !(from >= 0 && from < to && to <= size));
  return beyond === undefined
    ? null
    : refusal(
        "input",
        "an erasure names entries that the log does not have",
        `the log has entries 0 to ${size - 1}`,
      );
}
