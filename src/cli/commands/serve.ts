import { isRefusal } from "../../base/index.ts";
import { serve, type Serving } from "../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../invocation.ts";
import { count } from "../terminal/table.ts";

/** How long running transactions may take to finish after SIGTERM, ms; a second signal cuts them. */
const drainMillis = 30_000;
/** How often the status line is written, if anything has happened since, ms. */
const statusMillis = 10_000;

/** `whosaw serve`: the gateway and its recorder, until it is told to stop. */
export async function serveCommand(invocation: Invocation): Promise<ExitCode> {
  const { clock, options, screen } = invocation;
  const { data, config } = options;
  const onEvent = (text: string): void => tell(invocation, `${new Date(clock()).toISOString()} ${text}`);
  const running = await serve({ data, clock, onEvent, ...(config === undefined ? {} : { config }) });
  if (isRefusal(running)) return refuse(invocation, running);
  const stopped = new Promise<void>((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop());
  });
  if (options.json) printJson(screen, { pid: process.pid, port: running.port });
  onEvent(`the gateway listens on port ${running.port}; process ${process.pid}; Ctrl-C ends it`);
  const status = statusLine(running, onEvent);
  const timer = setInterval(() => void status(), statusMillis);
  await stopped;
  clearInterval(timer);
  onEvent("stopping: running transactions may finish; a second Ctrl-C cuts them");
  const cut = new Promise<void>((now) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => now());
  });
  const closing = running.close(drainMillis);
  await Promise.race([closing, cut]);
  // Everything acknowledged is on the disk; a client that never hangs up must not keep the process.
  process.exit(0);
}

function statusLine({ status }: Serving, say: (text: string) => void): () => Promise<void> {
  let said = "";
  return async () => {
    const { sessions, recorded, shipped, stopped } = await status();
    const text =
      `${count(sessions)} sessions; ${count(recorded)} entries in the log, ${count(recorded - Math.min(recorded, shipped))} of them not yet in the store` +
      (stopped === null ? "" : `; STOPPED: ${stopped}`);
    if (text !== said) say(text);
    said = text;
  };
}
