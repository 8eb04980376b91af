/** Where sightings come from. Today: the logs that others wrote. */
export {
  type ColumnMap,
  csvCells,
  type FileAnswer,
  type FileTask,
  type ImportAnswer,
  type ImportOptions,
  type ImportRecord,
  importFile,
  importPaths,
  type Loader,
  type LogPlace,
  mapBytesMax,
  parseMap,
  proposeMap,
  type ProposedMap,
  type VendorOptions,
} from "./logs/index.ts";
export type * from "./gateway/index.ts";
