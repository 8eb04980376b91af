import { actorTokenSetting, admit } from "../admit/index.ts";
import { isStatementRefusal, type PlanContext, type StatementPlan, type StatementRefusal } from "../plan.ts";
import type { StatementNote } from "../recording.ts";
import { parseAgain, type ParsedStatement, parseStatements, provenText, rewrite } from "../sql/index.ts";
import { changingBatch, mayNotExport, unreadable } from "./client/refusals.ts";
import { markingText } from "./marks.ts";
import type { PlannedStatement, SessionServices } from "./needs.ts";

/** Plans that are kept, and the bytes of statements that they may be kept for: our choice, some tens of megabytes. */
export const plansKeptMax = 4096;
export const plannedBytesKeptMax = 16_384;

const numbers = new WeakMap<object, number>();
let numbered = 0;

/** Tells objects apart that may say different things under one name: a role before and after the configuration changed. */
function numberOf(thing: object): number {
  const known = numbers.get(thing);
  if (known !== undefined) return known;
  numbers.set(thing, ++numbered);
  return numbered;
}

/** Everything that a plan depends on but its text. */
export function contextKey({ actor, catalog, protection, role, searchPath }: PlanContext): string {
  const who = role.ticketBound ? actor : "";
  // As JSON, because a schema's name may hold a comma.
  return [catalog.version, JSON.stringify(searchPath), numberOf(protection), numberOf(role), who].join("\n");
}

/** Whether rows that were chosen and masked under one key may be shown under the other, whatever names mean by now. */
export function sameRights(one: string, other: string): boolean {
  return rightsOf(one) === rightsOf(other);
}

function rightsOf(key: string): string {
  return key.split("\n").slice(2).join("\n");
}

/**
 * From a text to what is sent in its place. The same text under the same catalog, rights and actor gives the same plans, and a text
 * that was seen before is not parsed again.
 */
export function planner(): SessionServices["plan"] {
  const kept = new Map<string, readonly PlannedStatement[] | StatementRefusal>();
  return (text, context) => {
    if (text.length > plannedBytesKeptMax) return plannedOr(text, context);
    // By what the role says, not by its name: a plan must not outlive the rights that it was made under.
    const key = `${contextKey(context)}\n${text}`;
    const found = kept.get(key);
    if (found !== undefined) {
      // The least recently used is the first.
      kept.delete(key);
      kept.set(key, found);
      return found;
    }
    const planned = plannedOr(text, context);
    kept.set(key, planned);
    if (kept.size > plansKeptMax) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
    return planned;
  };
}

/** A defect of ours in reading a statement is that statement's refusal: it isn't sent, and the others go on. */
function plannedOr(text: string, context: PlanContext): readonly PlannedStatement[] | StatementRefusal {
  try {
    return planText(text, context);
  } catch {
    return unreadable;
  }
}

function planText(text: string, context: PlanContext): readonly PlannedStatement[] | StatementRefusal {
  const parsed = parseStatements(text);
  if (isStatementRefusal(parsed)) return parsed;
  const planned: PlannedStatement[] = [];
  for (const statement of parsed) {
    const plan = planStatement(statement, context);
    // What isn't known yet may be what an earlier statement of the text makes.
    const unmade = planned.some(({ plan: { does } }) => does.kind === "ddl");
    if (isStatementRefusal(plan)) return unmade && plan.code === "42P01" ? changingBatch : plan;
    const note: StatementNote = { normalized: plan.normalized, original: statement.text };
    planned.push({ plan, note, nameless: isNameless(statement.tree, plan) });
  }
  return planned;
}

/** The ends of transactions, and a table that is made of columns alone. */
function isNameless(tree: ParsedStatement["tree"], { does }: StatementPlan): boolean {
  if (["begin", "end", "savepoint"].includes(does.kind)) return true;
  if (!("CreateStmt" in tree)) return false;
  const { relation: _, ...rest } = tree.CreateStmt;
  return !namesRelations(rest);
}

function namesRelations(tree: unknown): boolean {
  if (typeof tree !== "object" || tree === null) return false;
  if ("relname" in tree || "ofTypename" in tree) return true;
  return Object.values(tree).some((part) => namesRelations(part));
}

function planStatement(statement: ParsedStatement, context: PlanContext): StatementPlan | StatementRefusal {
  const admitted = admit(statement.tree, context);
  if (isStatementRefusal(admitted)) return admitted;
  const { does } = admitted;
  const rewritten = rewrite({ ...statement, tree: admitted.stmt }, context);
  if (isStatementRefusal(rewritten)) return rewritten;
  if (does.kind === "copy_out" && rewritten.protected && !context.role.export) return mayNotExport;
  const sql = sentText(statement, admitted.stmt, rewritten.sql, context);
  if (typeof sql !== "string") return sql;
  const plan = { ...rewritten, sql, does, normalized: statement.normalized };
  return does.kind === "set" && does.name === actorTokenSetting
    ? { ...plan, sql: markingText(statement.tree, does) }
    : plan;
}

/**
 * What is really sent is admitted too: the views whose queries stand in it now were not seen before. What is sent as it came must not
 * name a function that could be another schema's.
 */
function sentText(
  { text }: ParsedStatement,
  admitted: ParsedStatement["tree"],
  sql: string,
  context: PlanContext,
): string | StatementRefusal {
  if (sql === text) return namesOthersFunctions(admitted, context) ? provenText(admitted) : text;
  const sent = parseAgain(sql);
  const again = sent === null ? null : admit(sent, { ...context, searchPath: [] });
  return again !== null && isStatementRefusal(again) ? again : sql;
}

/** Whether a function of the server's own is called by a name that another schema has as well. */
function namesOthersFunctions(tree: unknown, context: PlanContext): boolean {
  if (typeof tree !== "object" || tree === null) return false;
  if ("FuncCall" in tree && typeof tree.FuncCall === "object" && tree.FuncCall !== null) {
    const parts: unknown = "funcname" in tree.FuncCall ? tree.FuncCall.funcname : [];
    const last: unknown = Array.isArray(parts) ? (parts as readonly unknown[]).at(-1) : undefined;
    const name = JSON.stringify(last ?? "");
    const sval = /"sval":"((?:[^"\\]|\\.)*)"/.exec(name)?.[1];
    if (sval !== undefined && context.catalog.functionSchemas(sval).length > 0) return true;
  }
  return Object.values(tree).some((part) => namesOthersFunctions(part, context));
}
