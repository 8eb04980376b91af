import { isRefusal } from "../../../base/index.ts";
import { type Recovery, recoverLoss } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";
import { count } from "../../terminal/table.ts";
import { placeOf } from "./place.ts";

/** `whosaw recover`: says what a damaged write-ahead file costs; `--accept-loss` goes on without it. 6 while that was not said. */
export async function recoverCommand(
  invocation: Invocation,
  { acceptLoss }: { readonly acceptLoss?: boolean },
): Promise<ExitCode> {
  const recovery = await recoverLoss(placeOf(invocation), { acceptLoss: acceptLoss === true });
  if (isRefusal(recovery)) return refuse(invocation, recovery);
  if (invocation.options.json) printJson(invocation.screen, recovery);
  else invocation.screen.out(recoveryText(recovery));
  if (!recovery.loses) return 0;
  if (recovery.receipt !== null) return 1;
  tell(
    invocation,
    "Nothing was changed. If there is a copy of log/ahead, restore it. If there is none: whosaw recover --accept-loss. It can't be undone, and the log tells of it for ever.",
  );
  return 6;
}

function recoveryText({ gap, loses, receipt }: Recovery): string {
  if (gap === null) return "The log opens as it is: nothing is lost.\n";
  const entry = receipt === null ? "" : `Entry ${receipt.index} of ${receipt.log} says so.\n`;
  if (!loses)
    return `The write-ahead file ${gap.why === "missing" ? "was missing" : "broke off in a write that nobody had been told of"}: nothing acknowledged is known to be lost. ${entry}`;
  const many =
    gap.entriesAtMost === null ? "how many can't be told" : `${count(gap.entriesAtMost)} that can be told of`;
  return [
    `The write-ahead file is damaged: entries from ${gap.from} on were acknowledged and can't be read (${many}).\n`,
    `${count(gap.bytes)} bytes, SHA-256 ${gap.sha256}${receipt === null ? "" : ", are kept in log/lost/"}.\n`,
    `Who saw whom in these entries is not on record ${receipt === null ? "if the log goes on" : "any more"}.\n`,
    entry,
    receipt === null ? "" : "Run whosaw rebuild: the store may tell of imports whose entry is lost.\n",
  ].join("");
}
