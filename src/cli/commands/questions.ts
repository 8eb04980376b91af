import { resolve } from "node:path";
import { isRefusal } from "../../base/index.ts";
import { type AskedOnce, listQuestions } from "../../serve/index.ts";
import { type ExitCode, type Invocation, parseSpan, printJson, refuse } from "../invocation.ts";
import { table } from "../terminal/table.ts";

/** `whosaw questions`: who asked what, as the log has it. Looking at it is not itself a question about anybody. */
export async function questionsCommand(
  invocation: Invocation,
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<ExitCode> {
  const span = parseSpan(from, to);
  if (isRefusal(span)) return refuse(invocation, span);
  const questions = await listQuestions(resolve(invocation.options.data), span);
  if (isRefusal(questions)) return refuse(invocation, questions);
  if (invocation.options.json) printJson(invocation.screen, { questions });
  else if (questions.length === 0) invocation.screen.out("No question is on record in this time.\n");
  else invocation.screen.out(questionsText(questions));
  return 0;
}

function questionsText(questions: readonly AskedOnce[]): string {
  const rows = questions.map(({ time, by, command, asked }) => [
    time.replace("T", " ").replace("Z", ""),
    by,
    command,
    asked === null ? "(the key is destroyed)" : askedText(asked),
  ]);
  return table(
    [{ heading: "time (UTC)" }, { heading: "asked by" }, { heading: "command" }, { heading: "about" }],
    rows,
  );
}

function askedText(asked: AskedOnce["asked"]): string {
  return Object.entries(asked ?? {})
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => (value === true ? name : `${name} ${String(value)}`))
    .join(", ");
}
