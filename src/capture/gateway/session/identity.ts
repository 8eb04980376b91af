import { defect } from "../../../base/index.ts";
import type { Role } from "../../../policy/index.ts";
import type { Reader } from "../recording.ts";
import { type Change, Changing } from "./change.ts";

/** Who a statement is run for, and with which rights. */
export interface Identity {
  readonly reader: Reader;
  /** The reader's role as it is configured now. */
  readonly role: () => Role;
  /** The ticket that a signed token names, or null. */
  readonly ticket: string | null;
  /** Epoch milliseconds after which the identity no longer holds; null for a login, which holds until it ends. */
  readonly expires: number | null;
}

/** That somebody was named, or (null) that the login stands for itself again. */
export interface Naming {
  readonly identity: Identity | null;
  /** What the server keeps of it, and gives back when it is asked whom its transactions have left. */
  readonly mark: string;
}

const nobody: Naming = { identity: null, mark: "" };

/** Who a session acts for: the login itself, or whoever a signed token named since (`SET whosaw.actor_token`). */
export class Identities {
  readonly login: Identity;
  readonly #naming: Changing<Naming> = new Changing(nobody);
  /** Who was named since it was last certain who is: the server's transaction may yet go back to any of them. By mark. */
  readonly #named: Map<string, Naming> = new Map([[nobody.mark, nobody]]);
  #kept = false;

  constructor(login: Identity) {
    this.login = login;
  }

  get current(): Identity {
    return this.#naming.latest.identity ?? this.login;
  }

  /** How many the session may come to stand for. */
  get size(): number {
    return this.#named.size;
  }

  /** @param pipeline the one in which the server is told so. */
  set(naming: Naming, pipeline: number): Change {
    this.#named.set(naming.mark, naming);
    return this.#naming.change(naming, pipeline, (settled) => {
      this.#kept ||= settled && naming.identity !== null;
    });
  }

  /** Whether the server has been told of anybody: only then it knows the setting in which it keeps the mark. */
  get areKept(): boolean {
    return this.#kept || this.#naming.possible.some(({ identity }) => identity !== null);
  }

  /** Whether a pipeline before this one may yet fail to name whom it named. */
  isUnsure(pipeline: number): boolean {
    return this.#naming.isUnsure(pipeline);
  }

  /** The server said what it keeps. @param certain no transaction can take it back. */
  stands(mark: string, certain: boolean): void {
    const naming = this.#named.get(mark) ?? defect("the server keeps the mark of somebody whom nobody named");
    this.#naming.stands(naming);
    if (certain) this.settled();
  }

  /** No transaction can take back what the server has said. */
  settled(): void {
    const { settled } = this.#naming;
    this.#named.clear();
    for (const one of [nobody, settled]) this.#named.set(one.mark, one);
  }

  /** Everyone whom the session may come to stand for: whoever suspends one of them ends it. */
  get all(): readonly Identity[] {
    return [this.login, ...[...this.#named.values()].flatMap(({ identity }) => identity ?? [])];
  }
}
