import type { Migration } from "./migration.ts";

export const importReceipts: Migration = {
  number: 3,
  name: "import receipts",
  why: "Where in the log each import stands, so that a sighting's receipt names its entry; -1 where nothing was recorded.",
  statements: [
    "ALTER TABLE imports ADD COLUMN IF NOT EXISTS log String, ADD COLUMN IF NOT EXISTS entry Int64 DEFAULT -1",
  ],
};
