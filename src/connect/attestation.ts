import { createHash } from "node:crypto";
import { defect } from "../base/index.ts";
import type { ExportReceipt } from "./exported.ts";

/** What stands before the event's own additions. A text's quotes are escaped, so that it stands nowhere else. */
const place = '"unmapped":{';

/**
 * An event's RFC 8785 text with its attestation in the shape of OCSF's `record_integrity` profile (schema pull request 1661), which
 * is younger than 1.5.0: there no class has it, so it stands in `unmapped.record_integrity`, before every other member.
 *
 * The fingerprint is SHA-256 over RFC 8785 of the whole event with the attestation in it but for `fingerprint` and `signatures`.
 * Signatures are left out: the log's checkpoint signs the import's entry, `uid` names it, and `whosaw verify` checks it.
 * `prev_event` is left out too: a filtered copy is no chain, and the log orders its entries by its tree.
 */
export function attested(event: string, uid: string, { log }: ExportReceipt): string {
  const at = event.indexOf(place) + place.length;
  if (at < place.length) defect("an event without a place for its attestation");
  const [before, after] = [event.slice(0, at), event.slice(at)];
  const [chain, name] = [JSON.stringify(log), JSON.stringify(uid)];
  const written = (fingerprint: string): string =>
    `${before}"record_integrity":{"attestation_list":[{"authority_uid":${chain},"chain_uid":${chain}${fingerprint},"uid":${name}}]},${after}`;
  const value = createHash("sha256").update(written("")).digest("hex");
  return written(`,"fingerprint":{"algorithm":"SHA-256","algorithm_id":3,"value":"${value}"}`);
}
