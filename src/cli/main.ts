import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { systemClock } from "../base/index.ts";
import { type ExitCode, type GlobalOptions, type Invocation, printJson } from "./invocation.ts";
import { buildProgram } from "./program.ts";
import { processScreen } from "./terminal/screen.ts";

/** Runs `whosaw ...` and gives the exit code. Nothing that goes wrong is shown as a stack trace. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const screen = processScreen();
  let code: ExitCode = 0;
  const program = buildProgram(version(), (options: GlobalOptions) => async (act) => {
    const invocation: Invocation = { screen, clock: systemClock, options };
    code = await act(invocation);
  });
  // A reader that stops reading (`whosaw ... | head`) is no defect.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  quietWhenHelpIsAskedFor(program);
  const json = argv.includes("--json");
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const usage = error instanceof CommanderError;
    const what = (error instanceof Error ? error.message : String(error)).replace(/^error: /, "");
    if (json) printJson(screen, { error: { code: usage ? "usage" : "defect", what, todo: "" } });
    return usage ? 2 : defectCode(error, screen.err);
  }
}

function quietWhenHelpIsAskedFor(program: ReturnType<typeof buildProgram>): void {
  for (const command of [program, ...program.commands]) command.exitOverride();
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
