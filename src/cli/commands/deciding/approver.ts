import { type Refusal, isRefusal, refusal } from "../../../base/index.ts";
import { type ApproverKey, approverChange, approvers } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";
import { keyFrom, newKeyIn } from "./keyFiles.ts";
import { placeOf } from "./place.ts";
import { proposalText } from "./texts.ts";

export interface ApproverOptions {
  readonly public?: string;
  readonly new?: string;
  readonly remove?: boolean;
  readonly reason?: string;
}

/** `whosaw approver [NAME]`: who may approve, and changes of it. From the third on, two approvers must agree. */
export async function approverCommand(
  invocation: Invocation,
  name: string | undefined,
  options: ApproverOptions,
): Promise<ExitCode> {
  if (name === undefined) return list(invocation);
  const key = await keyOf(options);
  if (isRefusal(key)) return refuse(invocation, key);
  const change = options.remove === true ? "remove" : "add";
  const { reason = "" } = options;
  const proposal = await approverChange(placeOf(invocation), { name, change, key, reason });
  if (isRefusal(proposal)) return refuse(invocation, proposal);
  if (invocation.options.json) printJson(invocation.screen, { name, change, proposal });
  else invocation.screen.out(proposal === null ? `${name} may approve now.\n` : proposalText(proposal));
  if (proposal === null) return 0;
  tell(
    invocation,
    `Nothing was changed yet: two approvers must agree.\n  whosaw approve ${proposal.index} --key FILE`,
  );
  return 6;
}

async function keyOf(options: ApproverOptions): Promise<ApproverKey | null | Refusal> {
  const ways = [options.public !== undefined, options.new !== undefined, options.remove === true];
  if (ways.filter(Boolean).length !== 1)
    return refusal("usage", "what to do with the approver is not said", "Give --public, --new or --remove.");
  if (options.new !== undefined) return newKeyIn(options.new);
  return options.public === undefined ? null : keyFrom(options.public);
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const known = await approvers(placeOf(invocation));
  if (isRefusal(known)) return refuse(invocation, known);
  const all = [...known].map(([name, key]) => ({ name, key }));
  if (invocation.options.json) printJson(invocation.screen, { approvers: all });
  else if (all.length === 0) invocation.screen.out("Nobody may approve yet.\n");
  else invocation.screen.out(all.map(({ name, key }) => `${name}  ${key}\n`).join(""));
  return 0;
}
