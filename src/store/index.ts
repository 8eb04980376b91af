/**
 * The analytic copy, in the ClickHouse dialect: embedded chDB in a process of its own, or a ClickHouse server.
 * It may be deleted and rebuilt; nothing here is the only copy of anything.
 */
export {
  type Store,
  type StoreOptions,
  type Attached,
  type ServerAddress,
  databaseName,
  openStore,
} from "./store.ts";
export { type Client, type Params, type Settings, storeRefusal } from "./client.ts";
export { type StoreEvent } from "./embedded.ts";
export { missingData } from "./version.ts";
export { StoreError } from "./storeError.ts";
export { type ImportEntry, type StoreLoader, loadTables, openLoader } from "./load/index.ts";
export { liveImportMin, liveIndex, liveIndexSql, type LivePlace, livePlace } from "./livePlace.ts";
