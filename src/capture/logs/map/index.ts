/** `--map`: any other CSV as one of the input tables, and a first map proposed from its header. */
export { type ColumnMap, mapBytesMax, parseMap } from "./columnMap.ts";
export { type MappedRow, rowMapper } from "./rowMapper.ts";
export { parseTimeFormat, timeReader } from "./timeFormat.ts";
export { type ProposedMap, proposeMap } from "./proposeMap.ts";
