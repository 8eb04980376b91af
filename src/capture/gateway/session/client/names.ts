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

/** What one name stood for, as far as the server has said, and what it was sent since to change that. */
interface Entry<Thing> {
  settled: Thing | undefined;
  readonly pending: { thing: Thing | undefined; readonly pipeline: number }[];
}

/**
 * Named things of a session that come and go as the server's do. What is noted here when a message is sent holds once the server has
 * done it; what the server skips after an error is taken back, whatever was noted since.
 */
export class Names<Thing> {
  readonly #pipeline: () => number;
  readonly #entries: Map<string, Entry<Thing>> = new Map();
  /** Names with changes that the server has not answered. */
  readonly #changing: Set<string> = new Set();

  /** @param pipeline the number of the one that is being sent. */
  constructor(pipeline: () => number) {
    this.#pipeline = pipeline;
  }

  get(name: string): Thing | undefined {
    const entry = this.#entries.get(name);
    return entry === undefined ? undefined : latest(entry);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Whether the name may stand for something else at the server than here: its last change is of a pipeline that has ended, so that it
   * may fail and what comes now be run nevertheless.
   */
  isUnsure(name: string): boolean {
    const entry = this.#entries.get(name);
    const last = entry?.pending.at(-1);
    if (entry === undefined || last === undefined || last.pipeline === this.#pipeline()) return false;
    const others = [entry.settled, ...entry.pending.map(({ thing }) => thing)];
    return others.some((thing) => thing !== undefined && thing !== last.thing);
  }

  /** Whether a name that can be written in SQL is so, and stands for something here. */
  get areUnsure(): boolean {
    for (const name of this.#changing)
      if (name !== "" && this.get(name) !== undefined && this.isUnsure(name)) return true;
    return false;
  }

  put(name: string, thing: Thing): Change {
    return this.#change(name, thing);
  }

  remove(name: string): Change {
    return this.#change(name, undefined);
  }

  /** Another note of the same thing. */
  replace(name: string, thing: Thing): void {
    const entry = this.#entries.get(name);
    const last = entry?.pending.at(-1);
    if (last !== undefined) last.thing = thing;
    else if (entry !== undefined) entry.settled = thing;
  }

  /** @param named only those that SQL can name: DEALLOCATE ALL and DISCARD ALL leave the unnamed statement. */
  removeAll(named: boolean): Change {
    const names = [...this.#entries.keys()].filter((name) => !named || name !== "");
    return all(names.map((name) => this.remove(name)));
  }

  /** Forgets what the server has ended by itself. */
  keepOnly(keeps: (thing: Thing) => boolean): void {
    for (const [name, entry] of this.#entries) {
      if (entry.settled === undefined || keeps(entry.settled)) continue;
      entry.settled = undefined;
      this.#tidy(name, entry);
    }
  }

  #change(name: string, thing: Thing | undefined): Change {
    const entry = this.#entries.get(name) ?? { settled: undefined, pending: [] };
    this.#entries.set(name, entry);
    const change = { thing, pipeline: this.#pipeline() };
    entry.pending.push(change);
    this.#changing.add(name);
    // Only as long as it is pending: it is settled once, or taken back once.
    const end = (settled: boolean): void => {
      const at = entry.pending.indexOf(change);
      if (at < 0) return;
      if (settled) entry.settled = change.thing;
      entry.pending.splice(at, 1);
      this.#tidy(name, entry);
    };
    return { undo: () => end(false), settle: () => end(true) };
  }

  #tidy(name: string, entry: Entry<Thing>): void {
    if (entry.pending.length > 0) return;
    this.#changing.delete(name);
    if (entry.settled === undefined) this.#entries.delete(name);
  }
}

function latest<Thing>({ pending, settled }: Entry<Thing>): Thing | undefined {
  const last = pending.at(-1);
  return last === undefined ? settled : last.thing;
}

/** What was noted in advance of the server's answer: taken back if it fails or skips that, settled if it does it. */
export interface Change {
  readonly undo: () => void;
  readonly settle: () => void;
}

export const noChange: Change = { undo: () => undefined, settle: () => undefined };

/** Several in one; the last is taken back first. */
export function all(changes: readonly Change[]): Change {
  return {
    undo: () => {
      for (const { undo } of changes.toReversed()) undo();
    },
    settle: () => {
      for (const { settle } of changes) settle();
    },
  };
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
