/** Where sightings come from: the gateway that clients read through, and the logs that others wrote. */
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
export * from "./gateway/index.ts";
