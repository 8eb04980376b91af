/** Other people's logs, normalised: who read which customer, or that it can't be told. */
export {
  type AccessRow,
  cellBytesMax,
  type IgnoredRow,
  listCellBytesMax,
  type Normalised,
  type ProtectedTable,
  recordBytesMax,
  type RejectedRow,
  type UnknownRow,
  type VendorFormat,
  type VendorOptions,
} from "./normalised.ts";
export { ocsf } from "./ocsf.ts";
export { pgaudit, pgauditNotices, protectedTablesDefault } from "./pgaudit.ts";
export { zendesk } from "./zendesk.ts";
export { customerObjectsDefault, salesforce } from "./salesforce.ts";
export { customerTypesDefault } from "./ocsfResources.ts";
export { isVendorName, type Vendor, type VendorName, vendors } from "./formats.ts";
