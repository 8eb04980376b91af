import { stat } from "node:fs/promises";
import { refusal, type Refusal } from "../base/index.ts";
import {
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  parseSignerKey,
  signerFromSeed,
  type SignatureType,
  type SignerKey,
} from "../tlog/index.ts";
import type { Disk } from "./disk.ts";

/** Chance as a parameter: that many unpredictable bytes. */
export type Bytes = (count: number) => Uint8Array;

export const keyFile = "keys/log.key";
export const verifierFile = "keys/log.vkey";

const seedBytes = 32;

interface KeyPlace {
  readonly file: string;
  readonly verifier: string;
  readonly type: SignatureType;
  /** For a new key only. */
  readonly name: string | null;
}

/** The log's key, made on the first run: mode 0600, in the text form of Go's sumdb/note. */
export function openKey(disk: Disk, name: string | null, random: Bytes): Promise<SignerKey | Refusal> {
  return keyAt(disk, { file: keyFile, verifier: verifierFile, type: "ed25519", name }, random);
}

/** A witness's key, likewise. */
export function openWitnessKey(disk: Disk, name: string | null, random: Bytes): Promise<SignerKey | Refusal> {
  return keyAt(
    disk,
    { file: "keys/witness.key", verifier: "keys/witness.vkey", type: "cosignature", name },
    random,
  );
}

async function keyAt(disk: Disk, place: KeyPlace, random: Bytes): Promise<SignerKey | Refusal> {
  const { file, verifier } = place;
  const text = await disk.read(file);
  if (text === null) return createKey(disk, place, random);
  const { mode } = await stat(disk.path(file));
  if ((mode & 0o077) !== 0)
    return refusal("refused", `${file} can be read by others`, `chmod 600 ${file}, and consider a new key`);
  const signer = parseSignerKey(text.toString());
  if (signer === null || signer.verifier.type !== place.type)
    return refusal("input", `${file} holds no signing key`, "restore it from its backup");
  // The public half can always be written again from the private one, so a missing file is mended, not refused.
  if ((await disk.read(verifier)) === null) await putVerifier(disk, verifier, signer);
  return signer;
}

async function createKey(disk: Disk, place: KeyPlace, random: Bytes): Promise<SignerKey | Refusal> {
  const name = place.name ?? `whosaw.local/${Buffer.from(random(8)).toString("hex")}`;
  if (!isKeyName(name))
    return refusal("usage", "a key's name holds a space or a plus", "name it as a URL without its scheme");
  const signer = await putKey(disk, place.file, { name, seed: random(seedBytes), type: place.type });
  await putVerifier(disk, place.verifier, signer);
  await disk.settle();
  return signer;
}

const nextKeyFile = "keys/log.key.next";

/** The key that is to take over: a new one, or the one that an interrupted hand-over left. */
export async function nextKey(disk: Disk, name: string, random: Bytes): Promise<SignerKey> {
  const found = parseSignerKey((await disk.read(nextKeyFile))?.toString() ?? "");
  if (found !== null) return found;
  const next = await putKey(disk, nextKeyFile, { name, seed: random(seedBytes), type: "ed25519" });
  await disk.settle();
  return next;
}

export async function isHandingOver(disk: Disk): Promise<boolean> {
  return (await disk.read(nextKeyFile)) !== null;
}

/** Where the log tells of its hand-overs: an index a line. A bundle takes those entries along. */
const handoversFile = "keys/log.handovers";

export async function handovers(disk: Disk): Promise<readonly number[]> {
  const text = (await disk.read(handoversFile))?.toString() ?? "";
  return text.split("\n").slice(0, -1).map(Number);
}

/** Puts the next key in the place of the log's. `index` is the hand-over's entry. */
export async function adoptNextKey(disk: Disk, next: SignerKey, index: number): Promise<void> {
  const told = [...(await handovers(disk)), index];
  await disk.put(handoversFile, told.map((one) => `${one}\n`).join(""));
  await putVerifier(disk, verifierFile, next);
  await disk.move(nextKeyFile, keyFile);
  await disk.settle();
}

interface NewKey {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly type: SignatureType;
}

async function putKey(disk: Disk, file: string, { name, seed, type }: NewKey): Promise<SignerKey> {
  const signer = signerFromSeed(name, seed, type);
  await disk.put(file, `${formatSignerKey(signer, seed)}\n`, 0o600);
  return signer;
}

async function putVerifier(disk: Disk, file: string, signer: SignerKey): Promise<void> {
  await disk.put(file, `${formatVerifierKey(signer.verifier)}\n`, 0o644);
}
