import {
  aggregate,
  type Column,
  type Dice,
  expression,
  type Kind,
  type Scope,
  windowed,
} from "./expressions.ts";

export interface Source {
  /** As it stands in FROM. */
  readonly name: string;
  readonly columns: readonly (readonly [name: string, kind: Kind])[];
  /** The column that joins to a customer's id, if any. */
  readonly customer: string | null;
}

const columns = (text: string): Source["columns"] =>
  text.split(" ").map((word) => {
    const [name = "", kind = "text"] = word.split(":");
    return [name, kind as Kind] as const;
  });

const customer =
  "id:int name:text email:text phone:text phone_digits:int address:text country:text language:text born:date notes:text profile:json aliases:texts created:time";
const call = "id:int customer_id:int agent_id:text number:text summary:text seconds:int started:time";

/** What can be read in the help desk. */
export const sources: readonly Source[] = [
  { name: "customers", columns: columns(customer), customer: "id" },
  { name: "public.customers", columns: columns(customer), customer: "id" },
  { name: "only customers", columns: columns(customer), customer: "id" },
  { name: "customers_archive", columns: columns(customer), customer: "id" },
  {
    name: "tickets",
    columns: columns(
      "id:int customer_id:int assignee_id:text queue:text priority:int subject:text opened:time closed_at:time",
    ),
    customer: "customer_id",
  },
  {
    name: "messages",
    columns: columns("id:int ticket_id:int author:text body:text created:time"),
    customer: null,
  },
  {
    name: "attachments",
    columns: columns("id:int message_id:int name:text mime:text content:bytes"),
    customer: null,
  },
  { name: "calls", columns: columns(call), customer: "customer_id" },
  { name: "calls_2026", columns: columns(call), customer: "customer_id" },
  {
    name: "customer_directory",
    columns: columns("id:int name:text email:text phone:text country:text language:text"),
    customer: "id",
  },
  { name: "directory_de", columns: columns("id:int full_name:text mail:text"), customer: "id" },
  {
    name: "open_tickets",
    columns: columns(
      "ticket:int queue:text priority:int subject:text customer:int customer_name:text assignee:text",
    ),
    customer: "customer",
  },
  { name: "queue_counts", columns: columns("queue:text tickets:int"), customer: null },
  {
    name: "agents",
    columns: columns("id:text name:text email:text team_id:int language:text hired:date active:bool"),
    customer: null,
  },
  { name: "teams", columns: columns("id:int name:text"), customer: null },
  { name: "tags", columns: columns("id:int name:text"), customer: null },
  { name: "ticket_tags", columns: columns("ticket_id:int tag_id:int"), customer: null },
  { name: "kb.products", columns: columns("sku:text name:text attributes:json"), customer: null },
  {
    name: "kb.articles",
    columns: columns("id:int product_sku:text title:text body:text labels:texts"),
    customer: null,
  },
  { name: "kb.article_popularity", columns: columns("id:int title:text views:int"), customer: null },
  { name: "kb.page_views", columns: columns("article_id:int day:date views:int"), customer: null },
];

export interface Query {
  readonly sql: string;
  /** Names and kinds of its columns. */
  readonly columns: readonly (readonly [name: string, kind: Kind])[];
}

interface From {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** Writes random queries over the help desk. Sizes are bounded by `depth`; every row count by a LIMIT somewhere. */
export class QueryWriter {
  readonly #dice: Dice;
  #names = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  #name(letter: string): string {
    this.#names++;
    return `${letter}${this.#names}`;
  }

