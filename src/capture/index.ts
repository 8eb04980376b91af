/** Where sightings come from. Today: the logs that others wrote. */
export {
  type FileAnswer,
  type ImportAnswer,
  type ImportOptions,
  type Loader,
  type Renaming,
  importPaths,
} from "./logs/index.ts";
