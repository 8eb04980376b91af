import { ocsf, pgaudit, pgauditNotices, salesforce, type VendorFormat, zendesk } from "./vendor/index.ts";

/** The formats of whosaw's own tables, then those of other systems' logs. */
export const formats = ["csv", "jsonl", "parquet", "ocsf", "pgaudit", "salesforce", "zendesk"] as const;

export type Format = (typeof formats)[number];

export function isFormat(name: string): name is Format {
  return (formats as readonly string[]).includes(name);
}

export interface Vendor {
  readonly read: VendorFormat;
  readonly notices: readonly string[];
}

export const vendors: { readonly [format in "ocsf" | "pgaudit" | "salesforce" | "zendesk"]: Vendor } = {
  ocsf: { read: ocsf, notices: [] },
  pgaudit: { read: pgaudit, notices: pgauditNotices },
  salesforce: { read: salesforce, notices: [] },
  zendesk: { read: zendesk, notices: [] },
};

export function isVendorFormat(format: Format): format is keyof typeof vendors {
  return format in vendors;
}
