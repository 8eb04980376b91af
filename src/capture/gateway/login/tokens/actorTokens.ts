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
export async function actorTokens(options: ActorTokenOptions, clock: Clock): Promise<ActorTokens | Refusal> {
  // tokenInComment, which has no time to wait, needs the server's own scanner.
  await loadModule();
  const checker = await tokenChecker(options, clock);
  if (isRefusal(checker)) return checker;
  const checked = new CheckedTokens(checker, clock);
  const used = new UsedTokens(options, clock);
  return {
    check: async (token, session) => {
      const believed = await checked.check(token);
      if (believed.kind === "token_refusal") return believed;
      // From here on nothing waits: of two who show a token at once, one is the second.
      return used.refuse(believed, session) ?? actorClaim(believed);
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

/** Remembers who showed which `jti` until its token has expired. */
class UsedTokens {
  readonly #options: ActorTokenOptions;
  readonly #clock: Clock;
  readonly #bySaid: Map<string, { readonly session: string; readonly until: number }> = new Map();
  #sweptAt = 0;

  constructor(options: ActorTokenOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  refuse(token: BelievedToken, session: string): TokenRefusal | null {
    if (this.#options.use === "life") return null;
    const { jti } = token.claims;
    if (jti === undefined || parseTicketId(jti) === null) return tokenRefusal("token_claim");
    const before = this.#bySaid.get(jti);
    if (before !== undefined) {
      const again = this.#options.use === "session" && before.session === session;
      return again ? null : tokenRefusal("token_replayed");
    }
    if (!this.#room()) return tokenRefusal("token_memory_full");
    // The clock's tolerance is added, because for so long the token could still be believed.
    this.#bySaid.set(jti, { session, until: token.expiresAt + this.#options.clockTolerance });
    return null;
  }

  /** Sweeps at most once a second when full: a flood of tokens must not cost a sweep each. */
  #room(): boolean {
    const now = this.#clock();
    if (this.#bySaid.size >= usedMax && now - this.#sweptAt >= sweepTime) {
      this.#sweptAt = now;
      for (const [jti, { until }] of this.#bySaid) if (until <= now) this.#bySaid.delete(jti);
    }
    return this.#bySaid.size < usedMax;
  }
}
