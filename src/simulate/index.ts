/**
 * The synthetic support desk: six input tables and the truth, equal for equal scenario and seed.
 * `openDesk` streams it, `makeWorld` keeps it in memory as integers, `writeDesk` writes it as files; all three are one desk.
 */
export {
  demoScenario,
  isScenarioName,
  scenario,
  type ScenarioName,
  scenarioNames,
} from "./scenario/index.ts";
export {
  actorsMax,
  actorsMin,
  type Background,
  checkScenario,
  customersMax,
  customersMin,
  daysMax,
  everyone,
  noTheft,
  plainScenario,
  type Reporting,
  type Robustness,
  type Scale,
  scaled,
  type Scenario,
  type Segment,
  type Theft,
  type TheftStyle,
} from "./scenario/index.ts";
export { type Desk, type DeskPart, openDesk, type Outcome, type Truth } from "./desk.ts";
export { makeWorld, type World } from "./memory.ts";
export {
  type TableFormat,
  type WriteOptions,
  type WriteProgress,
  writeDesk,
  type Written,
} from "./write/index.ts";
export { type AccessColumns, actionNumber, type EventColumns, type TicketRow } from "./columns.ts";
export type { Population, Queue } from "./population.ts";
export type { Actor, Role } from "./staff.ts";
export type { FullReport, ReportRow, TrueReport } from "./calls.ts";
export type { StolenColumns } from "./theft.ts";
export {
  bit,
  customerText,
  eventNames,
  type FieldName,
  fieldNames,
  ipText,
  kindNames,
  maskFields,
  maskOf,
  sessionText,
  ticketText,
} from "./text.ts";
export {
  agentId,
  type Cell,
  type HelpdeskClass,
  helpdeskGrants,
  type HelpdeskLogins,
  type HelpdeskMask,
  type HelpdeskOptions,
  helpdeskRows,
  helpdeskSchema,
  helpdeskSql,
  type HelpdeskStep,
  type HelpdeskTable,
  helpdeskTables,
  helpdeskTickets,
  type HelpdeskGateway,
  type HelpdeskUser,
  helpdeskYaml,
  markedBirth,
  type Marked,
  markedIdMax,
  markedPhone,
  marker,
  markerCodes,
  markerPattern,
  type TableRows,
} from "./helpdesk/index.ts";
