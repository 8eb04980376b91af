import { columns } from "./columns.ts";
import { functions, operators, types } from "./names.ts";
import { parents } from "./parents.ts";
import type { CatalogQuery } from "./query.ts";
import { relations } from "./relations.ts";
import { references } from "./references.ts";
import { server } from "./server.ts";
import { unique } from "./unique.ts";
import { views } from "./views.ts";

export { fingerprint } from "./fingerprint.ts";
export type { CatalogQuery } from "./query.ts";

export type CatalogQueryName =
  | "server"
  | "relations"
  | "columns"
  | "views"
  | "parents"
  | "unique"
  | "references"
  | "functions"
  | "operators"
  | "types";

/** What is asked, in this order. */
export const catalogQueries: Readonly<Record<CatalogQueryName, CatalogQuery>> = {
  server,
  relations,
  columns,
  views,
  parents,
  unique,
  references,
  functions,
  operators,
  types,
};
