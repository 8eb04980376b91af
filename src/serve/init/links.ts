import type { KeyCondition } from "../../policy/index.ts";
import { type Database, type Looked, quoted } from "./look.ts";
import { callNames, personRole, plain, singular, stemOf } from "./names.ts";

/** A column that leads to a row of another table, declared or found. */
export interface Link {
  readonly from: Looked;
  readonly column: string;
  /** What the row itself must say: one column that leads to several tables. */
  readonly where: readonly KeyCondition[];
  readonly to: Looked;
  readonly match: string;
  /** Neither declared nor borne out by rows. */
  readonly guessed: boolean;
  readonly why: string;
}

/** A found link counts where this share of the sampled values is there: a few rows may have been deleted. */
const containedMin = 0.9;
const valuesSampled = 200;

/** Every link that is declared, or that names suggest and the rows bear out. */
export async function linksOf(database: Database): Promise<readonly Link[]> {
  const declared = declaredLinks(database);
  const known = new Set(declared.map(keyOf));
  const links = [...declared];
  const index = indexed(database.tables);
  for (const link of database.tables.flatMap((table) => suggested(table, index))) {
    if (known.has(keyOf(link))) continue;
    const checked = await borneOut(link, database);
    if (checked === null || (!checked.sure && link.guessed)) continue;
    known.add(keyOf(link));
    links.push({ ...link, guessed: !checked.sure, why: `${link.why}; ${checked.why}` });
  }
  return links;
}

function keyOf({ from, column, to, where }: Link): string {
  return JSON.stringify([from.relation.oid, column, to.relation.oid, where]);
}

function declaredLinks({ tables, foreignKeys }: Database): readonly Link[] {
  const byOid = new Map(tables.map((table) => [table.relation.oid, table]));
  return foreignKeys.flatMap(({ table, column, target, match }) => {
    const [from, to] = [byOid.get(table), byOid.get(target)];
    return from === undefined || to === undefined
      ? []
      : [{ from, column, where: [], to, match, guessed: false, why: "a declared foreign key" }];
  });
}

/** The column that names one row: of a unique index over one column, the oldest, which is the primary key where there is one. */
export function keyColumn({ relation }: Looked): string | null {
  const [key] = (relation.unique ?? []).find((columns) => columns.length === 1) ?? [];
  return key ?? null;
}

/** Tables by what a column may call them, and those with people in them. */
interface Index {
  readonly called: ReadonlyMap<string, readonly Looked[]>;
  readonly people: readonly Looked[];
  /** What columns like `object_type` say, where it is a table's name. */
  readonly kinds: readonly string[];
}

function indexed(tables: readonly Looked[]): Index {
  const called = new Map<string, Looked[]>();
  for (const table of tables) {
    for (const name of callNames(table.relation.name)) called.set(name, [...(called.get(name) ?? []), table]);
  }
  const said = tables.flatMap(({ relation, samples }) =>
    relation.columns
      .filter(({ name }) =>
        relation.columns.some((other) => plain(name) === `${stemOf(other.name) ?? ""}type`),
      )
      .flatMap(({ name }) => samples.get(name)?.words ?? []),
  );
  return { called, people: tables.filter(isPeople), kinds: [...new Set(said)].toSorted() };
}

function suggested(from: Looked, index: Index): readonly Link[] {
  return from.relation.columns.flatMap(({ name, type }) => {
    if (
      name === keyColumn(from) ||
      !/^(smallint|integer|bigint|numeric|uuid|text|character varying)/.test(type)
    )
      return [];
    return [...byName(from, name, index), ...byPair(from, name, index)].filter(
      ({ to, match }) => match !== "" && familyOf(typeOf(to, match)) === familyOf(type),
    );
  });
}

