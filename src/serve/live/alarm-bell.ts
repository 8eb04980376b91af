import { spawn } from "node:child_process";
import type { AlarmHook } from "../configuration/index.ts";
import type { Alarm } from "./standing.ts";

/** An alarm that is on record, and where. */
export interface Recorded {
  readonly alarm: Alarm;
  readonly log: string;
  readonly index: number;
}

/** Alarms that wait to be passed on; more are on record only. */
export const waitingAlarmsMax = 256;
/** How long to wait before each try, ms; after the last the failure is told. */
const triesMillis = [0, 1_000, 5_000] as const;

/**
 * Passes alarms on, one after the other. Nothing waits for it: the record is made and the row may be gone before anybody hears, and
 * what fails is told, not repeated for ever.
 */
export class AlarmBell {
  readonly #hook: () => AlarmHook | null;
  readonly #onTrouble: (what: string) => void;
  readonly #waiting: Recorded[] = [];
  #ringing: Promise<void> | null = null;
  #dropped = 0;
  #closed = false;

  constructor(hook: () => AlarmHook | null, onTrouble: (what: string) => void) {
    this.#hook = hook;
    this.#onTrouble = onTrouble;
  }

  ring(recorded: Recorded): void {
    if (this.#hook() === null || this.#closed) return;
    if (this.#waiting.length >= waitingAlarmsMax) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(recorded);
    this.#ringing ??= this.#ringAll().finally(() => {
      this.#ringing = null;
    });
  }

  /** Gives what waits a last moment, ms. */
  async close(millis: number): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, millis).unref());
    await Promise.race([this.#ringing ?? Promise.resolve(), late]);
    this.#closed = true;
  }

  async #ringAll(): Promise<void> {
    for (
      let next = this.#waiting.shift();
      next !== undefined && !this.#closed;
      next = this.#waiting.shift()
    ) {
      await this.#passOn(next);
      if (this.#dropped === 0) continue;
      this.#onTrouble(
        `${this.#dropped} alarms were too many at once and are not passed on; they are in the log`,
      );
      this.#dropped = 0;
    }
  }

  async #passOn({ alarm, log, index }: Recorded): Promise<void> {
    let failure = "";
    for (const wait of triesMillis) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const hook = this.#hook();
      if (hook === null || this.#closed) return;
      const text = `${JSON.stringify({ alarm, log, index })}\n`;
      const failed = await (hook.kind === "command" ? run(hook, text) : post(hook, text));
      if (failed === null) return;
      failure = failed;
    }
    this.#onTrouble(`the alarm of entry ${index} could not be passed on: ${failure}`);
  }
}

/** By its words, never through a shell: what an alarm holds comes from outside. */
function run(
  { words, millisMax }: AlarmHook & { readonly kind: "command" },
  text: string,
): Promise<string | null> {
  const [program = "", ...rest] = words;
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      stdio: ["pipe", "ignore", "ignore"],
      timeout: millisMax,
      killSignal: "SIGKILL",
    });
    child.once("error", (error) => resolve(`${program}: ${error.message}`));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(null);
      else if (signal === "SIGKILL") resolve(`${program} took longer than ${millisMax / 1000} s`);
      else resolve(`${program} ended with ${code ?? signal}`);
    });
    // A program that doesn't read is no failure of its own.
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}

async function post(
  { url, millisMax }: AlarmHook & { readonly kind: "webhook" },
  body: string,
): Promise<string | null> {
  const { host } = new URL(url);
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(millisMax),
    });
    await answer.body?.cancel();
    return answer.ok ? null : `${host} answered ${answer.status}`;
  } catch (error) {
    return `${host}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
