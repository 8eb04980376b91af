import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { refusal } from "../../base/index.ts";
import { type Verdict, verifyLog } from "../../verify/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { paint } from "../terminal/screen.ts";
import { count, table } from "../terminal/table.ts";

interface VerifyOptions {
  readonly key?: string;
  readonly checkpoint?: string;
  readonly thorough?: boolean;
}

const problemsShownMax = 20;

/** `whosaw verify [DIR]`: checks a log offline, with nothing but its files and the public key. Exit code 5 if anything is wrong. */
export async function verifyCommand(
  invocation: Invocation,
  folder: string | undefined,
  options: VerifyOptions,
): Promise<ExitCode> {
  const dir = folder ?? invocation.options.data;
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return refuse(
      invocation,
      refusal("input", `${dir} is no folder`, "Name the data directory, or its log folder."),
    );
  }
  const held = [options.key, options.checkpoint].map((file) => (file === undefined ? null : textOf(file)));
  const unread = held.findIndex((text) => text === undefined);
  if (unread >= 0) {
    const file = unread === 0 ? options.key : options.checkpoint;
    return refuse(invocation, refusal("input", `can't read ${file ?? ""}`, "Name a file that exists."));
  }
  const bar = progress(invocation.screen, "verifying", {
    quiet: invocation.options.quiet,
    clock: invocation.clock,
  });
  const verdict = await verifyLog(dir, {
    ...(typeof held[0] === "string" ? { key: held[0].trim() } : {}),
    ...(typeof held[1] === "string" ? { checkpoint: held[1] } : {}),
    thorough: options.thorough === true,
    onProgress: (done, total) => bar.update(done, total),
  });
  bar.end();
  if (options.key === undefined && verdict.key !== null) {
    tell(
      invocation,
      `checked with the key that lies beside the log (${join(dir, "keys/log.vkey")}); with --key it is the one you trust`,
    );
  }
  if (invocation.options.json) printJson(invocation.screen, verdict);
  else invocation.screen.out(verdictText(invocation, verdict));
  return verdict.ok ? 0 : 5;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function verdictText({ screen }: Invocation, verdict: Verdict): string {
  const head = verdict.ok
    ? `${paint(screen, "bold", "The log is whole:")} ${count(verdict.size)} entries of ${verdict.log ?? "?"}, root ${verdict.root ?? "?"}.\n`
    : `${paint(screen, "bold", "Something is wrong")} with the log ${verdict.log ?? ""}, which says it has ${count(verdict.size)} entries.\n`;
  const shown = verdict.problems.slice(0, problemsShownMax);
  const more = verdict.problems.length + verdict.problemsBeyond - shown.length;
  return [
    head,
    verdict.erased > 0 ? `${count(verdict.erased)} entries were erased by order, each order an entry.\n` : "",
    ...verdict.gaps.map((gap) => `A gap is on record: ${JSON.stringify(gap)}\n`),
    shown.length === 0
      ? ""
      : `\n${table(
          [{ heading: "code" }, { heading: "entry", align: "right" }, { heading: "what" }],
          shown.map(({ code, index, detail }) => [code, index === null ? "" : String(index), detail]),
        )}`,
    more > 0 ? `and ${count(more)} more\n` : "",
  ].join("");
}
