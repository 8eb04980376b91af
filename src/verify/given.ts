import { parseCheckpoint, parseVerifierKey } from "../tlog/index.ts";

/** Whether a text that somebody gives is a public key at all; whose it is, is for the verdict. */
export function isVerifierKeyText(text: string): boolean {
  return parseVerifierKey(text) !== null;
}

/** Whether a text that somebody gives is a checkpoint at all. */
export function isCheckpointText(text: string): boolean {
  return parseCheckpoint(text) !== null;
}
