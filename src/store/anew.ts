import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isThere, makeFolder } from "../base/index.ts";

/**
 * Where the store stands aside while it is built anew, and an empty folder where there was none: as long as this is there, `store/` holds
 * some of the imports and not all, and nobody may be answered from it. Whoever calls these holds the data directory's lock.
 */
const aside = "store.old";

/** Sets the store aside; the next one begins empty, and what was half imported begins again when it is asked for. */
export function setAside(data: string): void {
  dropStaging(data);
  if (isThere(join(data, "store"))) renameSync(join(data, "store"), join(data, aside));
  else makeFolder(join(data, aside), 0o700);
}

/** The store that was built anew stands from here on. */
export function keepNew(data: string): void {
  // Renamed first: half of an old store must never be put back.
  const gone = join(data, `${aside}.gone`);
  rmSync(gone, { recursive: true, force: true });
  renameSync(join(data, aside), gone);
  rmSync(gone, { recursive: true, force: true });
}

/** Puts back what a rebuild that didn't end had set aside; false where none was interrupted. */
export function putBack(data: string): boolean {
  if (!isThere(join(data, aside))) return false;
  dropStaging(data);
  rmSync(join(data, "store"), { recursive: true, force: true });
  renameSync(join(data, aside), join(data, "store"));
  return true;
}

/** It tells how far an import into a store came that is another one now. */
function dropStaging(data: string): void {
  rmSync(join(data, "staging"), { recursive: true, force: true });
}
