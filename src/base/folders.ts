import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and all above it that are missing; true if it wasn't there. Fails as mkdir(2) does.
 *
 * Not by mkdir's own `recursive`: below a folder that refuses every name with ENOENT, as /proc does, Node's never returns.
 */
export function makeFolder(path: string, mode: number): boolean {
  try {
    return made(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    makeFolder(above, mode);
    return made(path, mode);
  }
}

function made(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    // A read-only file system says so before it says that the name is taken.
    if (!["EEXIST", "EROFS", "EISDIR"].includes(codeOf(error)) || !isFolder(path)) throw error;
    return false;
  }
}

/** True if there is something of that name. Fails where that can't be known, which `existsSync` would call false. */
export function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return false;
    throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
