import type { Migration } from "./migration.ts";

export const live: Migration = {
  number: 4,
  name: "live sightings",
  why:
    "What a gateway recorded, out of the log: how far it has been taken over, which fields were only probed (they stand in `masked`" +
    " too, since nothing of them was shown), and the reasons that were known when the read happened.",
  statements: [
    "ALTER TABLE sightings ADD COLUMN IF NOT EXISTS probed LowCardinality(String) DEFAULT ''",
    // 0: computed from tickets and their events. Else 1 + the index of the sighting's entry, whose word it is.
    "ALTER TABLE work ADD COLUMN IF NOT EXISTS told UInt64 DEFAULT 0",
    // `next`: entries below it are taken over. `upto` beyond it: a batch was under way. `seen`: behind the last sighting.
    `CREATE TABLE IF NOT EXISTS live_shipped (log String, next UInt64, upto UInt64, seen UInt64, version UInt64)
     ENGINE = ReplacingMergeTree(version) ORDER BY log`,
    "ALTER TABLE actor_days_until ADD COLUMN IF NOT EXISTS seen UInt64 DEFAULT 0",
  ],
};
