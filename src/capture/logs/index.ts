/** Files into the store: every good line once, every bad line named. */
export { type FileAnswer } from "./importFile.ts";
export { type ImportAnswer, type ImportOptions, importPaths } from "./importPaths.ts";
export { type Renaming } from "./columns.ts";
export type { Loader } from "./loader.ts";
