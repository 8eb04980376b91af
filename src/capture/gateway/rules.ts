import {
  type FieldClass,
  isOpen,
  type Protection,
  type QuotaRefusal,
  Quotas,
  type Role,
  rowsAllowed,
  unnamedField,
} from "../../policy/index.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { Seen } from "./recording.ts";
import type { Batch, Identity } from "./session/index.ts";

/** What the roles of `whosaw.yaml` and the suspensions say of a statement and of its rows. */
export class Rules {
  readonly #quotas: Quotas = new Quotas();
  readonly #protection: () => Protection;
  readonly #suspended: Set<string> = new Set();

  constructor(protection: () => Protection) {
    this.#protection = protection;
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

  readonly mayRun = ({ reader, role }: Identity, now: number): StatementRefusal | null => {
    if (this.#suspended.has(reader.actor)) return suspended;
    return isOpen(role, now) ? null : outOfHours;
  };

  /** Counts the customers of a batch against the actor's quotas, class by class; none is counted if one quota refuses. */
  readonly mayShow = (
    { reader, role }: Identity,
    { released, rows, seen }: Batch,
    now: number,
  ): StatementRefusal | null => {
    if (this.#suspended.has(reader.actor)) return suspended;
    if (!rowsAllowed(role, released, rows)) return tooManyRows(role.rowsMax ?? 0);
    if (!hasQuota(role)) return null;
    for (const [counted, customers] of this.#byClass(seen)) {
      const refused = this.#quotas.admit({ actor: reader.actor, role, class: counted, customers, now });
      if (refused !== null) return overQuota(refused);
    }
    return null;
  };

  /** Masked values are no more than a hint of a record: they don't count. */
  #byClass(seen: readonly Seen[]): ReadonlyMap<FieldClass, readonly string[]> {
    const found = new Map<FieldClass, string[]>();
    const { tables } = this.#protection();
    for (const { customers, shown, table } of seen) {
      const fields = tables.get(table)?.fields;
      const classes = new Set(shown.map((field) => (fields?.get(field) ?? unnamedField).class));
      for (const one of classes) {
        const all = found.get(one) ?? [];
        for (const customer of customers) all.push(customer);
        found.set(one, all);
      }
    }
    return found;
  }
}

/** Most roles of machines have none, and a large answer of theirs needn't be counted. */
function hasQuota({ quotas }: Role): boolean {
  return Object.values(quotas).some(({ day, hour }) => day !== null || hour !== null);
}

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

function overQuota({ class: counted, limit, span }: QuotaRefusal): StatementRefusal {
  return statementRefusal({
    code: "53400",
    message:
      span === "memory"
        ? "whosaw: too many customers are counted at once, so nobody new is shown"
        : `whosaw: this account has seen its ${limit} customers of this ${span} (class ${counted})`,
    hint:
      span === "memory"
        ? "Lower the quotas or ask the operator."
        : "Wait, or ask for a higher quota in whosaw.yaml.",
    rule: `quota_${span}`,
  });
}
