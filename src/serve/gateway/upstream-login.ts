import { quoted } from "../init/look.ts";
import { type AskDatabase, literal } from "../live/reasons.ts";

/** What came of revoking, or giving back, an actor's own login at the server. */
export interface Revoked {
  readonly login: string;
  /** `already`: it could not log in before, by somebody else's hand. */
  readonly outcome: "done" | "already" | "failed";
  /** What is not as it should be; else null. */
  readonly why: string | null;
}

/** How long the server may take, ms. */
const serverMillisMax = 5_000;

/**
 * Takes an actor's own login at the server away, and ends what it has open there. A login that could not log in before is left alone:
 * whoever locked it decides when it is opened again.
 */
async function revokeLogin(ask: AskDatabase, login: string): Promise<Revoked> {
  const not = (why: string): Revoked => ({ login, outcome: "failed", why });
  try {
    const [row] = await inTime(
      ask(`select rolcanlogin from pg_catalog.pg_roles where rolname = ${literal(login)}`),
    );
    if (row === undefined) return not("the server has no such login");
    if (row[0] !== "t") return { login, outcome: "already", why: null };
    await inTime(ask(`alter role ${quoted(login)} nologin`));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return not(what.includes("(42501)") ? `${what}: whosaw doctor says what the revoker lacks` : what);
  }
  // The login is gone, whatever comes of its sessions.
  const ended = await inTime(
    ask(
      `select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where usename = ${literal(login)}`,
    ),
  ).catch(() => null);
  const why = ended === null ? "its open sessions at the server could not be ended" : null;
  return { login, outcome: "done", why };
}

export async function revokeLogins(ask: AskDatabase, logins: readonly string[]): Promise<readonly Revoked[]> {
  return Promise.all(logins.map((login) => revokeLogin(ask, login)));
}

/** Gives back what a suspension took. */
export async function returnLogin(ask: AskDatabase, login: string): Promise<Revoked> {
  try {
    await inTime(ask(`alter role ${quoted(login)} login`));
    return { login, outcome: "done", why: null };
  } catch (error) {
    return { login, outcome: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

function inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the server doesn't answer")), serverMillisMax);
    void answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
