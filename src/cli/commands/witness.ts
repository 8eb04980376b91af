import { readFileSync } from "node:fs";
import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { runWitness } from "../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../invocation.ts";

interface WitnessOptions {
  readonly dir: string;
  readonly listen: string;
  readonly log: readonly string[];
  readonly name?: string;
}

/** `whosaw witness --dir DIR --log VKEYFILE`: cosigns a log's checkpoints for somebody else, until it is told to stop. */
export async function witnessCommand(invocation: Invocation, options: WitnessOptions): Promise<ExitCode> {
  const at = addressOf(options.listen);
  if (isRefusal(at)) return refuse(invocation, at);
  const logs = keysOf(options.log);
  if (isRefusal(logs)) return refuse(invocation, logs);
  const { dir, name } = options;
  const { screen, clock, options: asked } = invocation;
  const witness = await runWitness({ dir, ...at, logs, clock, ...(name === undefined ? {} : { name }) });
  if (isRefusal(witness)) return refuse(invocation, witness);
  const stopped = new Promise<void>((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop());
  });
  if (asked.json) printJson(screen, { key: witness.key, url: witness.url });
  else screen.out(`${witness.key}\n`);
  tell(
    invocation,
    `witnessing ${logs.length} ${logs.length === 1 ? "key" : "keys"} at ${witness.url}; Ctrl-C ends it`,
  );
  await stopped;
  await witness.close();
  return 0;
}

function addressOf(text: string): { readonly host: string; readonly port: number } | Refusal {
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  return host === undefined || port > 65_535
    ? refusal(
        "usage",
        `--listen is no address: ${JSON.stringify(text.slice(0, 60))}`,
        "Write it as 127.0.0.1:7480 or [::1]:7480.",
      )
    : { host, port };
}

/** A file may hold several keys, one a line: the old and the new one while a log hands over. */
function keysOf(files: readonly string[]): readonly string[] | Refusal {
  const keys: string[] = [];
  for (const file of files) {
    try {
      keys.push(
        ...readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line.trim() !== ""),
      );
    } catch {
      return refusal(
        "input",
        `can't read ${file}`,
        "Name the log's keys/log.vkey, as its operator gave it to you.",
      );
    }
  }
  return keys.length === 0
    ? refusal("usage", "no log is named", "Name its public key: --log log.vkey")
    : keys;
}
