import type { LoadTable, LoadUnit } from "./plan.ts";

/** Rows of an import that no question sees yet. The names hold numbers and table names of ours alone. */
export function incoming(unit: LoadUnit, table: LoadTable): string {
  return `incoming_${unit.import}_${table}`;
}

/** What is left of them once rows that the store has are set aside. */
export function ready(unit: LoadUnit, table: LoadTable): string {
  return `ready_${unit.import}_${table}`;
}
