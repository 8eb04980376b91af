import type { Role } from "./role.ts";

/** Whether `more` rows may follow the `released` ones of one statement's answer (rows with customers only). */
export function rowsAllowed(role: Pick<Role, "export" | "rowsMax">, released: number, more: number): boolean {
  return role.export || role.rowsMax === null || released + more <= role.rowsMax;
}
