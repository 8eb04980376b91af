import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import {
  type ApproverKey,
  type Ledger,
  type Order,
  type Person,
  type Proposal,
  type Stretch,
  approvalsNeeded,
  openSealing,
} from "../../record/index.ts";
import type { Deciding } from "./deciding.ts";
import { type LogPlace, operator, withDeciding } from "./opening.ts";

/** What is to be erased. Either entries, by any of the first three, or one person's sealed texts. */
export interface ErasureWish {
  readonly kind: string | null;
  readonly before: string | null;
  readonly stretches: readonly Stretch[] | null;
  readonly person: Person | null;
  readonly reason: string;
  /** The proposer's own key, if they are an approver too. */
  readonly key: ApproverKey | null;
}

/** A proposal, and how many approvals it still needs. */
export interface Asked {
  readonly proposal: Proposal;
  readonly missing: number;
}

/** Writes the proposal into the log; with the proposer's key, their approval too. */
export async function proposeErasure(place: LogPlace, wish: ErasureWish): Promise<Asked | Refusal> {
  return withDeciding(place, async (deciding) => {
    const ledger = await deciding.ledger();
    if (isRefusal(ledger)) return ledger;
    if (ledger.approvers.size < approvalsNeeded)
      return refusal(
        "refused",
        `erasing needs the approval of ${approvalsNeeded} people, and the log knows ${ledger.approvers.size} who may approve`,
        "Register them: whosaw approver NAME --public FILE.",
      );
    const order = await orderOf(place, wish);
    if (isRefusal(order)) return order;
    const proposal = await deciding.propose(order, operator());
    if (isRefusal(proposal)) return proposal;
    return wish.key === null
      ? { proposal, missing: approvalsNeeded }
      : agreeWith(deciding, proposal, wish.key);
  });
}

async function orderOf(
  { data }: LogPlace,
  { kind, before, stretches, person, reason }: ErasureWish,
): Promise<Order | Refusal> {
  if (person === null) return { do: "erase", kind, before, stretches, reason };
  const sealing = await openSealing(data);
  return isRefusal(sealing) ? sealing : { do: "shred", person, holder: sealing.holderOf(person), reason };
}

/** Records the approval of whoever holds the key. */
export async function agreeWith(
  deciding: Deciding,
  proposal: Proposal,
  key: ApproverKey,
): Promise<Asked | Refusal> {
  const agreed = key.agree(deciding.textFor(proposal));
  return agreed === null
    ? refusal("usage", "that is a public key", "Approving takes the private one.")
    : deciding.approve(proposal.index, agreed);
}

/** Proposals that were not carried out yet, oldest first. */
export async function openProposals(place: LogPlace): Promise<readonly Proposal[] | Refusal> {
  return withDeciding(place, async (deciding) => {
    const ledger = await deciding.ledger();
    return isRefusal(ledger) ? ledger : [...ledger.proposals.values()].filter(({ done }) => !done);
  });
}

/** The very bytes that an approver signs for a proposal: for a key that never comes to this machine. */
export async function textToSign(place: LogPlace, index: number): Promise<string | Refusal> {
  return withDeciding(place, async (deciding) => {
    const proposal = await deciding.proposal(index);
    return isRefusal(proposal) ? proposal : deciding.textFor(proposal);
  });
}

/** Who may approve: key texts by name. */
export async function approvers(place: LogPlace): Promise<Ledger["approvers"] | Refusal> {
  return withDeciding(place, async (deciding) => {
    const ledger = await deciding.ledger();
    return isRefusal(ledger) ? ledger : ledger.approvers;
  });
}

/** Registers an approver, or proposes the change once there are two to agree to it; null: done. */
export async function approverChange(
  place: LogPlace,
  wish: {
    readonly name: string;
    readonly change: "add" | "remove";
    readonly key: ApproverKey | null;
    readonly reason: string;
  },
): Promise<Proposal | null | Refusal> {
  return withDeciding(place, async (deciding) => {
    const ledger = await deciding.ledger();
    if (isRefusal(ledger)) return ledger;
    const { name, change, reason } = wish;
    const text = change === "remove" ? ledger.approvers.get(name) : wish.key?.textFor(name);
    if (text === undefined || text === null)
      return change === "remove"
        ? refusal("input", `${name} is no approver`, "`whosaw approver` lists them.")
        : refusal(
            "usage",
            "an approver's name is not empty and holds no space and no plus",
            "Choose another.",
          );
    return deciding.changeApprover({ do: "approver", change, approver: text, reason }, operator());
  });
}
