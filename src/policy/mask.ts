import { createHash } from "node:crypto";
import type { Mask } from "./protection.ts";

/** What stands where nothing of a value may. */
export const maskText = "***";

/** A shorter value would be half told by its last four. */
export const last4CharactersMin = 8;

/** How much of a digest is shown, hexadecimal digits. */
const digestDigits = 16;

/**
 * The text that stands for a value: what the rewritten statement makes at the server. A digest has no salt, so that it is the same in every
 * answer; values of which there are few, such as phone numbers, can be guessed from it (KNOWN_LIMITATIONS.md).
 */
export function masked(mask: Mask, value: string | null): string | null {
  if (value === null) return null;
  switch (mask) {
    case "full":
      return maskText;
    case "last4": {
      // Code points, as the server's right() counts them.
      const characters = Array.from(value);
      return characters.length >= last4CharactersMin ? maskText + characters.slice(-4).join("") : maskText;
    }
    case "domain": {
      const at = value.lastIndexOf("@");
      return at < 0 ? maskText : maskText + value.slice(at);
    }
    case "hash":
      return createHash("sha256").update(value).digest("hex").slice(0, digestDigits);
  }
}
