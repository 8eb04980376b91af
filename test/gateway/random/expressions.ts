import type { Random } from "../../../src/base/index.ts";

/** What the grammar knows of types: enough that most of what it says is accepted. */
export type Kind = "text" | "int" | "date" | "time" | "json" | "bool" | "texts" | "bytes";

export interface Column {
  /** As it is written: qualified where need be. */
  readonly sql: string;
  readonly kind: Kind;
}

/** What an expression may be made of. */
export interface Scope {
  readonly columns: readonly Column[];
  /** Writes a query of one column of this kind that may speak of these columns. */
  readonly scalar: (kind: Kind, outer: readonly Column[], depth: number) => string;
}

export class Dice {
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Thing>(things: readonly Thing[]): Thing {
    const thing = things[this.below(things.length)];
    if (thing === undefined) throw new Error("nothing to pick from");
    return thing;
  }
}

/** Makers by kind: `a` writes another expression of the kind named. */
type Maker = (a: (kind: Kind) => string, dice: Dice) => string;

const makers: Readonly<Record<Kind, readonly Maker[]>> = {
  text: [
    (a) => `upper(${a("text")})`,
    (a) => `lower(${a("text")})`,
    (a) => `reverse(${a("text")})`,
    (a) => `${a("text")} || ${a("text")}`,
    (a) => `concat(${a("text")}, ${a("int")}, ${a("text")})`,
    (a) => `coalesce(${a("text")}, ${a("text")})`,
    (a) => `nullif(${a("text")}, ${a("text")})`,
    (a) => `greatest(${a("text")}, ${a("text")})`,
    (a) => `case when ${a("bool")} then ${a("text")} else ${a("text")} end`,
    (a) => `case ${a("int")} when 1 then ${a("text")} end`,
    (a) => `substr(${a("text")}, 1, 12)`,
    (a) => `left(${a("text")}, 10)`,
    (a) => `replace(${a("text")}, '@', ' ')`,
    (a) => `translate(${a("text")}, '@.', '--')`,
    (a) => `regexp_replace(${a("text")}, '@.*', '')`,
    (a) => `split_part(${a("text")}, '@', 1)`,
    (a) => `lpad(${a("text")}, 30, '.')`,
    (a) => `btrim(${a("text")})`,
    (a) => `format('%s/%s', ${a("text")}, ${a("int")})`,
    (a) => `quote_literal(${a("text")})`,
    (a) => `encode(convert_to(${a("text")}, 'UTF8'), 'hex')`,
    (a) => `encode(${a("bytes")}, 'base64')`,
    (a) => `md5(${a("text")})`,
    (a) => `(${a("int")})::text`,
    (a) => `(${a("date")})::text`,
    (a) => `(${a("json")})::text`,
    (a) => `${a("json")} ->> 'nick'`,
    (a) => `(${a("texts")})[1]`,
    (a) => `array_to_string(${a("texts")}, ',')`,
    (a) => `to_char(${a("time")}, 'YYYY')`,
    (a) => `(${a("text")})::varchar(40)`,
    (a) => `cast(${a("text")} as text)`,
    (a) => `kb.slug(${a("text")})`,
    (a) => `json_value(${a("json")}, '$.nick' default 'none' on empty)`,
    (a) => `json_query(${a("json")}, '$' passing ${a("text")} as x returning text keep quotes)`,
    (a) => `xmlserialize(content xmlelement(name a, ${a("text")}) as text)`,
  ],
  int: [
    (a) => `length(${a("text")})`,
    (a) => `${a("int")} + ${a("int")} % 7`,
    (a) => `abs(${a("int")})`,
    (a) => `coalesce(${a("int")}, 0)`,
    (a) => `case when ${a("bool")} then ${a("int")} else 0 end`,
    (a) => `position('x' in ${a("text")})`,
    (a) => `cardinality(${a("texts")})`,
    (a) => `extract(year from ${a("date")})::int`,
    (a) => `ascii(${a("text")})`,
    (a, dice) => (dice.once(6) ? `(${a("text")})::int` : `length(${a("text")})`),
  ],
  date: [
    (a) => `coalesce(${a("date")}, date '2026-01-01')`,
    (a) => `${a("date")} + 1`,
    (a) => `(${a("time")})::date`,
  ],
  time: [(a) => `coalesce(${a("time")}, now())`, (a) => `date_trunc('day', ${a("time")})`],
  json: [
    (a) => `to_jsonb(${a("text")})`,
    (a) => `jsonb_build_object('k', ${a("text")}, 'n', ${a("int")})`,
    (a) => `jsonb_build_array(${a("text")}, ${a("text")})`,
    (a) => `${a("json")} || jsonb_build_object('x', ${a("text")})`,
    (a) => `${a("json")} -> 'nick'`,
    (a) => `json_object('k' value ${a("text")} absent on null returning jsonb)`,
    (a) => `json_query(jsonb_build_array(${a("text")}), '$[0]' with wrapper)`,
  ],
  bool: [
    (a) => `${a("int")} < ${a("int")}`,
    (a) => `${a("text")} like '%7%'`,
    (a) => `${a("text")} = ${a("text")}`,
    (a) => `${a("text")} is not null`,
    (a) => `${a("text")} is distinct from ${a("text")}`,
    (a) => `not (${a("bool")})`,
    (a) => `(${a("bool")}) and (${a("bool")})`,
    (a) => `(${a("bool")}) or (${a("bool")})`,
    (a) => `${a("date")} between date '1911-01-01' and date '2030-01-01'`,
    (a) => `(${a("int")}, ${a("text")}) > (1, 'a')`,
    (a) => `${a("text")} ~ '[0-9]+'`,
    (a) => `${a("text")} = any (${a("texts")})`,
    (a) => `json_exists(${a("json")}, '$.nick' false on error)`,
    (a) => `${a("text")} is json object`,
  ],
  texts: [
    (a) => `array[${a("text")}, ${a("text")}]`,
    (a) => `string_to_array(${a("text")}, 'x')`,
    (a) => `${a("texts")} || ${a("text")}`,
    (a) => `(${a("texts")})[1:2]`,
  ],
  bytes: [(a) => `convert_to(${a("text")}, 'UTF8')`, (a) => `sha256(${a("bytes")})`],
};

