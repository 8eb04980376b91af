import type { Postgres } from "../postgres.ts";

/** How much is invented. */
export interface DeskSize {
  readonly requestors: number;
  readonly tickets: number;
  readonly staff: number;
}

/** Who asked a help desk for something. */
export interface Requestor {
  /** `users.id`. */
  readonly id: string;
  readonly address: string;
  readonly name: string;
  readonly phone: string;
}

/** A PostgreSQL of its own with a filled help desk in it. */
export interface HelpDesk {
  readonly name: string;
  readonly postgres: Postgres;
  readonly database: string;
  /** The application's own login at the database. */
  readonly login: { readonly user: string; readonly password: string };
  readonly requestors: readonly Requestor[];
  /** Gives rows of an order's number and the id of somebody who asked about it, as the database has them now. */
  readonly orders: string;
  /** What stands on pages, or in their titles, where something went wrong. */
  readonly wrong: RegExp;
  /** A web server of the application, whose database is reached at this port. */
  readonly serve: (databasePort: number) => Promise<Served>;
  readonly stop: () => Promise<void>;
}

export interface Served {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Reads what a filler printed: one line a requestor: id, address, name, telephone, separated by tabs. */
export function requestorsOf(filled: string): readonly Requestor[] {
  return filled
    .trim()
    .split("\n")
    .map((line) => {
      const [id = "", address = "", name = "", phone = ""] = line.split("\t");
      return { id, address, name, phone };
    });
}

/** Waits until a web server answers; `ended` says whether it is gone. */
export async function answers(url: string, ended: () => boolean, secondsMax: number): Promise<void> {
  const until = performance.now() + secondsMax * 1000;
  while (performance.now() < until) {
    if (ended()) throw new Error(`what should answer at ${url} has ended`);
    const answered = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`nothing answers at ${url}`);
}
