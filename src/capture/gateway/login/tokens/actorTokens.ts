import { hash } from "node:crypto";
import { loadModule } from "libpg-query";
import { type Clock, isRefusal, type Refusal } from "../../../../base/index.ts";
import { parseActorId, parseTicketId } from "../../../../domain/index.ts";
import type { ActorTokenOptions } from "../options.ts";
import {
  type BelievedToken,
  type CheckToken,
  tokenChecker,
  tokenRefusal,
  type TokenRefusal,
  type TokenRule,
} from "./tokenChecker.ts";

/** Tokens whose check is remembered: our choice, some 3 MB. */
const checkedMax = 10_000;
/** A key that its issuer withdraws is believed no longer than this, and the time in which the key set is read again. */
const checkedTime = 60_000;
/** Token ids that are remembered against replay: our choice, some 30 MB at their longest. When all are alive, new ones are refused. */
const usedMax = 100_000;
const sweepTime = 1_000;

/** For whom a pooled login reads, said by an issuer that the configuration trusts. */
export interface ActorClaim {
  readonly kind: "actor_claim";
  /** The claim `sub`. */
  readonly actor: string;
  /** The claim `role`: a name of `roles`; null: the pool's own. Whether the pool may use it is for the caller to judge. */
  readonly role: string | null;
  /** The claim `ticket`. */
  readonly ticket: string | null;
  /** Epoch milliseconds from which on it says nothing any more. */
  readonly expiresAt: number;
}

export interface ActorTokens {
  /** @param session tells one login from another: a token of `use: session` belongs to the first that shows it. */
  readonly check: (token: string, session: string) => Promise<ActorClaim | TokenRefusal>;
}

/** Checks the signed actor tokens of one pool. Tokens seen before cost a hash; memory is bounded. */
export async function actorTokens(
  options: ActorTokenOptions,
  clock: Clock,
  used: UsedTokens,
): Promise<ActorTokens | Refusal> {
  // tokenInComment, which has no time to wait, needs the server's own scanner.
  await loadModule();
  const checker = await tokenChecker(options, clock);
  if (isRefusal(checker)) return checker;
  const checked = new CheckedTokens(checker, clock);
  return {
    check: async (token, session) => {
      const believed = await checked.check(token);
      if (believed.kind === "token_refusal") return believed;
      const claim = actorClaim(believed);
      if (claim.kind === "token_refusal" || options.use === "life") return claim;
      const { jti } = believed.claims;
      if (jti === undefined || parseTicketId(jti) === null) return tokenRefusal("token_claim");
      const { clockTolerance, issuer, use } = options;
      // The clock's tolerance is added, because for so long the token could still be believed.
      const until = believed.expiresAt + clockTolerance;
      const rule = await used({
        id: JSON.stringify([issuer, jti]),
        until,
        session,
        again: use === "session",
      });
      return rule === null ? claim : tokenRefusal(rule);
    },
  };
}

function actorClaim(token: BelievedToken): ActorClaim | TokenRefusal {
  const { sub, role, ticket } = token.claims;
  const actor = sub === undefined ? null : parseActorId(sub);
  if (actor === null) return tokenRefusal("token_claim");
  if (role !== undefined && (typeof role !== "string" || role === "")) return tokenRefusal("token_claim");
  if (ticket !== undefined && (typeof ticket !== "string" || parseTicketId(ticket) === null))
    return tokenRefusal("token_claim");
  return {
    kind: "actor_claim",
    actor,
    role: role ?? null,
    ticket: ticket ?? null,
    expiresAt: token.expiresAt,
  };
}

/** Remembers which tokens were good, by their hash: a token itself is a password for as long as it lives. */
class CheckedTokens {
  readonly #checker: CheckToken;
  readonly #clock: Clock;
  readonly #byHash: Map<string, { readonly believed: BelievedToken; readonly until: number }> = new Map();

  constructor(checker: CheckToken, clock: Clock) {
    this.#checker = checker;
    this.#clock = clock;
  }

  async check(token: string): Promise<BelievedToken | TokenRefusal> {
    const key = hash("sha256", token, "base64");
    const known = this.#byHash.get(key);
    if (known !== undefined && this.#clock() < known.until) return known.believed;
    this.#byHash.delete(key);
    const believed = await this.#checker(token);
    if (believed.kind === "token_refusal") return believed;
    const oldest = this.#byHash.keys().next();
    if (this.#byHash.size >= checkedMax && oldest.done !== true) this.#byHash.delete(oldest.value);
    this.#byHash.set(key, { believed, until: Math.min(believed.expiresAt, this.#clock() + checkedTime) });
    return believed;
  }
}

/** A token that is shown. */
export interface TokenUse {
  /** Of the token, among all issuers'. */
  readonly id: string;
  /** Epoch milliseconds; after that nobody believes it anyway. */
  readonly until: number;
  readonly session: string;
  /** Whether the session that showed it first may show it again. */
  readonly again: boolean;
}

/** Notes a use; the rule that forbids it, or null. Asked of whoever remembers for all that share an address. */
export type UsedTokens = (use: TokenUse) => TokenRule | null | Promise<TokenRule | null>;

/** Remembers who showed which token until it has expired. Nothing waits here: of two who show one at once, one is the second. */
export function usedTokens(clock: Clock): (use: TokenUse) => TokenRule | null {
  const byId = new Map<string, { readonly session: string; readonly until: number }>();
  let sweptAt = 0;
  /** Sweeps at most once a second when full: a flood of tokens must not cost a sweep each. */
  const hasRoom = (): boolean => {
    const now = clock();
    if (byId.size >= usedMax && now - sweptAt >= sweepTime) {
      sweptAt = now;
      for (const [id, { until }] of byId) if (until <= now) byId.delete(id);
    }
    return byId.size < usedMax;
  };
  return ({ again, id, session, until }) => {
    const before = byId.get(id);
    if (before !== undefined) return again && before.session === session ? null : "token_replayed";
    if (!hasRoom()) return "token_memory_full";
    byId.set(id, { session, until });
    return null;
  };
}
