import { isRefusal } from "../../base/index.ts";
import { parseActorId, parseCustomerId } from "../../domain/index.ts";
import { listCanaries, plantCanary, removeCanary } from "../../serve/index.ts";
import { type ExitCode, type Invocation, notAnId, printJson, refuse } from "../invocation.ts";
import { table } from "../terminal/table.ts";

interface AddOptions {
  readonly template?: string;
  readonly actor?: string;
  readonly domain: string;
}

/** `whosaw canary add`: an invented customer in the support database; whoever is shown it raises an alarm. */
export async function canaryAddCommand(invocation: Invocation, options: AddOptions): Promise<ExitCode> {
  const actor = options.actor === undefined ? null : parseActorId(options.actor);
  if (options.actor !== undefined && actor === null) return refuse(invocation, notAnId("actor"));
  const { template, domain } = options;
  const planted = await plantCanary({
    ...placeOf(invocation),
    actor,
    domain,
    ...(template === undefined ? {} : { template }),
  });
  if (isRefusal(planted)) return refuse(invocation, planted);
  if (invocation.options.json) printJson(invocation.screen, planted);
  else
    invocation.screen.out(
      `Customer ${planted.customer} is a canary${actor === null ? "" : `, and only ${actor} has work with it`}.\n`,
    );
  return 0;
}

export async function canaryListCommand(invocation: Invocation): Promise<ExitCode> {
  const canaries = await listCanaries(placeOf(invocation));
  if (isRefusal(canaries)) return refuse(invocation, canaries);
  if (invocation.options.json) printJson(invocation.screen, { canaries });
  else if (canaries.length === 0) invocation.screen.out("No canary is planted.\n");
  else
    invocation.screen.out(
      table(
        [{ heading: "customer" }, { heading: "for" }, { heading: "ticket" }, { heading: "planted (UTC)" }],
        canaries.map(({ customer, actor, ticket, planted }) => [
          customer,
          actor ?? "anybody",
          ticket ?? "",
          planted,
        ]),
      ),
    );
  return 0;
}

export async function canaryRemoveCommand(invocation: Invocation, id: string): Promise<ExitCode> {
  const customer = parseCustomerId(id);
  if (customer === null) return refuse(invocation, notAnId("customer"));
  const removed = await removeCanary(placeOf(invocation), customer);
  if (isRefusal(removed)) return refuse(invocation, removed);
  if (invocation.options.json) printJson(invocation.screen, removed);
  else
    invocation.screen.out(
      `${customer} raises no alarm any more. Its rows in the support database are still there: delete them.\n`,
    );
  return 0;
}

function placeOf({ options, clock }: Invocation): Parameters<typeof listCanaries>[0] {
  const { data, config } = options;
  return { data, clock, ...(config === undefined ? {} : { config }) };
}
