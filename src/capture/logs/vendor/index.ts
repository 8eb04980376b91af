/** Other people's logs, normalised: who read which customer, or that it can't be told. */
export {
  type AccessRow,
  type Normalised,
  type UnknownRow,
  type VendorFormat,
  type VendorOptions,
} from "./normalised.ts";
export { type VendorName, vendors } from "./formats.ts";
export { csvCells, CsvFramer } from "./csvRecords.ts";
export { framed } from "./jsonRecords.ts";
