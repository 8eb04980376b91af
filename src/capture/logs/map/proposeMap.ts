import { isIP } from "node:net";
import { isAction, tables, type TableName } from "../../../domain/index.ts";
import { timeTargets } from "./columnMap.ts";
import { columnNames, type NameFit, wordsOf } from "./columnNames.ts";
import { parseTimeFormat, type TimeFormat, timeReader } from "./timeFormat.ts";

/** A column that the proposal fills, and what it rests on. No sampled value gets into either text. */
export interface ProposedColumn {
  readonly target: string;
  readonly from: string;
  readonly reason: string;
  /** '' where it is sure. */
  readonly unsure: string;
  /** Of a time column, as the map writes it. */
  readonly timeFormat: string | null;
}

export interface ProposedMap {
  /** A map file with a comment at every column, to be read and corrected by a person. */
  readonly yaml: string;
  readonly table: TableName;
  readonly columns: readonly ProposedColumn[];
  /** Required columns that nothing in the header fits: the map is refused until they are filled. */
  readonly missing: readonly string[];
}

/** How other systems write "nothing". These are markers, not values, so they may be shown. */
const nullMarkers: ReadonlySet<string> = new Set([
  "?",
  "-",
  "--",
  "NULL",
  "null",
  "\\N",
  "N/A",
  "n/a",
  "None",
  "nil",
  "(empty)",
]);

/** Formats that are tried on sampled times, in this order; the day before the month where both fit. */
const timeFormats: readonly string[] = [
  "standard",
  "epoch s",
  "epoch us",
  "d/m/yyyy hh:mm",
  "m/d/yyyy hh:mm",
  "d/m/yyyy hh:mm:ss",
  "m/d/yyyy hh:mm:ss",
  "d.m.yyyy hh:mm",
  "d.m.yyyy hh:mm:ss",
  "d-m-yyyy hh:mm",
  "d-m-yyyy hh:mm:ss",
  "m/d/yyyy hh:mm tt",
  "m/d/yyyy hh:mm:ss tt",
  "yyyy/m/d hh:mm:ss",
  "d-mmm-yyyy hh:mm:ss",
  "yyyymmddhhmmss.sss",
];

/**
 * Proposes a map from the header and some rows: by names first, then by whether the samples have the shape that the
 * column must have. A column of the file is used once.
 * @param rows cells in the header's order; a few hundred are plenty
 */
export function proposeMap(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  table: TableName = "accesses",
): ProposedMap {
  const nulls = [...nullMarkers].filter((marker) =>
    rows.some((row) => row.some((cell) => cell.trim() === marker)),
  );
  const samples = header.map((_, at) =>
    rows.map((row) => row[at]?.trim() ?? "").filter((cell) => cell !== "" && !nullMarkers.has(cell)),
  );
  const candidates = candidatesFor(header, samples, table);
  const columns: ProposedColumn[] = [];
  for (const candidate of candidates) {
    if (columns.some((one) => one.target === candidate.target || one.from === candidate.from)) continue;
    const rivals = candidates.filter(
      (one) =>
        one.target === candidate.target && one.from !== candidate.from && one.score === candidate.score,
    );
    const doubts = [candidate.unsure, ...rivals.map((one) => `${one.from} fits as well`)].filter(
      (doubt) => doubt !== "",
    );
    columns.push({ ...candidate, unsure: doubts.join("; ") });
  }
  const spec = tables[table];
  const order = [...spec.required, ...spec.optional];
  columns.sort((a, b) => order.indexOf(a.target) - order.indexOf(b.target));
  const missing = spec.required.filter((target) => !columns.some((column) => column.target === target));
  return { yaml: written({ header, table, columns, missing, nulls }), table, columns, missing };
}

interface Candidate extends ProposedColumn {
  readonly score: number;
}

