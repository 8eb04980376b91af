/** A desk as files: six tables and truth.json. */
export { type WriteOptions, type WriteProgress, writeDesk, type Written } from "./files.ts";
export type { TableFormat } from "./lines.ts";
