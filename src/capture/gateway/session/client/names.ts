import type { StatementPlan } from "../../plan.ts";
import type { StatementNote } from "../../recording.ts";
import type { Described } from "../awaited.ts";
import { all, type Change, Changing } from "../change.ts";
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

/** Named things of a session that come and go as the server's do. */
export class Names<Thing> {
  readonly #pipeline: () => number;
  readonly #entries: Map<string, Changing<Thing | undefined>> = new Map();
  /** Names with changes that the server has not answered. */
  readonly #changing: Set<string> = new Set();

  /** @param pipeline the number of the one that is being sent. */
  constructor(pipeline: () => number) {
    this.#pipeline = pipeline;
  }

  get(name: string): Thing | undefined {
    return this.#entries.get(name)?.latest;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the name may stand for something else at the server than here. */
  isUnsure(name: string): boolean {
    return this.#entries.get(name)?.isUnsure(this.#pipeline()) === true;
  }

  /** Whether a name that can be written in SQL is so. */
  get areUnsure(): boolean {
    for (const name of this.#changing) if (name !== "" && this.isUnsure(name)) return true;
    return false;
  }

  put(name: string, thing: Thing): Change {
    return this.#change(name, thing);
  }

  remove(name: string): Change {
    return this.#change(name, undefined);
  }

  /** As the server replaces the unnamed statement: what was there is gone even where the new one fails. */
  replaceUnnamed(thing: Thing | undefined): Change {
    const change = this.#change("", thing);
    const fail = (): void => {
      change.undo();
      const entry = this.#entries.get("");
      if (entry !== undefined) this.#forget("", entry);
    };
    return { ...change, fail };
  }

  /** Another note of the same thing. */
  replace(name: string, thing: Thing): void {
    this.#entries.get(name)?.replace(thing);
  }

  /** @param named only those that SQL can name: DEALLOCATE ALL and DISCARD ALL leave the unnamed statement. */
  removeAll(named: boolean): Change {
    const names = [...this.#entries.keys()].filter((name) => !named || name !== "");
    return all(names.map((name) => this.remove(name)));
  }

  /** Forgets what the server has ended by itself. */
  keepOnly(keeps: (thing: Thing) => boolean): void {
    for (const [name, entry] of this.#entries) {
      if (entry.settled !== undefined && !keeps(entry.settled)) this.#forget(name, entry);
    }
  }

  #forget(name: string, entry: Changing<Thing | undefined>): void {
    entry.stands(undefined);
    this.#tidy(name, entry);
  }

  #change(name: string, thing: Thing | undefined): Change {
    const entry = this.#entries.get(name) ?? new Changing<Thing | undefined>(undefined);
    this.#entries.set(name, entry);
    this.#changing.add(name);
    return entry.change(thing, this.#pipeline(), () => this.#tidy(name, entry));
  }

  #tidy(name: string, entry: Changing<Thing | undefined>): void {
    if (entry.isPending) return;
    this.#changing.delete(name);
    if (entry.settled === undefined) this.#entries.delete(name);
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
