/**
 * Adapters to others: what whosaw keeps, in the words that their systems read.
 * Promises: a line for every row, and nothing in it that the row doesn't say; no room's state, no disk, no network.
 */
export {
  type Exported,
  type ExportedSighting,
  type ExportedUnknown,
  type ExportReceipt,
  type SightingClass,
} from "./exported.ts";
export { ocsfLine } from "./ocsf.ts";
export { ecsLine } from "./ecs.ts";
export { csvHeader, csvLine } from "./csv.ts";