  /** Texts hold most markers. */
  #kind(): Kind {
    return this.#dice.once(2)
      ? "text"
      : this.#dice.pick(["text", "int", "json", "date", "texts", "bool", "bytes"]);
  }

  #scope(known: readonly Column[], tables: readonly Source[]): Scope {
    return {
      columns: known,
      scalar: (kind, outer, depth) => this.#scalar(kind, outer, depth, tables),
    };
  }

  #scalar(kind: Kind, outer: readonly Column[], depth: number, tables: readonly Source[]): string {
    const from = this.#table(tables);
    const scope = this.#scope([...from.columns, ...(this.#dice.once(2) ? outer : [])], tables);
    if (this.#dice.once(3)) return `select ${aggregate(kind, scope, this.#dice)} from ${from.sql}`;
    const what = expression(kind, scope, this.#dice, Math.min(depth, 1));
    const where = expression("bool", scope, this.#dice, 1);
    if (this.#dice.once(3)) return this.#chosen(what, where, from, tables);
    return `select ${what} from ${from.sql} where ${where} order by 1 limit 1`;
  }

  /** One value out of rows that are chosen in ways that help desks choose them: the newest, the first of each, a few at random. */
  #chosen(what: string, where: string, from: From, tables: readonly Source[]): string {
    const dice = this.#dice;
    const flat: Scope = { columns: from.columns, scalar: () => "select null" };
    const int = expression("int", flat, dice, 0);
    const alias = this.#name("n");
    const other = this.#table(tables);
    const of = expression("int", { columns: other.columns, scalar: () => "select 1" }, dice, 0);
    const rows = `from ${from.sql} where ${where}`;
    const order = dice.pick([int, `${int} desc`, "random()"]);
    return dice.pick([
      `select ${alias}.v from (select ${what} as v, row_number() over (partition by ${int} % 3 order by ${order}) as n ${rows}) ${alias} where ${alias}.n = 1 limit 1`,
      `select ${alias}.v from (select ${what} as v ${rows} order by ${order} limit 2) ${alias} limit 1`,
      `select ${what} from ${from.sql} where ${int} in (select ${of} from ${other.sql} order by 1 limit 3) order by 1 limit 1`,
      `select distinct on (${int} % 2) ${what} ${rows} order by ${int} % 2, ${int} limit 1`,
      `select ${what} ${rows} order by ${order} limit 1`,
      `with ${alias} as (select ${what} as v ${rows} order by ${order} limit 3) select ${alias}.v from ${alias} limit 1`,
    ]);
  }

  #table(tables: readonly Source[]): From {
    // What is protected is what is worth looking at: three times out of four.
    const mine = tables.filter(({ customer: key }) => key !== null);
    const source = this.#dice.pick(mine.length > 0 && !this.#dice.once(4) ? mine : tables);
    const alias = this.#name("t");
    const sample =
      this.#dice.once(20) && /^(public\.)?customers$/.test(source.name) ? " tablesample bernoulli (60)" : "";
    // A list of columns may give new names to the first ones.
    if (this.#dice.once(8) && source.columns.length > 3) {
      const renamed = source.columns.slice(0, 3).map(([, kind]) => [this.#name("k"), kind] as const);
      return {
        sql: `${source.name} as ${alias} (${renamed.map(([name]) => name).join(", ")})`,
        columns: renamed.map(([name, kind]) => ({ sql: `${alias}.${name}`, kind })),
      };
    }
    return {
      sql: `${source.name} ${alias}${sample}`,
      columns: source.columns.map(([name, kind]) => ({ sql: `${alias}.${name}`, kind })),
    };
  }

  #item(depth: number, tables: readonly Source[], outer: readonly Column[]): From {
    const dice = this.#dice;
    if (depth <= 0 || !dice.once(3)) return this.#table(tables);
    const alias = this.#name("q");
    if (dice.once(5)) {
      const scope = this.#scope(outer, tables);
      const rows = [1, 2].map(() => `(${expression("text", scope, dice, 1)}, ${dice.below(9)})`).join(", ");
      return {
        sql: `lateral (values ${rows}) as ${alias} (v, n)`,
        columns: [
          { sql: `${alias}.v`, kind: "text" },
          { sql: `${alias}.n`, kind: "int" },
        ],
      };
    }
    if (dice.once(6)) {
      const array = expression("texts", this.#scope(outer, tables), dice, 1);
      return { sql: `unnest(${array}) as ${alias} (v)`, columns: [{ sql: `${alias}.v`, kind: "text" }] };
    }
    if (dice.once(6)) return this.#document(alias, outer, tables);
    const inner = this.query(depth - 1, tables, dice.once(2) ? outer : []);
    return {
      sql: `lateral (${inner.sql}) as ${alias}`,
      columns: inner.columns.map(([name, kind]) => ({ sql: `${alias}.${name}`, kind })),
    };
  }

  /** JSON or XML, read as a table. */
  #document(alias: string, outer: readonly Column[], tables: readonly Source[]): From {
    const dice = this.#dice;
    const scope = this.#scope(outer, tables);
    const v: Column = { sql: `${alias}.v`, kind: "text" };
    const n: Column = { sql: `${alias}.n`, kind: "int" };
    if (dice.once(2))
      return {
        sql: `xmltable('/r/a' passing xmlelement(name r, xmlelement(name a, ${expression("text", scope, dice, 1)})) columns n for ordinality, v text path '.' default 'none') as ${alias}`,
        columns: [v, n],
      };
    const json = expression("json", scope, dice, 1);
    return {
      sql: `json_table(jsonb_build_array(${json}), '$[*]' columns (n for ordinality, nested path '$' columns (v text format json path '$' error on error))) as ${alias}`,
      columns: [v, n],
    };
  }

  #from(depth: number, tables: readonly Source[], outer: readonly Column[]): From {
    let from = this.#item(depth, tables, outer);
    for (let left = this.#dice.below(3); left > 0; left--) {
      const join = this.#dice.pick(["join", "left join", "join", "cross join"]);
      const next = this.#item(depth, tables, [...from.columns, ...outer]);
      const ints = (one: From): readonly Column[] => {
        const keys = one.columns.filter(({ kind }) => kind === "int");
        const ids = keys.filter(({ sql }) => /\.(id|customer_id|customer)$/.test(sql));
        return ids.length > 0 && !this.#dice.once(5) ? ids : keys;
      };
      const [mine, other] = [ints(from), ints(next)];
      const on =
        mine.length > 0 && other.length > 0
          ? `${this.#dice.pick(mine).sql} = ${this.#dice.pick(other).sql}`
          : expression(
              "bool",
              { columns: [...from.columns, ...next.columns], scalar: () => "select null" },
              this.#dice,
              0,
            );
      from = {
        sql: `${from.sql} ${join} ${next.sql}${join === "cross join" ? "" : ` on ${on}`}`,
        columns: [...from.columns, ...next.columns],
      };
    }
    return from;
  }

  /** A query that may speak of `outer` and reads `tables`. */
  query(depth: number, tables: readonly Source[] = sources, outer: readonly Column[] = []): Query {
    const dice = this.#dice;
    if (depth > 0 && dice.once(7)) return this.#with(depth, tables, outer);
    if (depth > 0 && dice.once(7)) return this.#union(depth, tables, outer);
    if (depth > 0 && dice.once(10)) return this.#newest(depth, tables, outer);
    if (depth > 0 && dice.once(10)) return this.#recursive(depth, tables);
    const kinds = Array.from({ length: 1 + dice.below(4) }, () => this.#kind());
    return this.#select(kinds, depth, { tables, outer });
  }

  #select(
    kinds: readonly Kind[],
    depth: number,
    { tables, outer }: { readonly tables: readonly Source[]; readonly outer: readonly Column[] },
  ): Query {
    const dice = this.#dice;
    const from = this.#from(depth, tables, outer);
    const scope = this.#scope([...from.columns, ...outer], tables);
    const inside = this.#scope(from.columns, tables);
    const where = !dice.once(3) ? "" : ` where ${expression("bool", scope, dice, 2)}`;
    const style = dice.below(7);
    const named = kinds.map((kind) => [this.#name("c"), kind] as const);
    let group = "";
    const list = named.map(([name, kind]) => {
      if (style === 0) return `${aggregate(kind, inside, dice)} as ${name}`;
      if (style === 1 && (kind === "text" || kind === "int"))
        return `${windowed(kind, scope, dice)} as ${name}`;
      return `${expression(kind, scope, dice, 2)} as ${name}`;
    });
    if (style === 0 && dice.once(2)) {
      const by = `lower(${expression("text", { ...inside, scalar: () => "select null::text" }, dice, 1)})`;
      group = dice.pick([
        ` group by ${by}`,
        ` group by rollup (${by})`,
        ` group by grouping sets ((${by}), ())`,
      ]);
      if (dice.once(3)) group += ` having ${aggregate("bool", inside, dice)}`;
    }
    const plain = kinds.every((kind) => kind !== "json");
    const distinct = style > 1 && plain && dice.once(6) ? "distinct " : "";
    const order = dice.once(2) && plain ? ` order by ${1 + dice.below(kinds.length)}` : "";
    const limit = ` limit ${1 + dice.below(20)}`;
    const lock = style > 1 && distinct === "" && dice.once(200) ? " for update" : "";
    return {
      sql: `select ${distinct}${list.join(", ")} from ${from.sql}${where}${group}${order}${limit}${lock}`,
      columns: named,
    };
  }

  /** The first rows of each group. */
  #newest(depth: number, tables: readonly Source[], outer: readonly Column[]): Query {
    const dice = this.#dice;
    const inner = this.#select(["int", this.#kind(), "text"], depth - 1, { tables, outer });
    const [group = ["", "int"], second = group] = inner.columns;
    const [rows, one] = [this.#name("i"), this.#name("q")];
    const list = inner.columns.map(([name]) => `${one}.${name}`).join(", ");
    const window = `partition by ${rows}.${group[0]} order by ${rows}.${second[0]}`;
    const sql = dice.once(3)
      ? `select distinct on (${one}.${group[0]}) ${list} from (${inner.sql}) ${one} order by ${one}.${group[0]}, ${one}.${second[0]} limit 20`
      : `select ${list} from (select ${rows}.*, ${dice.pick(["row_number", "rank", "dense_rank"])}() over (${window}) as place from (${inner.sql}) ${rows}) ${one} where ${one}.place < 3 limit 20`;
    return { sql, columns: inner.columns };
  }

  /** A recursive query that goes from one row to the next, four times at most. */
  #recursive(depth: number, tables: readonly Source[]): Query {
    const dice = this.#dice;
    const name = this.#name("r");
    const [start, next] = [this.#table(tables), this.#table(tables)];
    const own: readonly Column[] = [
      { sql: `${name}.i`, kind: "int" },
      { sql: `${name}.v`, kind: "text" },
    ];
    const first = expression("text", this.#scope(start.columns, tables), dice, 1);
    const again = expression("text", this.#scope([...next.columns, ...own, ...own], tables), dice, 1);
    const key = next.columns.find(({ kind }) => kind === "int")?.sql ?? "2";
    const where = expression("bool", { columns: start.columns, scalar: () => "select true" }, dice, 0);
    const both = `select 1, (${first})::text from ${start.sql} where ${where} ${dice.pick(["union", "union", "union all"])} select ${name}.i + 1, (${again})::text from ${name} join ${next.sql} on ${key} = ${name}.i + 1 where ${name}.i < 4`;
    const table: Source = {
      name,
      columns: [
        ["i", "int"],
        ["v", "text"],
      ],
      customer: null,
    };
    const outerQuery = this.query(depth - 1, [table, table, ...tables.slice(0, 4)], []);
    return {
      sql: `with recursive ${name} (i, v) as (${both}) ${outerQuery.sql}`,
      columns: outerQuery.columns,
    };
  }

  #union(depth: number, tables: readonly Source[], outer: readonly Column[]): Query {
    const kinds = Array.from({ length: 1 + this.#dice.below(2) }, () =>
      this.#dice.pick<Kind>(["text", "int"]),
    );
    const left = this.#select(kinds, depth - 1, { tables, outer });
    const right = this.#select(kinds, depth - 1, { tables, outer });
    const word = this.#dice.pick(["union", "union all", "intersect", "except", "except all"]);
    return { sql: `(${left.sql}) ${word} (${right.sql}) limit 30`, columns: left.columns };
  }

  #with(depth: number, tables: readonly Source[], outer: readonly Column[]): Query {
    const dice = this.#dice;
    const inner = this.query(depth - 1, tables, []);
    // Named as a table is, now and then: the name then means the query.
    const name = dice.once(4) ? dice.pick(["teams", "customers", "tags", "tickets"]) : this.#name("w");
    const table: Source = { name, columns: inner.columns, customer: null };
    const others = tables.filter((source) => source.name !== name && source.name !== `only ${name}`);
    const outerQuery = this.query(depth - 1, [table, table, table, ...others.slice(0, 6)], outer);
    const how = dice.pick(["", "", "materialized ", "not materialized "]);
    return { sql: `with ${name} as ${how}(${inner.sql}) ${outerQuery.sql}`, columns: outerQuery.columns };
  }
}
