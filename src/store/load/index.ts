/** Rows by the hundred million: segments of files parsed by the engine itself, made visible all at once. */
export { loadTables } from "./plan.ts";
export { type ImportEntry, type StoreLoader, openLoader } from "./loader.ts";
