import { cellsOf, fieldsOf, type Message } from "../bytes.ts";

/**
 * What is unlike in two answers to the same statement. `told`: the code of an error or notice is the same, and its words aren't;
 * `origin`: the columns are the same, but which table they are said to come from.
 */
export interface Difference {
  readonly kind: "code" | "told" | "position" | "origin" | "columns" | "rows" | "order" | "tag" | "messages";
  readonly bare: string;
  readonly mine: string;
}

/** An answer's messages as texts. */
function texts(messages: readonly Message[], loose: boolean): readonly string[] {
  let types: readonly number[] = [];
  return messages.map((message) => {
    const { type, body } = message;
    if (type === "T") {
      const found = columnsOf(body);
      types = found.map((column) => column.type);
      return `T ${found.map((column) => columnText(column, loose)).join(" | ")}`;
    }
    const text = type === "D" ? `D ${rowText(body, loose ? types : [])}` : plain(message);
    return loose ? text.replaceAll(/\bpg_(temp|toast|toast_temp)_\d+/g, "pg_$1_own") : text;
  });
}

const oidType = 26;

function rowText(body: Buffer, types: readonly number[]): string {
  const cells = cellsOf(body).map((cell, index) => {
    const text = cell?.toString("latin1") ?? null;
    return types[index] === oidType && Number(text) >= firstOwnOid ? "own" : JSON.stringify(text);
  });
  return cells.join(" | ");
}

function plain({ type, body }: Message): string {
  if (type !== "E" && type !== "N") return `${type} ${body.toString("latin1")}`;
  return `${type} ${[...fieldsOf(body)]
    .filter(([letter]) => !ofDevelopers.has(letter))
    .map(([letter, value]) => `${letter}=${value}`)
    .join(" | ")}`;
}

/** Where in its own source the server was: errors of the gateway's own have no such place, and clients don't look at it. */
const ofDevelopers: ReadonlySet<string> = new Set(["F", "L", "R"]);

/** The first number that a server hands out to what its users make (FirstNormalObjectId). */
const firstOwnOid = 16_384;

interface DescribedColumn {
  readonly name: string;
  readonly table: number;
  /** Which column of that table. */
  readonly number: number;
  readonly type: number;
  readonly rest: string;
}

function columnsOf(body: Buffer): readonly DescribedColumn[] {
  const found: DescribedColumn[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left--) {
    const end = body.indexOf(0, at);
    found.push({
      name: body.toString("utf8", at, end),
      table: body.readUInt32BE(end + 1),
      type: body.readUInt32BE(end + 7),
      number: body.readInt16BE(end + 5),
      rest: `${body.readInt16BE(end + 11)} ${body.readInt32BE(end + 13)} ${body.readInt16BE(end + 17)}`,
    });
    at = end + 19;
  }
  return found;
}

/** @param loose without the numbers that a server hands out: those of tables and of types that a user made. */
function columnText({ name, table, number, type, rest }: DescribedColumn, loose: boolean): string {
  const own = (oid: number): string => (loose && oid >= firstOwnOid ? "own" : String(oid));
  return `${name} ${own(table)} ${number} ${own(type)} ${rest}`;
}

/** Null: a client can't tell the two answers apart, but by numbers that each server hands out for itself. */
export function difference(bare: readonly Message[], mine: readonly Message[]): Difference | null {
  const [left, right] = [texts(bare, true), texts(mine, true)];
  if (left.join("\n") === right.join("\n")) return null;
  const where = Math.max(
    0,
    left.findIndex((one, index) => one !== right[index]),
  );
  return {
    kind: kindOf({ bare, mine, left, right }, where),
    bare: (texts(bare, false)[where] ?? "").slice(0, 600),
    mine: (texts(mine, false)[where] ?? "").slice(0, 600),
  };
}

interface Unlike {
  readonly bare: readonly Message[];
  readonly mine: readonly Message[];
  readonly left: readonly string[];
  readonly right: readonly string[];
}

function kindOf({ bare, mine, left, right }: Unlike, where: number): Difference["kind"] {
  const [one, other] = [bare[where], mine[where]];
  if (one === undefined || other === undefined || one.type !== other.type) return "messages";
  switch (one.type) {
    case "E":
    case "N":
      return unlikeFields(fieldsOf(one.body), fieldsOf(other.body));
    case "T":
      return unlikeColumns(columnsOf(one.body), columnsOf(other.body));
    case "D":
    case "d":
      return left.toSorted().join("\n") === right.toSorted().join("\n") ? "order" : "rows";
    default:
      return one.type === "C" ? "tag" : "messages";
  }
}

function unlikeColumns(
  bare: readonly DescribedColumn[],
  mine: readonly DescribedColumn[],
): Difference["kind"] {
  const plainly = (columns: readonly DescribedColumn[]): string =>
    columns.map((column) => columnText({ ...column, table: 0, number: 0 }, true)).join(" | ");
  return plainly(bare) === plainly(mine) ? "origin" : "columns";
}

function unlikeFields(
  bare: ReadonlyMap<string, string>,
  mine: ReadonlyMap<string, string>,
): Difference["kind"] {
  if (bare.get("C") !== mine.get("C")) return "code";
  return bare.get("M") === mine.get("M") ? "position" : "told";
}
