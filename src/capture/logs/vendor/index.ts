/** Other people's logs, normalised: who read which customer, or that it can't be told. */
export {
  type AccessRow,
  type Normalised,
  type ProtectedTable,
  type UnknownRow,
  type VendorFormat,
  type VendorOptions,
} from "./normalised.ts";
export { customerTypesDefault } from "./ocsfResources.ts";
export { ocsf } from "./ocsf.ts";
export { pgaudit, pgauditNotices, protectedTablesDefault } from "./pgaudit.ts";
export { customerObjectsDefault, salesforce } from "./salesforce.ts";
export { zendesk } from "./zendesk.ts";
export { type VendorName, vendors } from "./formats.ts";
export { csvCells, CsvFramer } from "./csvRecords.ts";
export { framed } from "./jsonRecords.ts";
