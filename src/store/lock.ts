import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Refusal, refusal } from "../base/index.ts";

/** The right to a data directory; one process has it at a time. */
export interface Lock {
  readonly release: () => void;
}

const lockFile = "store.lock";

/**
 * Takes `<folder>/store.lock`. A lock whose process is gone is taken over; a number used again by another process is
 * told apart by the start time in /proc (where there is one).
 */
export function takeLock(folder: string): Lock | Refusal {
  const path = join(folder, lockFile);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, started: statOf(process.pid)?.started ?? "" }), {
    mode: 0o600,
  });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (claim(own, path)) return { release: () => rmSync(path, { force: true }) };
      const holder = readHolder(path);
      if (holder !== null && isAlive(holder))
        return refusal(
          "refused",
          `${folder} is in use by process ${holder.pid}`,
          "wait for it to end, stop it, or give another folder with --data",
        );
      clearStale(path, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return refusal("refused", `${path} can't be taken`, "see who else works in this folder, then try again");
}

/** A hard link is made by one process or by none, with its text already inside. */
function claim(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes the stale lock away; one that another process took in the meantime is put back. */
function clearStale(path: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved !== null && isAlive(moved)) claim(aside, path);
  rmSync(aside, { force: true });
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function readHolder(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof value.pid === "number" ? { pid: value.pid, started: value.started ?? "" } : null;
  } catch {
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const stat = statOf(holder.pid);
  if (stat === null) return true;
  // Killed, but not yet buried by its parent (proc(5): Z zombie, X dead).
  if (["Z", "X"].includes(stat.state)) return false;
  return holder.started === "" || stat.started === holder.started;
}

interface ProcessStat {
  readonly state: string;
  /** Clock ticks since boot: tells a process from a later one with its number. */
  readonly started: string;
}

/** Fields 3 and 22 of /proc/<pid>/stat (proc(5)); null where there is no /proc. */
function statOf(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "" };
  } catch {
    return null;
  }
}
