import { type StatementPlan, type StatementRefusal, statementRefusal } from "../../plan.ts";
import { actorTokenSetting } from "../../admit/index.ts";
import type { PlannedStatement } from "../needs.ts";
import { namesMax } from "./names.ts";

/** What a session refuses by itself, whatever the statement's plan says. */
export const changingBatch: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: this statement changes what names in the statements after it mean",
  hint: "Send it by itself, and the others after it.",
  rule: "batch",
});
export const severalStatements: StatementRefusal = statementRefusal({
  code: "42601",
  message: "cannot insert multiple commands into a prepared statement",
  hint: "",
  rule: "several_statements",
});
export const tooManyNames: StatementRefusal = statementRefusal({
  code: "53400",
  message: `whosaw: more than ${namesMax} prepared statements or portals in one session`,
  hint: "Close those that are no longer needed.",
  rule: "names",
});
/** In the server's words: the names are the client's own. */
export function noSuchStatement(name: string): StatementRefusal {
  return statementRefusal({
    code: "26000",
    message:
      name === ""
        ? "unnamed prepared statement does not exist"
        : `prepared statement "${name}" does not exist`,
    hint: "",
    rule: "no_statement",
  });
}
export function noSuchPortal(name: string, word: "portal" | "cursor"): StatementRefusal {
  return statementRefusal({
    code: "34000",
    message: `${word} "${name}" does not exist`,
    hint: "",
    rule: "no_portal",
  });
}
export function notFound(asked: {
  readonly target: "statement" | "portal";
  readonly name: string;
}): StatementRefusal {
  return asked.target === "statement" ? noSuchStatement(asked.name) : noSuchPortal(asked.name, "portal");
}
export const preparedUnderOther: StatementRefusal = statementRefusal({
  code: "26000",
  message: "whosaw: the prepared statement was made under other rights or another catalog",
  hint: "DEALLOCATE and PREPARE it again.",
  rule: "stale_statement",
});
export const declaredUnderOther: StatementRefusal = statementRefusal({
  code: "34000",
  message: "whosaw: the cursor was declared under other rights",
  hint: "Close it and declare it again.",
  rule: "stale_cursor",
});
export const fetchesFromFetch: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: the portal runs a FETCH or EXECUTE itself, so it can't be told whose rows come from it",
  hint: "Fetch from the cursor, or execute the statement, that it names.",
  rule: "nested_fetch",
});
export const boundUnderOther: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: what this portal's names mean may have changed since it was bound",
  hint: "Bind it again.",
  rule: "stale_portal",
});
/** Statements that an expired token doesn't forbid: they end what was begun, or name somebody else. */
export const outliveTokens: ReadonlySet<StatementPlan["does"]["kind"]> = new Set([
  "set",
  "discard",
  "end",
  "savepoint",
]);
export const expiredIdentity: StatementRefusal = statementRefusal({
  code: "28000",
  message: "whosaw: the actor token has expired",
  hint: "Set whosaw.actor_token to a fresh one.",
  rule: "token_expired",
});
export const unreadableComment: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: the comment that names an actor can't be read",
  hint: "Write one comment, at the statement's start or end: /*whosaw_token='...',ticket='...'*/, its values URL-encoded.",
  rule: "comment",
});
export function notAsked(code: string): StatementRefusal {
  return statementRefusal({
    code,
    message: "whosaw: the catalog could not be asked what the statement's names mean",
    hint: "Send the statement again.",
    rule: "not_asked",
  });
}
export const mayNotExport: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: this role may not export customers' rows by COPY",
  hint: "Read them with SELECT, or ask for a role with `export: true` in whosaw.yaml.",
  rule: "export",
});
export const unreadable: StatementRefusal = statementRefusal({
  code: "XX000",
  message: "whosaw: this statement could not be read, by a defect of the gateway's; it was not sent",
  hint: "Write it another way, and report the statement to whosaw's developers.",
  rule: "defect",
});
export const fastPath: StatementRefusal = statementRefusal({
  code: "42501",
  message: "whosaw: function calls by the fast path are refused",
  hint: "Call the function in a SELECT.",
  rule: "fast_path",
});
const changingSettings: ReadonlySet<string> = new Set(["search_path", "all", actorTokenSetting]);

/**
 * @param unsettled what names mean depends on a transaction that may end.
 * Names in a later statement of the text would be looked up before an earlier one has changed what they mean. */
export function unfitBatch(
  planned: readonly PlannedStatement[],
  unsettled: boolean,
): StatementRefusal | null {
  const changes = planned.findIndex(
    ({ plan: { does } }) =>
      does.kind === "ddl" ||
      does.kind === "discard" ||
      (unsettled && (does.kind === "end" || does.kind === "savepoint")) ||
      (does.kind === "set" && changingSettings.has(does.name)),
  );
  if (changes === -1 || changes === planned.length - 1) return null;
  // Settings may also change who is asking.
  const settings = ["set", "discard"].includes(planned[changes]?.plan.does.kind ?? "");
  const others = planned.slice(changes + 1);
  return !settings && others.every(({ nameless }) => nameless) ? null : changingBatch;
}

/** A portal, or a statement, that is never there. */
export const refusedName = "whosaw_refused";

/**
 * What fails at the server in a refused statement's place: so the server itself ends the transaction and skips, as it would. Within a
 * failed transaction it says so, and so it would have said to the statement, unless that was none.
 */
const failing = "SELECT pg_catalog.whosaw_refused_this_statement()";
const failingToParse = "whosaw refused this statement";
export const failingFor = ({ code }: StatementRefusal): string =>
  code === "42601" ? failingToParse : failing;
