import { isRefusal } from "../../base/index.ts";
import { parseActorId } from "../../domain/index.ts";
import { restoreActor, suspendActor, type Suspended } from "../../serve/index.ts";
import { type ExitCode, type Invocation, notAnId, printJson, refuse, tell } from "../invocation.ts";

interface StopOptions {
  readonly reason: string;
}

/** `whosaw suspend ACTOR --reason TEXT`: no further row reaches the actor. */
export async function suspendCommand(
  invocation: Invocation,
  id: string,
  { reason }: StopOptions,
): Promise<ExitCode> {
  const actor = parseActorId(id);
  if (actor === null) return refuse(invocation, notAnId("actor"));
  const { clock, options, screen } = invocation;
  const { config, data } = options;
  const wish = { data, actor, reason, clock, ...(config === undefined ? {} : { config }) };
  const suspended = await suspendActor(wish);
  if (isRefusal(suspended)) return refuse(invocation, suspended);
  if (options.json) printJson(screen, suspended);
  else screen.out(`${suspendedText(suspended)}\n`);
  if (suspended.logins.length === 0 && suspended.unread === null)
    tell(
      invocation,
      `No login of whosaw.yaml reads as ${actor}: right for somebody whom a pool's tokens name; otherwise look for a slip (whosaw actor ${actor}).`,
    );
  for (const text of upstreamTexts(suspended.upstream)) screen.err(`whosaw: ${text}\n`);
  if (suspended.unread !== null)
    screen.err(
      `whosaw: nothing was done at the database server, where ${actor} may have a login: ${suspended.unread}\n`,
    );
  // A probe that got in, or that nobody answered, is a finding: the suspension isn't proved.
  const proved = suspended.probe === null || suspended.probe.outcome === "refused";
  return proved &&
    suspended.unread === null &&
    suspended.upstream.every(({ outcome }) => outcome !== "failed")
    ? 0
    : 1;
}

/** What could not be done at the server. */
function upstreamTexts(upstream: Suspended["upstream"]): readonly string[] {
  return upstream.flatMap(({ login, outcome, why }) =>
    why === null
      ? []
      : [`the server's login ${login}${outcome === "failed" ? " was not changed" : ""}: ${why}`],
  );
}

function suspendedText({ actor, ended, probe, millis, receipt, upstream }: Suspended): string {
  const entry = `Entry ${receipt.index} of ${receipt.log} says so.`;
  const taken = upstream.filter(({ outcome }) => outcome === "done").map(({ login }) => login);
  if (probe === null)
    return [
      `${actor} is suspended. No gateway runs on this data directory: the next one that starts obeys it.`,
      `No session was ended${taken.length === 0 ? "" : ` but those of the server's login ${taken.join(", ")}, which was taken away`}: if a gateway runs elsewhere, give its data directory with --data.`,
      entry,
    ].join(" ");
  const sessions = ended === 1 ? "1 session was cut" : `${ended} sessions were cut`;
  const probed =
    probe.outcome === "refused"
      ? `a probe that tried to log in as ${actor} was refused (${probe.code ?? ""})`
      : probe.outcome === "read"
        ? `but a probe that tried to log in as ${actor} GOT IN`
        : `but no probe could try to log in as ${actor} (${probe.code ?? "no answer"})`;
  const server = taken.length === 0 ? "" : `, the server's login ${taken.join(", ")} was taken away`;
  return `${actor} is suspended: ${sessions}${server}, ${probed}, in ${millis ?? 0} ms. ${entry}`;
}

/** `whosaw restore ACTOR --reason TEXT`: undoes a suspension. */
export async function restoreCommand(
  invocation: Invocation,
  id: string,
  { reason }: StopOptions,
): Promise<ExitCode> {
  const actor = parseActorId(id);
  if (actor === null) return refuse(invocation, notAnId("actor"));
  const { clock, options, screen } = invocation;
  const { config, data } = options;
  const restored = await restoreActor({
    data,
    actor,
    reason,
    clock,
    ...(config === undefined ? {} : { config }),
  });
  if (isRefusal(restored)) return refuse(invocation, restored);
  if (options.json) printJson(screen, restored);
  else
    screen.out(
      `${actor} may log in again${restored.running ? "" : " when the gateway starts"}. Entry ${restored.receipt.index} of ${restored.receipt.log} says so.\n`,
    );
  for (const text of upstreamTexts(restored.upstream)) screen.err(`whosaw: ${text}\n`);
  return restored.upstream.every(({ outcome }) => outcome !== "failed") ? 0 : 1;
}
