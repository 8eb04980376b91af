import { Session } from "chdb";

/** Sessions open on one data directory, lent to one request at a time: a session's settings are its own. */
export interface SessionPool {
  readonly lend: <Result>(use: (session: Session) => Promise<Result>) => Promise<Result>;
  /** The settings every session starts with, and returns to. */
  readonly settings: { readonly [name: string]: string };
  readonly close: () => void;
}

/** Queries that run at the same time; more wait their turn. Each holds one thread of libuv's pool. */
export const sessionsMax = 8;

export function openPool(folder: string, settings: { readonly [name: string]: string }): SessionPool {
  const open = (): Session => {
    const session = new Session(folder);
    for (const [name, value] of Object.entries(settings)) session.query(setStatement(name, value));
    return session;
  };
  const free: Session[] = [open()];
  const all: Session[] = [...free];
  const waiting: ((session: Session) => void)[] = [];
  const take = async (): Promise<Session> => {
    const idle = free.pop();
    if (idle !== undefined) return idle;
    if (all.length >= sessionsMax) return new Promise((resolve) => waiting.push(resolve));
    const session = open();
    all.push(session);
    return session;
  };
  const give = (session: Session): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(session);
    else next(session);
  };
  return {
    settings,
    lend: async (use) => {
      const session = await take();
      try {
        return await use(session);
      } finally {
        give(session);
      }
    },
    close: () => {
      for (const session of all) session.close();
    },
  };
}

/** @throws RangeError for a name that isn't a setting's: names can't be parameters, so they are checked here. */
export function setStatement(name: string, value: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) throw new RangeError(`not a setting's name: ${name}`);
  return `SET ${name} = ${literal(value)}`;
}

/** A ClickHouse string literal: backslash and quote escaped, everything else is taken as it is. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
