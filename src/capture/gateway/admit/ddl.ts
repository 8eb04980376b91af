import type { Relation } from "../catalog/catalog.ts";
import { isStatementRefusal, type PlanContext, type StatementKind, type StatementRefusal } from "../plan.ts";
import { mayBeProtected, placeOf } from "./names.ts";
import { askAdministrator, refused } from "./refusals.ts";
import { type Fields, fieldsOf, isFields, listOf, named, nameParts, textOf } from "./tree.ts";

type Judged = StatementKind | StatementRefusal;
export type StatementJudge = (fields: Fields, context: PlanContext) => Judged;

const permanent: StatementKind = { kind: "ddl", temporary: false };
const temporary: StatementKind = { kind: "ddl", temporary: true };

function ddl(context: PlanContext): Judged {
  return context.role.ddl
    ? permanent
    : refused(
        "ddl",
        "this role may not create, change or drop tables, views and indexes.",
        "Temporary tables may be created: CREATE TEMPORARY TABLE. Others need `ddl: true` for the role.",
      );
}

/** A relation about to be made: `TEMPORARY`, or named in pg_temp. */
function isTemporaryName(relation: unknown): boolean {
  const { relpersistence, schemaname } = fieldsOf(relation);
  return relpersistence === "t" || schemaname === "pg_temp";
}

/** A relation that is there: the session's own temporary ones may be done with as one likes. */
function existing(relation: Relation | null, context: PlanContext): Judged {
  return relation?.temporary === true ? temporary : ddl(context);
}

function changes(field: string): StatementJudge {
  return (fields, context) => existing(placeOf(fieldsOf(fields[field]), context).relation, context);
}

function creates(field: string): StatementJudge {
  return (fields, context) => (isTemporaryName(fields[field]) ? temporary : ddl(context));
}

const alterations: ReadonlySet<string> = new Set(
  `AT_AddColumn AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetExpression AT_DropExpression AT_SetStatistics AT_SetOptions
  AT_ResetOptions AT_SetStorage AT_SetCompression AT_DropColumn AT_AddConstraint AT_AlterConstraint AT_ValidateConstraint
  AT_AddIndexConstraint AT_DropConstraint AT_AlterColumnType AT_ClusterOn AT_DropCluster AT_SetLogged AT_SetUnLogged
  AT_SetRelOptions AT_ResetRelOptions AT_AddInherit AT_DropInherit AT_AttachPartition AT_DetachPartition
  AT_DetachPartitionFinalize AT_AddIdentity AT_SetIdentity AT_DropIdentity`.split(/\s+/),
);

/** On a protected table these would take rows, or values, from under the protection. */
const unprotecting: ReadonlySet<string> = new Set(
  "AT_AddInherit AT_DropInherit AT_AttachPartition AT_DetachPartition AT_DetachPartitionFinalize".split(" "),
);

function alterTable(fields: Fields, context: PlanContext): Judged {
  const { relation } = placeOf(fieldsOf(fields["relation"]), context);
  const allowed = existing(relation, context);
  if (isStatementRefusal(allowed)) return allowed;
  const isProtected = relation?.temporary !== true && mayBeProtected(relation, context);
  for (const item of listOf(fields["cmds"])) {
    const command = fieldsOf(named(item)?.fields);
    const subtype = textOf(command["subtype"]);
    if (!alterations.has(subtype))
      return refused(
        "alter_table",
        "this form of ALTER is not done through the gateway.",
        "Columns, defaults, constraints and partitions may be changed.",
      );
    const takesValues = subtype === "AT_AlterColumnType" && "raw_default" in definitionOf(command);
    if (isProtected && (unprotecting.has(subtype) || takesValues)) return protectedRefusal();
    const part = named(command["def"]);
    if (unprotecting.has(subtype) && otherIsProtected(part?.fields, context)) return protectedRefusal();
  }
  return allowed;
}

function definitionOf(command: Fields): Fields {
  return fieldsOf(named(command["def"])?.fields);
}

/** The partition or parent that a command names. */
function otherIsProtected(part: unknown, context: PlanContext): boolean {
  if (!isFields(part)) return false;
  const rangeVar = isFields(part["name"]) ? part["name"] : part;
  return "relname" in rangeVar && mayBeProtected(placeOf(rangeVar, context).relation, context);
}

function protectedRefusal(): StatementRefusal {
  return refused(
    "protected_alter",
    "that would take a protected table's rows or values from under its protection.",
    "Change whosaw.yaml and the table together, on the server itself.",
  );
}

const renamable: ReadonlySet<string> = new Set(
  "OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_INDEX OBJECT_SEQUENCE OBJECT_COLUMN OBJECT_TABCONSTRAINT".split(
    " ",
  ),
);

