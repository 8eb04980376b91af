import { type Clock, isRefusal, type Refusal } from "../../base/index.ts";
import type { Role } from "../../policy/index.ts";
import { type ActorTokens, actorTokens, type LoginOptions } from "./login/index.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { Identity, SessionServices } from "./session/index.ts";

/** From a login to the way in which it may speak for others; null where it may not. */
export type Speakers = (user: string, login: Identity) => SessionServices["identify"];

/** The parts of the configuration that say who may speak for whom. */
interface Spoken {
  readonly login: LoginOptions;
  readonly roles: ReadonlyMap<string, Role>;
}

/** Reads the keys of every pool's tokens, so that no client is the first to find out that they are wrong. */
export async function openSpeakers({ login, roles }: Spoken, clock: Clock): Promise<Speakers | Refusal> {
  const byUser = new Map<string, ActorTokens>();
  for (const [name, { pool }] of login.users) {
    if (pool === null) continue;
    const tokens = await actorTokens(pool, clock);
    if (isRefusal(tokens)) return tokens;
    byUser.set(name, tokens);
  }
  return (user, identity) => {
    const tokens = byUser.get(user);
    return tokens === undefined
      ? null
      : (token, ticket) => speakFor({ tokens, roles, identity }, token, ticket);
  };
}

async function speakFor(
  pool: { readonly tokens: ActorTokens; readonly roles: Spoken["roles"]; readonly identity: Identity },
  token: string,
  ticket: string | null,
): Promise<Identity | StatementRefusal> {
  const { identity, roles, tokens } = pool;
  const claim = await tokens.check(token, identity.reader.session);
  if (claim.kind === "token_refusal") return tokenRefused(claim.rule);
  const role = claim.role === null ? identity.role : roles.get(claim.role);
  // The connection is logged in at the server as the pool's role is; a role with another login can't be had on it.
  if (role === undefined || role.upstream !== identity.role.upstream) return tokenRefused("token_role");
  return {
    reader: { ...identity.reader, actor: claim.actor, role: role.name },
    role,
    ticket: claim.ticket ?? ticket,
    expires: claim.expiresAt,
  };
}

function tokenRefused(rule: string): StatementRefusal {
  return statementRefusal({
    code: "28000",
    message: "whosaw: the actor token is not accepted",
    hint: `The rule that refused it: ${rule}.`,
    rule,
  });
}
