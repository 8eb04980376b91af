function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/**
 * Relations of pg_catalog that tell how the database is made, and never what is in its tables: what psql's backslash commands, pg_dump -s
 * and ORMs read. A relation that isn't here is refused, so that what a newer server adds is looked at first.
 */
export const readableCatalogs: ReadonlySet<string> = words(`
  pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_available_extension_versions pg_available_extensions
  pg_cast pg_class pg_collation pg_constraint pg_conversion pg_database pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum
  pg_event_trigger pg_extension pg_foreign_data_wrapper pg_foreign_server pg_foreign_table pg_group pg_index pg_indexes pg_inherits
  pg_init_privs pg_language pg_largeobject_metadata pg_matviews pg_namespace pg_opclass pg_operator pg_opfamily pg_parameter_acl
  pg_partitioned_table pg_policies pg_policy pg_proc pg_publication pg_publication_namespace pg_publication_rel pg_publication_tables
  pg_range pg_rewrite pg_roles pg_rules pg_seclabel pg_seclabels pg_sequence pg_sequences pg_settings pg_shdepend pg_shdescription
  pg_shseclabel pg_stat_all_indexes pg_stat_all_tables pg_stat_database pg_stat_sys_indexes pg_stat_sys_tables pg_stat_user_functions
  pg_stat_user_indexes pg_stat_user_tables pg_statio_all_indexes pg_statio_all_sequences pg_statio_all_tables pg_statio_sys_indexes
  pg_statio_sys_sequences pg_statio_sys_tables pg_statio_user_indexes pg_statio_user_sequences pg_statio_user_tables pg_statistic_ext
  pg_subscription pg_subscription_rel pg_tables pg_tablespace pg_timezone_abbrevs pg_timezone_names pg_transform pg_trigger pg_ts_config pg_ts_config_map pg_ts_dict
  pg_ts_parser pg_ts_template pg_type pg_user pg_views`);

/** Of the others, those that are asked for most: why they are refused. */
export const refusedCatalogs: Readonly<Record<string, string>> = {
  pg_stats: "it holds the most common values of columns",
  pg_statistic: "it holds the most common values of columns",
  pg_stats_ext: "it holds the most common values of columns",
  pg_stats_ext_exprs: "it holds the most common values of expressions",
  pg_statistic_ext_data: "it holds the most common values of columns",
  pg_largeobject: "it holds the contents of large objects",
  pg_stat_activity: "it shows other sessions' statements, literals included",
  pg_stat_statements: "it shows other sessions' statements",
  pg_prepared_statements: "it shows statements as the gateway rewrote them",
  pg_cursors: "it shows statements as the gateway rewrote them",
  pg_authid: "it holds password hashes",
  pg_shadow: "it holds password hashes",
  pg_user_mapping: "it holds passwords of foreign servers",
  pg_user_mappings: "it holds passwords of foreign servers",
  pg_locks: "it shows what other sessions do",
};

/** Views of information_schema, all of which tell how the database is made; user_mapping_options holds passwords and isn't here. */
export const readableInformation: ReadonlySet<string> = words(`
  _pg_foreign_data_wrappers _pg_foreign_servers _pg_foreign_table_columns _pg_foreign_tables administrable_role_authorizations
  applicable_roles attributes character_sets check_constraint_routine_usage check_constraints collation_character_set_applicability
  collations column_column_usage column_domain_usage column_options column_privileges column_udt_usage columns constraint_column_usage
  constraint_table_usage data_type_privileges domain_constraints domain_udt_usage domains element_types enabled_roles
  foreign_data_wrapper_options foreign_data_wrappers foreign_server_options foreign_servers foreign_table_options foreign_tables
  information_schema_catalog_name key_column_usage parameters referential_constraints role_column_grants role_routine_grants
  role_table_grants role_udt_grants role_usage_grants routine_column_usage routine_privileges routine_routine_usage
  routine_sequence_usage routine_table_usage routines schemata sequences sql_features sql_implementation_info sql_parts sql_sizing
  table_constraints table_privileges tables transforms triggered_update_columns triggers udt_privileges usage_privileges
  user_defined_types view_column_usage view_routine_usage view_table_usage views`);

/** Functions of information_schema: each looks at its arguments and the catalog only (JDBC and Npgsql call the first). */
export const informationFunctions: ReadonlySet<string> = words(`
  _pg_expandarray _pg_char_max_length _pg_char_octet_length _pg_datetime_precision _pg_index_position _pg_interval_type
  _pg_numeric_precision _pg_numeric_precision_radix _pg_numeric_scale _pg_truetypid _pg_truetypmod`);
