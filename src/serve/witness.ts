import { readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Clock, type Refusal, isRefusal, refusal } from "../base/index.ts";
import { type Instant, formatInstant } from "../domain/index.ts";
import { type Recorder, openRecorder, openWitness, witnessServer } from "../record/index.ts";
import type { Configuration } from "./configuration/index.ts";
import type { LogWriter, RunningServe } from "./live/running.ts";

/** How a command opens the log. */
export interface LogOptions {
  readonly clock: Clock;
  readonly witnesses?: Configuration["witnesses"];
  /** What the user should know: who did not cosign. */
  readonly onEvent?: (text: string) => void;
  /** The serve that holds the log open; null or missing: nobody does, and this process opens it. */
  readonly serve?: RunningServe | null;
}

/** A log held open, and the one way to let go of it. */
export interface OpenLog<Held extends LogWriter = Recorder> {
  readonly recorder: Held;
  /** Waits for the witnesses, says who is away, and closes. */
  readonly close: () => Promise<void>;
}

/** Minutes that too few witnesses may cosign before it is called an alarm, if the configuration doesn't say. */
export const alarmMinutesDefault = 60;

const minuteMillis = 60_000;

/** Since when too few have cosigned: a command ends long before the alarm is due, so that the next one must know. */
const awayFile = "witnesses-away";

/** The log that a running serve holds open, by way of it; else the log opened here. */
export async function openWriter(data: string, options: LogOptions): Promise<OpenLog<LogWriter> | Refusal> {
  const { serve = null } = options;
  // Serve itself watches over its witnesses.
  return serve === null ? openLog(data, options) : { recorder: serve.recorder, close: async () => undefined };
}

/** Opens the log of a data directory as the configuration says: with its witnesses, if it names any. */
export async function openLog(data: string, options: LogOptions): Promise<OpenLog | Refusal> {
  const { clock, witnesses } = options;
  const { needed = 0, list = [], alarmMinutes = alarmMinutesDefault } = witnesses ?? {};
  const recorder = await openRecorder(data, {
    clock,
    ...(witnesses === undefined
      ? {}
      : { witnesses: { addresses: list, needed, alarmMillis: alarmMinutes * minuteMillis } }),
  });
  if (isRefusal(recorder)) return recorder;
  return {
    recorder,
    close: async () => {
      if (witnesses !== undefined) {
        await recorder.checkpoint();
        await recorder.witnessed();
      }
      const names = recorder.status().witnesses?.names ?? [];
      await recorder.close();
      if (witnesses === undefined) return;
      const away = await awaySince(data, clock, names.length < needed);
      if (away === null) return;
      const late = clock() - away >= alarmMinutes * minuteMillis;
      options.onEvent?.(awayText({ names, needed, of: list.length, away, late }));
    },
  };
}

interface Away {
  readonly names: readonly string[];
  readonly needed: number;
  readonly of: number;
  readonly away: Instant;
  readonly late: boolean;
}

function awayText({ names, needed, of, away, late }: Away): string {
  const who = names.length === 0 ? "none" : names.join(", ");
  return [
    `${late ? "ALARM: " : ""}the checkpoint is not cosigned: ${names.length} of ${of} witnesses answered (${who}), ${needed} are needed`,
    `  so since ${formatInstant(away)}; the log records on, and what it recorded since then its operator could still deny`,
  ].join("\n");
}

/** Since when too few have cosigned, kept from one command to the next; null when enough have. */
async function awaySince(data: string, clock: Clock, tooFew: boolean): Promise<Instant | null> {
  const file = join(data, awayFile);
  if (!tooFew) {
    await rm(file, { force: true });
    return null;
  }
  const noted = Date.parse((await readFile(file, "utf8").catch(() => "")).trim());
  if (!Number.isNaN(noted)) return noted as Instant;
  const now = clock() as Instant;
  await writeFile(file, `${formatInstant(now)}\n`, { mode: 0o600 });
  return now;
}

export interface WitnessWish {
  /** The witness's own directory: its key and its memory. */
  readonly dir: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Texts of the logs' public keys. */
  readonly logs: readonly string[];
  /** The witness's own name; needed on the first run only. */
  readonly name?: string;
  readonly clock: Clock;
}

/** A witness that answers. */
export interface RunningWitness {
  /** Its public key, for the configuration of the log. */
  readonly key: string;
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts the server of a witness: it cosigns a log's checkpoint only if that holds all that it has cosigned before. */
export async function runWitness(wish: WitnessWish): Promise<RunningWitness | Refusal> {
  const { dir, logs, name, clock, host, port } = wish;
  const witness = await openWitness(dir, { logs, clock, ...(name === undefined ? {} : { name }) });
  if (isRefusal(witness)) return witness;
  const key = (await readFile(join(dir, "keys/witness.vkey"), "utf8")).trim();
  const server = witnessServer(witness, key);
  const failed = await listening(server, { host, port });
  if (failed !== null) {
    witness.close();
    return failed;
  }
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    key,
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: async () => {
      server.closeIdleConnections();
      await new Promise((closed) => server.close(closed));
      witness.close();
    },
  };
}

function listening(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<Refusal | null> {
  return new Promise((answer) => {
    server.once("error", (error) =>
      answer(
        refusal(
          "connection",
          `can't listen on ${at.host}:${at.port}: ${error.message}`,
          "Name another with --listen.",
        ),
      ),
    );
    server.listen(at, () => answer(null));
  });
}
