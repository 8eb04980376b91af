/** The store's schema, step by step. A new step: a file beside these, and one more entry in the list. */
import { firstTables } from "./0001-first-tables.ts";
import { explanations } from "./0002-explanations.ts";
import { importReceipts } from "./0003-import-receipts.ts";
import { live } from "./0004-live.ts";
import { probes } from "./0005-probes.ts";
import type { Migration } from "./migration.ts";

export type { Migration } from "./migration.ts";

export const migrations: readonly Migration[] = [firstTables, explanations, importReceipts, live, probes];
