import type { PlanContext, StatementKind, StatementRefusal } from "../plan.ts";
import { judgeCopy } from "./copy.ts";
import { ddlJudges, type StatementJudge } from "./ddl.ts";
import { refusedStatements } from "./lists/refusedStatements.ts";
import { askAdministrator, refused } from "./refusals.ts";
import { judgeSet, judgeShow } from "./settings.ts";
import { type Fields, fieldsOf, isFields, listOf, named, textOf } from "./tree.ts";

const rows: StatementKind = { kind: "rows" };
const other: StatementKind = { kind: "other" };

/** DECLARE's options: CURSOR_OPT_HOLD of parsenodes.h. */
const cursorOptionHold = 0x0020;

function transaction(fields: Fields): StatementKind | StatementRefusal {
  switch (textOf(fields["kind"])) {
    case "TRANS_STMT_BEGIN":
    case "TRANS_STMT_START":
      return { kind: "begin" };
    case "TRANS_STMT_COMMIT":
      return { kind: "end", commits: true };
    case "TRANS_STMT_ROLLBACK":
      return { kind: "end", commits: false };
    case "TRANS_STMT_SAVEPOINT":
    case "TRANS_STMT_RELEASE":
    case "TRANS_STMT_ROLLBACK_TO":
      return { kind: "savepoint" };
    default:
      return refused(
        "two_phase",
        "transactions that outlive the session (PREPARE TRANSACTION) are not made or ended through the gateway.",
        "Use COMMIT and ROLLBACK.",
      );
  }
}

function channel(fields: Fields, { role }: PlanContext): StatementKind | StatementRefusal {
  return role.channels.has(textOf(fields["conditionname"]))
    ? other
    : refused(
        "channel",
        "this role may not listen to or notify that channel.",
        "Channels are listed for the role; what is sent over them isn't looked at by the gateway.",
      );
}

const explainOptions: ReadonlySet<string> = new Set(
  "analyze verbose costs settings generic_plan buffers serialize wal timing summary memory format".split(" "),
);

function explain(fields: Fields): StatementKind | StatementRefusal {
  const known = listOf(fields["options"]).every((option) =>
    explainOptions.has(textOf(fieldsOf(named(option)?.fields)["defname"])),
  );
  return known
    ? rows
    : refused("explain_option", "EXPLAIN has an option that isn't known.", "Use those of PostgreSQL 18.");
}

function select(fields: Fields, context: PlanContext): StatementKind | StatementRefusal {
  const into = fields["intoClause"];
  return isFields(into)
    ? (ddlJudges.get("CreateTableAsStmt")?.({ query: { SelectStmt: {} }, into }, context) ?? rows)
    : rows;
}

function discard(fields: Fields): StatementKind {
  const targets = {
    DISCARD_PLANS: "plans",
    DISCARD_SEQUENCES: "sequences",
    DISCARD_TEMP: "temporary",
  } as const;
  const target = textOf(fields["target"]);
  for (const [word, what] of Object.entries(targets))
    if (word === target) return { kind: "discard", target: what };
  return { kind: "discard", target: "all" };
}

function nameOrAll(fields: Fields, name: string): string | null {
  const text = fields[name];
  return typeof text === "string" ? text : null;
}

/** What each kind of statement does to the session, or why it doesn't pass. */
const judges: ReadonlyMap<string, StatementJudge> = new Map<string, StatementJudge>([
  ["SelectStmt", select],
  ["InsertStmt", () => rows],
  ["UpdateStmt", () => rows],
  ["DeleteStmt", () => rows],
  ["MergeStmt", () => rows],
  ["CopyStmt", judgeCopy],
  ["ExplainStmt", explain],
  ["VariableSetStmt", judgeSet],
  ["VariableShowStmt", judgeShow],
  ["TransactionStmt", transaction],
  [
    "DeclareCursorStmt",
    (fields): StatementKind => ({
      kind: "declare",
      cursor: textOf(fields["portalname"]),
      hold: (Number(fields["options"] ?? 0) & cursorOptionHold) !== 0,
    }),
  ],
  [
    "FetchStmt",
    (fields): StatementKind => ({
      kind: "fetch",
      cursor: textOf(fields["portalname"]),
      move: fields["ismove"] === true,
    }),
  ],
  [
    "ClosePortalStmt",
    (fields): StatementKind => ({ kind: "close_cursor", cursor: nameOrAll(fields, "portalname") }),
  ],
  ["PrepareStmt", (fields): StatementKind => ({ kind: "prepare", name: textOf(fields["name"]) })],
  ["ExecuteStmt", (fields): StatementKind => ({ kind: "execute", name: textOf(fields["name"]) })],
  ["DeallocateStmt", (fields): StatementKind => ({ kind: "deallocate", name: nameOrAll(fields, "name") })],
  ["ListenStmt", channel],
  ["NotifyStmt", channel],
  ["UnlistenStmt", () => other],
  ["LockStmt", () => other],
  ["ConstraintsSetStmt", () => other],
  ["DiscardStmt", discard],
  ...ddlJudges,
]);

export function judgeStatement(
  kind: string,
  fields: Fields,
  context: PlanContext,
): StatementKind | StatementRefusal {
  const judge = judges.get(kind);
  if (judge !== undefined) return judge(fields, context);
  const known = Object.hasOwn(refusedStatements, kind) ? refusedStatements[kind] : undefined;
  const [rule, what] = known ?? ["unknown_statement", "statements of this kind are not passed on"];
  return refused(rule, `${what} through the gateway.`, askAdministrator);
}
