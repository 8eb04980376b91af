import type { Diagnostics } from "../../../../wire/index.ts";
import { knownSqlstates, sqlstateClasses } from "../lists/sqlstates.ts";

/** What may be sent of an ErrorResponse's or NoticeResponse's fields. */
export interface Scrubbed {
  readonly fields: Diagnostics;
  /** Something of the server's was left out: the original belongs, sealed, in the record. */
  readonly withheld: boolean;
}

const severities: ReadonlySet<string> = new Set("ERROR FATAL PANIC WARNING NOTICE DEBUG INFO LOG".split(" "));

const internalError = "XX000";
const identifiers = ["schema", "table", "column", "dataType", "constraint"] as const;

/**
 * Any text of an error or notice can hold a value of a row that the statement read (measured: message, detail, hint, the names in RAISE,
 * even the SQLSTATE). Of a protected statement's only what is one of a closed list goes out: severity, PostgreSQL's own SQLSTATEs, and
 * names of the database's objects (`names`) that the plan says it is about. What isn't protected goes out as it came.
 */
export function scrubFields(
  fields: Partial<Diagnostics>,
  names: ReadonlySet<string>,
  isProtected: boolean,
): Scrubbed {
  const whole = completed(fields);
  if (!isProtected) return { fields: whole, withheld: false };
  const severity = oneOf(whole.severityCode ?? whole.severity, severities, "ERROR");
  const sqlstate = oneOf(whole.sqlstate, knownSqlstates, internalError);
  const kept: Partial<Record<(typeof identifiers)[number], string>> = {};
  for (const field of identifiers) {
    const name = whole[field];
    if (name !== undefined && names.has(name)) kept[field] = name;
  }
  const scrubbed: Diagnostics = {
    severity,
    severityCode: severity,
    sqlstate,
    message: genericMessage(sqlstate),
    ...kept,
    unknown: [],
  };
  return { fields: scrubbed, withheld: true };
}

/** S, C and M must be there; a server that leaves one out isn't followed into an error of our own. */
function completed(fields: Partial<Diagnostics>): Diagnostics {
  return {
    ...fields,
    severity: fields.severity ?? fields.severityCode ?? "ERROR",
    sqlstate: /^[0-9A-Z]{5}$/.test(fields.sqlstate ?? "")
      ? (fields.sqlstate ?? internalError)
      : internalError,
    message: fields.message ?? "",
    unknown: fields.unknown ?? [],
  };
}

function oneOf(text: string, list: ReadonlySet<string>, otherwise: string): string {
  return list.has(text) ? text : otherwise;
}

/** The class of 42501 is that of syntax errors, which sends people looking in the wrong place. */
const insufficientPrivilege = "42501";

function genericMessage(sqlstate: string): string {
  const about =
    sqlstate === insufficientPrivilege
      ? "permission denied by the server, where the role's login lacks a grant"
      : (sqlstateClasses[sqlstate.slice(0, 2)] ?? "error");
  return `whosaw: ${about}; the server's text is withheld because it may hold customers' values`;
}
