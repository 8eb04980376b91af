import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Refusal, isThere, makeFolder, refusal } from "../base/index.ts";

/** The data directory's format. An older one is migrated (migrations/), a newer one refused. */
export const dataVersion = 1;

/** Null where a folder is a data directory. Fails where that can't be known, for want of rights. */
export function missingData(folder: string): Refusal | null {
  if (isThere(join(folder, "VERSION"))) return null;
  return refusal(
    "input",
    isThere(folder) ? `${folder} is no data directory` : `there is no data directory ${folder}`,
    "Name it with --data or WHOSAW_DATA; whosaw import makes one.",
  );
}

/** Makes the data directory if there is none, and checks `<folder>/VERSION`. */
export function checkVersion(folder: string): Refusal | null {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    return refusal(
      "input",
      `the data directory ${folder} can't be made: ${(error as Error).message}`,
      "Give a folder that you may write with --data",
    );
  }
  const path = join(folder, "VERSION");
  if (!isThere(path)) {
    writeFileSync(path, `${dataVersion}\n`, { mode: 0o600 });
    return null;
  }
  const text = readFileSync(path, "utf8").trim();
  const found = /^\d{1,6}$/.test(text) ? Number(text) : null;
  if (found === null)
    return refusal(
      "input",
      `${path} doesn't hold a version number`,
      "restore the data directory from a backup",
    );
  if (found > dataVersion)
    return refusal(
      "input",
      `${folder} was written by a newer whosaw (format ${found}; this one reads up to ${dataVersion})`,
      "upgrade whosaw",
    );
  return null;
}
