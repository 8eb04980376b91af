import { readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { type Refusal, refusal, systemClock } from "../base/index.ts";
import { type ExitCode, type GlobalOptions, type Invocation, printJson, refuse } from "./invocation.ts";
import { buildProgram } from "./program.ts";
import { storeRefusal } from "../serve/index.ts";
import { processScreen } from "./terminal/screen.ts";

/** Runs `whosaw ...` and gives the exit code. Nothing that goes wrong is shown as a stack trace. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const screen = processScreen();
  let code: ExitCode = 0;
  const program = buildProgram(version(), (options: GlobalOptions) => async (act) => {
    const invocation: Invocation = { screen, clock: systemClock, options };
    code = await act(invocation);
  });
  // A reader that stops reading (`whosaw ... | head`) is no defect; a full disk behind `>` isn't one either.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") screen.err(`whosaw: stdout can't be written: ${error.message}\n`);
    process.exit(error.code === "EPIPE" ? 0 : 3);
  });
  quietWhenHelpIsAskedFor(program);
  const json = argv.includes("--json");
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const usage = error instanceof CommanderError;
    const world = storeRefusal(error) ?? worldSays(error);
    if (world !== null)
      return refuse({ screen, clock: systemClock, options: { ...worldOptions, json } }, world);
    const what = (error instanceof Error ? error.message : String(error)).replace(/^error: /, "");
    if (json) printJson(screen, { error: { code: usage ? "usage" : "defect", what, todo: "" } });
    return usage ? 2 : defectCode(error, screen.err);
  }
}

const worldOptions: GlobalOptions = { data: "", json: false, quiet: false };

const makeRoom = "Make room, then run the same again: an interrupted import goes on where it stopped.";
const giveRights = "Run it as the account that the files belong to, or give this one the rights.";

const worldTodo: { readonly [code in string]?: string } = {
  ENOSPC: makeRoom,
  EDQUOT: makeRoom,
  EROFS: "A question is put on record too: work on a copy of the data directory that can be written.",
  EACCES: giveRights,
  EPERM: giveRights,
  ELOOP: "Name a path that leads somewhere.",
  ENAMETOOLONG: "Name a shorter path.",
  EIO: "Look at the disk, then run the same again: an interrupted import goes on where it stopped.",
  EMFILE: "Allow this account more open files (ulimit -n), then run the same again.",
};

/** What a disk or its rights refuse, wherever it was met: the user can mend it, and nothing here is broken. */
function worldSays(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const todo = worldTodo[String(error.code)];
  return todo === undefined ? null : refusal("input", error.message, todo);
}

/** Commands of commands too: commander would end the process itself, with a code of its own. */
function quietWhenHelpIsAskedFor(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) quietWhenHelpIsAskedFor(inner);
}

function version(): string {
  const about: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof about === "object" && about !== null && "version" in about
    ? String(about.version)
    : "unknown";
}

/** A defect is ours, not the user's: said in one sentence, with how to send the rest. */
function defectCode(error: unknown, err: (text: string) => void): ExitCode {
  const message = error instanceof Error ? error.message : String(error);
  err(
    `whosaw: a defect: ${message}\n  Nothing that was imported is lost. Run again with WHOSAW_DEBUG=1 and send what it prints.\n`,
  );
  if (process.env["WHOSAW_DEBUG"] === "1" && error instanceof Error) err(`${error.stack ?? ""}\n`);
  return 70;
}
