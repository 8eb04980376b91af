import { type Refusal, isRefusal, refusal } from "../../../base/index.ts";
import { formatInstant, parseActorId, parseCustomerId, parseInstant } from "../../../domain/index.ts";
import { type ErasureWish, proposeErasure } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, notAnId, printJson, refuse, tell } from "../../invocation.ts";
import { keyFrom } from "./keyFiles.ts";
import { placeOf } from "./place.ts";
import { proposalText } from "./texts.ts";

export interface EraseOptions {
  readonly kind?: string;
  readonly before?: string;
  readonly entries?: string;
  readonly customer?: string;
  readonly actor?: string;
  readonly reason: string;
  readonly key?: string;
}

/** `whosaw erase`: writes a proposal into the log. Nothing is erased before two people have approved, so it ends with 6. */
export async function eraseCommand(invocation: Invocation, options: EraseOptions): Promise<ExitCode> {
  const { screen } = invocation;
  const key = options.key === undefined ? null : await keyFrom(options.key);
  if (isRefusal(key)) return refuse(invocation, key);
  const wish = wishOf(options);
  if (isRefusal(wish)) return refuse(invocation, wish);
  const asked = await proposeErasure(placeOf(invocation), { ...wish, key });
  if (isRefusal(asked)) return refuse(invocation, asked);
  const { proposal, missing } = asked;
  if (invocation.options.json) printJson(screen, { proposal, missing, carriedOut: null });
  else screen.out(proposalText(proposal));
  tell(
    invocation,
    `Nothing is erased yet: ${missing} ${missing === 1 ? "approval is" : "approvals are"} missing. Whoever approves runs\n  whosaw approve ${proposal.index} --key FILE`,
  );
  return 6;
}

function wishOf(options: EraseOptions): Omit<ErasureWish, "key"> | Refusal {
  const { kind = null, reason } = options;
  const person = personOf(options);
  if (isRefusal(person)) return person;
  const before = options.before === undefined ? null : parseInstant(options.before);
  if (before === null && options.before !== undefined)
    return refusal("usage", "--before is no time", "Write it as 2024-01-01 or 2024-01-01T09:30:00Z.");
  const stretches = options.entries === undefined ? null : parseStretches(options.entries);
  if (isRefusal(stretches)) return stretches;
  const bySort = kind !== null || before !== null || stretches !== null;
  if (bySort === (person !== null))
    return refusal(
      "usage",
      bySort ? "entries and a person's texts are two erasures" : "what is to be erased is not said",
      "Give --kind, --before or --entries; or --customer or --actor.",
    );
  return { kind, before: before === null ? null : formatInstant(before), stretches, person, reason };
}

function personOf({ customer, actor }: EraseOptions): ErasureWish["person"] | Refusal {
  if (customer !== undefined && actor !== undefined)
    return refusal("usage", "--customer and --actor are two erasures", "Give one of them.");
  if (customer !== undefined)
    return parseCustomerId(customer) === null ? notAnId("customer") : `customer:${customer}`;
  if (actor === undefined) return null;
  return parseActorId(actor) === null ? notAnId("actor") : `actor:${actor}`;
}

/** `17`, `17-20` (both included), several joined by commas. */
function parseStretches(text: string): readonly { readonly from: number; readonly to: number }[] | Refusal {
  const parts = text.split(",").map((part) => /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part.trim()));
  const stretches = parts.map((part) => ({
    from: Number(part?.[1] ?? Number.NaN),
    to: Number(part?.[2] ?? part?.[1] ?? Number.NaN) + 1,
  }));
  return stretches.every(({ from, to }) => from < to)
    ? stretches
    : refusal("usage", "--entries names no entries", "Write it as 17, as 17-20, or several with commas.");
}
