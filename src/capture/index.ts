/** Where sightings come from. Today: the logs that others wrote. */
export {
  type ColumnMap,
  csvCells,
  type FileAnswer,
  type ImportAnswer,
  type ImportOptions,
  importPaths,
  type Loader,
  mapBytesMax,
  parseMap,
  proposeMap,
  type ProposedMap,
  type VendorOptions,
} from "./logs/index.ts";
