import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** What a command ended with and printed. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The checkout's own `bin/whosaw`, run as a user runs it. */
export const bin: string = resolve(import.meta.dirname, "../bin/whosaw");

export interface Running {
  readonly cwd?: string;
  /** Beside the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  readonly millisMax?: number;
}

/** Runs commands on a data folder, which need not be there yet. */
export function whosawOn(
  data: string,
  { cwd, env, millisMax }: Running = {},
): (...words: readonly string[]) => Ran {
  return (...words) =>
    spawnSync(process.execPath, [bin, "--data", data, ...words], {
      encoding: "utf8",
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      ...(millisMax === undefined ? {} : { timeout: millisMax }),
    });
}
