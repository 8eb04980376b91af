/**
 * The nodes of a parse tree (libpg-query 18) that a statement may hold, and the fields each may have. What isn't here is refused: a
 * node or field that came with a newer grammar does something that nobody has looked at.
 *
 * A line is a node and its fields: `name` holds a number, a text or a word of a closed list, `name:*` nodes, each under the name of its
 * kind, `name:Kind` one node of that kind without its name,
 * `name:aliases` names of things that stand elsewhere in the statement. `location` is everywhere. Fields that only the server's analysis fills are left out.
 */
const grammar = `
Integer ival
Float fval
Boolean boolval
String sval
BitString bsval
List items:*
A_Const ival:Integer fval:Float boolval:Boolean sval:String bsval:BitString isnull
Alias aliasname colnames:*
RangeVar catalogname schemaname relname inh relpersistence alias:Alias
IntoClause rel:RangeVar colNames:* accessMethod options:* onCommit tableSpaceName skipData
GroupingFunc args:*
MergeSupportFunc msftype
NamedArgExpr arg:* name argnumber
BoolExpr boolop args:*
SubLink subLinkType testexpr:* operName:* subselect:*
CaseExpr casetype arg:* args:* defresult:*
CaseWhen expr:* result:*
RowExpr args:* row_format colnames:*
CoalesceExpr args:*
MinMaxExpr op args:*
SQLValueFunction op type typmod
XmlExpr op name named_args:* arg_names:* args:* xmloption indent typmod
JsonFormat format_type encoding
JsonReturning format:JsonFormat
JsonValueExpr raw_expr:* format:JsonFormat
JsonIsPredicate expr:* format:JsonFormat item_type unique_keys
JsonBehavior btype expr:* coerce
NullTest arg:* nulltesttype argisrow
BooleanTest arg:* booltesttype
SetToDefault
CurrentOfExpr cvarno cursor_name
JoinExpr jointype isNatural larg:* rarg:* usingClause:* join_using_alias:Alias quals:* alias:Alias
TypeName names:* setof pct_type typmods:* typemod arrayBounds:*
ColumnRef fields:*
ParamRef number
A_Expr kind name:* lexpr:* rexpr:* rexpr_list_start rexpr_list_end
TypeCast arg:* typeName:TypeName
CollateClause arg:* collname:*
FuncCall funcname:* args:* agg_order:* agg_filter:* over:WindowDef agg_within_group agg_star agg_distinct func_variadic funcformat
A_Star
A_Indices is_slice lidx:* uidx:*
A_Indirection arg:* indirection:*
A_ArrayExpr elements:* list_start list_end
ResTarget name indirection:* val:*
MultiAssignRef source:* colno ncolumns
SortBy node:* sortby_dir sortby_nulls useOp:*
WindowDef name refname partitionClause:* orderClause:* frameOptions startOffset:* endOffset:*
RangeSubselect lateral subquery:* alias:Alias
RangeFunction lateral ordinality is_rowsfrom functions:* alias:Alias coldeflist:*
RangeTableFunc lateral docexpr:* rowexpr:* namespaces:* columns:* alias:Alias
RangeTableFuncCol colname typeName:TypeName for_ordinality is_not_null colexpr:* coldefexpr:*
RangeTableSample relation:* method:* args:* repeatable:*
ColumnDef colname typeName:TypeName compression inhcount is_local is_not_null is_from_type storage storage_name raw_default:*
  identity generated collClause:CollateClause constraints:*
TableLikeClause relation:RangeVar options
IndexElem name expr:* indexcolname collation:* opclass:* opclassopts:* ordering nulls_ordering
DefElem defnamespace defname arg:* defaction
LockingClause lockedRels:aliases strength waitPolicy
XmlSerialize xmloption expr:* typeName:TypeName indent
PartitionElem name expr:* collation:* opclass:*
PartitionSpec strategy partParams:*
PartitionBoundSpec strategy is_default modulus remainder listdatums:* lowerdatums:* upperdatums:*
PartitionRangeDatum kind value:*
PartitionCmd name:RangeVar bound:PartitionBoundSpec concurrent
GroupingSet kind content:*
WithClause ctes:* recursive
InferClause indexElems:* whereClause:* conname
OnConflictClause action infer:InferClause targetList:* whereClause:*
CTESearchClause search_col_list:* search_breadth_first search_seq_column
CTECycleClause cycle_col_list:* cycle_mark_column cycle_mark_value:* cycle_mark_default:* cycle_path_column
CommonTableExpr ctename aliascolnames:* ctematerialized ctequery:* search_clause:CTESearchClause cycle_clause:CTECycleClause
  cterecursive
MergeWhenClause matchKind commandType override condition:* targetList:* values:*
ReturningOption option value
ReturningClause options:* exprs:*
JsonOutput typeName:TypeName returning:JsonReturning
JsonArgument val:JsonValueExpr name
JsonFuncExpr op column_name context_item:JsonValueExpr pathspec:* passing:* output:JsonOutput on_empty:JsonBehavior
  on_error:JsonBehavior wrapper quotes
JsonTablePathSpec string:* name name_location
JsonTable context_item:JsonValueExpr pathspec:JsonTablePathSpec passing:* columns:* on_error:JsonBehavior alias:Alias lateral
JsonTableColumn coltype name typeName:TypeName pathspec:JsonTablePathSpec format:JsonFormat wrapper quotes columns:*
  on_empty:JsonBehavior on_error:JsonBehavior
JsonKeyValue key:* value:JsonValueExpr
JsonParseExpr expr:JsonValueExpr output:JsonOutput unique_keys
JsonScalarExpr expr:* output:JsonOutput
JsonSerializeExpr expr:JsonValueExpr output:JsonOutput
JsonObjectConstructor exprs:* output:JsonOutput absent_on_null unique
JsonArrayConstructor exprs:* output:JsonOutput absent_on_null
JsonArrayQueryConstructor query:* output:JsonOutput format:JsonFormat absent_on_null
JsonAggConstructor output:JsonOutput agg_filter:* agg_order:* over:WindowDef
JsonObjectAgg constructor:JsonAggConstructor arg:JsonKeyValue absent_on_null unique
JsonArrayAgg constructor:JsonAggConstructor arg:JsonValueExpr absent_on_null
InsertStmt relation:RangeVar cols:* selectStmt:* onConflictClause:OnConflictClause returningClause:ReturningClause
  withClause:WithClause override
DeleteStmt relation:RangeVar usingClause:* whereClause:* returningClause:ReturningClause withClause:WithClause
UpdateStmt relation:RangeVar targetList:* whereClause:* fromClause:* returningClause:ReturningClause withClause:WithClause
MergeStmt relation:RangeVar sourceRelation:* joinCondition:* mergeWhenClauses:* returningClause:ReturningClause
  withClause:WithClause
SelectStmt distinctClause:* intoClause:IntoClause targetList:* fromClause:* whereClause:* groupClause:* groupDistinct
  havingClause:* windowClause:* valuesLists:* sortClause:* limitOffset:* limitCount:* limitOption lockingClause:*
  withClause:WithClause op all larg:SelectStmt rarg:SelectStmt
AlterTableStmt relation:RangeVar cmds:* objtype missing_ok
AlterTableCmd subtype name num def:* behavior missing_ok recurse
ATAlterConstraint conname alterEnforceability is_enforced alterDeferrability deferrable initdeferred alterInheritability noinherit
CreateSchemaStmt schemaname schemaElts:* if_not_exists
AlterDomainStmt subtype typeName:* name def:* behavior missing_ok
CopyStmt relation:RangeVar query:* attlist:* is_from is_program filename options:* whereClause:*
VariableSetStmt kind name args:* jumble_args is_local
VariableShowStmt name
CreateStmt relation:RangeVar tableElts:* inhRelations:* partbound:PartitionBoundSpec partspec:PartitionSpec constraints:*
  options:* oncommit tablespacename accessMethod if_not_exists
Constraint contype conname deferrable initdeferred is_enforced skip_validation initially_valid is_no_inherit raw_expr:*
  generated_when generated_kind nulls_not_distinct keys:* without_overlaps including:* exclusions:* options:* indexname indexspace
  reset_default_tblspc access_method where_clause:* pktable:RangeVar fk_attrs:* pk_attrs:* fk_with_period pk_with_period
  fk_matchtype fk_upd_action fk_del_action fk_del_set_cols:*
CreateSeqStmt sequence:RangeVar options:* for_identity if_not_exists
AlterSeqStmt sequence:RangeVar options:* for_identity missing_ok
CreateDomainStmt domainname:* typeName:TypeName collClause:CollateClause constraints:*
DropStmt objects:* removeType behavior missing_ok concurrent
TruncateStmt relations:* restart_seqs behavior
CommentStmt objtype object:* comment
DeclareCursorStmt portalname options query:*
ClosePortalStmt portalname
FetchStmt direction howMany portalname ismove
IndexStmt idxname relation:RangeVar accessMethod tableSpace indexParams:* indexIncludingParams:* options:* whereClause:*
  excludeOpNames:* idxcomment unique nulls_not_distinct primary isconstraint iswithoutoverlaps deferrable initdeferred concurrent
  if_not_exists reset_default_tblspc
RenameStmt renameType relationType relation:RangeVar object:* subname newname behavior missing_ok
AlterObjectSchemaStmt objectType relation:RangeVar object:* newschema missing_ok
NotifyStmt conditionname payload
ListenStmt conditionname
UnlistenStmt conditionname
TransactionStmt kind options:* savepoint_name gid chain
CompositeTypeStmt typevar:RangeVar coldeflist:*
CreateEnumStmt typeName:* vals:*
AlterEnumStmt typeName:* oldVal newVal newValNeighbor newValIsAfter skipIfNewValExists
ViewStmt view:RangeVar aliases:* query:* replace options:* withCheckOption
ClusterStmt relation:RangeVar indexname params:*
VacuumStmt options:* rels:* is_vacuumcmd
VacuumRelation relation:RangeVar va_cols:*
ExplainStmt query:* options:*
CreateTableAsStmt query:* into:IntoClause objtype is_select_into if_not_exists
RefreshMatViewStmt concurrent skipData relation:RangeVar
DiscardStmt target
LockStmt relations:* mode nowait
ConstraintsSetStmt constraints:* deferred
ReindexStmt kind relation:RangeVar name params:*
PrepareStmt name argtypes:* query:*
ExecuteStmt name params:*
DeallocateStmt name isall
`;

/** What a field holds: a plain value, nodes of any kind, or one of the kind named. */
type Holds = null | "*" | (string & {});

export const nodeKinds: ReadonlyMap<string, ReadonlyMap<string, Holds>> = new Map(
  grammar
    .trim()
    .split(/\n(?! )/)
    .map((line) => {
      const [kind = "", ...fields] = line.trim().split(/\s+/);
      const holds = fields.map((field): readonly [string, Holds] => {
        const [name = "", held] = field.split(":");
        return [name, held ?? null];
      });
      return [kind, new Map<string, Holds>([...holds, ["location", null]])];
    }),
);

/** Statements that may stand within another: the query of a cursor, a WITH that modifies. Others only where a rule says so. */
export const queryKinds: ReadonlySet<string> = new Set([
  "SelectStmt",
  "InsertStmt",
  "UpdateStmt",
  "DeleteStmt",
  "MergeStmt",
]);
