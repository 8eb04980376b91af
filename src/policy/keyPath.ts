import { alternatives, type KeyCondition, type KeyPath, type KeyStep } from "./protection.ts";

/** Why a text is no path, and the character (from 0) where it stops being one. */
export interface PathMistake {
  readonly kind: "path_mistake";
  readonly at: number;
  readonly what: string;
}

/** From a row to its customer in fewer steps than this, or the model is not what it seems. */
const stepsMax = 8;
/** A table of things of more kinds than this is none of a support desk's. */
const alternativesMax = 8;

/**
 * Reads `id`, or `ticket_id -> public.tickets.id -> customer_id`, or with conditions in brackets after what they are about:
 * `id -> public.groups.instance [domain = 'RT::Ticket-Role', name = 'Requestor'] -> id`. Names as SQL has them: lower case, or in double quotes.
 * Rows of which the first conditions don't hold may have another way: `item_id [item_type = 'Ticket'] -> ... or item_id [item_type = 'Person']`.
 */
export function parseKeyPath(text: string): KeyPath | PathMistake {
  const reader = new PathReader(text);
  const paths: KeyPath[] = [];
  do {
    const path = parseOne(reader);
    if (isPathMistake(path)) return path;
    paths.push(path);
    if (paths.length > alternativesMax) return reader.mistake(`there are at most ${alternativesMax} ways`);
    if (reader.ended()) return paths.reduceRight((or, one) => ({ ...one, or }));
    if (path.where === undefined) return reader.mistake("only -> or the end may stand here");
  } while (reader.word("or"));
  return reader.mistake("only ->, or, or the end may stand here");
}

function parseOne(reader: PathReader): KeyPath | PathMistake {
  const column = reader.name();
  if (column === null) return reader.mistake("a column's name is expected");
  const where = reader.conditions();
  if (where === null) return reader.mistake("conditions are written [column = 'value', ...]");
  const steps: KeyStep[] = [];
  while (reader.take("->")) {
    const step = reader.step();
    if (step === null) return reader.mistake("a step is written -> schema.table.column -> column");
    steps.push(step);
    if (steps.length > stepsMax) return reader.mistake(`a path has at most ${stepsMax} steps`);
  }
  return { column, steps, ...(where.length === 0 ? {} : { where }) };
}

/** Reads `schema.table`. */
export function parseTableName(text: string): { readonly schema: string; readonly table: string } | null {
  const reader = new PathReader(text);
  const schema = reader.name();
  const table = schema !== null && reader.take(".") ? reader.name() : null;
  return schema === null || table === null || !reader.ended() ? null : { schema, table };
}

export function isPathMistake(value: object): value is PathMistake {
  return "kind" in value && value.kind === "path_mistake";
}

/** The text that `parseKeyPath` reads as this path. */
export function formatKeyPath(path: KeyPath): string {
  return alternatives(path).map(formatOne).join(" or ");
}

function formatOne({ column, where, steps }: KeyPath): string {
  return [
    sqlName(column) + formatConditions(where),
    ...steps.map(
      ({ schema, table, match, where: conditions, take }) =>
        `${sqlName(schema)}.${sqlName(table)}.${sqlName(match)}${formatConditions(conditions)} -> ${sqlName(take)}`,
    ),
  ].join(" -> ");
}

/** A name as it is written in SQL. Words that SQL keeps for itself stay bare: here nothing else may stand in their place. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function formatConditions(where: readonly KeyCondition[] | undefined): string {
  if (where === undefined || where.length === 0) return "";
  const each = where.map(({ column, value }) => `${sqlName(column)} = '${value.replaceAll("'", "''")}'`);
  return ` [${each.join(", ")}]`;
}

class PathReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  mistake(what: string): PathMistake {
    return { kind: "path_mistake", at: this.#at, what };
  }

  ended(): boolean {
    this.#match(/\s*/y);
    return this.#at === this.#text.length;
  }

  take(mark: string): boolean {
    this.#match(/\s*/y);
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  word(word: string): boolean {
    this.#match(/\s*/y);
    return this.#match(new RegExp(`${word}(?![A-Za-z0-9_$])`, "y")) !== null;
  }

  name(): string | null {
    this.#match(/\s*/y);
    const quoted = this.#match(/"(?:[^"\0]|"")+"/y);
    if (quoted !== null) return quoted.slice(1, -1).replaceAll('""', '"');
    // An upper-case letter would be folded by the server; here it is refused, so that nobody wonders which of the two is meant.
    return this.#match(/[a-z_\u0080-\uFFFF][a-z0-9_$\u0080-\uFFFF]*(?![A-Za-z0-9_$])/y);
  }

  conditions(): readonly KeyCondition[] | null {
    const found: KeyCondition[] = [];
    if (!this.take("[")) return found;
    do {
      const column = this.name();
      if (column === null || !this.take("=")) return null;
      this.#match(/\s*/y);
      const value = this.#match(/'(?:[^'\0]|'')*'/y);
      if (value === null) return null;
      found.push({ column, value: value.slice(1, -1).replaceAll("''", "'") });
    } while (this.take(","));
    return this.take("]") ? found : null;
  }

  step(): KeyStep | null {
    const schema = this.name();
    if (schema === null || !this.take(".")) return null;
    const table = this.name();
    if (table === null || !this.take(".")) return null;
    const match = this.name();
    if (match === null) return null;
    const where = this.conditions();
    if (where === null || !this.take("->")) return null;
    const take = this.name();
    return take === null ? null : { schema, table, match, take, ...(where.length === 0 ? {} : { where }) };
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }
}
