import { z } from "zod";
import { type Json, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import {
  type CarriedOut,
  type Ledger,
  type Proposal,
  type Recorder,
  type Sealing,
  approvalText,
  openSealing,
  orderJson,
  parseOrder,
} from "../../record/index.ts";
import type { Orders } from "../live/private-socket.ts";
import type { RunningServe } from "../live/running.ts";

/** What needs two people, in a log that this process holds open or that a running serve does. */
export interface Deciding extends Pick<
  Recorder["decisions"],
  "ledger" | "changeApprover" | "propose" | "proposal" | "textFor" | "approve"
> {
  /** Does what two have agreed to. */
  readonly carryOut: (index: number) => Promise<CarriedOut | Refusal>;
  /** Runs work while no import is under way. */
  readonly alone: <Done>(work: () => Promise<Done>) => Promise<Done | Refusal>;
}

/** By a recorder of this process. */
export function ownDeciding({ decisions }: Recorder, data: string): Deciding {
  return {
    ledger: () => decisions.ledger(),
    changeApprover: (order, by) => decisions.changeApprover(order, by),
    propose: (order, by) => decisions.propose(order, by),
    proposal: (index) => decisions.proposal(index),
    textFor: (proposal) => decisions.textFor(proposal),
    approve: (index, agreed) => decisions.approve(index, agreed),
    carryOut: async (index) => {
      const sealing = await openSealing(data);
      return isRefusal(sealing) ? sealing : decisions.carryOut(index, sealing.shredHolder);
    },
    // Whoever imports holds the log.
    alone: (work) => work(),
  };
}

/** By way of a running serve. Keys stay with whoever asks: only signatures go there, and serve checks them. */
export function runningDeciding({ ask, alone, status }: RunningServe): Deciding {
  const ledger = async (): Promise<Ledger | Refusal> => {
    const told = await ask("/decide/ledger");
    if (isRefusal(told)) return told;
    const { approvers, proposals } = told as unknown as ToldLedger;
    return {
      approvers: new Map(approvers),
      proposals: new Map(proposals.map((proposal) => [proposal.index, proposal])),
    };
  };
  return {
    ledger,
    changeApprover: async (order, by) =>
      (await ask("/decide/approver", { order: orderJson(order), by })) as unknown as
        | Proposal
        | null
        | Refusal,
    propose: async (order, by) =>
      (await ask("/decide/propose", { order: orderJson(order), by })) as unknown as Proposal | Refusal,
    proposal: async (index) => (await ask("/decide/proposal", { index })) as unknown as Proposal | Refusal,
    textFor: ({ index, sha256 }) => approvalText(status.log, index, sha256),
    approve: async (index, agreed) =>
      (await ask("/decide/approve", { index, agreed })) as unknown as Awaited<
        ReturnType<Deciding["approve"]>
      >,
    carryOut: async (index) => (await ask("/decide/carry-out", { index })) as unknown as CarriedOut | Refusal,
    alone,
  };
}

interface ToldLedger {
  readonly approvers: readonly (readonly [string, string])[];
  readonly proposals: readonly Proposal[];
}

const ordered = z.object({
  order: z.unknown().transform((json) => parseOrder(json as Json)),
  by: z.string(),
});
const numbered = z.object({ index: z.number().int().min(0) });
const agreeing = numbered.extend({ agreed: z.string() });

/**
 * What a running serve does for whoever decides, one order after another: two that come at once would both find the same thing
 * undone. Its own keyring shreds, so that no key lives on in its memory.
 */
export function decidingOrders(recorder: Recorder, { shredHolder }: Pick<Sealing, "shredHolder">): Orders {
  const { decisions } = recorder;
  return inTurn({
    "/decide/ledger": async () => {
      const ledger = await decisions.ledger();
      if (isRefusal(ledger)) return ledger;
      const { approvers, proposals } = ledger;
      return { approvers: [...approvers], proposals: [...proposals.values()] } as unknown as Json;
    },
    "/decide/propose": taking(ordered, ({ order, by }) =>
      order === null ? misunderstood : decisions.propose(order, by),
    ),
    "/decide/approver": taking(ordered, ({ order, by }) =>
      order?.do === "approver" ? decisions.changeApprover(order, by) : misunderstood,
    ),
    "/decide/proposal": taking(numbered, ({ index }) => decisions.proposal(index)),
    "/decide/approve": taking(agreeing, ({ index, agreed }) => decisions.approve(index, agreed)),
    "/decide/carry-out": taking(numbered, ({ index }) => decisions.carryOut(index, shredHolder)),
    "/rotate-key": async () => {
      const receipt = await recorder.rotateKey();
      return isRefusal(receipt) ? receipt : { log: recorder.log, key: recorder.key, index: receipt.index };
    },
  });
}

function inTurn(orders: Orders): Orders {
  let last: Promise<unknown> = Promise.resolve();
  const waiting = Object.entries(orders).map(([path, act]): [string, Orders[string]] => [
    path,
    (order) => {
      const done = last.then(() => act(order));
      last = done.catch(() => undefined);
      return done;
    },
  ]);
  return Object.fromEntries(waiting);
}

/** An order of that shape, done; what comes of it is plain data. */
function taking<Order>(
  shape: z.ZodType<Order>,
  act: (order: Order) => object | null | Promise<object | null>,
): Orders[string] {
  return async (told) => {
    const read = shape.safeParse(told);
    return read.success ? ((await act(read.data)) as unknown as Json | Refusal) : misunderstood;
  };
}

const misunderstood: Refusal = refusal(
  "input",
  "the running whosaw serve doesn't understand this order",
  "use the same version for both",
);
