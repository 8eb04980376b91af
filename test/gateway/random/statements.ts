import { type Random, seededRandom } from "../../../src/base/index.ts";
import { Dice, expression, type Scope } from "./expressions.ts";
import { QueryWriter, type Query } from "./queries.ts";

/** Statements that belong together, run one after the other on one connection. */
export type Script = readonly string[];

const depthMax = 3;

/** Endless random scripts; equal seeds give equal scripts. */
export function* scripts(seed: number): Generator<Script> {
  const random = seededRandom(seed);
  for (;;) yield script(random);
}

/** Weights: most of what an agent sends is a query. */
function script(random: Random): Script {
  const dice = new Dice(random);
  const writer = new QueryWriter(dice);
  const query = (): Query => writer.query(dice.below(depthMax + 1));
  const kind = dice.below(21);
  if (kind < 13) return [query().sql];
  if (kind < 15) return inTransaction(changing(dice, writer));
  if (kind === 15) return cursor(dice, query());
  if (kind === 16) return [`prepare p as ${query().sql}`, "execute p", "execute p", "deallocate p"];
  if (kind === 17) return [`copy (${query().sql}) to stdout${dice.pick(["", " (format csv, header)"])}`];
  if (kind === 18) return view(dice, query());
  // Two columns of each name, as in `select t.*, c.*`.
  if (kind === 19) return [`select * from (select i.*, i.* from (${query().sql}) i) q`];
  return inTransaction([query().sql, query().sql, query().sql]);
}

function inTransaction(statements: readonly string[]): Script {
  return ["begin", ...statements, "rollback"];
}

function cursor(dice: Dice, { sql }: Query): Script {
  const scroll = dice.pick(["", "scroll ", "no scroll ", "binary "]);
  const moves = ["fetch 1 c", "fetch 2 c", "move 1 c", "fetch all c", "fetch next c"];
  const back =
    scroll === "scroll "
      ? ["fetch prior c", "fetch first c", "fetch backward 2 c", "fetch absolute 2 c"]
      : [];
  const steps = Array.from({ length: 1 + dice.below(4) }, () => dice.pick([...moves, ...back]));
  return inTransaction([`declare c ${scroll}cursor for ${sql}`, ...steps, "close c"]);
}

function view(dice: Dice, { sql, columns }: Query): Script {
  const picked = columns.map(([name]) => name);
  const name = dice.pick(["v", "teams", "tags"]);
  return inTransaction([
    `create temp view ${name} as ${sql}`,
    `select ${picked.join(", ")} from ${name}`,
    `select ${name}::text, count(*) over () from ${name} limit 3`,
  ]);
}

const tables: Readonly<Record<string, readonly string[]>> = {
  customers: ["name", "phone", "notes"],
  tickets: ["queue", "subject"],
  messages: ["body", "author"],
  ticket_tags: [],
};

function changing(dice: Dice, writer: QueryWriter): readonly string[] {
  const table = dice.pick(Object.keys(tables));
  const own = (tables[table] ?? []).map((name) => ({ sql: `x.${name}`, kind: "text" as const }));
  const scope: Scope = {
    columns: [...own, { sql: table === "ticket_tags" ? "x.ticket_id" : "x.id", kind: "int" }],
    scalar: (kind) => `select ${kind === "text" ? "max(email)" : "null"} from customers where id < 3`,
  };
  const returning = ` returning ${expression("text", scope, dice, 2)}, ${expression("int", scope, dice, 1)}`;
  const where = ` where ${scope.columns.at(-1)?.sql} < ${2 + dice.below(6)} and ${expression("bool", scope, dice, 1)}`;
  const set = own.length === 0 ? null : dice.pick(own).sql.slice(2);
  if (set !== null && dice.once(2)) {
    const value = dice.once(3) ? expression("text", scope, dice, 1) : "'changed'";
    return [`update ${table} x set ${set} = ${value}${where}${returning}`];
  }
  if (dice.once(2)) return [`delete from ${table} x${where}${returning}`];
  const changed = `with d as (delete from ${table} x${where}${returning}) select * from d`;
  return dice.once(2)
    ? [changed]
    : [
        `insert into scratch.lists ${writer.query(1).sql.replace(/^/, "select 1, q::text from (")}) q returning line`,
      ];
}
