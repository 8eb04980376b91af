import type { Role } from "../../../policy/index.ts";
import type { Reader } from "../recording.ts";
import type { Change } from "./client/names.ts";

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
  #settled: Named = { session: null, local: null };
  /** What was sent to the server and not answered yet. */
  readonly #pending: Naming[] = [];

  constructor(login: Identity) {
    this.#login = login;
  }

  get login(): Identity {
    return this.#login;
  }

  get current(): Identity {
    const { local, session } = this.#pending.reduce(named, this.#settled);
    return local ?? session ?? this.#login;
  }

  /** Null goes back to the login. @param pipeline the one in which the server is told so. */
  set(identity: Identity | null, local: boolean, pipeline: number): Change {
    const naming: Naming = { identity, local, pipeline };
    this.#pending.push(naming);
    const end = (settled: boolean): void => {
      const at = this.#pending.indexOf(naming);
      if (at < 0) return;
      this.#pending.splice(at, 1);
      if (settled) this.#settled = named(this.#settled, naming);
    };
    return { undo: () => end(false), settle: () => end(true) };
  }

  /** Whether a pipeline before this one may yet fail to name whom it named. */
  isUnsure(pipeline: number): boolean {
    return this.#pending.some((naming) => naming.pipeline !== pipeline);
  }

  /** What was set for one transaction ends with it. */
  transactionEnded(): void {
    this.#settled = { ...this.#settled, local: null };
  }

  /** The configuration changed: what was granted under it is granted anew. @returns false if a role is there no more. */
  renew(roleNamed: (name: string) => Role | undefined): boolean {
    const renewed = (identity: Identity | null): Identity | null => {
      const role = identity === null ? undefined : roleNamed(identity.role.name);
      return identity === null || role === undefined ? null : { ...identity, role };
    };
    const login = renewed(this.#login);
    if (login === null) return false;
    this.#login = login;
    const { local, session } = this.#settled;
    this.#settled = { local: renewed(local), session: renewed(session) };
    for (const naming of this.#pending) naming.identity = renewed(naming.identity);
    return true;
  }

  /** Every actor that this session stands for now: whoever suspends one of them ends the session. */
  get actors(): readonly string[] {
    const { local, session } = this.#settled;
    const pending = this.#pending.map(({ identity }) => identity);
    return [this.#login, session, local, ...pending].flatMap((identity) =>
      identity === null ? [] : [identity.reader.actor],
    );
  }
}

interface Named {
  readonly session: Identity | null;
  readonly local: Identity | null;
}

interface Naming {
  identity: Identity | null;
  readonly local: boolean;
  readonly pipeline: number;
}

function named(before: Named, { identity, local }: Naming): Named {
  return local ? { ...before, local: identity } : { session: identity, local: null };
}
