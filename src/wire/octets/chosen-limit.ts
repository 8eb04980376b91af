import { defect } from "../../base/index.ts";
import { longFrameBytesCeiling, shortFrameBytesMax } from "./limits.ts";

/** A caller's choice of `longFrameBytesMax`. It comes from a checked configuration, so a wrong one is a defect. */
export function chosenLongBytes(bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= shortFrameBytesMax && bytes <= longFrameBytesCeiling) return bytes;
  return defect(
    `a frame limit of ${bytes} bytes is outside ${shortFrameBytesMax} to ${longFrameBytesCeiling}`,
  );
}
