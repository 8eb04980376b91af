import {
  type FieldClass,
  type Protection,
  type QuotaRefusal,
  Quotas,
  type Role,
  unnamedField,
} from "../../policy/index.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { Seen } from "./recording.ts";

/** Whose quota it is. */
interface Counted {
  readonly actor: string;
  readonly role: Pick<Role, "quotas">;
}

/** How many different customers every actor was shown lately, by the fields' classes, held against the roles' quotas. */
export class QuotaBook {
  readonly #quotas: Quotas = new Quotas();
  readonly #protection: () => Protection;

  constructor(protection: () => Protection) {
    this.#protection = protection;
  }

  /** Counts the customers of a batch, class by class; what a class before the refusing one counted stays counted. `now`: epoch ms. */
  admit({ actor, role }: Counted, seen: readonly Seen[], now: number): StatementRefusal | null {
    if (!hasQuota(role)) return null;
    for (const [counted, customers] of this.#byClass(seen)) {
      const refused = this.#quotas.admit({ actor, role, class: counted, customers, now });
      if (refused !== null) return overQuota(refused);
    }
    return null;
  }

  /** Counts what was shown before this process began. */
  remember({ actor, role }: Counted, seen: readonly Seen[], time: number): void {
    for (const [counted, customers] of this.#byClass(seen))
      this.#quotas.remember({ actor, role, class: counted, customers, time });
  }

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
export function hasQuota({ quotas }: Pick<Role, "quotas">): boolean {
  return Object.values(quotas).some(({ day, hour }) => day !== null || hour !== null);
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