const literals: Readonly<Record<Kind, (dice: Dice) => string>> = {
  text: (dice) =>
    dice.pick(["'a'::text", "text 'mk'", "''::text", "E'\\x41'::text", "$$b$$::text", "null::text"]),
  int: (dice) => String(dice.below(40)),
  date: () => "date '2026-01-31'",
  time: () => "timestamptz '2026-01-31 10:00Z'",
  json: () => `'{"k": 1}'::jsonb`,
  bool: (dice) => (dice.once(6) ? "false" : "true"),
  texts: () => "array['a', 'b']",
  bytes: () => "'\\x6162'::bytea",
};

/** An expression of this kind, at most so deep. */
export function expression(kind: Kind, scope: Scope, dice: Dice, depth: number): string {
  const columns = scope.columns.filter((column) => column.kind === kind);
  if (depth <= 0 || dice.once(2)) {
    if (columns.length > 0 && !dice.once(12)) return dice.pick(columns).sql;
    if (depth < -1 || dice.once(6) || scope.columns.length === 0) return literals[kind](dice);
  }
  if (depth > 0 && dice.once(12)) return `(${scope.scalar(kind, scope.columns, depth - 1)})`;
  if (depth > 0 && kind === "texts" && dice.once(6))
    return `array(${scope.scalar("text", scope.columns, depth - 1)})`;
  if (depth > 0 && kind === "bool" && dice.once(6)) {
    const inner = scope.scalar("text", scope.columns, depth - 1);
    return dice.once(2) ? `exists (${inner})` : `${expression("text", scope, dice, depth - 1)} in (${inner})`;
  }
  return dice.pick(makers[kind])((wanted) => expression(wanted, scope, dice, depth - 1), dice);
}

const aggregates: Readonly<Record<Kind, readonly ((text: string, int: string) => string)[]>> = {
  text: [
    (text) => `string_agg(${text}, ',')`,
    (text) => `string_agg(distinct ${text}, ';')`,
    (text) => `min(${text})`,
    (text) => `max(${text})`,
    (text) => `mode() within group (order by ${text})`,
    (text, int) => `max(${text}) filter (where ${int} < 20)`,
  ],
  int: [
    () => "count(*)",
    (text) => `count(distinct ${text})`,
    (_, int) => `sum(${int})::bigint`,
    (_, int) => `max(${int})`,
  ],
  json: [(text) => `jsonb_agg(${text})`, (text, int) => `jsonb_object_agg(coalesce(${text}, ''), ${int})`],
  texts: [(text) => `array_agg(${text})`, (text, int) => `array_agg(${text} order by ${int})`],
  date: [() => "max(current_date)"],
  time: [() => "max(now())"],
  bool: [(text) => `bool_or(${text} is null)`, (_, int) => `every(${int} > 0)`],
  bytes: [],
};

/** An aggregate over the scope's columns. */
export function aggregate(kind: Kind, scope: Scope, dice: Dice): string {
  const of = aggregates[kind];
  const flat = { ...scope, scalar: (wanted: Kind): string => `select ${literals[wanted](dice)}` };
  const text = expression("text", flat, dice, 1);
  const int = expression("int", flat, dice, 1);
  return of.length === 0 ? literals[kind](dice) : dice.pick(of)(text, int);
}

/** A window function over the scope's columns; text or int. */
export function windowed(kind: "text" | "int", scope: Scope, dice: Dice): string {
  const text = expression("text", scope, dice, 1);
  const int = expression("int", scope, dice, 1);
  const frame = dice.pick(["", " rows between 1 preceding and 1 following", " range unbounded preceding"]);
  const over = `over (${dice.once(2) ? `partition by ${int} % 3 ` : ""}order by ${int}, ${text}${frame})`;
  const made =
    kind === "text"
      ? dice.pick([
          `lag(${text}) `,
          `lead(${text}, 2) `,
          `first_value(${text}) `,
          `nth_value(${text}, 2) `,
          `max(${text}) `,
          `string_agg(${text}, '') `,
        ])
      : dice.pick(["row_number() ", "rank() ", `count(${text}) `, `sum(${int}) `]);
  return made + over;
}
