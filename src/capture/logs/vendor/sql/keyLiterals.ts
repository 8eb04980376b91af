import { parseCustomerId } from "../../../../domain/index.ts";
import { reach, textAt } from "../jsonReading.ts";

/**
 * The keys that a constant of a statement names. A statement's text doesn't say the type of a key column, so a
 * constant counts only if it names the same customer whether the column is an integer, a uuid or (case-sensitive)
 * text: `'42'` does; `'042'`, `' 42'` and an upper-case uuid don't, because an integer or uuid column would print them otherwise.
 */
export function keyText(text: string): string | null {
  if (parseCustomerId(text) === null || text.trim() !== text) return null;
  if (/^-?(0|[1-9]\d*)$/.test(text)) return text === "-0" ? null : text;
  if (/^[0-9a-f]{32}$/i.test(text.replaceAll(/[{}-]/g, "")))
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
  // What PostgreSQL reads as a number, but prints in another way: signs, zeros, fractions, exponents, 0x2a, 1_000.
  if (/^[+-]?(0(x[\da-f_]+|o[0-7_]+|b[01_]+)|[\d._]+(e[+-]?\d+)?)$/i.test(text)) return null;
  return text;
}

/** Types whose values print as the constant was written. Others may round, pad or fold. */
const faithfulTypes: ReadonlySet<string> = new Set([
  "int2",
  "int4",
  "int8",
  "text",
  "varchar",
  "uuid",
  "numeric",
]);

/** The longest parameter is cut by pgaudit.log_parameter_max_size and then replaced by this. */
const suppressed = "<long param suppressed>";

/** The constant without casts that keep it; null if a cast may change it. */
function uncast(node: unknown): unknown {
  const cast = reach(node, "TypeCast");
  if (cast === undefined) return node;
  const names = reach(cast, "typeName", "names");
  const last: unknown = Array.isArray(names) ? names.at(-1) : null;
  const faithful =
    faithfulTypes.has(textAt(last, "String", "sval")) && reach(cast, "typeName", "typmods") === undefined;
  return faithful ? uncast(reach(cast, "arg")) : null;
}

/** The text of a constant or of a bound parameter, or null. */
function constantText(node: unknown, parameters: readonly string[] | null): string | null {
  const plain = uncast(node);
  const constant = reach(plain, "A_Const");
  if (constant !== undefined) {
    if (reach(constant, "isnull") !== undefined) return null;
    // libpg-query leaves a zero out.
    if (reach(constant, "ival") !== undefined) return textAt(constant, "ival", "ival") || "0";
    return textAt(constant, "sval", "sval") || textAt(constant, "fval", "fval") || null;
  }
  const number = reach(plain, "ParamRef", "number");
  const bound = typeof number === "number" ? parameters?.[number - 1] : undefined;
  // An empty cell is NULL or an empty text: neither names anybody.
  return bound === undefined || bound === "" || bound === suppressed ? null : bound;
}

/** The key that `column = constant` names. */
export function keyOf(node: unknown, parameters: readonly string[] | null): string | null {
  const text = constantText(node, parameters);
  return text === null ? null : keyText(text);
}

/** The keys of a list of constants; null if one of them can't be told. */
export function keysOfList(nodes: unknown, parameters: readonly string[] | null): ReadonlySet<string> | null {
  if (!Array.isArray(nodes)) return null;
  const keys = new Set<string>();
  for (const node of nodes) {
    const key = keyOf(node, parameters);
    if (key === null) return null;
    keys.add(key);
  }
  return keys;
}

/** The keys of `= ANY (...)`: an ARRAY[...], or an array written as text (`'{1,2}'`), constant or bound. */
export function keysOfArray(node: unknown, parameters: readonly string[] | null): ReadonlySet<string> | null {
  const plain = uncast(node);
  const elements = reach(plain, "A_ArrayExpr", "elements");
  if (elements !== undefined) return keysOfList(elements, parameters);
  const text = constantText(plain, parameters);
  const members = text === null ? null : arrayMembers(text);
  if (members === null) return null;
  const keys = members.map(keyText);
  return keys.every((key) => key !== null) ? new Set(keys) : null;
}

/** The members of a one-dimensional array literal ("Array Value Input"); NULLs equal nothing and are left out. */
function arrayMembers(text: string): readonly string[] | null {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) return null;
  if (inner.trim() === "") return [];
  const members: string[] = [];
  // Linear in the text: no two parts of the pattern can share a run of blanks.
  const member = /(?:\s*"((?:[^"\\]|\\.)*)"\s*|([^",{}\\]+))(,|$)/sy;
  for (;;) {
    const found = member.exec(inner);
    if (found === null) return null;
    const [, quoted, bare, separator] = found;
    if (quoted !== undefined) members.push(quoted.replaceAll(/\\(.)/gs, "$1"));
    else if (bare === undefined || bare.trim() === "") return null;
    else if (!/^null$/i.test(bare.trim())) members.push(bare.trim());
    if (separator === "") return members;
  }
}
