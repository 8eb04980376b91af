import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { type Refusal, refusal } from "../../../base/index.ts";
import { isAction, parseInstant, tableNames, tables, type TableName } from "../../../domain/index.ts";
import { parseTimeFormat, type TimeFormat } from "./timeFormat.ts";

/** The longest map file, in bytes: a map of a few dozen columns takes two thousand. */
export const mapBytesMax: number = 64 * 1024;

/** A column of the table and the column of the file that it is read from. */
export interface MappedColumn {
  readonly target: string;
  readonly from: string;
  /** For columns that hold a moment. */
  readonly time: TimeFormat | null;
  /** What the file joins lists by, for list columns; `;` is the table's own. */
  readonly separator: string;
  /** Texts of the file and what they mean in the table (`Viewed: read`). Empty: cells are taken as they stand. */
  readonly values: { readonly [text: string]: string };
}

/** How to read a foreign CSV as one of the input tables: data, so that an engine can apply it as well as `rowMapper`. */
export interface ColumnMap {
  readonly table: TableName;
  readonly delimiter: string;
  /** Cells that mean "not said", beside the empty cell. */
  readonly nulls: readonly string[];
  readonly columns: readonly MappedColumn[];
  /** Columns that hold the same text in every row. */
  readonly constants: { readonly [target: string]: string };
  /** Rows where the column holds one of the texts are left out, and counted. */
  readonly skip: readonly { readonly column: string; readonly is: readonly string[] }[];
}

export const timeTargets: ReadonlySet<string> = new Set([
  "time",
  "opened",
  "closed",
  "created",
  "hired",
  "left",
]);
export const listTargets: ReadonlySet<string> = new Set(["fields", "masked", "assignee", "knew", "home_ip"]);

const text = z.string().min(1).max(256);
const texts = z.union([
  z
    .string()
    .max(256)
    .transform((one) => [one]),
  z.array(z.string().max(256)).max(100),
]);
const offset = z.string().regex(/^(Z|[+-]\d{2}:\d{2})$/, "a time zone is Z or an offset such as +01:00");
const column = z.union([
  text,
  z.strictObject({
    from: text,
    timeFormat: text.optional(),
    separator: text.optional(),
    values: z.record(z.string().max(256), z.string().max(256)).optional(),
  }),
]);
const shape = z.strictObject({
  table: z.enum(tableNames),
  delimiter: z.string().length(1).default(","),
  timeFormat: text.default("standard"),
  timeZone: offset.default("Z"),
  null: texts.default([]),
  columns: z.record(text, column),
  constants: z.record(text, z.string().max(256)).default({}),
  skip: z
    .array(z.strictObject({ column: text, is: texts }))
    .max(100)
    .default([]),
});

type Written = z.infer<typeof shape>;

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly what: string;
}

/**
 * Reads a map file (`--map FILE.yaml`). A refusal names the line of every mistake.
 * `table`, `columns` (table's column: file's column, or `{ from, timeFormat, separator, values }`), and optionally
 * `delimiter`, `timeFormat`, `timeZone`, `null`, `constants`, `skip`.
 */
export function parseMap(source: string): ColumnMap | Refusal {
  if (Buffer.byteLength(source) > mapBytesMax)
    return refusal("input", `the map is longer than ${mapBytesMax} bytes`, "shorten it");
  const lines = new LineCounter();
  // The failsafe schema knows texts only: `null:` stays a key, and `true` a cell's text.
  const document = parseDocument(source, { lineCounter: lines, schema: "failsafe" });
  const wrong = document.errors.map(
    (error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0] ?? ""}`,
  );
  if (wrong.length > 0) return refused(wrong);
  const value = plain(document);
  if (value === undefined) return refused(["line 1: anchors and aliases are not taken"]);
  const parsed = shape.safeParse(value);
  const problems: readonly Problem[] = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => ({ path: [...issue.path, key], what: `no setting is called ${key}` }))
          : [{ path: issue.path, what: issue.message }],
      );
  if (!parsed.success || problems.length > 0)
    return refused(
      problems.map(({ path, what }) => `line ${lineOf(document, path, lines)}: ${place(path)}${what}`),
    );
  return built(parsed.data);
}

/** The document as plain values; undefined if it has aliases, which could make a small file endless. */
function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function refused(mistakes: readonly string[]): Refusal {
  return refusal(
    "input",
    `the map is wrong at ${mistakes.join("; ")}`,
    "mend the lines named and import again",
  );
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : `${path.map(String).join(".")}: `;
}

/** The line of the key that the path ends at, or of the nearest thing around it. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = String(path[length - 1]);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, length), true);
    const start =
      typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
        ? Number(node.range[0])
        : null;
    if (start !== null) return lines.linePos(start).line;
  }
  return 1;
}

/** What the schema can't say: names that the table doesn't have, formats that mean nothing, required columns that lack. */
function contradictions(map: Written): readonly Problem[] {
  const spec = tables[map.table];
  const known = new Set([...spec.required, ...spec.optional]);
  const targets = new Set([...Object.keys(map.columns), ...Object.keys(map.constants)]);
  const problems: Problem[] = spec.required
    .filter((target) => !targets.has(target))
    .map((target) => ({ path: ["columns"], what: `${map.table} needs a column ${target}` }));
  const check = (path: readonly PropertyKey[], isFine: boolean, what: string): void => {
    if (!isFine) problems.push({ path, what });
  };
  check(["timeFormat"], parseTimeFormat(map.timeFormat) !== null, "not a time format");
  for (const [target, written] of Object.entries(map.columns)) {
    const path = ["columns", target];
    // Further columns of customers are kept as segments.
    check(path, known.has(target) || map.table === "customers", `${map.table} has no such column`);
    check(["constants", target], !(target in map.constants), "named under columns too");
    if (typeof written === "string") continue;
    if (written.timeFormat !== undefined) {
      check([...path, "timeFormat"], timeTargets.has(target), "only a time has a time format");
      check([...path, "timeFormat"], parseTimeFormat(written.timeFormat) !== null, "not a time format");
    }
    check(
      [...path, "separator"],
      written.separator === undefined || listTargets.has(target),
      "only a list has a separator",
    );
    for (const [from, to] of Object.entries(target === "action" ? (written.values ?? {}) : {}))
      check([...path, "values", from], isAction(to), "not an action");
  }
  for (const [target, constant] of Object.entries(map.constants)) {
    check(
      ["constants", target],
      known.has(target) || map.table === "customers",
      `${map.table} has no such column`,
    );
    check(["constants", target], target !== "action" || isAction(constant), "not an action");
    check(["constants", target], !timeTargets.has(target) || parseInstant(constant) !== null, "not a time");
  }
  return problems;
}

function built(map: Written): ColumnMap {
  const columns = Object.entries(map.columns).map(([target, written]) => {
    const full = typeof written === "string" ? { from: written } : written;
    const format = ("timeFormat" in full ? full.timeFormat : undefined) ?? map.timeFormat;
    return {
      target,
      from: full.from,
      time: timeTargets.has(target) ? parseTimeFormat(format, map.timeZone) : null,
      separator: ("separator" in full ? full.separator : undefined) ?? ";",
      values: ("values" in full ? full.values : undefined) ?? {},
    };
  });
  return {
    table: map.table,
    delimiter: map.delimiter,
    nulls: map.null,
    columns,
    constants: map.constants,
    skip: map.skip,
  };
}
