import type { LoginLimits } from "../options.ts";

/**
 * How many clients are in the house. Handshakes and sessions are counted apart, so that strangers who never log in can't take
 * the places of those who did, and a cancel request gets in when every session is taken.
 */
export class Places {
  readonly #limits: () => LoginLimits;
  #handshakes = 0;
  #sessions = 0;
  readonly #byAddress: Map<string, number> = new Map();

  constructor(limits: () => LoginLimits) {
    this.#limits = limits;
  }

  get handshakes(): number {
    return this.#handshakes;
  }

  get sessions(): number {
    return this.#sessions;
  }

  /** @returns what frees the place, once; null if there is none. */
  handshake(): (() => void) | null {
    if (this.#handshakes >= this.#limits().handshakesMax) return null;
    this.#handshakes++;
    return once(() => this.#handshakes--);
  }

  /** @returns what frees the place, once; null if there is none, in all or for this address. */
  session(ip: string): (() => void) | null {
    const { sessionsMax, sessionsPerAddressMax } = this.#limits();
    const here = this.#byAddress.get(ip) ?? 0;
    if (this.#sessions >= sessionsMax || here >= (sessionsPerAddressMax ?? Infinity)) return null;
    this.#sessions++;
    this.#byAddress.set(ip, here + 1);
    return once(() => {
      this.#sessions--;
      const left = (this.#byAddress.get(ip) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(ip, left);
      else this.#byAddress.delete(ip);
    });
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
