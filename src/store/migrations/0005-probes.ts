import type { Migration } from "./migration.ts";

export const probes: Migration = {
  number: 5,
  name: "probes",
  why: "Statements at a gateway that customers' fields decided and that name no customer: who asked, and what of. Out of the log.",
  statements: [
    `CREATE TABLE IF NOT EXISTS probes (
      actor LowCardinality(String), time DateTime64(3, 'UTC'), target LowCardinality(String), fields LowCardinality(String),
      session String, ip LowCardinality(String), import UInt32, line UInt32
    ) ENGINE = MergeTree ORDER BY (time, actor) SETTINGS index_granularity = 1024, default_compression_codec = 'ZSTD(1)'`,
  ],
};
