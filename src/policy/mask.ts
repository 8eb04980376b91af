import { createHash } from "node:crypto";
import type { Mask } from "./protection.ts";

/** What stands where nothing of a value may. */
export const maskText = "***";

/** A value of at most this many characters would be half told by its last four. */
export const last4CharactersMin = 8;

/**
 * The text that stands for a value. The rewritten statement makes the same text at the server; this is what it is compared with, and
 * what is shown where a value has no column. `salt` keeps a digest from being looked up in a list of all phone numbers.
 */
export function masked(mask: Mask, value: string | null, salt: string): string | null {
  if (value === null) return null;
  switch (mask) {
    case "full":
      return maskText;
    case "last4": {
      // Code points, as the server's right() counts them.
      const characters = Array.from(value);
      return characters.length > last4CharactersMin ? maskText + characters.slice(-4).join("") : maskText;
    }
    case "domain": {
      const at = value.lastIndexOf("@");
      return at < 1 ? maskText : maskText + value.slice(at);
    }
    case "hash":
      return createHash("sha256").update(`${salt}${value}`).digest("hex").slice(0, 16);
  }
}
