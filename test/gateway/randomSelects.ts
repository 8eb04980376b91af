import type { Random } from "../../src/base/index.ts";

/** SELECTs as a grammar makes them, over the help desk's tables: joins, sub-selects, WITH, set operations, groups, windows, JSON. */

interface Source {
  readonly alias: string;
  readonly columns: readonly string[];
}

const tables: Readonly<Record<string, readonly string[]>> = {
  customers: ["id", "name", "email", "phone", "notes", "language"],
  tickets: ["id", "customer_id", "subject", "queue"],
  messages: ["id", "ticket_id", "body", "author"],
  agents: ["id", "name", "team_id"],
  customer_directory: ["id", "name", "email", "language"],
  open_tickets: ["ticket", "customer_name", "subject", "customer"],
};
const numbers = new Set(["id", "customer_id", "ticket_id", "team_id", "ticket", "customer"]);

export class Maker {
  readonly #random: Random;
  #names = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  #pick<T>(from: readonly T[]): T {
    const one = from[Math.floor(this.#random() * from.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }

  #maybe(chance: number): boolean {
    return this.#random() < chance;
  }

  #alias(): string {
    this.#names += 1;
    return `t${this.#names}`;
  }

  #text(scope: readonly Source[]): string {
    const all = scope.flatMap(({ alias, columns }) =>
      columns.filter((column) => !numbers.has(column)).map((column) => `${alias}.${column}`),
    );
    return all.length === 0 ? "'x'" : `${this.#pick(all)}::text`;
  }

  #number(scope: readonly Source[]): string {
    const all = scope.flatMap(({ alias, columns }) =>
      columns.filter((column) => numbers.has(column)).map((column) => `${alias}.${column}`),
    );
    const one = all.length === 0 ? "1" : this.#pick(all);
    return `(case when ${one}::text ~ '^[0-9]+$' then ${one}::text::bigint end)`;
  }

  #value(scope: readonly Source[], depth: number): string {
    const text = this.#text(scope);
    const forms = [
      (): string => text,
      (): string => `upper(${text})`,
      (): string => `${text} || ${this.#text(scope)}`,
      (): string => `coalesce(${text}, 'none')`,
      (): string => `reverse(${text})`,
      (): string => `encode(convert_to(${text}, 'UTF8'), 'hex')`,
      (): string => `case when ${this.#condition(scope, 0)} then ${text} else ${this.#text(scope)} end`,
      (): string => `json_build_object('k', ${text}, 'n', ${this.#number(scope)})::text`,
      (): string => `row_to_json(${this.#pick(scope).alias})::text`,
      (): string => `(array[${text}, ${this.#text(scope)}])[2]`,
      (): string => `row(${text}, ${this.#pick(scope).alias})::text`,
    ];
    if (depth > 0)
      forms.push(
        () => `(${this.#one(scope, depth - 1)})`,
        () => `array(${this.#query(scope, depth - 1, 1)})::text`,
        () => `(select json_agg(q) from (${this.#query(scope, depth - 1, 2)}) q)::text`,
        () => `(select string_agg(q.c1, ',' order by q.c1) from (${this.#query(scope, depth - 1, 1)}) q)`,
        () => `exists (${this.#query(scope, depth - 1, 1)})::text`,
      );
    return this.#pick(forms)();
  }

  /** A sub-select of at most one row. */
  #one(scope: readonly Source[], depth: number): string {
    return this.#maybe(0.5)
      ? `select min(q.c1) from (${this.#query(scope, depth, 1)}) q`
      : `select q.c1 from (${this.#query(scope, depth, 2)}) q order by 1 limit 1`;
  }

  #condition(scope: readonly Source[], depth: number): string {
    const forms = [
      (): string => `${this.#number(scope)} < ${Math.ceil(this.#random() * 12)}`,
      (): string => `${this.#text(scope)} like '%${Math.floor(this.#random() * 9)}%'`,
      (): string => `${this.#number(scope)} = ${this.#number(scope)}`,
      (): string => `${this.#text(scope)} is not null`,
    ];
    if (depth > 0)
      forms.push(
        () => `${this.#text(scope)} in (${this.#query(scope, depth - 1, 1)})`,
        () => `not exists (${this.#query(scope, depth - 1, 1)})`,
      );
    return this.#pick(forms)();
  }

  #source(
    scope: readonly Source[],
    depth: number,
    common: readonly Source[],
  ): { text: string; source: Source } {
    const alias = this.#alias();
    if (common.length > 0 && this.#maybe(0.4)) {
      const { alias: name, columns } = this.#pick(common);
      return { text: `${name} as ${alias}`, source: { alias, columns } };
    }
    if (depth > 0 && this.#maybe(0.4)) {
      const lateral = this.#maybe(0.5);
      const query = this.#query(lateral ? scope : [], depth - 1, 2);
      return {
        text: `${lateral ? "lateral " : ""}(${query}) as ${alias}`,
        source: { alias, columns: ["c1", "c2"] },
      };
    }
    const [name, columns] = this.#pick(Object.entries(tables));
    return { text: `${name} as ${alias}`, source: { alias, columns } };
  }

  #from(
    outer: readonly Source[],
    depth: number,
    common: readonly Source[],
  ): { text: string; scope: Source[] } {
    const first = this.#source(outer, depth, common);
    const scope = [first.source];
    let text = first.text;
    for (let more = 0; more < 2 && this.#maybe(0.4); more++) {
      const next = this.#source([...scope, ...outer], depth, common);
      scope.push(next.source);
      const on = `${this.#number([next.source])} = ${this.#number(scope.slice(0, -1))}`;
      const kind = this.#pick(["join", "left join", "left join"]);
      text += ` ${kind} ${next.text} on ${on}`;
    }
    return { text, scope };
  }

  #query(outer: readonly Source[], depth: number, width: number): string {
    if (depth > 0 && this.#maybe(0.2)) {
      const op = this.#pick(["union all", "union", "intersect", "except", "except all"]);
      return `(${this.#select(outer, depth - 1, width)}) ${op} (${this.#select(outer, depth - 1, width)})`;
    }
    return this.#select(outer, depth, width);
  }

  #select(outer: readonly Source[], depth: number, width: number): string {
    const common: Source[] = [];
    let head = "";
    if (depth > 0 && this.#maybe(0.2)) {
      const name = this.#alias();
      head = `with ${name}(c1, c2) as (${this.#query([], depth - 1, 2)}) `;
      common.push({ alias: name, columns: ["c1", "c2"] });
    }
    const { text, scope } = this.#from(outer, depth, common);
    const all = this.#maybe(0.3) ? [...scope, ...outer] : scope;
    const where = this.#maybe(0.6) ? ` where ${this.#condition(all, depth)}` : "";
    const kind = this.#random();
    const names = Array.from({ length: width }, (_, index) => `c${index + 1}`);
    if (kind < 0.2) {
      const key = this.#text(scope);
      const made = [
        `min(${this.#text(scope)})`,
        `string_agg(${this.#text(scope)}, '|')`,
        `json_agg(${this.#value(scope, 0)})::text`,
        `count(${this.#text(scope)})::text`,
        `max(${this.#value(scope, depth)})`,
        key,
      ];
      const list = names.map((name) => `${this.#pick(made)} as ${name}`).join(", ");
      const having = this.#maybe(0.2) ? " having count(*) > 1" : "";
      return `${head}select ${list} from ${text}${where} group by ${key}${having}`;
    }
    if (kind < 0.3) {
      const made = (): string =>
        this.#pick([
          `first_value(${this.#text(scope)}) over (partition by ${this.#text(scope)} order by ${this.#text(scope)})`,
          `lag(${this.#text(scope)}) over (order by ${this.#text(scope)})`,
          `row_number() over (order by ${this.#text(scope)})::text`,
          `string_agg(${this.#text(scope)}, '.') over (order by ${this.#text(scope)} rows 2 preceding)`,
        ]);
      return `${head}select ${names.map((name) => `${made()} as ${name}`).join(", ")} from ${text}${where}`;
    }
    const list = names.map((name) => `${this.#value(all, depth)} as ${name}`).join(", ");
    const distinct = this.#maybe(0.15) ? "distinct " : "";
    const sort = this.#maybe(0.4) ? ` order by ${names.map((_, index) => index + 1).join(", ")}` : "";
    const limit = sort !== "" && this.#maybe(0.5) ? ` limit ${Math.ceil(this.#random() * 5)}` : "";
    return `${head}select ${distinct}${list} from ${text}${where}${sort}${limit}`;
  }

  statement(): string {
    this.#names = 0;
    return this.#query([], 2, 2);
  }
}
