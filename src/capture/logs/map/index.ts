/** `--map`: any other CSV as one of the input tables, and a first map proposed from its header. */
export {
  type ColumnMap,
  listTargets,
  mapBytesMax,
  type MappedColumn,
  parseMap,
  timeTargets,
} from "./columnMap.ts";
export { type MappedRow, rowMapper } from "./rowMapper.ts";
export { parseTimeFormat, type TimeFormat, timeReader } from "./timeFormat.ts";
export { type ProposedColumn, type ProposedMap, proposeMap } from "./proposeMap.ts";
