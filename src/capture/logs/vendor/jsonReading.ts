/** A parsed JSON object of somebody else's: nothing is known of its members. */
export type Foreign = { readonly [key: string]: unknown };

export function isForeign(value: unknown): value is Foreign {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that the text holds, or null. */
export function parseForeign(text: string): Foreign | null {
  try {
    const value: unknown = JSON.parse(text);
    return isForeign(value) ? value : null;
  } catch {
    return null;
  }
}

/** The member at the end of a path of keys, or undefined. */
export function reach(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = isForeign(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/**
 * A text, or a whole number as text (ids are numbers with some programs), or ''.
 * A number that JSON.parse may have rounded is no id.
 */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : "";
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  return textOf(reach(value, ...path));
}

/** A whole number, also where it was written as text, or null. */
export function wholeAt(value: unknown, ...path: readonly string[]): number | null {
  const text = textAt(value, ...path);
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** A list, or a single member as a list of one, or nothing. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = reach(value, ...path);
  if (Array.isArray(found)) return found;
  return isForeign(found) ? [found] : [];
}