function candidatesFor(
  header: readonly string[],
  samples: readonly (readonly string[])[],
  table: TableName,
): readonly Candidate[] {
  const found = Object.entries(columnNames[table]).flatMap(([target, fits]) =>
    header.flatMap((from, at) => {
      const name = bestName(fits, wordsOf(from));
      const shape = name === null ? null : shapeOf(target, samples[at] ?? []);
      if (name === null || shape === null) return [];
      return [{ target, from, reason: name.why, score: name.score, ...shape }];
    }),
  );
  return found.sort((a, b) => b.score - a.score);
}

function bestName(fits: readonly NameFit[], words: string): NameFit | null {
  return fits.filter((one) => one.pattern.test(words)).sort((a, b) => b.score - a.score)[0] ?? null;
}

type Shape = Pick<ProposedColumn, "unsure" | "timeFormat">;

/** What the samples say against the column, or null if they rule it out. */
function shapeOf(target: string, samples: readonly string[]): Shape | null {
  if (samples.length === 0)
    return { unsure: "every sampled cell is empty", timeFormat: timeTargets.has(target) ? "standard" : null };
  if (timeTargets.has(target)) return timeShape(samples);
  const sure: Shape = { unsure: "", timeFormat: null };
  if (target === "ip")
    return samples.every((cell) => isIP(cell) !== 0)
      ? sure
      : { ...sure, unsure: "not every sampled cell is an address" };
  // Other words than ours would need `values:`, which only a person can write.
  if (target === "action") return samples.every(isAction) ? sure : null;
  if (samples.some((cell) => Buffer.byteLength(cell) > 256)) return null;
  return sure;
}

function timeShape(samples: readonly string[]): Shape | null {
  const fitting = timeFormats.filter((format) => {
    const parsed: TimeFormat | null = parseTimeFormat(format);
    if (parsed === null) return false;
    const read = timeReader(parsed);
    return samples.every((cell) => read(cell) !== null);
  });
  const [timeFormat] = fitting;
  if (timeFormat === undefined) return null;
  const swapped =
    fitting.some((format) => format.startsWith("d/m")) && fitting.some((format) => format.startsWith("m/d"));
  const zone =
    timeFormat.startsWith("standard") || timeFormat.startsWith("epoch")
      ? ""
      : "the time zone is not in the cells: UTC is assumed (timeZone)";
  const doubts = [swapped ? "day and month can't be told apart in the samples" : "", zone].filter(
    (doubt) => doubt !== "",
  );
  return { unsure: doubts.join("; "), timeFormat };
}

interface Writing {
  readonly header: readonly string[];
  readonly table: TableName;
  readonly columns: readonly ProposedColumn[];
  readonly missing: readonly string[];
  readonly nulls: readonly string[];
}

function written({ header, table, columns, missing, nulls }: Writing): string {
  const formats = columns.flatMap((column) => (column.timeFormat === null ? [] : [column.timeFormat]));
  const [common = "standard"] = formats;
  const used = new Set(columns.map((column) => column.from));
  const lines = [
    "# Proposed from the header and some sampled rows. Read it, correct it, then import with it.",
    `table: ${table}`,
    ...(nulls.length > 0 ? ["# Cells with these texts say nothing.", `null: ${flow(nulls)}`] : []),
    ...(formats.length > 0 ? [`timeFormat: ${flow(common)}`] : []),
    "columns:",
    ...columns.flatMap((column) => [
      `  # ${comment(column.from)}: ${column.reason}${column.unsure === "" ? "" : `. Unsure: ${comment(column.unsure)}`}`,
      `  ${column.target}: ${
        column.timeFormat === null || column.timeFormat === common
          ? flow(column.from)
          : `{ from: ${flow(column.from)}, timeFormat: ${flow(column.timeFormat)} }`
      }`,
    ]),
    ...missing.map((target) => `  # ${target}: nothing in the header fits; ${table} needs it`),
  ];
  const rest = header.filter((name) => !used.has(name)).map(comment);
  if (rest.length > 0) lines.push(`# Not used: ${rest.join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function flow(value: string | readonly string[]): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

/** A header's text within a comment may not end it. */
function comment(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}
