import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const shared = process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../shared/data", import.meta.url).pathname;
const file = `${shared}/ocsf-schema/schema-1.5.0.json.gz`;

/** Is the schema here to test against? */
export const hasSchema: boolean = existsSync(file);

interface Attribute {
  readonly requirement: "required" | "recommended" | "optional";
  readonly type: string;
  readonly is_array: boolean;
  readonly object_type: string | null;
  readonly profile: string | null;
  readonly enum: { readonly [value: string]: object } | null;
}

interface Shape {
  readonly uid?: number;
  readonly attributes: { readonly [name: string]: Attribute };
  readonly constraints?: {
    readonly at_least_one?: readonly string[];
    readonly just_one?: readonly string[];
  } | null;
}

interface ValueType {
  readonly type: string | null;
  readonly regex: string | null;
  readonly max_len: number | null;
  readonly range: readonly [number, number] | null;
}

interface Schema {
  readonly classes: { readonly [name: string]: Shape };
  readonly objects: { readonly [name: string]: Shape };
  readonly types: { readonly [name: string]: ValueType };
}

/** Whatever OCSF 1.5.0 holds against an event: attributes missing, unknown, of another type or enumeration, or of a profile that it doesn't list. */
export function openOcsfSchema(): (event: unknown) => readonly string[] {
  const schema = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Schema;
  const byUid = new Map(Object.values(schema.classes).map((shape) => [shape.uid, shape]));
  return (event) => {
    if (!isMembers(event)) return ["the event is no object"];
    const shape = byUid.get(event["class_uid"] as number);
    if (shape === undefined) return ["the event's class is not in the schema"];
    const { profiles } = event["metadata"] as { profiles?: readonly string[] };
    return faultsOf(shape, event, { schema, profiles: new Set(profiles ?? []), at: "event" });
  };
}

interface Look {
  readonly schema: Schema;
  readonly profiles: ReadonlySet<string>;
  readonly at: string;
}

function faultsOf(shape: Shape, value: { readonly [name: string]: unknown }, look: Look): readonly string[] {
  const { profiles, at } = look;
  const faults: string[] = [];
  for (const [name, { requirement, profile }] of Object.entries(shape.attributes))
    if (requirement === "required" && !(name in value) && (profile === null || profiles.has(profile)))
      faults.push(`${at}.${name} is missing`);
  const some = shape.constraints?.at_least_one ?? [];
  if (some.length > 0 && !some.some((name) => name in value))
    faults.push(`${at} has none of ${some.join(", ")}`);
  for (const [name, member] of Object.entries(value)) {
    const attribute = shape.attributes[name];
    const inside = { ...look, at: `${at}.${name}` };
    if (attribute === undefined) faults.push(`${inside.at} is not in the schema`);
    else if (attribute.profile !== null && !profiles.has(attribute.profile))
      faults.push(`${inside.at} belongs to the profile ${attribute.profile}, which is not listed`);
    else if (!attribute.is_array) faults.push(...valueFaults(attribute, member, inside));
    else if (!Array.isArray(member)) faults.push(`${inside.at} is no list`);
    else faults.push(...member.flatMap((one) => valueFaults(attribute, one, inside)));
  }
  return faults;
}

function valueFaults(attribute: Attribute, value: unknown, look: Look): readonly string[] {
  const { schema, at } = look;
  if (attribute.object_type !== null) {
    if (!isMembers(value)) return [`${at} is no object`];
    const shape = schema.objects[attribute.object_type];
    // The object named "object" is free.
    return shape === undefined || attribute.object_type === "object" ? [] : faultsOf(shape, value, look);
  }
  if (attribute.enum !== null && !(String(value) in attribute.enum))
    return [`${at} is not in its enumeration`];
  return typeFaults(attribute.type, value, look);
}

function typeFaults(name: string, value: unknown, look: Look): readonly string[] {
  const { schema, at } = look;
  const type = schema.types[name];
  if (name === "json_t") return [];
  if (name === "boolean_t") return typeof value === "boolean" ? [] : [`${at} is no boolean`];
  if (name === "integer_t" || name === "long_t")
    return Number.isSafeInteger(value) ? [] : [`${at} is no integer`];
  if (type === undefined) return [`${at} is of the unknown type ${name}`];
  const base = type.type === null || type.type === undefined ? [] : typeFaults(type.type, value, look);
  if (name === "string_t") return typeof value === "string" ? [] : [`${at} is no text`];
  if (base.length > 0) return base;
  const text = String(value);
  if (type.max_len !== null && text.length > type.max_len) return [`${at} is longer than ${name} may be`];
  return type.regex === null || new RegExp(type.regex).test(text) ? [] : [`${at} does not look like ${name}`];
}

function isMembers(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
