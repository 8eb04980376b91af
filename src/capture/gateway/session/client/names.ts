import type { StatementPlan } from "../../plan.ts";
import type { StatementNote } from "../../recording.ts";
import type { Described } from "../awaited.ts";
import type { Identity } from "../identity.ts";

/** A prepared statement, made by Parse or by PREPARE: they share the server's names. */
export interface Prepared {
  readonly text: string;
  readonly types: readonly number[];
  /** Of PREPARE: the statement inside it. Null: an empty one. */
  readonly plan: StatementPlan | null;
  readonly note: StatementNote;
  readonly described: Described;
  /** Under which catalog and rights the plan was made; under another key another plan is due. */
  readonly key: string;
  /** Whom a signed comment in the text named; null: whoever the session stands for when it is run. */
  readonly named: Identity | null;
  /** Made by PREPARE: only the client can make it again. */
  readonly bySql: boolean;
}

/** A portal, made by Bind or by DECLARE: they share the server's names too. */
export interface Portal {
  readonly plan: StatementPlan | null;
  readonly note: StatementNote;
  readonly described: Described;
  /** Whom a signed comment named; null: whoever the session stands for when rows are fetched. */
  readonly named: Identity | null;
  /** Under which catalog and rights its rows were chosen. */
  readonly key: string;
  /** A cursor WITH HOLD outlives its transaction. */
  readonly hold: boolean;
  /** The pipeline that it was made in, by number: an end of a transaction before it doesn't concern it. */
  readonly pipeline: number;
}

/** Named things of a session that come and go as the server's do. Each change gives the way back. */
export class Names<Thing> {
  readonly #things: Map<string, Thing> = new Map();

  get(name: string): Thing | undefined {
    return this.#things.get(name);
  }

  get size(): number {
    return this.#things.size;
  }

  put(name: string, thing: Thing): () => void {
    const before = this.#things.get(name);
    this.#things.set(name, thing);
    return () => {
      if (before === undefined) this.#things.delete(name);
      else this.#things.set(name, before);
    };
  }

  remove(name: string): () => void {
    const before = this.#things.get(name);
    this.#things.delete(name);
    return () => {
      if (before !== undefined) this.#things.set(name, before);
    };
  }

  removeAll(): () => void {
    const before = [...this.#things];
    this.#things.clear();
    return () => {
      for (const [name, thing] of before) this.#things.set(name, thing);
    };
  }

  keepOnly(keeps: (thing: Thing) => boolean): void {
    for (const [name, thing] of this.#things) if (!keeps(thing)) this.#things.delete(name);
  }
}

/** Bytes of a name that count at the server (NAMEDATALEN - 1): there, two names that differ only beyond them are one. */
const nameBytesMax = 63;

/** A UTF-16 unit takes three bytes at most. */
const shortMax = Math.floor(nameBytesMax / 3);

/** The name as the server's parser cuts it: a whole number of characters. */
export function cutName(name: string): string {
  if (name.length <= shortMax || Buffer.byteLength(name) <= nameBytesMax) return name;
  const cut = Buffer.from(name).subarray(0, nameBytesMax).toString("utf8");
  return cut.replace(/\uFFFD+$/, "");
}

/** Prepared statements and portals that one session may hold: our choice, far above what drivers and poolers keep. */
export const namesMax = 10_000;
