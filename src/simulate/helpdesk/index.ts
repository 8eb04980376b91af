/**
 * A help desk's own database in PostgreSQL: what demo, tests and benches put behind the gateway. Not to be confused with the
 * simulated desk's input tables: these are the records that people look at, those are the looks.
 */
export { helpdeskGrants, type HelpdeskLogins, helpdeskSchema } from "./schema.ts";
export { type Cell, agentId, helpdeskRows, type HelpdeskOptions, type TableRows } from "./rows.ts";
export { helpdeskSql } from "./sql.ts";
export { type HelpdeskGateway, type HelpdeskUser, helpdeskYaml } from "./yaml.ts";
export {
  type HelpdeskClass,
  type HelpdeskMask,
  type HelpdeskStep,
  type HelpdeskTable,
  helpdeskTables,
  helpdeskTickets,
} from "./protect.ts";
export {
  markedBirth,
  type Marked,
  markedIdMax,
  markedPhone,
  marker,
  markerCodes,
  markerPattern,
} from "./markers.ts";
