import { type Clock, isRefusal, type Refusal } from "../../base/index.ts";
import { type ActorTokens, actorTokens, type LoginOptions, type UsedTokens } from "./login/index.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { RoleNamed } from "./rules.ts";
import type { Identity } from "./session/index.ts";

/** By the pool's login; one that isn't there may not speak for others. */
export type Speakers = ReadonlyMap<string, ActorTokens>;

/** Reads the keys of every pool's tokens, so that no client is the first to find out that they are wrong. */
export async function openSpeakers(
  { users }: Pick<LoginOptions, "users">,
  clock: Clock,
  used: UsedTokens,
): Promise<Speakers | Refusal> {
  const byUser = new Map<string, ActorTokens>();
  for (const [name, { pool }] of users) {
    if (pool === null) continue;
    const tokens = await actorTokens(pool, clock, used);
    if (isRefusal(tokens)) return tokens;
    byUser.set(name, tokens);
  }
  return byUser;
}

/** The session that somebody is to be named in. */
interface Speaker {
  readonly login: Identity;
  readonly tokens: ActorTokens | undefined;
  readonly roleNamed: RoleNamed;
}

/** Whom a token names. */
export async function speakFor(
  { login, roleNamed, tokens }: Speaker,
  token: string,
  ticket: string | null,
): Promise<Identity | StatementRefusal> {
  if (tokens === undefined) return mayNotSpeak;
  const claim = await tokens.check(token, login.reader.session);
  if (claim.kind === "token_refusal") return tokenRefused(claim.rule);
  const name = claim.role ?? login.reader.role;
  const role = roleNamed(name);
  // The connection is logged in at the server as the pool's role is; a role with another login can't be had on it.
  if (role === undefined || role.upstream !== login.role().upstream) return tokenRefused("token_role");
  return {
    reader: { ...login.reader, actor: claim.actor, role: name },
    role: roleAsOfNow(role, roleNamed),
    ticket: claim.ticket ?? ticket,
    expires: claim.expiresAt,
  };
}

/** The role as it is configured at each moment; once it is gone what it was last, and then nothing may be read under it (`Rules`). */
export function roleAsOfNow(first: ReturnType<RoleNamed> & object, roleNamed: RoleNamed): Identity["role"] {
  let last = first;
  return () => {
    last = roleNamed(first.name) ?? last;
    return last;
  };
}

const mayNotSpeak = statementRefusal({
  code: "42501",
  message: "whosaw: this login may not speak for other actors",
  hint: "Only logins under `pools` in whosaw.yaml may; log in as the person instead.",
  rule: "no_pool",
});

function tokenRefused(rule: string): StatementRefusal {
  return statementRefusal({
    code: "28000",
    message: "whosaw: the actor token is not accepted",
    hint: `The rule that refused it: ${rule}.`,
    rule,
  });
}
