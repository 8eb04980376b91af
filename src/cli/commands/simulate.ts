import { refusal } from "../../base/index.ts";
import { checkScenario, isScenarioName, scaled, scenario, writeDesk } from "../../simulate/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { count, table } from "../terminal/table.ts";

interface SimulateOptions {
  readonly out: string;
  readonly customers?: number;
  readonly actors?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly reports?: number;
  readonly format?: "csv" | "jsonl";
}

const seedByDefault = 1;

/** `whosaw simulate SCENARIO --out DIR`: a synthetic support desk as input tables, with truth.json. */
export async function simulateCommand(
  invocation: Invocation,
  name: string,
  options: SimulateOptions,
): Promise<ExitCode> {
  if (!isScenarioName(name))
    return refuse(invocation, refusal("usage", `no scenario ${name}`, "whosaw simulate --help names them."));
  const story = scaled(scenario(name), options);
  const wrong = checkScenario(story);
  if (wrong !== null) return refuse(invocation, wrong);
  const seed = options.seed ?? seedByDefault;
  const bar = progress(invocation.screen, `simulating ${name}`, {
    quiet: invocation.options.quiet,
    clock: invocation.clock,
  });
  try {
    const written = await writeDesk(story, seed, options.out, {
      format: options.format ?? "csv",
      onProgress: ({ day, days }) => bar.update(day, days),
    });
    bar.end();
    if (invocation.options.json)
      printJson(invocation.screen, {
        scenario: name,
        seed,
        out: options.out,
        source: story.source,
        assumed: story.assumed,
        ...written,
      });
    else invocation.screen.out(writtenText(written));
    tell(
      invocation,
      `simulated, after: ${story.source}\nsupposed: ${story.assumed.join("; ")}\nnext: whosaw import ${options.out}`,
    );
    return 0;
  } catch (error) {
    bar.end();
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return refuse(
      invocation,
      refusal(
        "input",
        `can't write the desk into ${options.out}: ${error.message}`,
        "Name a folder that can be made and has room.",
      ),
    );
  }
}

function writtenText(written: Awaited<ReturnType<typeof writeDesk>>): string {
  return table(
    [{ heading: "table" }, { heading: "rows", align: "right" }],
    [
      ["accesses", count(written.accesses)],
      ["customers", count(written.customers)],
      ["tickets", count(written.tickets)],
      ["ticket_events", count(written.ticketEvents)],
      ["actors", count(written.actors)],
      ["reports", count(written.reports)],
      ["truth: stolen customers", count(written.stolen)],
    ],
  );
}