function byName(from: Looked, column: string, { called, people }: Index): readonly Link[] {
  const stem = stemOf(column);
  // A bare `queue` is a link where it is a number; text would be the queue's name.
  const name = stem ?? (/^(smallint|integer|bigint|uuid)/.test(typeOf(from, column)) ? plain(column) : null);
  if (name === null) return [];
  const link = (to: Looked, guessed: boolean, why: string): Link => {
    const match = keyColumn(to) ?? "";
    return { from, column, where: [], to, match, guessed, why };
  };
  // `role_id` is a role where there are roles; only without them may it be a member_role.
  const all = called.get(name) ?? [];
  const whole = all.filter((to) => plain(singular(to.relation.name)) === name);
  const named = whole.length > 0 ? whole : all;
  const persons = personRole(column) === null ? [] : people.filter((to) => !named.includes(to));
  return [
    ...named.map((to) => link(to, false, `${column} is called after ${to.name}`)),
    ...persons.map((to) => link(to, true, `${column} sounds like a person of ${to.name}`)),
  ];
}

/** `object_type` and `object_id`: one column says which table the other leads to. */
function byPair(from: Looked, column: string, { called, kinds, people }: Index): readonly Link[] {
  const stem = stemOf(column);
  const type = from.relation.columns.find(({ name }) => plain(name) === `${stem ?? ""}type`)?.name;
  if (stem === null || type === undefined) return [];
  const sample = from.samples.get(type);
  // An empty table's kinds are taken to be those that other tables name.
  const words = (sample?.values ?? 0) === 0 ? kinds : (sample?.words ?? []);
  return words.flatMap((word) => {
    const last = word.split(/::|\\|\./).at(-1) ?? "";
    // Rails writes the class at the root: people of all kinds are principals, whatever their table is called.
    const persons = /^(?:principal|user|person|contact|customer)$/.test(plain(last)) ? people : [];
    return (called.get(plain(last)) ?? persons).map((to) => ({
      from,
      column,
      where: [{ column: type, value: word }],
      to,
      match: keyColumn(to) ?? "",
      guessed: false,
      why: `${type} says ${word}`,
    }));
  });
}

/** A table with people in it: somebody's e-mail address, login or names. */
export function isPeople({ relation }: Looked): boolean {
  const names = relation.columns.map(({ name }) => plain(name));
  const named = names.filter((name) =>
    /^(firstname|lastname|realname|fullname|displayname|login|username|name)$/.test(name),
  );
  const called =
    /^(user|person|people|customer|client|contact|staff|agent|employee|account|member|subscriber)$/;
  return (
    named.length > 0 &&
    (names.some((name) => /^(email|emailaddress|mail|login|username)$/.test(name)) ||
      [...callNames(relation.name)].some((name) => called.test(name)))
  );
}

/** Looks whether the values are there. Null: they aren't. Zero stands for "nobody" in many desks and is left out. */
async function borneOut(
  link: Link,
  { ask }: Database,
): Promise<{ readonly sure: boolean; readonly why: string } | null> {
  const { from, column, where, to, match } = link;
  if (!from.readable || !to.readable) return { sure: false, why: "not checked: no right to read" };
  const conditions = where.map(
    (condition) => ` and ${quoted(condition.column)} = '${condition.value.replaceAll("'", "''")}'`,
  );
  const values = `select distinct ${quoted(column)} as v from (select * from ${tableName(from)} limit 20000) s
     where ${quoted(column)} is not null and ${quoted(column)}::pg_catalog.text not in ('0', '')${conditions.join("")} limit ${valuesSampled}`;
  try {
    const [counted] = await ask(
      `select count(*), count(*) filter (where exists (select from ${tableName(to)} t where t.${quoted(match)} = d.v)) from (${values}) d`,
    );
    const [all, there] = [Number(counted?.[0]), Number(counted?.[1])];
    if (all === 0) return { sure: false, why: "no rows to check it with" };
    return there >= containedMin * all
      ? { sure: true, why: `${there} of ${all} sampled values are there` }
      : null;
  } catch {
    return null;
  }
}

function tableName({ relation }: Looked): string {
  return `${quoted(relation.schema)}.${quoted(relation.name)}`;
}

export function typeOf({ relation }: Looked, column: string | null): string {
  return relation.columns.find(({ name }) => name === column)?.type ?? "";
}

function familyOf(type: string): string {
  if (/^(smallint|integer|bigint|numeric)/.test(type)) return "number";
  return /^(text|character)/.test(type) ? "text" : type;
}
