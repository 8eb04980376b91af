import type { Migration } from "./migration.ts";

const few = "LowCardinality(String)";
const time = "DateTime64(3, 'UTC')";
const settings = "index_granularity = 1024, default_compression_codec = 'ZSTD(1)'";

export const explanations: Migration = {
  number: 2,
  name: "explanations",
  why: "The windows of work that explain sightings, and the daily counts that peers are measured by.",
  statements: [
    `CREATE TABLE IF NOT EXISTS work (
      customer String, actor ${few}, start ${time}, \`end\` ${time}, rank UInt8, kind ${few}, ticket String,
      PROJECTION by_actor (SELECT actor, customer, start, \`end\`, rank, kind, ticket ORDER BY actor, customer)
    ) ENGINE = MergeTree ORDER BY (customer, actor, start) SETTINGS ${settings}`,
    `CREATE TABLE IF NOT EXISTS work_until (import UInt32) ENGINE = MergeTree ORDER BY import`,
    `CREATE TABLE IF NOT EXISTS actor_days (
      actor ${few}, day Date, reads UInt64, explained UInt64, bystanders UInt64, unexplained UInt64, customers UInt64,
      version UInt32
    ) ENGINE = ReplacingMergeTree(version) ORDER BY (actor, day) SETTINGS ${settings}`,
    `CREATE TABLE IF NOT EXISTS actor_days_until (import UInt32) ENGINE = MergeTree ORDER BY import`,
  ],
};
