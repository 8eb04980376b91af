/**
 * Makes the lists of functions that a statement may call through the gateway, from the catalogs of running servers:
 *
 *   node scripts/list-functions.mjs builtin URL... > src/capture/gateway/admit/lists/builtinFunctions.ts
 *   node scripts/list-functions.mjs extensions URL... > src/capture/gateway/admit/lists/extensionFunctions.ts
 *
 * `extensions` creates the extensions it lists in the databases it is given. What the servers know is united: the lists must do for all.
 * src/capture/gateway/admit/lists/lists.test.ts runs this against a fresh server and compares.
 */
import { Client } from "pg";

/** Judged by name and arguments, each by a rule of its own (admit/functions.ts); never on the plain list. */
const judged =
  /^(nextval|currval|lastval|setval|setseed|pg_sleep(_for|_until)?|pg_(try_)?advisory_.*|set_config|current_setting|pg_notify)$/;

/** Volatile, and yet neither telling of others nor keeping what they were told. Every volatile function that isn't here is refused. */
const harmlessVolatile = new Set(
  `array_sample array_shuffle clock_timestamp gen_random_uuid pg_collation_actual_version pg_database_collation_actual_version
  pg_database_size pg_get_sequence_data pg_indexes_size pg_is_in_recovery pg_jit_available pg_partition_ancestors pg_partition_tree
  pg_relation_size pg_sequence_last_value pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_status random random_normal
  timeofday txid_status uuidv4 uuidv7`.split(/\s+/),
);

/** Stable or immutable by the catalog, and refused all the same: each for the reason given. */
const reviewedOut = [
  /_to_xml(schema|_and_xmlschema)?$/, // They run the SQL they are given, or read whole tables.
  /^pg_stat_get_/, // Other sessions' statements and addresses.
  /^pg_(cursor|prepared_statement)$/, // The gateway's rewriting of statements.
  /^pg_(config|show_all_settings|get_replication_slots|replication_origin_oid|tablespace_databases)$/, // The server's insides.
  /^pg_mcv_list_(items|send)$/, // Most common values: customers' own.
  /^pg_event_trigger_/,
  /_validator$/,
  /^binary_upgrade_/,
];

const builtinQuery = `
  SELECT p.proname AS name, pg_catalog.string_agg(DISTINCT p.provolatile::text, '') AS volatility
  FROM pg_catalog.pg_proc p
  WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    AND p.prolang IN (SELECT oid FROM pg_catalog.pg_language WHERE lanname IN ('internal', 'c', 'sql'))
    AND NOT EXISTS (
      SELECT FROM pg_catalog.unnest(p.proargtypes || p.prorettype) AS used (type)
      JOIN pg_catalog.pg_type t ON t.oid = used.type
      WHERE t.typname IN ('internal', 'cstring', 'trigger', 'event_trigger') OR t.typname LIKE '%\\_handler')
  GROUP BY p.proname`;
/** What `(value).name` could call: one argument is enough. */
const unaryQuery = `
  SELECT DISTINCT p.proname AS name FROM pg_catalog.pg_proc p
  WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    AND p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
    AND NOT 'internal'::pg_catalog.regtype = ANY (p.proargtypes)`;

/** Reviewed whole; `marker` is what tells that a schema holds the extension; `except` runs SQL or keeps a state. */
const reviewedExtensions = [
  { name: "citext", marker: { type: "citext" } },
  { name: "cube", marker: { type: "cube" } },
  { name: "earthdistance", marker: { function: "ll_to_earth" } },
  { name: "fuzzystrmatch", marker: { function: "levenshtein" } },
  { name: "hstore", marker: { type: "hstore" } },
  { name: "intarray", marker: { type: "query_int" } },
  { name: "isn", marker: { type: "isbn13" }, except: /^isn_weak$/ },
  { name: "ltree", marker: { type: "ltree" } },
  { name: "pg_trgm", marker: { function: "word_similarity" }, except: /^set_limit$/ },
  { name: "pgcrypto", marker: { function: "gen_salt" } },
  { name: "seg", marker: { type: "seg" } },
  { name: "tablefunc", marker: { function: "normal_rand" }, except: /^(crosstab|connectby)/ },
  { name: "unaccent", marker: { function: "unaccent" } },
  { name: "uuid-ossp", marker: { function: "uuid_generate_v4" } },
  { name: "btree_gist", marker: { type: "gbtreekey8" } },
];

