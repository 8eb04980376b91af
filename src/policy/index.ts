/** Who may see what, and how much of it: pure decisions, from configuration and numbers alone. */
export {
  alternatives,
  type Field,
  type FieldClass,
  type KeyCondition,
  type KeyPath,
  type KeyStep,
  type Mask,
  type ProtectedTable,
  type Protection,
  type TicketTable,
  tableKey,
  unnamedField,
} from "./protection.ts";
export {
  formatKeyPath,
  isPathMistake,
  parseKeyPath,
  parseTableName,
  type PathMistake,
  sqlName,
} from "./keyPath.ts";
export { isOpen, isTimeZone } from "./hours.ts";
export { last4CharactersMin, masked, maskText } from "./mask.ts";
export { type QuotaRefusal, quotaEntriesMax, Quotas } from "./quotas.ts";
export { rowsAllowed } from "./rows.ts";
export { type Hours, type Quota, type Role, type Showing } from "./role.ts";
