import { checkCosignature, checkSignature, parseVerifierKey, type Checkpoint } from "../tlog/index.ts";
import type { Problems } from "./problem.ts";
import type { Statements } from "./statements.ts";

/** Witness keys (C2SP signed-note texts of type 0x04), and how many different witnesses must have cosigned. */
export interface WitnessPolicy {
  readonly keys: readonly string[];
  readonly needed: number;
}

/** The checkpoint must be of the trusted key's log, and signed by that key or the one its hand-overs lead to. */
export function checkSigner(checkpoint: Checkpoint, statements: Statements, problems: Problems): void {
  const { current } = statements;
  if (current === null) return;
  if (current.name !== checkpoint.origin)
    return problems.add(
      "origin_differs",
      null,
      `the key is of ${current.name}, the log of ${checkpoint.origin}`,
    );
  const verdict = checkSignature(checkpoint.note, current);
  if (verdict === "bad")
    problems.add("checkpoint_signature_wrong", null, "the checkpoint's signature does not verify");
  if (verdict !== "absent") return;
  const signers = checkpoint.note.signatures.map(
    ({ name, id }) => `${name}+${id.toString(16).padStart(8, "0")}`,
  );
  problems.add(
    "key_differs",
    null,
    `signed by ${signers.join(", ")}, not by the trusted key or one it handed over to`,
  );
}

/** The names of the witnesses whose cosignatures verify. A wrong one is a problem even if enough others are good. */
export function checkWitnesses(
  checkpoint: Checkpoint,
  policy: WitnessPolicy | undefined,
  problems: Problems,
): readonly string[] {
  const good = new Set<string>();
  for (const text of policy?.keys ?? []) {
    const key = parseVerifierKey(text);
    const verdict = key === null ? "bad" : checkCosignature(checkpoint.note, key).verdict;
    if (verdict === "bad")
      problems.add("cosignature_wrong", null, `the cosignature of ${key?.name ?? text} does not verify`);
    if (key !== null && verdict === "good") good.add(key.name);
  }
  if (good.size < (policy?.needed ?? 0))
    problems.add(
      "cosignature_missing",
      null,
      `${good.size} witnesses cosigned, ${policy?.needed ?? 0} are needed`,
    );
  return [...good];
}