const extensionQuery = `
  SELECT 'function' AS kind, p.proname AS name
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_proc p ON p.oid = d.objid AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = $1)
    AND NOT EXISTS (
      SELECT FROM pg_catalog.unnest(p.proargtypes || p.prorettype) AS used (type)
      JOIN pg_catalog.pg_type t ON t.oid = used.type
      WHERE t.typname IN ('internal', 'cstring', 'trigger'))
  UNION
  SELECT 'operator', o.oprname
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_operator o ON o.oid = d.objid AND d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
  WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = $1)`;

const [what, ...urls] = process.argv.slice(2);
const rows = await Promise.all(urls.map(what === "builtin" ? builtin : extensions));
process.stdout.write(what === "builtin" ? builtinFile(rows) : extensionsFile(rows));

async function connected(url, work) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function builtin(url) {
  return await connected(url, async (client) => ({
    callable: (await client.query(builtinQuery)).rows,
    unary: (await client.query(unaryQuery)).rows.map((row) => row.name),
  }));
}

/** A name is on the list if every function of that name, on every server, may be called. */
function builtinFile(servers) {
  const volatility = new Map();
  for (const { callable } of servers)
    for (const row of callable) volatility.set(row.name, (volatility.get(row.name) ?? "") + row.volatility);
  const listed = [];
  for (const [name, kinds] of volatility) {
    if (judged.test(name) || reviewedOut.some((pattern) => pattern.test(name))) continue;
    if (!kinds.includes("v") || harmlessVolatile.has(name)) listed.push(name);
  }
  const allowed = new Set(listed);
  const others = new Set(servers.flatMap((server) => server.unary).filter((name) => !allowed.has(name)));
  return `${heading("builtin")}
/** Functions of pg_catalog that a statement may call: what they tell hangs on their arguments, the catalog, the clock or chance alone. */
export const builtinFunctions: ReadonlySet<string> = new Set(
  \`
${packed(allowed)}\`
    .trim()
    .split(/\\s+/),
);

/**
 * Every other function of pg_catalog that can be called with one argument. Refused by not being listed above; named because
 * \`(value).pg_read_file\` is such a call.
 */
export const otherUnaryBuiltins: ReadonlySet<string> = new Set(
  \`
${packed(others)}\`
    .trim()
    .split(/\\s+/),
);
`;
}

async function extensions(url) {
  return await connected(url, async (client) => {
    const found = {};
    for (const { name, except } of reviewedExtensions) {
      await client.query(`CREATE EXTENSION IF NOT EXISTS "${name}" CASCADE`);
      const { rows: members } = await client.query(extensionQuery, [name]);
      found[name] = members.filter((row) => row.kind !== "function" || !except?.test(row.name));
    }
    return found;
  });
}

function extensionsFile(servers) {
  const entries = reviewedExtensions.map(({ name, marker }) => {
    const members = servers.flatMap((server) => server[name]);
    const of = (kind) => new Set(members.filter((row) => row.kind === kind).map((row) => row.name));
    const [markerKind, markerName] = Object.entries(marker)[0];
    return `  {
    name: "${name}",
    marker: { kind: "${markerKind}", name: "${markerName}" },
    functions: words(\`
${packed(of("function"))}\`),
    operators: words(String.raw\`
${packed(of("operator"))}\`),
  },
`;
  });
  return `${heading("extensions")}
/** An extension all of whose listed functions and operators depend on their arguments alone. */
export interface ReviewedExtension {
  readonly name: string;
  /** What a schema holds if the extension is in it. */
  readonly marker: { readonly kind: "type" | "function"; readonly name: string };
  readonly functions: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\\s+/).filter((word) => word !== ""));
}

export const reviewedExtensions: readonly ReviewedExtension[] = [
${entries.join("")}];
`;
}

function heading(of) {
  return `// Made by scripts/list-functions.mjs ${of}; not to be changed by hand.`;
}

function packed(names) {
  let text = "";
  let line = "";
  for (const name of [...names].sort((a, b) => (a < b ? -1 : 1))) {
    if (line.length + name.length > 140) {
      text += `${line.trimEnd()}\n`;
      line = "";
    }
    line += `${name} `;
  }
  return `${text}${line.trimEnd()}\n`;
}
