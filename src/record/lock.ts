import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { refusal, type Refusal } from "../base/index.ts";

/** Held while a recorder is open; the system lets go of it when the process ends, however it ends. */
export interface Lock {
  readonly release: () => void;
}

const conflictStatus = 75;

/**
 * One recorder a directory. Node has no flock(2), but a lock belongs to the open file, not to the process: flock(1)
 * takes it on a descriptor that it shares with this process, and it stays when flock(1) has ended. Where there is no
 * flock(1), the process id in the file decides, which a reader in another container can't check: the compare-and-swap
 * of every checkpoint is the second barrier there.
 */
export function takeLock(path: string): Lock | Refusal {
  const fd = openSync(path, "a+", 0o640);
  const taken = spawnSync(
    "flock",
    ["--exclusive", "--nonblock", "--conflict-exit-code", String(conflictStatus), "3"],
    {
      stdio: ["ignore", "ignore", "ignore", fd],
    },
  );
  const free = taken.error === undefined ? taken.status === 0 : !isAlive(holderOf(path));
  if (!free) {
    closeSync(fd);
    return refusal(
      "refused",
      `another recorder has this log open (process ${holderOf(path)})`,
      "stop it, or give this one a data directory of its own",
    );
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`);
  let held = true;
  return {
    release: () => {
      // Closing twice could close a descriptor that by then is somebody else's.
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function holderOf(path: string): number {
  return Number.parseInt(readFileSync(path, "utf8"), 10) || 0;
}

function isAlive(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
