import { type Json } from "../../base/index.ts";
import {
  approvalText,
  canonicalText,
  decodeBase64,
  formatEntry,
  parseVerifierKey,
  sha256Hex,
  verifyBytes,
} from "../../tlog/index.ts";
import type { Disk } from "../disk.ts";
import type { LogReader, StoredEntry } from "../reader.ts";
import { parseOrder, type Order } from "./order.ts";

/** What was proposed, and how far it has come. */
export interface Proposal {
  readonly index: number;
  readonly order: Order;
  /** How many entries the order erases, counted when it was proposed; 0 for other orders. */
  readonly entries: number;
  /** Who proposed it, as the operating system names them. */
  readonly by: string;
  /** Of the proposal's entry: what approvers sign. */
  readonly sha256: string;
  /** Names of those who approved. */
  readonly approvedBy: readonly string[];
  /** The log tells that it was carried out, or for an erasure that it was begun. */
  readonly done: boolean;
}

/** Who may approve, and what they have been asked. */
export interface Ledger {
  /** Verifier key texts by name. */
  readonly approvers: ReadonlyMap<string, string>;
  readonly proposals: ReadonlyMap<number, Proposal>;
}

/** Two people must agree; the verifier checks it again. */
export const approvalsNeeded = 2;

const kinds = new Set(["log.approver", "log.proposal", "log.approval", "log.erasure", "log.shredding"]);

/** Where the statements of the ledger stand, as far as the log has been read through. It may be deleted: it is read again then. */
const placesFile = "log/decisions";

interface Places {
  readonly readTo: number;
  readonly indexes: readonly number[];
}

/** Reads the ledger out of the log. Only what came since the last time is looked through. */
export async function readLedger(disk: Disk, reader: LogReader): Promise<Ledger> {
  const known = await readPlaces(disk, reader.size);
  const indexes = [...known.indexes];
  for await (const entries of reader.entries(known.readTo))
    for (const { index, entry } of entries) if (entry !== null && kinds.has(entry.kind)) indexes.push(index);
  await disk.put(placesFile, JSON.stringify({ readTo: reader.size, indexes } satisfies Places));
  const ledger = { approvers: new Map<string, string>(), proposals: new Map<number, Proposal>() };
  for (const index of indexes) {
    const stored = await reader.entry(index);
    if (stored !== null) take(ledger, reader.checkpoint.origin, stored);
  }
  return ledger;
}

async function readPlaces(disk: Disk, size: number): Promise<Places> {
  const none = { readTo: 0, indexes: [] };
  try {
    const places = JSON.parse((await disk.read(placesFile))?.toString() ?? "null") as Places | null;
    return places === null || !Array.isArray(places.indexes) || !(places.readTo <= size) ? none : places;
  } catch {
    return none;
  }
}

interface Growing {
  readonly approvers: Map<string, string>;
  readonly proposals: Map<number, Proposal>;
}

function take(ledger: Growing, log: string, { index, entry, recorded }: StoredEntry): void {
  if (entry === null || recorded === null) return;
  const { kind } = entry;
  if (kind === "log.approver") return takeApprover(ledger, text(entry["approver"]), text(entry["change"]));
  if (kind === "log.proposal") {
    const order = parseOrder(entry["order"]);
    if (order === null) return;
    const sha256 = sha256Hex(Buffer.from(formatEntry(canonicalText(entry), recorded)));
    const by = text(entry["by"]);
    const entries = Number(entry["entries"]);
    ledger.proposals.set(index, { index, order, entries, by, sha256, approvedBy: [], done: false });
    return;
  }
  const proposal = ledger.proposals.get(Number(entry["proposal"]));
  if (proposal === undefined) return;
  if (kind !== "log.approval") ledger.proposals.set(proposal.index, { ...proposal, done: true });
  else if (
    isApproval(ledger, log, { proposal, name: text(entry["approver"]), agreed: text(entry["agreed"]) })
  ) {
    const approvedBy = [...new Set([...proposal.approvedBy, text(entry["approver"])])];
    ledger.proposals.set(proposal.index, { ...proposal, approvedBy });
  }
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function takeApprover(ledger: Growing, approver: string, change: string): void {
  const key = parseVerifierKey(approver);
  if (key === null) return;
  if (change === "add") ledger.approvers.set(key.name, approver);
  else ledger.approvers.delete(key.name);
}

/** Somebody's word that they agree. */
export interface Agreement {
  readonly proposal: Pick<Proposal, "index" | "sha256">;
  readonly name: string;
  /** Base64 of the Ed25519 signature over approvalText. */
  readonly agreed: string;
}

/** Whether one who may approve has signed for this very proposal. */
export function isApproval(ledger: Ledger, log: string, { proposal, name, agreed }: Agreement): boolean {
  const key = parseVerifierKey(ledger.approvers.get(name) ?? "");
  const signature = decodeBase64(agreed);
  if (key === null || signature === null) return false;
  return verifyBytes(key, Buffer.from(approvalText(log, proposal.index, proposal.sha256)), signature);
}
