import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { isErrno } from "./errno.ts";

/** fsync of a file that was written and closed. A write that failed in between is reported to the next who asks (Linux 4.17). */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * syncfs(2) of the file system that holds `path`, which Node can't call itself, by way of sync(1) of the coreutils; it
 * reports failed writes since Linux 5.8. False where there is no such command: nothing was synced then.
 */
export async function syncFileSystem(path: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const child = spawn("sync", ["--file-system", path], { stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("error", (error) => (isErrno(error, "ENOENT") ? resolve(false) : reject(error)));
    child.once("exit", (code) => (code === 0 ? resolve(true) : reject(new Error("syncfs failed"))));
  });
}
