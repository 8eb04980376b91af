import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { type ActorId, type CustomerId, parseActorId, parseCustomerId } from "../../domain/index.ts";
import type { ExportAnswer, ExportFormat, ExportWish } from "../../serve/index.ts";
import {
  type ExitCode,
  type Invocation,
  parseSpan,
  printJson,
  refuse,
  tell,
  withDesk,
} from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { count } from "../terminal/table.ts";

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly customer?: string;
  readonly force?: boolean;
}

/** `whosaw export --format F --out FILE`: who saw whom, for other systems; an entry of the log tells of it. */
export async function exportCommand(invocation: Invocation, options: ExportOptions): Promise<ExitCode> {
  const wish = wishOf(invocation, options);
  if (isRefusal(wish)) return refuse(invocation, wish);
  return withDesk(invocation, async (desk) => {
    const { screen, clock, options: asked } = invocation;
    const bars = {
      classing: progress(screen, "classing", { quiet: asked.quiet, clock }),
      writing: progress(screen, "writing", { quiet: asked.quiet, clock }),
    };
    const answer = await desk.exportSightings({
      ...wish,
      onProgress: (phase, done, total) => {
        if (phase === "writing") bars.classing.end();
        bars[phase].update(done, total);
      },
    });
    bars.classing.end();
    bars.writing.end();
    if (isRefusal(answer)) return refuse(invocation, answer);
    if (asked.json) printJson(screen, answer);
    for (const line of exportLines(answer)) tell(invocation, line);
    return 0;
  });
}

function wishOf({ screen, options: asked }: Invocation, options: ExportOptions): ExportWish | Refusal {
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return span;
  const actor = idOf("actor", options.actor, parseActorId);
  if (isRefusal(actor)) return actor;
  const customer = idOf("customer", options.customer, parseCustomerId);
  if (isRefusal(customer)) return customer;
  if (options.out === "-" && asked.json)
    return refusal("usage", "--json and --out - both want stdout", "Name a file, or leave out --json.");
  return {
    format: options.format,
    filter: { ...span, actor, customer },
    to:
      options.out === "-"
        ? { write: (text) => screen.out(text) }
        : { file: options.out, overwrite: options.force === true },
  };
}

function idOf<Id extends ActorId | CustomerId>(
  noun: string,
  text: string | undefined,
  parse: (text: string) => Id | null,
): Id | null | Refusal {
  if (text === undefined) return null;
  return (
    parse(text) ??
    refusal("usage", `that is no ${noun} id`, "Ids have 1 to 256 bytes and no control characters.")
  );
}

/** For the person watching: the rows may stand on stdout, so that none of this does. */
function exportLines(answer: ExportAnswer): readonly string[] {
  const { format, file, sightings, exposureUnknown, sha256, receipt } = answer;
  const where = file === "-" ? "stdout" : file;
  const table = format === "csv" || format === "parquet";
  const unknown = `${count(exposureUnknown)} events that don't say which customers they showed`;
  return [
    `${count(sightings)} sightings${exposureUnknown > 0 && !table ? ` and ${unknown}` : ""} written to ${where}`,
    ...(exposureUnknown > 0 && table
      ? [`${unknown} are not in it: a table of accesses has no row for them; ocsf and ecs do`]
      : []),
    `sha256 ${sha256}; entry ${receipt.index} of ${receipt.log} tells of this export`,
  ];
}
