import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** How the folders of demos begin; each holds some 200 MB. */
export const demoPrefix = "whosaw-demo-";

/** In such a folder: the process that made it. */
export const demoPidFile = "demo.pid";

/** Removes what earlier demos of this user left below `folder`, but for those that still run. How many that were. */
export async function removeDemos(folder: string): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.startsWith(demoPrefix) || !(await isLeft(path))) continue;
    await rm(path, { recursive: true, force: true });
    removed++;
  }
  return removed;
}

/** A folder of this user's own (no link to somewhere else) whose demo has ended. */
async function isLeft(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null || !stats.isDirectory() || stats.uid !== process.getuid?.()) return false;
  const pid = Number(await readFile(join(path, demoPidFile), "utf8").catch(() => ""));
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
