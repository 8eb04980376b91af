import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { refusal, type Refusal } from "../../base/index.ts";
import { createSecret, guarded, makeSecretFolder, readSecret, shredFile } from "./secretFile.ts";

/** Below the data directory: one key a kept file, under the file's own name. */
const fileKeysFolder = "keys/files";
const fileKeyHead = "whosaw-file-key/v1 ";
const nameShape = /^[0-9a-f]{64}[a-z.]*$/;

/** A key for a file that is about to be sealed, durable before it is given. One that an earlier try left is thrown away: no key seals twice. */
export async function newFileKey(dir: string, name: string): Promise<Uint8Array | Refusal> {
  return guarded(async () => {
    const path = pathOf(dir, name);
    if (path === null) return noName;
    for (const folder of ["keys", fileKeysFolder]) await makeSecretFolder(join(dir, folder));
    await rm(path, { force: true });
    return createSecret(path, fileKeyHead, randomBytes);
  });
}

/** The key of a sealed file; a refusal once it has been shredded. */
export async function fileKey(dir: string, name: string): Promise<Uint8Array | Refusal> {
  return guarded(async () => {
    const path = pathOf(dir, name);
    if (path === null) return noName;
    const found = await readSecret(path, fileKeyHead);
    return (
      found ??
      refusal(
        "input",
        `the key of the kept file ${name} is gone`,
        `restore ${fileKeysFolder} from its backup`,
      )
    );
  });
}

/** Overwrites and removes a file's key: the file can't be read any more, in no copy. False if there was none. */
export async function shredFileKey(dir: string, name: string): Promise<boolean | Refusal> {
  return guarded(async () => {
    const path = pathOf(dir, name);
    return path === null ? false : shredFile(path, randomBytes);
  });
}

const noName: Refusal = refusal("input", "that is no name of a kept file", "run `whosaw verify`");

function pathOf(dir: string, name: string): string | null {
  return nameShape.test(name) ? join(dir, fileKeysFolder, name) : null;
}
