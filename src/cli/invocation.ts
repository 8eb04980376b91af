import { type Clock, type Refusal, isRefusal, refusal } from "../base/index.ts";
import { type ActorId, type Instant, parseInstant } from "../domain/index.ts";
import { type Desk, type Span, always, openDesk } from "../serve/index.ts";
import type { Screen } from "./terminal/screen.ts";

/** The exit codes: a contract (docs/formats/command-line.md). 70 is a defect. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 70;

/** What every command is given: where to print, what time it is, and the global options. */
export interface Invocation {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly options: GlobalOptions;
}

export interface GlobalOptions {
  readonly data: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly config?: string;
}

const exitCodes: { readonly [code in Refusal["code"]]: ExitCode } = {
  usage: 2,
  input: 3,
  connection: 4,
  verification: 5,
  refused: 6,
};

/** Says what is wrong, where, and what to do; with --json also as the one document on stdout. */
export function refuse({ screen, options }: Invocation, why: Refusal): ExitCode {
  // A file's name may hold anything but a slash and a null byte.
  // oxlint-disable-next-line no-control-regex
  const what = why.what.replaceAll(/[\u0000-\u0009\u000b-\u001f]/g, "\u{fffd}");
  screen.err(`whosaw: ${what}\n${why.todo === "" ? "" : `  ${why.todo}\n`}`);
  if (options.json) printJson(screen, { error: { code: why.code, what: why.what, todo: why.todo } });
  return exitCodes[why.code];
}

export function printJson(screen: Screen, answer: unknown): void {
  screen.out(`${JSON.stringify(answer, null, 2)}\n`);
}

/** A message for the person watching; not data. */
export function tell({ screen, options }: Invocation, text: string): void {
  if (!options.quiet) screen.err(`${text}\n`);
}

/**
 * Opens the desk, hands it to the command, and closes it whatever happens. Only a command that brings data in makes the
 * data directory; a question to one that isn't there is refused.
 */
export async function withDesk(
  invocation: Invocation,
  act: (desk: Desk) => Promise<ExitCode>,
  makes: boolean = false,
): Promise<ExitCode> {
  if (invocation.options.data === "")
    return refuse(invocation, refusal("usage", "the data directory has no name", "Name it with --data."));
  const desk = await openDesk({
    data: invocation.options.data,
    mustExist: !makes,
    ...(invocation.options.config === undefined ? {} : { config: invocation.options.config }),
    clock: invocation.clock,
    onEvent: (text) => tell(invocation, text),
  });
  if (isRefusal(desk)) return refuse(invocation, desk);
  try {
    return await act(desk);
  } finally {
    await desk.close();
  }
}

/** An answer about nobody is still an answer; that it is about nobody must be said. */
export async function tellUnknown(invocation: Invocation, desk: Desk, actor: ActorId): Promise<void> {
  if (!(await desk.knows(actor)))
    tell(invocation, `Nothing on record names an actor ${actor}: look for a slip in the id.`);
}

/** What an id on the command line must be (domain/ids.ts), said when it is none. */
export function notAnId(whose: "actor" | "customer"): Refusal {
  return {
    kind: "refusal",
    code: "usage",
    what: `that is no ${whose} id`,
    todo: "Ids have 1 to 256 bytes and no control characters.",
  };
}

/** --from and --to as a span; a bare date as --to means the end of that day. */
export function parseSpan(from: string | undefined, to: string | undefined): Span | Refusal {
  const since = from === undefined ? always.since : parseInstant(from);
  if (since === null) return notATime("--from", from ?? "");
  const until = to === undefined ? always.until : endOf(to);
  if (until === null) return notATime("--to", to ?? "");
  if (since > until) {
    return {
      kind: "refusal",
      code: "usage",
      what: `--from ${from ?? ""} is later than --to ${to ?? ""}`,
      todo: "Exchange them.",
    };
  }
  return { since, until };
}

const dayMillis = 86_400_000;

function endOf(text: string): Instant | null {
  const instant = parseInstant(text);
  return instant !== null && /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? ((instant + dayMillis - 1) as Instant)
    : instant;
}

function notATime(option: string, text: string): Refusal {
  return {
    kind: "refusal",
    code: "usage",
    what: `${option} is no time: ${JSON.stringify(text.slice(0, 40))}`,
    todo: `Write it as 2019-08-01, 2019-08-01T09:30:00Z, "2019-08-01 09:30:00" (UTC) or epoch milliseconds.`,
  };
}
