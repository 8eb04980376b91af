import type { Role } from "../../../policy/index.ts";
import type { Reader } from "../recording.ts";

/** Who a statement is run for, and with which rights. */
export interface Identity {
  readonly reader: Reader;
  readonly role: Role;
  /** The ticket that a signed token names, or null. */
  readonly ticket: string | null;
  /** Epoch milliseconds after which the identity no longer holds; null for a login, which holds until it ends. */
  readonly expires: number | null;
}

/**
 * Who a session acts for: the login itself, whoever a signed token named since (`SET whosaw.actor_token`), and, until the transaction
 * ends, whoever a `SET LOCAL` named. The innermost counts.
 */
export class Identities {
  #login: Identity;
  #session: Identity | null = null;
  #local: Identity | null = null;

  constructor(login: Identity) {
    this.#login = login;
  }

  get login(): Identity {
    return this.#login;
  }

  get current(): Identity {
    return this.#local ?? this.#session ?? this.#login;
  }

  /** Null goes back to the login. @returns the way back. */
  set(identity: Identity | null, local: boolean): () => void {
    const [session, localBefore] = [this.#session, this.#local];
    if (local) this.#local = identity;
    else {
      this.#session = identity;
      this.#local = null;
    }
    return () => {
      this.#session = session;
      this.#local = localBefore;
    };
  }

  /** What was set for one transaction ends with it. */
  transactionEnded(): void {
    this.#local = null;
  }

  /** The configuration changed: what was granted under it is granted anew. @returns false if a role is there no more. */
  renew(roleNamed: (name: string) => Role | undefined): boolean {
    const renewed = (identity: Identity): Identity | null => {
      const role = roleNamed(identity.role.name);
      return role === undefined ? null : { ...identity, role };
    };
    const login = renewed(this.#login);
    if (login === null) return false;
    this.#login = login;
    this.#session = this.#session === null ? null : renewed(this.#session);
    this.#local = this.#local === null ? null : renewed(this.#local);
    return true;
  }

  /** Every actor that this session stands for now: whoever suspends one of them ends the session. */
  get actors(): readonly string[] {
    return [this.#login, this.#session, this.#local].flatMap((identity) =>
      identity === null ? [] : [identity.reader.actor],
    );
  }
}
