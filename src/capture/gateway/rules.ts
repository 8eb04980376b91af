import { isOpen, type Role, rowsAllowed } from "../../policy/index.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { QuotaBook } from "./quota-book.ts";
import type { Batch, Identity } from "./session/index.ts";

/** A role as it is configured now. */
export type RoleNamed = (name: string) => Role | undefined;

/** What the roles of `whosaw.yaml` and the suspensions say of a statement and of its rows. */
export class Rules {
  readonly #quotas: QuotaBook | null;
  readonly #roleNamed: RoleNamed;
  readonly #suspended: Set<string> = new Set();

  /** @param quotas null: the recorder counts. */
  constructor(roleNamed: RoleNamed, quotas: QuotaBook | null) {
    this.#roleNamed = roleNamed;
    this.#quotas = quotas;
  }

  suspend(actor: string): void {
    this.#suspended.add(actor);
  }

  restore(actor: string): void {
    this.#suspended.delete(actor);
  }

  isSuspended(actor: string): boolean {
    return this.#suspended.has(actor);
  }

  readonly mayRun = ({ reader }: Identity, now: number): StatementRefusal | null => {
    if (this.#suspended.has(reader.actor)) return suspended;
    const role = this.#roleNamed(reader.role);
    if (role === undefined) return noRole;
    return isOpen(role, now) ? null : outOfHours;
  };

  /** Where the recorder counts for several gateways, it refuses what is too much; else this gateway's own book does. */
  readonly mayShow = (
    { reader }: Identity,
    { released, rows, seen }: Batch,
    now: number,
  ): StatementRefusal | null => {
    if (this.#suspended.has(reader.actor)) return suspended;
    const role = this.#roleNamed(reader.role);
    if (role === undefined) return noRole;
    if (!rowsAllowed(role, released, rows)) return tooManyRows(role.rowsMax ?? 0);
    return this.#quotas?.admit({ actor: reader.actor, role }, seen, now) ?? null;
  };
}

/** A reload took it away, and its sessions are about to be cut. */
export const noRole: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: the role is not configured any more",
  hint: "",
  rule: "role",
});

const suspended: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: this account is suspended",
  hint: "Ask whoever suspended it; whosaw restore lets it read again.",
  rule: "suspended",
});

const outOfHours: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: this role may not read customers' records at this time",
  hint: "The role's hours stand in whosaw.yaml.",
  rule: "hours",
});

function tooManyRows(rowsMax: number): StatementRefusal {
  return statementRefusal({
    code: "54000",
    message: `whosaw: this role may see ${rowsMax} customers' rows of one statement, and no more`,
    hint: "Ask for fewer rows (LIMIT), or for a role that may export.",
    rule: "rows",
  });
}
