import { isRefusal } from "../../base/index.ts";
import { type Rebuilt, rebuild } from "../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse } from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { count } from "../terminal/table.ts";

/** `whosaw rebuild`: the store anew from the log and the kept files; every answer is the same. */
export async function rebuildCommand(invocation: Invocation): Promise<ExitCode> {
  const { screen, options, clock } = invocation;
  const bar = progress(screen, "rebuilding", { quiet: options.quiet, clock });
  const rebuilt = await rebuild({
    data: options.data,
    clock,
    onProgress: (done, total) => bar.update(done, total),
  });
  bar.end();
  if (isRefusal(rebuilt)) return refuse(invocation, rebuilt);
  if (options.json) printJson(screen, rebuilt);
  else screen.out(rebuiltText(rebuilt));
  return 0;
}

function rebuiltText({ imports, sightings, gateway }: Rebuilt): string {
  const sources = [
    ...(imports === 0 ? [] : [`${count(imports)} ${imports === 1 ? "import" : "imports"}`]),
    ...(gateway.entries === 0
      ? []
      : [`${count(gateway.entries)} of the gateway's entries (${count(gateway.sightings)} sightings)`]),
  ];
  return sources.length === 0
    ? "The store was built anew, and is empty: the log holds no import and no sighting of the gateway's.\n"
    : `The store was built anew from ${sources.join(" and ")}: ${count(sightings)} sightings.\n`;
}