/** New names for what has a table's name in front; protection goes by name, so what is protected keeps its name. */
function rename(fields: Fields, context: PlanContext): Judged {
  const kind = textOf(fields["renameType"] ?? fields["objectType"]);
  if (!renamable.has(kind) || !isFields(fields["relation"])) return unlistedObject();
  const { relation } = placeOf(fields["relation"], context);
  const allowed = existing(relation, context);
  if (isStatementRefusal(allowed) || relation?.temporary === true) return allowed;
  const free = kind === "OBJECT_INDEX" || kind === "OBJECT_SEQUENCE" || kind === "OBJECT_VIEW";
  return !free && mayBeProtected(relation, context) ? protectedRefusal() : allowed;
}

function unlistedObject(): StatementRefusal {
  return refused(
    "object_kind",
    "objects of this kind are not changed or dropped through the gateway.",
    askAdministrator,
  );
}

/** A value's name may be read twice within one statement, and must be the same both times. */
function alterEnum(fields: Fields, context: PlanContext): Judged {
  return textOf(fields["oldVal"]) === ""
    ? ddl(context)
    : refused("rename_value", "values of enums are not renamed through the gateway.", askAdministrator);
}

const droppable: ReadonlySet<string> = new Set(
  `OBJECT_TABLE OBJECT_VIEW OBJECT_MATVIEW OBJECT_INDEX OBJECT_SEQUENCE OBJECT_SCHEMA OBJECT_TYPE OBJECT_DOMAIN`.split(
    " ",
  ),
);

function drop(fields: Fields, context: PlanContext): Judged {
  const kind = textOf(fields["removeType"]);
  if (!droppable.has(kind)) return unlistedObject();
  const relations = listOf(fields["objects"]).map((object) => droppedRelation(object, context));
  const isRelation = !["OBJECT_SCHEMA", "OBJECT_TYPE", "OBJECT_DOMAIN"].includes(kind);
  return isRelation && relations.length > 0 && relations.every((relation) => relation?.temporary === true)
    ? temporary
    : ddl(context);
}

function droppedRelation(object: unknown, context: PlanContext): Relation | null {
  const parts = nameParts(named(object)?.fields["items"]);
  if (parts === null || parts.length > 2) return null;
  const [relname = "", schemaname = ""] = parts.toReversed();
  return placeOf({ relname, schemaname }, context).relation;
}

function createTableAs(fields: Fields, context: PlanContext): Judged {
  if (named(fields["query"])?.kind !== "SelectStmt")
    return refused(
      "create_table_as_execute",
      "CREATE TABLE AS takes a query here, not EXECUTE.",
      "Write the query itself.",
    );
  return isTemporaryName(fieldsOf(fields["into"])["rel"]) ? temporary : ddl(context);
}

/** Emptying a table is everybody's who may delete from it, but a protected one's rows are deleted with DELETE, which says whose. */
function truncate(fields: Fields, context: PlanContext): Judged {
  const relations = listOf(fields["relations"]).map(
    (item) => placeOf(fieldsOf(named(item)?.fields), context).relation,
  );
  if (!relations.some((relation) => mayBeProtected(relation, context))) return { kind: "other" };
  const allowed = ddl(context);
  return isStatementRefusal(allowed) ? allowed : { kind: "other" };
}

/** Upkeep: VACUUM, ANALYZE, CLUSTER, REINDEX. They change no row, but take long and lock. */
function upkeep(_fields: Fields, context: PlanContext): Judged {
  const allowed = ddl(context);
  return isStatementRefusal(allowed)
    ? refused(
        "upkeep",
        "this role may not run VACUUM, ANALYZE, CLUSTER or REINDEX.",
        "They need `ddl: true` for the role.",
      )
    : { kind: "other" };
}

/** Statements that make, change and drop tables and their like. */
export const ddlJudges: ReadonlyMap<string, StatementJudge> = new Map<string, StatementJudge>([
  ["CreateStmt", creates("relation")],
  ["CreateSeqStmt", creates("sequence")],
  ["ViewStmt", creates("view")],
  ["CreateTableAsStmt", createTableAs],
  ["IndexStmt", changes("relation")],
  ["AlterSeqStmt", changes("sequence")],
  ["RefreshMatViewStmt", changes("relation")],
  ["CompositeTypeStmt", (_fields, context) => ddl(context)],
  ["CreateEnumStmt", (_fields, context) => ddl(context)],
  ["AlterEnumStmt", alterEnum],
  ["CreateDomainStmt", (_fields, context) => ddl(context)],
  ["AlterDomainStmt", (_fields, context) => ddl(context)],
  ["CreateSchemaStmt", (_fields, context) => ddl(context)],
  ["CommentStmt", () => permanent],
  ["AlterTableStmt", alterTable],
  ["RenameStmt", rename],
  ["AlterObjectSchemaStmt", rename],
  ["DropStmt", drop],
  ["TruncateStmt", truncate],
  ["VacuumStmt", upkeep],
  ["ClusterStmt", upkeep],
  ["ReindexStmt", upkeep],
]);
