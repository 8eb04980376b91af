import { isRefusal, refusal, type Refusal } from "../../../base/index.ts";
import { type Agreement, type Outcome, approve, openProposals, textToSign } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";
import { count } from "../../terminal/table.ts";
import { keyFrom, signatureFrom } from "./keyFiles.ts";
import { placeOf } from "./place.ts";
import { proposalText } from "./texts.ts";

export interface ApproveOptions {
  readonly key?: string;
  readonly signature?: string;
  readonly print?: boolean;
}

/** `whosaw approve [ID]`: agrees to a proposal, and carries it out once two have. Without an id it lists what is open. */
export async function approveCommand(
  invocation: Invocation,
  id: number | undefined,
  options: ApproveOptions,
): Promise<ExitCode> {
  if (id === undefined) {
    // A list that ends with 0 would read as an approval, and its text would be signed in place of the proposal's.
    if (options.key !== undefined || options.signature !== undefined || options.print === true)
      return refuse(
        invocation,
        refusal(
          "usage",
          "which proposal is not said",
          "whosaw approve ID; without options it lists what is open.",
        ),
      );
    return listOpen(invocation);
  }
  if (options.print === true) return printText(invocation, id);
  const agreement = await agreementOf(options);
  if (isRefusal(agreement)) return refuse(invocation, agreement);
  const outcome = await approve(placeOf(invocation), id, agreement);
  if (isRefusal(outcome)) return refuse(invocation, outcome);
  if (invocation.options.json) printJson(invocation.screen, outcome);
  else invocation.screen.out(`${proposalText(outcome.proposal)}${outcomeText(outcome)}`);
  if (outcome.carriedOut !== null) return 0;
  tell(invocation, `Nothing was done yet: ${outcome.missing} more must approve.`);
  return 6;
}

async function agreementOf({ key, signature }: ApproveOptions): Promise<Agreement | Refusal> {
  if (key !== undefined && signature !== undefined)
    return refusal("usage", "--key and --signature are two ways of the same", "Give one of them.");
  if (key !== undefined) {
    const read = await keyFrom(key);
    return isRefusal(read) ? read : { key: read };
  }
  if (signature === undefined) return null;
  const read = signatureFrom(signature);
  return isRefusal(read) ? read : { signature: read };
}

async function listOpen(invocation: Invocation): Promise<ExitCode> {
  const proposals = await openProposals(placeOf(invocation));
  if (isRefusal(proposals)) return refuse(invocation, proposals);
  if (invocation.options.json) printJson(invocation.screen, { proposals });
  else if (proposals.length === 0) invocation.screen.out("No proposal is open.\n");
  else invocation.screen.out(proposals.map(proposalText).join("\n"));
  return 0;
}

/** The bytes to sign and nothing else: stdout is data. */
async function printText(invocation: Invocation, id: number): Promise<ExitCode> {
  const text = await textToSign(placeOf(invocation), id);
  if (isRefusal(text)) return refuse(invocation, text);
  if (invocation.options.json) printJson(invocation.screen, { text });
  else invocation.screen.out(text);
  return 0;
}

function outcomeText({ carriedOut, proposal, filesRemoved, rebuilt, storeStays }: Outcome): string {
  if (carriedOut === null) return "";
  if (proposal.order.do === "approver") return "Done.\n";
  if (proposal.order.do === "shred")
    return carriedOut.shredded
      ? "The key is destroyed; copies of keys/people in backups still have it.\n"
      : "There was no key: nothing had been sealed for them.\n";
  return [
    `${count(carriedOut.erased)} entries were erased; every proof stays valid. Copies of the log in backups still have them.\n`,
    filesRemoved > 0 ? `${count(filesRemoved)} kept files were removed.\n` : "",
    rebuilt === null
      ? ""
      : `Their rows are gone from the store too, which holds ${count(rebuilt)} sightings now.\n`,
    storeStays === null ? "" : `The store still holds their rows until it can be opened: ${storeStays}.\n`,
  ].join("");
}
