import { defect } from "../../base/index.ts";
import type { Params, Settings } from "../client.ts";
import type { LoadColumn, LoadPlan, LoadSegment } from "./plan.ts";

/** A query over one segment: rows with their number `r`, and what to ask of them. */
export interface SegmentSql {
  readonly rows: string;
  readonly sure: string;
  readonly values: readonly string[];
  /** Each cell as a text, and whether all of them are UTF-8. */
  readonly cells: readonly string[];
  readonly utf8: string;
  readonly params: Params;
  readonly settings: Settings;
}

/** Control characters, which no id or text may hold. One automaton pass; measured 2-3 times faster than match(). */
const controls = String.raw`'[\\x00-\\x1f\\x7f]'`;
/** The first moment behind the years that the domain's instants hold: 2200-01-01, in ms. */
const instantMax = 7_258_118_400_000;

export function segmentSql(segment: LoadSegment, types: ReadonlyMap<string, string>): SegmentSql {
  const { plan, form } = segment;
  const params: Record<string, unknown> = {
    path: segment.path,
    known: [...segment.lists.keys()],
    normal: [...segment.lists.values()],
  };
  const source = sourceOf(segment, types, params);
  const sure = [source.sure, ...plan.columns.map((column, at) => sureOf(source, column, at, params))];
  const values = plan.columns.map((column, at) => valueOf(source, column, at));
  if (plan.segments !== null) {
    const pairs = plan.segments.map(({ name, cell }, at) => {
      params[`segment${at}`] = name;
      const x = source.cells[cell] ?? defect(`no cell ${cell}`);
      sure.push(textSure(x));
      return `{segment${at}:String}, ${x}`;
    });
    values.push(pairs.length === 0 ? "map()" : `mapFilter((k, v) -> v != '', map(${pairs.join(", ")}))`);
  }
  const utf8 = `arrayAll(x -> isValidUTF8(x), [${source.cells.join(", ")}])`;
  if (segment.checkUtf8) sure.push(utf8);
  const settings: Settings = form.kind === "quoted" ? quotedSettings(form.delimiter) : {};
  return {
    rows: source.rows,
    sure: `ifNull(${sure.join(" AND ")}, 0)`,
    values,
    cells: source.cells,
    utf8,
    params,
    settings,
  };
}

function quotedSettings(delimiter: string): Settings {
  return {
    format_csv_delimiter: delimiter,
    input_format_csv_trim_whitespaces: 0,
    input_format_csv_allow_whitespace_or_tab_as_delimiter: delimiter === "\t" ? 1 : 0,
    // Text is text: no word in a cell means "nothing", and an empty cell is the empty text.
    format_csv_null_representation: "\u0001no cell says this\u0001",
    input_format_null_as_default: 0,
    input_format_csv_empty_as_default: 0,
  };
}

interface SourceSql {
  /** `SELECT r, ... FROM file(...)`: r counts from 0. */
  readonly rows: string;
  /** Each cell as a text. */
  readonly cells: readonly string[];
  /** Cells that are times already, as they are. */
  readonly times: ReadonlyMap<number, string>;
  readonly sure: string;
}

function sourceOf(
  { plan, form }: LoadSegment,
  types: ReadonlyMap<string, string>,
  params: Record<string, unknown>,
): SourceSql {
  if (form.kind === "lines") {
    params["delimiter"] = form.delimiter;
    params["cells"] = plan.cells.length;
    const line = form.carriageReturn ? "substring(line, 1, length(line) - endsWith(line, '\\r'))" : "line";
    return {
      rows: `SELECT _row_number AS r, splitByChar({delimiter:String}, ${line}) AS c FROM file({path:String}, 'LineAsString')`,
      sure: "length(c) = {cells:UInt32}",
      cells: plan.cells.map((_, at) => `c[${at + 1}]`),
      times: new Map(),
    };
  }
  if (form.kind === "quoted") {
    const names = plan.cells.map((_, at) => `c${at}`);
    params["shape"] = names.map((name) => `${name} String`).join(", ");
    return {
      rows: `SELECT _row_number AS r, ${names.join(", ")} FROM file({path:String}, 'CSV', {shape:String})`,
      sure: "1",
      cells: names,
      times: new Map(),
    };
  }
  if (form.kind === "json") return jsonSource(plan, params);
  return parquetSource(plan, types);
}

/**
 * Members as texts. A number is only sure as an integer of at most 15 digits: longer ones and fractions have more than
 * one text, and a list or an object has none; the careful path sees their JSON.
 */
function jsonSource(plan: LoadPlan, params: Record<string, unknown>): SourceSql {
  const members = plan.cells.map((name) => `${identifier(name)} Nullable(String)`);
  params["shape"] = `Tuple(${members.join(", ")})`;
  const texts = plan.cells.map((_, at) => `ifNull(t.${at + 1}, '')`);
  const lists = new Set(plan.columns.filter(({ is }) => is.kind === "list").map(({ cell }) => cell));
  const singles = plan.cells.map((_, at) => at).filter((at) => !lists.has(at));
  const unsureText = String.raw`x -> match(x, '^(true$|false$|\\{|\\[)') OR (match(x, '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$') AND NOT match(x, '^[0-9]{1,15}$'))`;
  return {
    rows:
      `SELECT _row_number AS r, startsWith(line, '{') AS object,` +
      ` JSONExtract(line, {shape:String}) AS t FROM file({path:String}, 'LineAsString')`,
    // What isn't JSON gives no member at all, and every table asks for one.
    sure: `object AND NOT arrayExists(${unsureText}, [${singles.map((at) => texts[at]).join(", ")}])`,
    cells: texts,
    times: new Map(),
  };
}

