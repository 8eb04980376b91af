/** Which values a setting may be given. */
export type Accepts =
  | { readonly kind: "any" }
  | { readonly kind: "boolean" }
  | { readonly kind: "number" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "kilobytes"; readonly max: number }
  | { readonly kind: "path" }
  | { readonly kind: "utf8" };

const any: Accepts = { kind: "any" };
const boolean: Accepts = { kind: "boolean" };
const number: Accepts = { kind: "number" };
const words = (...list: readonly string[]): Accepts => ({ kind: "words", words: list });
const memory = (max: number): Accepts => ({ kind: "kilobytes", max });
const on = words("on", "true", "1", "yes");
const isolation = words("serializable", "repeatable read", "read committed", "read uncommitted");

/** Settings that a session may change, and why that is harmless. Everything else is refused. */
export const settableSettings: ReadonlyMap<string, Accepts> = new Map<string, Accepts>([
  // The gateway resolves names as this says; it follows every change.
  ["search_path", { kind: "path" }],
  // The gateway reads statements and rows as UTF-8; in another encoding a byte of a character can pass for a quotation mark.
  ["client_encoding", { kind: "utf8" }],
  // The form of values, not which ones.
  ...["timezone", "datestyle", "lc_monetary", "lc_numeric", "lc_time", "default_text_search_config"].map(
    (name): [string, Accepts] => [name, any],
  ),
  ["intervalstyle", words("postgres", "postgres_verbose", "sql_standard", "iso_8601")],
  ["extra_float_digits", number],
  ["bytea_output", words("hex", "escape")],
  ["xmlbinary", words("base64", "hex")],
  ["xmloption", words("content", "document")],
  ["quote_all_identifiers", boolean],
  // Which abbreviations of time zones a literal may have: names of files that the server's administrator put there.
  ["timezone_abbreviations", any],
  // The language of errors, which superusers may change; whosaw goes by their codes.
  ["lc_messages", any],
  // How long to wait.
  ...[
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
    "client_connection_check_interval",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "tcp_user_timeout",
    "deadlock_timeout",
  ].map((name): [string, Accepts] => [name, number]),
  // A name for the session. Constants only: it comes back in ParameterStatus.
  ["application_name", any],
  // "log" and "debug" send lines of the server's own log, which hold statements.
  ["client_min_messages", words("notice", "warning", "error")],
  // Off, the parser and the server would disagree about where a literal ends.
  ["standard_conforming_strings", on],
  ["escape_string_warning", boolean],
  // Off, a row policy of the database makes an error instead of fewer rows.
  ["row_security", boolean],
  ...["default_transaction_isolation", "transaction_isolation"].map((name): [string, Accepts] => [
    name,
    isolation,
  ]),
  ...[
    "default_transaction_read_only",
    "default_transaction_deferrable",
    "transaction_read_only",
    "transaction_deferrable",
    "synchronize_seqscans",
    "check_function_bodies",
    "geqo",
    "jit",
    "jit_expressions",
    "jit_tuple_deforming",
    "enable_partitionwise_join",
    "enable_partitionwise_aggregate",
  ].map((name): [string, Accepts] => [name, boolean]),
  [
    "synchronous_commit",
    words("on", "off", "local", "remote_write", "remote_apply", "true", "false", "yes", "no"),
  ],
  // Which plan is taken. The rows are the same.
  ...`enable_async_append enable_bitmapscan enable_distinct_reordering enable_gathermerge enable_group_by_reordering enable_hashagg
  enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
  enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning enable_presorted_aggregate
  enable_self_join_elimination enable_seqscan enable_sort enable_tidscan parallel_leader_participation`
    .split(/\s+/)
    .map((name): [string, Accepts] => [name, boolean]),
  ...`random_page_cost seq_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost parallel_setup_cost parallel_tuple_cost
  effective_cache_size effective_io_concurrency from_collapse_limit join_collapse_limit geqo_threshold geqo_effort geqo_pool_size
  geqo_generations geqo_selection_bias geqo_seed cursor_tuple_fraction jit_above_cost jit_inline_above_cost jit_optimize_above_cost
  max_parallel_workers max_parallel_workers_per_gather max_parallel_maintenance_workers min_parallel_index_scan_size
  min_parallel_table_scan_size default_statistics_target gin_pending_list_limit hash_mem_multiplier
  recursive_worktable_factor`
    .split(/\s+/)
    .map((name): [string, Accepts] => [name, number]),
  ["plan_cache_mode", words("auto", "force_generic_plan", "force_custom_plan")],
  ...["force_parallel_mode", "debug_parallel_query"].map((name): [string, Accepts] => [
    name,
    words("on", "off", "regress", "true", "false", "yes", "no", "1", "0"),
  ]),
  // How long VACUUM and ANALYZE rest between pages, and which numbers of one transaction pg_stat views show.
  ...`vacuum_cost_delay vacuum_cost_limit vacuum_cost_page_hit vacuum_cost_page_miss vacuum_cost_page_dirty vacuum_freeze_min_age
  vacuum_freeze_table_age vacuum_multixact_freeze_min_age vacuum_multixact_freeze_table_age`
    .split(/\s+/)
    .map((name): [string, Accepts] => [name, number]),
  ["stats_fetch_consistency", words("none", "cache", "snapshot")],
  ["constraint_exclusion", words("on", "off", "partition", "true", "false")],
  // Memory of one sort, one session: bounded, because the server multiplies it by sorts and sessions.
  ["work_mem", memory(262_144)],
  ["maintenance_work_mem", memory(1_048_576)],
  ["temp_buffers", memory(262_144)],
  // pg_dump's scripts begin with these.
  ["default_tablespace", any],
  ["default_table_access_method", any],
  ["default_toast_compression", any],
  ["restrict_nonsystem_relation_kind", any],
  // Extensions' thresholds.
  ...`pg_trgm.similarity_threshold pg_trgm.word_similarity_threshold pg_trgm.strict_word_similarity_threshold hnsw.ef_search
  ivfflat.probes`
    .split(/\s+/)
    .map((name): [string, Accepts] => [name, number]),
]);

/** Of the settings that aren't above, those that are asked for most: why they may not be set. */
export const refusedSettings: Readonly<Record<string, string>> = {
  session_replication_role: "it turns triggers and foreign keys off",
  backslash_quote: "the gateway and the server could disagree about where a literal ends",
  array_nulls: "the gateway and the server could disagree about what a literal means",
  gin_fuzzy_search_limit: "rows would be left out by chance, and so other ones than are recorded",
  transform_null_equals: "the gateway and the server could disagree about what = NULL means",
  role: "a session stays with the role it logged in with",
  session_authorization: "a session stays with the role it logged in with",
  standard_conforming_strings: "the gateway and the server would disagree about where a literal ends",
};

/** Settings of the server's own that may not be shown: how it reaches others. */
export const hiddenSettings: ReadonlySet<string> = new Set(
  "primary_conninfo restore_command archive_command archive_cleanup_command recovery_end_command ssl_passphrase_command".split(
    " ",
  ),
);
