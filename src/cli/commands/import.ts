import { isRefusal, refusal } from "../../base/index.ts";
import { type FileAnswer, type Imported, proposeMapFor, readMap } from "../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell, withDesk } from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { count, table } from "../terminal/table.ts";

interface ImportCommandOptions {
  readonly as?: string;
  readonly format?: string;
  readonly map?: string;
  readonly keep?: boolean;
  readonly proposeMap?: boolean;
}

/** `whosaw import PATH...`: exit code 1 when a line was rejected. */
export async function importCommand(
  invocation: Invocation,
  paths: readonly string[],
  options: ImportCommandOptions,
): Promise<ExitCode> {
  if (options.proposeMap === true) return proposeCommand(invocation, paths, options.as);
  const map = options.map === undefined ? null : await readMap(options.map);
  if (isRefusal(map)) return refuse(invocation, map);
  return withDesk(
    invocation,
    async (desk) => {
      const { screen, clock, options: asked } = invocation;
      const reading = progress(screen, "importing", { quiet: asked.quiet, clock });
      const explaining = progress(screen, "explaining", { quiet: asked.quiet, clock });
      const answer = await desk.importPaths(paths, {
        ...(options.as === undefined ? {} : { as: options.as }),
        ...(options.format === undefined ? {} : { format: options.format }),
        ...(map === null ? {} : { map }),
        keep: options.keep !== false,
        onProgress: ({ bytes, total }) => reading.update(bytes, total),
        onExplain: (done, total) => {
          reading.end();
          explaining.update(done, total);
        },
      });
      reading.end();
      explaining.end();
      if (isRefusal(answer)) return refuse(invocation, answer);
      for (const { notices, file } of answer.tables)
        for (const notice of notices) tell(invocation, `${file}: ${notice}`);
      if (asked.json) printJson(screen, answer);
      else screen.out(importText(answer));
      return answer.tables.some(({ rejected }) => rejected > 0) ? 1 : 0;
    },
    true,
  );
}

/** Prints a map to check and to use with --map; nothing is imported. */
async function proposeCommand(
  invocation: Invocation,
  paths: readonly string[],
  as: string | undefined,
): Promise<ExitCode> {
  const [path, ...more] = paths;
  if (path === undefined || more.length > 0) {
    return refuse(
      invocation,
      refusal("usage", "--propose-map takes one file", "whosaw import --propose-map FILE [--as TABLE]"),
    );
  }
  const yaml = await proposeMapFor(path, as);
  if (isRefusal(yaml)) return refuse(invocation, yaml);
  if (as === undefined)
    tell(invocation, "proposed as accesses, who read whose record; --as names another table");
  if (invocation.options.json) printJson(invocation.screen, { map: yaml });
  else invocation.screen.out(yaml);
  return 0;
}

function importText({ tables, explanations }: Imported): string {
  return [
    table(
      [
        { heading: "table" },
        { heading: "file" },
        { heading: "read", align: "right" },
        { heading: "imported", align: "right" },
        { heading: "duplicates", align: "right" },
        { heading: "rejected", align: "right" },
      ],
      tables.map((row) => [
        row.table,
        row.file,
        count(row.read),
        count(row.imported),
        count(row.duplicates),
        count(row.rejected),
      ]),
    ),
    ...tables.map(asideText),
    explanations.how === "nothing new"
      ? ""
      : `\nWork of ${count(explanations.tickets)} tickets explains reads (${explanations.how}).\n`,
  ].join("");
}

function asideText({ file, rejectedFile, ignored, exposureUnknown, resumed }: FileAnswer): string {
  const parts = [
    resumed ? "an interrupted import was taken up again" : "",
    rejectedFile === null ? "" : `rejected lines with their reasons: ${rejectedFile}`,
    ignored > 0 ? `${count(ignored)} records are no reads of a customer` : "",
    exposureUnknown > 0 ? `${count(exposureUnknown)} events don't say which customers they showed` : "",
  ].filter((part) => part !== "");
  return parts.map((part) => `${file}: ${part}\n`).join("");
}