function parquetSource(plan: LoadPlan, types: ReadonlyMap<string, string>): SourceSql {
  const used = [...new Set([...plan.columns, ...(plan.segments ?? [])].map(({ cell }) => cell))].filter(
    (cell) => cell !== null,
  );
  const typeOf = (cell: number): string => types.get(plan.cells[cell] ?? "") ?? defect(`no cell ${cell}`);
  const columns = used.map((cell) => `${identifier(plan.cells[cell] ?? "")} AS p${cell}`);
  return {
    rows: `SELECT ${["_row_number AS r", ...columns].join(", ")} FROM file({path:String}, 'Parquet')`,
    sure: "1",
    cells: plan.cells.map((_, cell) => (used.includes(cell) ? parquetText(`p${cell}`, typeOf(cell)) : "''")),
    times: new Map(
      used
        .filter((cell) => /^(Nullable\()?Date/.test(typeOf(cell)))
        .map((cell) => [cell, `toDateTime64(p${cell}, 3, 'UTC')`]),
    ),
  };
}

/** A typed value as the text that a CSV file would hold. */
export function parquetText(column: string, type: string): string {
  if (/DateTime|Date/.test(type)) return `ifNull(toString(toDateTime64(${column}, 3, 'UTC')), '')`;
  if (/^Array\((Nullable\()?(String|FixedString)/.test(type))
    return `arrayStringConcat(arrayMap(x -> ifNull(toString(x), ''), ${column}), ';')`;
  return `ifNull(toString(${column}), '')`;
}

/** Names can't be parameters in a select list; backquotes with their escape keep a name a name. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

function cellOf(
  source: SourceSql,
  { cell, constant }: LoadColumn,
  at: number,
  params?: Record<string, unknown>,
): string {
  if (cell !== null) return source.cells[cell] ?? defect(`no cell ${cell}`);
  if (params !== undefined) params[`constant${at}`] = constant;
  return `{constant${at}:String}`;
}

function textSure(x: string): string {
  return `length(${x}) <= 256 AND NOT multiMatchAny(${x}, [${controls}])`;
}

function sureOf(source: SourceSql, column: LoadColumn, at: number, params: Record<string, unknown>): string {
  const x = cellOf(source, column, at, params);
  const { is } = column;
  if (is.kind === "id") return `${x} != '' AND ${textSure(x)}`;
  if (is.kind === "text") return textSure(x);
  if (is.kind === "list") return `(${x} = '' OR has({known:Array(String)}, ${x}))`;
  if (is.kind === "oneOf") {
    params[`words${at}`] = ["", ...is.values];
    params[`empty${at}`] = is.empty;
    return `has({words${at}:Array(String)}, ${x})`;
  }
  const ready = timeReady(source, column);
  const sure = ready === null ? timeSure(x) : readySure(ready);
  return is.kind === "time" ? sure : `(${x} = '' OR ${sure})`;
}

function valueOf(source: SourceSql, column: LoadColumn, at: number): string {
  const x = cellOf(source, column, at);
  const { is } = column;
  if (is.kind === "id" || is.kind === "text") return x;
  if (is.kind === "list")
    return `if(${x} = '', '', transform(${x}, {known:Array(String)}, {normal:Array(String)}, ''))`;
  if (is.kind === "oneOf") return `if(${x} = '', {empty${at}:String}, ${x})`;
  const ready = timeReady(source, column);
  if (ready !== null) return is.kind === "time" ? `assumeNotNull(${ready})` : ready;
  return is.kind === "time" ? timeValue(x) : `if(${x} = '', NULL, ${timeValue(x)})`;
}

/** A cell that the source gives as a time needs no text in between. */
function timeReady(source: SourceSql, { cell }: LoadColumn): string | null {
  return cell === null ? null : (source.times.get(cell) ?? null);
}

function readySure(x: string): string {
  return `ifNull(${x} >= fromUnixTimestamp64Milli(0, 'UTC') AND ${x} < fromUnixTimestamp64Milli(${instantMax}, 'UTC'), 0)`;
}

// A time is sure when it is twelve or thirteen digits, or when its first nineteen characters come back unchanged from
// the parser (which carries 31 February over into March; its own text then differs), behind them at most .sss and Z.
function timeSure(x: string): string {
  return (
    `if(match(${x}, '^[0-9]{12,13}$'), toUInt64OrZero(${x}) < ${instantMax},` +
    ` length(${x}) IN (19, 20, 23, 24) AND substring(${x}, 11, 1) IN (' ', 'T') AND` +
    ` (length(${x}) IN (19, 23) OR endsWith(${x}, 'Z')) AND` +
    ` toString(toDateTime64OrZero(${plainTime(x)}, 3, 'UTC')) = ${plainTime(x)} AND` +
    ` ${x} >= '1970' AND ${x} < '2200')`
  );
}

function timeValue(x: string): string {
  return (
    `if(match(${x}, '^[0-9]{12,13}$'), fromUnixTimestamp64Milli(toInt64OrZero(${x}), 'UTC'),` +
    ` toDateTime64OrZero(${plainTime(x)}, 3, 'UTC'))`
  );
}

/** `2019-05-01 12:00:00.000` of `2019-05-01T12:00:00Z` and its like. */
function plainTime(x: string): string {
  return (
    `concat(substring(${x}, 1, 10), ' ', substring(${x}, 12, 8),` +
    ` if(length(${x}) >= 23, substring(${x}, 20, 4), '.000'))`
  );
}
