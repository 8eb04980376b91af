import { Control, type UpstreamOptions } from "../../capture/index.ts";
import type { AskDatabase } from "../live/reasons.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";

/** Questions of whosaw's own to the support database. */
export interface OwnQuestions {
  /** Asks with the control login, and where that has no right, with the roles' logins. */
  readonly ask: AskDatabase;
  /** Asks with the login that may take others away. Rejects where there is none. */
  readonly askRevoker: AskDatabase;
  readonly close: () => void;
}

/**
 * The control login needs no right on any table, so that it may not read the tickets; the roles that are bound to tickets must. Whichever
 * login was answered is asked first the next time.
 */
export function ownQuestions(config: () => GatewayConfiguration): OwnQuestions {
  const opened = new Map<string, Control>();
  let first: string | null = null;
  const controlFor = (login: string): Control => {
    const known = opened.get(login);
    if (known !== undefined) return known;
    const { control, login: logins } = config();
    // The control database is named as the server names it.
    const upstream: UpstreamOptions = { ...logins.upstream, databases: null };
    const made = new Control(upstream, login, control.database);
    opened.set(login, made);
    return made;
  };
  return {
    ask: async (sql) => {
      const { control, roles } = config();
      const all = [first, control.login, ...[...roles.values()].map(({ upstream }) => upstream)];
      let failure: unknown = new Error("no login at the server");
      for (const login of new Set(all)) {
        if (login === null) continue;
        try {
          const rows = await controlFor(login).ask(sql);
          first = login;
          return rows;
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    },
    askRevoker: async (sql) => {
      const { revoker } = config().control;
      if (revoker === null) throw new Error("gateway.upstream.control names no revoker");
      return controlFor(revoker).ask(sql);
    },
    close: () => {
      for (const one of opened.values()) one.close();
    },
  };
}
