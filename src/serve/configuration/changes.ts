import { isDeepStrictEqual } from "node:util";
import { defect, type Json } from "../../base/index.ts";

/** One key whose value differs: what it was and what it is, null where it isn't there. Secrets are named, never shown. */
export interface Change {
  readonly key: string;
  readonly was: Json;
  readonly now: Json;
}

const withheld = "(withheld)";

/** Keys that hold secrets, or what secrets could be guessed from. */
const secretKeys: ReadonlySet<string> = new Set(["password", "scram"]);

/** What differs between two configurations as they are written, key by key in the order of their names. */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  return differing(before, after, []);
}

function differing(before: unknown, after: unknown, path: readonly string[]): readonly Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) => differing(before[key], after[key], [...path, key]));
  }
  return [{ key: path.join("."), was: shown(before, path.at(-1)), now: shown(after, path.at(-1)) }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown, key: string | undefined): Json {
  if (value === undefined || value === null) return null;
  if (key !== undefined && secretKeys.has(key)) return withheld;
  if (Array.isArray(value)) return value.map((each: unknown) => shown(each, undefined));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each, name)]));
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  return defect(`YAML gave a ${typeof value}`);
}
