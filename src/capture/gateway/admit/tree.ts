/** The fields of a node of the parse tree. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Named {
  readonly kind: string;
  readonly fields: Fields;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A node under the name of its kind: `{ ColumnRef: { fields: [...] } }`. Null for anything else, also for the empty place in a list, `{}`. */
export function named(value: unknown): Named | null {
  if (!isFields(value)) return null;
  const [first, ...others] = Object.entries(value);
  return first === undefined || others.length > 0 || !isFields(first[1])
    ? null
    : { kind: first[0], fields: first[1] };
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The parts of a dotted name; null if anything but names stands among them. */
export function nameParts(value: unknown): readonly string[] | null {
  const parts: string[] = [];
  for (const part of listOf(value)) {
    const node = named(part);
    if (node?.kind !== "String") return null;
    parts.push(textOf(node.fields["sval"]));
  }
  return parts;
}

export function nameNodes(parts: readonly string[]): readonly unknown[] {
  return parts.map((part) => ({ String: { sval: part } }));
}

/** The text of a constant as the server would read it in SET; null for what is no constant. Casts of constants to text count as constants. */
export function constantText(value: unknown): string | null {
  const node = named(value);
  if (node === null) return null;
  if (node.kind === "String") return textOf(node.fields["sval"]);
  if (node.kind === "Integer") return wholeNumber(node.fields);
  if (node.kind === "Float") return textOf(node.fields["fval"]);
  if (node.kind === "Boolean") return node.fields["boolval"] === true ? "true" : "false";
  if (node.kind === "TypeCast")
    return isTextType(node.fields["typeName"]) ? constantText(node.fields["arg"]) : null;
  if (node.kind !== "A_Const") return null;
  const { sval, ival, fval, boolval } = node.fields;
  if (isFields(sval)) return textOf(sval["sval"]);
  if (isFields(ival)) return wholeNumber(ival);
  if (isFields(fval)) return textOf(fval["fval"]);
  if (isFields(boolval)) return boolval["boolval"] === true ? "true" : "false";
  return null;
}

function wholeNumber(fields: Fields): string {
  const number = fields["ival"];
  return typeof number === "number" ? String(number) : "0";
}

function isTextType(type: unknown): boolean {
  const names = nameParts(fieldsOf(type)["names"]);
  return names?.at(-1) === "text" && listOf(fieldsOf(type)["arrayBounds"]).length === 0;
}

/** Whether any of these kinds stands anywhere in the tree. */
export function holdsKind(value: unknown, kinds: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsKind(item, kinds));
  if (!isFields(value)) return false;
  return Object.entries(value).some(
    ([name, held]) => (kinds.has(name) && isFields(held)) || holdsKind(held, kinds),
  );
}

/** Whether objects and lists stand within one another more than `depthMax` deep. Doesn't recurse: nothing is known yet of what came. */
export function isDeeper(value: unknown, depthMax: number): boolean {
  const open: (readonly [unknown, number])[] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [held, depth] = next;
    if (typeof held !== "object" || held === null) continue;
    if (depth > depthMax) return true;
    for (const inner of Object.values(held)) if (typeof inner === "object") open.push([inner, depth + 1]);
  }
  return false;
}
