/** Files into the store: every good line once, every bad line named. */
export { type FileAnswer, type FileTask, importFile } from "./importFile.ts";
export { type ImportAnswer, type ImportOptions, importPaths } from "./importPaths.ts";
export { type ColumnMap, mapBytesMax, parseMap, proposeMap, type ProposedMap } from "./map/index.ts";
export type { VendorOptions } from "./vendor/index.ts";
export { csvCells } from "./vendor/index.ts";
export type { ImportRecord, Loader } from "./loader.ts";
export type { LogPlace } from "./journal.ts";
