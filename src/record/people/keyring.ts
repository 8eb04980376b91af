import { createHmac, hash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefusal, refusal, type Refusal } from "../../base/index.ts";
import type { Bytes } from "../keys.ts";
import { createSecret, makeSecretFolder, readSecret, shredFile, syncFolder } from "./secretFile.ts";
import { xaesKey, type XaesKey } from "./xaes.ts";

/** A person's key in memory. */
export interface PersonKey {
  /** `<holder>.<fingerprint>`: what a sealed text names it by. */
  readonly name: string;
  readonly key: XaesKey;
  /** What every text sealed with it is bound to. */
  readonly additional: Uint8Array;
}

/** Below the data directory. */
export const peopleFolder = "keys/people";
const namesFile = "names.key";
const keyHead = "whosaw-person-key/v1 ";
const namesHead = "whosaw-person-names/v1 ";
const nameHexDigits = 32;
const nameShape = /^[0-9a-f]{32}\.[0-9a-f]{32}$/;

/** Keys kept in memory; the least recently used goes first. Some 2 KB each. */
export const personKeysCachedMax = 4096;

/**
 * One file a person, named by a keyed hash of the person: who has a key can't be read off the folder, and whoever asks for
 * a person by name finds the file without a list. Each file is durable before its key is handed out.
 */
export class Keyring {
  readonly #root: string;
  readonly #random: Bytes;
  readonly #names: Uint8Array;
  readonly #cached = new Map<string, PersonKey>();
  /** By person, so that not every sealing needs a keyed hash. */
  readonly #holders = new Map<string, string>();
  /** What is under way for a holder: a key must not be made, or shredded, twice at once. */
  readonly #busy = new Map<string, Promise<unknown>>();

  private constructor(root: string, names: Uint8Array, random: Bytes) {
    this.#root = root;
    this.#names = names;
    this.#random = random;
  }

  static async open(dir: string, random: Bytes): Promise<Keyring | Refusal> {
    const root = join(dir, peopleFolder);
    for (const folder of [dirname(root), root]) await makeSecretFolder(folder);
    const found = await readSecret(join(root, namesFile), namesHead);
    if (isRefusal(found)) return found;
    if (found !== null) return new Keyring(root, found, random);
    // Under another names' key nobody's file would be found again, and a shredding would shred nothing.
    if ((await readdir(root)).some((name) => /^[0-9a-f]{2}$/.test(name)))
      return refusal("input", `${peopleFolder}/${namesFile} is missing`, "restore it from its backup");
    const names = await createSecret(join(root, namesFile), namesHead, random);
    return isRefusal(names) ? names : new Keyring(root, names, random);
  }

  holderOf(person: string): string {
    const known = this.#holders.get(person);
    if (known !== undefined) return known;
    const holder = createHmac("sha256", this.#names).update(person).digest("hex").slice(0, nameHexDigits);
    if (this.#holders.size >= personKeysCachedMax) this.#holders.clear();
    this.#holders.set(person, holder);
    return holder;
  }

  /** The person's key if it is in memory. */
  keyAtHand(person: string): PersonKey | null {
    return this.#remembered(this.holderOf(person));
  }

  /** The person's key, made if there is none. */
  async keyFor(person: string): Promise<PersonKey | Refusal> {
    const holder = this.holderOf(person);
    return (
      this.#remembered(holder) ??
      (await this.#alone(holder, async () => {
        const known = this.#remembered(holder) ?? (await this.#load(holder));
        // Whoever linked the file in may have crashed, or not have come yet, to the fsync of its folder.
        if (known !== null && !isRefusal(known)) await syncFolder(dirname(this.#path(holder)));
        if (known !== null) return known;
        await makeSecretFolder(dirname(this.#path(holder)));
        const made = await createSecret(this.#path(holder), keyHead, this.#random);
        return isRefusal(made) ? made : this.#remember(holder, made);
      }))
    );
  }

  /** The key of that name; null once it has been shredded. */
  async keyNamed(name: string): Promise<PersonKey | null | Refusal> {
    if (!nameShape.test(name)) return refusal("input", "a sealed text names no key", "it was damaged");
    const holder = name.slice(0, nameHexDigits);
    const found =
      this.#remembered(holder) ??
      (await this.#alone(holder, async () => this.#remembered(holder) ?? (await this.#load(holder))));
    return found === null || isRefusal(found) || found.name === name ? found : null;
  }

  /** Overwrites and removes the person's key. False if there was none. */
  async shred(person: string): Promise<boolean> {
    return this.shredHolder(this.holderOf(person));
  }

  async shredHolder(holder: string): Promise<boolean> {
    return this.#alone(holder, async () => {
      this.#cached.delete(holder);
      return shredFile(this.#path(holder), this.#random);
    });
  }

  async #alone<Done>(holder: string, work: () => Promise<Done>): Promise<Done> {
    const before = this.#busy.get(holder) ?? Promise.resolve();
    const done = before.then(work, work);
    const settled = done.catch(() => undefined);
    this.#busy.set(holder, settled);
    try {
      return await done;
    } finally {
      if (this.#busy.get(holder) === settled) this.#busy.delete(holder);
    }
  }

  #path(holder: string): string {
    return join(this.#root, holder.slice(0, 2), holder);
  }

  async #load(holder: string): Promise<PersonKey | null | Refusal> {
    const secret = await readSecret(this.#path(holder), keyHead);
    return secret === null || isRefusal(secret) ? secret : this.#remember(holder, secret);
  }

  #remembered(holder: string): PersonKey | null {
    const found = this.#cached.get(holder);
    if (found === undefined) return null;
    this.#cached.delete(holder);
    this.#cached.set(holder, found);
    return found;
  }

  #remember(holder: string, secret: Uint8Array): PersonKey {
    // The name commits to the key, which AES-GCM alone does not: no text opens under two keys.
    const print = hash("sha256", Buffer.concat([Buffer.from("whosaw-person-key/v1\n"), secret]), "hex");
    const name = `${holder}.${print.slice(0, nameHexDigits)}`;
    const key = { name, key: xaesKey(secret), additional: Buffer.from(`whosaw-sealed/v1\n${name}\n`) };
    this.#cached.set(holder, key);
    const [oldest] = this.#cached.keys();
    if (this.#cached.size > personKeysCachedMax && oldest !== undefined) this.#cached.delete(oldest);
    return key;
  }
}
