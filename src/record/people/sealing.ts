import { randomBytes } from "node:crypto";
import { isRefusal, refusal, type Json, type Refusal } from "../../base/index.ts";
import type { Bytes } from "../keys.ts";
import { Keyring } from "./keyring.ts";
import { guarded } from "./secretFile.ts";
import { Unsealed } from "./unsealed.ts";
import { xaesNonceBytes, xaesOpen, xaesSeal } from "./xaes.ts";

/** Whose personal text it is: one key each, and one shredding. */
export type Person = `actor:${string}` | `customer:${string}`;

/** A text that only the person's key opens; JSON, to stand anywhere in an entry (docs/formats/sealed.md). */
export interface SealedText {
  readonly [member: string]: Json;
  readonly cipher: typeof cipher;
  /** `<holder>.<fingerprint>`, 32 lower-case hex digits each. */
  readonly key: string;
  /** Base64 of nonce (24 bytes), ciphertext and tag (16 bytes). */
  readonly sealed: string;
}

const cipher = "XAES-256-GCM";
/** Nonces drawn at once. */
const noncesDrawn = 170;

/** Bytes of UTF-8 that one sealing takes: sealed, it still leaves a third of an entry (entryBytesMax) for the rest. */
export const sealedTextBytesMax = 131_072;

/** What opening came to: the text, or that its key has been shredded and nobody will ever read it. */
export type Opening = Unsealed | "shredded";

/** Seals, opens and shreds people's texts with the keys in `keys/people` of a data directory. */
export interface Sealing {
  /** The person's key is on the disk, folder and all, before this resolves. Keys are cached: the second sealing of a person touches no disk. */
  readonly seal: (person: Person, text: string) => Promise<SealedText | Refusal>;
  /** Refuses what was damaged or moved. */
  readonly open: (sealed: SealedText) => Promise<Opening | Refusal>;
  /** Destroys the person's key: nothing sealed for the person so far can be opened again. False if there was none. */
  readonly shred: (person: Person) => Promise<boolean | Refusal>;
  /** As `shred`, by the name that an erasure's entry gives instead of the person's. */
  readonly shredHolder: (holder: string) => Promise<boolean | Refusal>;
  /** The keyed hash that stands for the person in file names and entries. */
  readonly holderOf: (person: Person) => string;
}

/** Opens the keys of a data directory, making the folder on the first run. One process at a time should shred: the recorder's. */
export async function openSealing(dir: string, chosen?: Bytes): Promise<Sealing | Refusal> {
  const keyring = await guarded(() => Keyring.open(dir, chosen ?? randomBytes));
  if (isRefusal(keyring)) return keyring;
  const random = chosen ?? drawnAhead();
  return {
    seal: (person, text) => guarded(() => seal({ keyring, random }, person, text)),
    open: (sealed) => guarded(() => open(keyring, sealed)),
    shred: (person) => guarded(() => keyring.shred(person)),
    shredHolder: (holder) => guarded(() => keyring.shredHolder(holder)),
    holderOf: (person) => keyring.holderOf(person),
  };
}

/** Whether some JSON is a sealed text, so that whoever shows an entry can say so in its place. */
export function isSealedText(value: Json | undefined): value is SealedText {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { cipher: named, key, sealed, ...rest } = value as { readonly [member: string]: Json };
  return (
    named === cipher &&
    typeof key === "string" &&
    typeof sealed === "string" &&
    Object.keys(rest).length === 0
  );
}

/** Nonces, drawn many at once: the system takes as long for 24 bytes as for 4,000. None is given out twice. */
function drawnAhead(): Bytes {
  let drawn: Uint8Array = new Uint8Array(0);
  let at = 0;
  return (bytes) => {
    if (at + bytes > drawn.length) {
      drawn = randomBytes(bytes * noncesDrawn);
      at = 0;
    }
    at += bytes;
    return drawn.subarray(at - bytes, at);
  };
}

async function seal(
  { keyring, random }: { readonly keyring: Keyring; readonly random: Bytes },
  person: Person,
  text: string,
): Promise<SealedText | Refusal> {
  const bytes = Buffer.from(text);
  if (bytes.length > sealedTextBytesMax)
    return refusal(
      "input",
      `a text to be sealed has ${bytes.length} bytes, ${sealedTextBytesMax} are allowed`,
      "cut it",
    );
  const key = keyring.keyAtHand(person) ?? (await keyring.keyFor(person));
  if (isRefusal(key)) return key;
  const sealed = xaesSeal(key.key, random(xaesNonceBytes), { text: bytes, additional: key.additional });
  return { cipher, key: key.name, sealed: sealed.toString("base64") };
}

async function open(keyring: Keyring, sealed: SealedText): Promise<Opening | Refusal> {
  const key = await keyring.keyNamed(sealed.key);
  if (key === null) return "shredded";
  if (isRefusal(key)) return key;
  const bytes = Buffer.from(sealed.sealed, "base64");
  const plain = xaesOpen(key.key, bytes.subarray(0, xaesNonceBytes), {
    text: bytes.subarray(xaesNonceBytes),
    additional: key.additional,
  });
  return plain === null
    ? refusal("verification", "a sealed text was altered", "run whosaw verify on the log it stands in")
    : new Unsealed(plain.toString());
}
