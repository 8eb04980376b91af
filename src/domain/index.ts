/** The nouns of GLOSSARY.md and the parsers that are the only way to make them. */
export {
  type ActorId,
  type CustomerId,
  type TicketId,
  idBytesMax,
  parseActorId,
  parseCustomerId,
  parseTicketId,
} from "./ids.ts";
export { type Instant, formatInstant, parseInstant } from "./instant.ts";
export { type Action, actions, isAction } from "./action.ts";
export { fieldListSeparator, joinFields, splitFields } from "./fields.ts";
export { type Explanation, type ExplanationKind } from "./explanation.ts";
export { type Sighting } from "./sighting.ts";
export { type Report } from "./report.ts";
export { type TableName, tableNames, tables, type TableSpec } from "./tables.ts";
