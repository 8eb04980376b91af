import { setTimeout as sleep } from "node:timers/promises";
import { cellsOf, say } from "../bytes.ts";
import type { Judgement, ServedUnderFaults } from "./served.ts";

/** An answer that a client asks for and doesn't read for a while. */
export interface Unread {
  /** Bytes of its rows. */
  readonly bytes: number;
  /** Whether it holds customers' fields, each row on record before it leaves. */
  readonly protected: boolean;
  /** How long the client doesn't read, ms. */
  readonly millis: number;
}

export interface Held extends Judgement {
  /** Bytes of memory that the gateway had more than before, at the most: while nothing was read, and in all. */
  readonly held: number;
  readonly grown: number;
  /** The longest that somebody else waited for an answer meanwhile, ms. */
  readonly slowest: number;
  /** Answers that others had meanwhile. */
  readonly served: number;
  readonly wrong: readonly string[];
}

const filling = 1000;
const everybody = 3000;
const answerMillisMax = 300_000;

/** Rows of a thousand bytes and something, as many as make up `bytes`. */
function statement(unread: Unread): { readonly sql: string; readonly rows: number } {
  const filler = `repeat('x', ${filling})`;
  const times = Math.ceil(unread.bytes / filling / everybody);
  const rows = times * everybody;
  return unread.protected
    ? { sql: `select c.id, c.email, ${filler} from generate_series(1, ${times}) n, only customers c`, rows }
    : { sql: `select n, ${filler} from generate_series(1, ${rows}) n`, rows };
}

/** A client asks for much and reads nothing for a while, others work, and then it reads: all of it comes, and nothing was kept meanwhile. */
export async function neverReads(served: ServedUnderFaults, unread: Unread): Promise<Held> {
  const { sql, rows } = statement(unread);
  const other = await served.join("lead-1");
  await other.query("select email from customers where id = 7");
  const before = served.residentBytes;
  const wrong: string[] = [];
  let [came, most, slowest, answers] = [0, before, 0, 0];
  const slow = await served.join("lead-1");
  slow.eachRow((body) => {
    came++;
    const [id] = cellsOf(body);
    if (unread.protected)
      served.saw("lead-1", { customer: String(id), table: "public.customers", field: "email" });
  });
  slow.pause();
  slow.send(say.query(sql));
  const until = Date.now() + unread.millis;
  const work = async (): Promise<void> => {
    const begun = performance.now();
    const { rows: found } = await other.query(
      `select email from customers where id = ${1 + (answers % everybody)}`,
    );
    if (found.length !== 1) wrong.push("somebody else was not answered");
    answers++;
    slowest = Math.max(slowest, performance.now() - begun);
    most = Math.max(most, served.residentBytes);
  };
  for (; Date.now() < until; await sleep(20)) await work();
  const held = most - before;
  if (came > 0) wrong.push("a client that doesn't read has read");
  slow.resume();
  const all = slow.until("Z", 1, answerMillisMax);
  const ended = all.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, sleep(20, false)]))) await work();
  const { errors } = await all;
  if (came !== rows || errors.length > 0)
    wrong.push(`${came} of ${rows} rows came in the end: ${errors.join(" ")}`);
  return { ...(await served.judge()), held, grown: most - before, slowest, served: answers, wrong };
}
