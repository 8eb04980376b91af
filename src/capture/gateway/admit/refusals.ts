import { type StatementRefusal, statementRefusal } from "../plan.ts";

/** What most refusals have to advise. */
export const askAdministrator =
  "Do this on the server itself, as its administrator; the gateway is for reading and writing rows.";

/** A refusal of whosaw's own, SQLSTATE 42501 (insufficient_privilege). */
export function refused(rule: string, message: string, hint: string): StatementRefusal {
  return statementRefusal({ code: "42501", rule, message: `whosaw: ${message}`, hint });
}
