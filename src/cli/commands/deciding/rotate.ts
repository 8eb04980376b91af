import { isRefusal } from "../../../base/index.ts";
import { rotateKey } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";
import { placeOf } from "./place.ts";

/** `whosaw rotate-key`: the log's old key signs the entry that hands over to a new one. */
export async function rotateCommand(invocation: Invocation): Promise<ExitCode> {
  const rotated = await rotateKey(placeOf(invocation));
  if (isRefusal(rotated)) return refuse(invocation, rotated);
  if (invocation.options.json) printJson(invocation.screen, rotated);
  else invocation.screen.out(`${rotated.key}\n`);
  tell(
    invocation,
    `Entry ${rotated.index} hands over to this key, which is keys/log.vkey now. Give it to the witnesses beside the old one, and to whoever verifies;\nwho holds the old one can follow the hand-over.`,
  );
  return 0;
}
