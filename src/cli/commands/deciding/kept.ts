import { isRefusal } from "../../../base/index.ts";
import { writeKept } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse } from "../../invocation.ts";

/** `whosaw kept ENTRY --out FILE`: the file of an import as it was imported, checked against the log's digest. */
export async function keptCommand(
  invocation: Invocation,
  entry: number,
  { out }: { readonly out: string },
): Promise<ExitCode> {
  const written = await writeKept(invocation.options.data, entry, out);
  if (isRefusal(written)) return refuse(invocation, written);
  if (invocation.options.json) printJson(invocation.screen, written);
  else invocation.screen.out(`${written.sha256}  ${written.out}\n`);
  return 0;
}
