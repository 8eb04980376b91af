import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../base/index.ts";
import type { ExportReceipt } from "./exported.ts";

type Members = { readonly [name: string]: Json };

/**
 * An event with its attestation in the shape of OCSF's `record_integrity` profile (schema pull request 1661), which is younger
 * than 1.5.0: there no class has it, so it stands in `unmapped.record_integrity`.
 *
 * The fingerprint is SHA-256 over RFC 8785 of the whole event with the attestation in it but for `fingerprint` and `signatures`.
 * Signatures are left out: the log's checkpoint signs the import's entry, `uid` names it, and `whosaw verify` checks it.
 * `prev_event` is left out too: a filtered copy is no chain, and the log orders its entries by its tree.
 */
export function attested(
  event: Members & { readonly unmapped: Members },
  uid: string,
  { log }: ExportReceipt,
): Members {
  const claim = { uid, chain_uid: log, authority_uid: log };
  const fingerprint = {
    algorithm: "SHA-256",
    algorithm_id: 3,
    value: createHash("sha256")
      .update(canonicalJson(withAttestation(event, claim)))
      .digest("hex"),
  };
  return withAttestation(event, { ...claim, fingerprint });
}

function withAttestation(event: Members & { readonly unmapped: Members }, claim: Members): Members {
  return { ...event, unmapped: { ...event.unmapped, record_integrity: { attestation_list: [claim] } } };
}
