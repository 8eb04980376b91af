import { writeFile } from "node:fs/promises";
import { refusal } from "../../base/index.ts";
import { type ExitCode, type Invocation, refuse, tell } from "../invocation.ts";

/** Writes a page where --html asked for one; it names people, so only its owner may read it. */
export async function writePage(
  invocation: Invocation,
  file: string | undefined,
  page: () => string,
): Promise<ExitCode> {
  if (file === undefined) return 0;
  try {
    await writeFile(file, page(), { mode: 0o600 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse(
      invocation,
      refusal(
        "input",
        `can't write ${file}: ${why}`,
        "Name a file in a folder that exists and that you may write to.",
      ),
    );
  }
  tell(invocation, `page written to ${file}`);
  return 0;
}
