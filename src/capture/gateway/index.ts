/**
 * A PostgreSQL server to its clients, a client to the real one. Promises: no byte that may hold protected customer data is released
 * before the sighting that says so is durable (I1), and what can't be attributed is refused (I2).
 */
export * from "./admit/index.ts";
export { type Catalog, type CatalogColumn, type Relation, type RelationKind } from "./catalog/catalog.ts";
export { type CatalogAsk, catalogFingerprint, loadCatalog } from "./catalog/loadCatalog.ts";
export { parseSearchPath } from "./catalog/searchPath.ts";
export {
  isStatementRefusal,
  type PlanContext,
  type Probe,
  type Slot,
  statementRefusal,
  type StatementKind,
  type StatementPlan,
  type StatementRefusal,
} from "./plan.ts";
export {
  type GatewayEvent,
  isShownRefusal,
  type Reader,
  type RecordEvents,
  type Seen,
  type ShownRefusal,
  type StatementNote,
} from "./recording.ts";
export * from "./login/index.ts";
export {
  type Cut,
  type GatewayConfig,
  type GatewayOptions,
  type Neighbours,
  type RunningGateway,
  startGateway,
} from "./gateway.ts";
export { scramVerifier } from "./login/index.ts";
export { Control } from "./control.ts";
export { hasQuota, QuotaBook } from "./quota-book.ts";
export { listenAt } from "./listening.ts";
