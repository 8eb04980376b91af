/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * RFC 8785 (JCS) text of a value: members sorted by UTF-16 code units, ECMAScript number format, no spaces.
 * ECMAScript's own JSON.stringify already writes numbers and strings as RFC 8785 asks.
 * @throws RangeError for numbers that JSON can't hold and for lone surrogates, which RFC 8785 forbids.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`JSON can't hold ${value}`);
  if (typeof value === "string" && !value.isWellFormed())
    throw new RangeError("a lone surrogate has no UTF-8 form");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalJson(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}

function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
