import { createHash } from "node:crypto";
import { isRefusal, type Refusal } from "../../base/index.ts";
import { type Change, changesBetween } from "./changes.ts";
import { openConfiguration } from "./file.ts";
import { type Configuration, understand } from "./index.ts";

/** A configuration that took the place of another: what to record of it. */
export interface Reloaded {
  readonly configuration: Configuration;
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
  readonly changes: readonly Change[];
  /** Changed keys that only a restart brings about: where the gateway listens, and its processes. */
  readonly needRestart: readonly string[];
}

export interface WatchedConfiguration {
  readonly current: () => Configuration;
  readonly digest: () => string;
  /** Reads the file again, as SIGHUP does. A configuration with a mistake is refused, and the one before stays. Null: nothing changed. */
  readonly reload: () => Reloaded | Refusal | null;
  readonly stop: () => void;
}

/** Where SIGHUP is heard: `process`. */
interface Signals {
  readonly on: (signal: "SIGHUP", heard: () => void) => unknown;
  readonly off: (signal: "SIGHUP", heard: () => void) => unknown;
}

const onlyAtStart = ["gateway.listen", "gateway.workers", "store"];

/**
 * Reads `whosaw.yaml` and reads it again at every SIGHUP. What becomes of sessions is the gateway's to say: those that would be let in
 * again as they were go on.
 */
export function watchConfiguration(
  file: string,
  told: {
    readonly changed: (reloaded: Reloaded) => void;
    readonly refused: (why: Refusal) => void;
  },
  signals: Signals = process,
): WatchedConfiguration | Refusal {
  const first = read(file);
  if (isRefusal(first)) return first;
  let now = first;
  const reload = (): Reloaded | Refusal | null => {
    const next = read(file);
    if (isRefusal(next)) return next;
    const changes = changesBetween(now.value, next.value);
    // The same text may stand for another certificate or password: side files count as well.
    if (changes.length === 0 && next.digest === now.digest && sameSides(now, next)) return null;
    now = next;
    const needRestart = changes
      .map(({ key }) => key)
      .filter((key) => onlyAtStart.some((start) => key === start || key.startsWith(`${start}.`)));
    return { configuration: next.configuration, digest: next.digest, changes, needRestart };
  };
  const heard = (): void => {
    const answer = reload();
    if (isRefusal(answer)) told.refused(answer);
    else if (answer !== null) told.changed(answer);
  };
  signals.on("SIGHUP", heard);
  return {
    current: () => now.configuration,
    digest: () => now.digest,
    reload,
    stop: () => void signals.off("SIGHUP", heard),
  };
}

interface ReadOnce {
  readonly configuration: Configuration;
  readonly value: unknown;
  readonly digest: string;
}

function read(file: string): ReadOnce | Refusal {
  const opened = openConfiguration(file);
  if (isRefusal(opened)) return opened;
  const configuration = understand(opened);
  if (isRefusal(configuration)) return configuration;
  const digest = createHash("sha256").update(opened.text).digest("hex");
  return { configuration, value: opened.value, digest };
}

/** Whether certificates, keys and passwords that stand in files of their own are what they were. */
function sameSides(before: ReadOnce, after: ReadOnce): boolean {
  const sides = ({ configuration: { gateway } }: ReadOnce): string =>
    JSON.stringify([
      gateway?.login.tls,
      gateway?.login.upstream.ca,
      [...(gateway?.login.upstream.logins ?? [])],
    ]);
  return sides(before) === sides(after);
}
