import { type VendorName, vendors } from "./vendor/index.ts";

/** The formats of whosaw's own tables, then those of other systems' logs. */
export const formats = ["csv", "jsonl", "parquet", "ocsf", "pgaudit", "salesforce", "zendesk"] as const;

export type Format = (typeof formats)[number];

export function isFormat(name: string): name is Format {
  return (formats as readonly string[]).includes(name);
}

export function isVendorFormat(format: Format): format is VendorName {
  return format in vendors;
}
