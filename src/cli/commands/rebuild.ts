import { isRefusal } from "../../base/index.ts";
import { rebuild } from "../../serve/index.ts";
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
  else
    screen.out(
      `The store was built anew from ${count(rebuilt.imports)} imports: ${count(rebuilt.sightings)} sightings.\n`,
    );
  return 0;
}
