import type { VendorFormat } from "./normalised.ts";
import { ocsf } from "./ocsf.ts";
import { pgaudit, pgauditNotices } from "./pgaudit.ts";
import { salesforce } from "./salesforce.ts";
import { zendesk } from "./zendesk.ts";

export type VendorName = "ocsf" | "pgaudit" | "salesforce" | "zendesk";

export interface Vendor {
  readonly read: VendorFormat;
  /** What an import must tell its reader of the evidence. */
  readonly notices: readonly string[];
}

/** The formats by the names of `--format`. */
export const vendors: { readonly [name in VendorName]: Vendor } = {
  ocsf: {
    read: ocsf,
    notices: ["Times are read by their magnitude: seconds, milliseconds, microseconds or nanoseconds."],
  },
  pgaudit: { read: pgaudit, notices: pgauditNotices },
  salesforce: {
    read: salesforce,
    notices: [
      "Reports, list views and queries say how many rows came back, not which: they are exposure unknown.",
      "Record and user ids are written with 18 characters; the customers table should use the same form.",
    ],
  },
  zendesk: {
    read: zendesk,
    notices: [
      "A ticket's customer is known only if the tickets table was imported before; lists and searches are exposure unknown.",
      "Zendesk keeps this log for 90 days and writes long GraphQL queries cut off.",
    ],
  },
};
