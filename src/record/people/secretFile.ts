import { constants } from "node:fs";
import { link, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { refusal, type Refusal, makeFolder } from "../../base/index.ts";
import { errnoText, isErrno, remedyOf } from "../errno.ts";
import type { Bytes } from "../keys.ts";

/** Bytes of a secret: an AES-256 key, an HMAC key. */
const secretBytes = 32;

/** For the owner only; its name is durable when this resolves. */
export async function makeSecretFolder(path: string): Promise<void> {
  if (!makeFolder(path, 0o700)) return;
  await syncFolder(path);
  await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Null if there is no such file. */
export async function readSecret(path: string, head: string): Promise<Uint8Array | null | Refusal> {
  const text = await readFile(path, "latin1").catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
  if (text === null) return null;
  if (((await stat(path)).mode & 0o077) !== 0)
    return refusal("refused", `${path} can be read by others`, `chmod 600 ${path}`);
  const secret = Buffer.from(text.slice(head.length).trimEnd(), "base64");
  return text === secretText(head, secret) && secret.length === secretBytes
    ? secret
    : refusal("input", `${path} holds no key`, "restore it from its backup");
}

function secretText(head: string, secret: Uint8Array): string {
  return `${head}${Buffer.from(secret).toString("base64")}\n`;
}

/** Writes beside, fsyncs, links into place and fsyncs the folder. If someone else was first, theirs is taken. */
export async function createSecret(path: string, head: string, random: Bytes): Promise<Uint8Array | Refusal> {
  const secret = random(secretBytes);
  const beside = `${path}.${Buffer.from(random(6)).toString("hex")}.new`;
  const file = await open(beside, "wx", 0o600);
  try {
    await file.writeFile(secretText(head, secret), "latin1");
    await file.sync();
  } finally {
    await file.close();
  }
  const first = await link(beside, path).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, "EEXIST")) return false;
      throw error;
    },
  );
  await rm(beside);
  await syncFolder(dirname(path));
  if (first) return secret;
  const theirs = await readSecret(path, head);
  return theirs ?? refusal("refused", `${path} came and went`, "run one whosaw at a time");
}

/** Overwrites a secret and removes it, durably. False if there was none. */
export async function shredFile(path: string, random: Bytes): Promise<boolean> {
  const file = await open(path, constants.O_WRONLY).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
  if (file === null) return false;
  try {
    // In place, for file systems that write in place; on others the key's old blocks go when they are used again.
    const { size } = await file.stat();
    await file.write(random(size), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  // A crash while the secret was made may have left it a second name.
  const name = basename(path);
  for (const other of await readdir(dirname(path)))
    if (other === name || (other.startsWith(`${name}.`) && other.endsWith(".new")))
      await rm(join(dirname(path), other));
  await syncFolder(dirname(path));
  return true;
}

/** What the disk says becomes a refusal; anything else is a defect. */
export async function guarded<Done>(work: () => Promise<Done>): Promise<Done | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refusal(
      "input",
      `keys can't be read or written: ${errnoText(error)}`,
      remedyOf(error, "the folder keys"),
    );
  }
}
