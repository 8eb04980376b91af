import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../../src/base/index.ts";
import { say } from "../bytes.ts";
import { asOwner } from "../postgres.ts";
import { dial, type RawClient } from "../client.ts";
import { type Judgement, type ServedUnderFaults } from "./served.ts";
import { Traffic } from "./traffic.ts";

/** How a case ended. */
export interface Ended extends Judgement {
  /** Milliseconds from the fault's end until somebody could read again. */
  readonly back: number;
  /** What else the case shows; empty: as it should be. */
  readonly wrong: readonly string[];
}

type Fault = (served: ServedUnderFaults) => Promise<readonly string[]>;

/** Traffic, a fault in the midst of it, and the judgement. */
async function through(served: ServedUnderFaults, seed: number, fault: Fault): Promise<Ended> {
  const traffic = new Traffic(served, 4, seed);
  const wrong = await fault(served);
  const back = await served.back();
  await traffic.stop();
  return { ...(await served.judge()), back, wrong };
}

const moment = (seed: number): number => 50 + seededRandom(seed)() * 700;

export async function gatewayKilled(served: ServedUnderFaults, seed: number): Promise<Ended> {
  return through(served, seed, async () => {
    await sleep(moment(seed));
    await served.kill();
    await served.startAgain();
    return [];
  });
}

export async function storeKilled(served: ServedUnderFaults, seed: number): Promise<Ended> {
  return through(served, seed, async () => {
    await sleep(moment(seed));
    const { pid, storePids } = served;
    if (storePids.length === 0) return ["the store has no engine to kill"];
    for (const child of storePids) process.kill(child, "SIGKILL");
    const client = await served.joinAtLast("lead-1");
    const { rows } = await client.query("select email from customers where id = 5");
    return rows.length === 1 && served.pid === pid ? [] : ["recording did not go on without the store"];
  });
}

/** A backend that dies takes all others with it, and the server recovers. */
export async function serverKilled(served: ServedUnderFaults, seed: number): Promise<Ended> {
  return through(served, seed, async ({ postgres }) => {
    await sleep(moment(seed));
    const client = await served.joinAtLast("lead-1");
    const { rows } = await client.query("select pg_backend_pid()");
    process.kill(Number(rows[0]?.[0]), "SIGKILL");
    await client.until("Z", 1, 5000).catch(() => undefined);
    return client.closed ? [] : [`a session outlived its backend on ${postgres.port}`];
  });
}

/** What it says to whoever asks when nothing can be recorded. */
export async function turnedAway(served: ServedUnderFaults): Promise<string> {
  try {
    const client = await served.join("lead-1");
    const { rows, errors } = await client.query("select email from customers where id = 5");
    client.destroy();
    return rows.length > 0 ? "a row was shown" : errors.join(" ");
  } catch (error) {
    return String(error);
  }
}

/** Once the disk has failed, nothing is shown until a restart, whatever the disk says the second time. */
export async function diskFailed(
  served: ServedUnderFaults,
  seed: number,
  error: "EIO" | "ENOSPC",
): Promise<Ended> {
  return through(served, seed, async () => {
    const call = error === "EIO" ? "fdatasync" : "pwrite64";
    const stop = await served.strace(`${call}:error=${error}:when=1`);
    await sleep(1500);
    await stop();
    const wrong: string[] = [];
    for (let times = 0; times < 3; times++) {
      const said = await turnedAway(served);
      if (!said.includes("58030")) wrong.push(`after ${error}: ${said}`);
    }
    await served.kill();
    await served.startAgain();
    return wrong;
  });
}

/** The disk stands still for five seconds: nothing is lost, nothing is shown meanwhile, and then all goes on. */
export async function diskStalled(served: ServedUnderFaults, seed: number): Promise<Ended> {
  return through(served, seed, async () => {
    const stop = await served.strace("fdatasync:delay_enter=5000000:when=1");
    await sleep(5500);
    await stop();
    return [];
  });
}

/** Clients that behave badly while others work. */
export async function rudeClients(served: ServedUnderFaults, seed: number): Promise<Ended> {
  return through(served, seed, async ({ address, postgres }) => {
    const wrong: string[] = [];
    const rude: RawClient[] = [];
    const enter = async (): Promise<RawClient> => {
      const client = await served.joinAtLast("lead-1");
      rude.push(client);
      return client;
    };
    const never = await enter();
    never.pause();
    never.send(...Array.from({ length: 50 }, () => say.query("select * from customers")));
    const halfClosed = await enter();
    halfClosed.send(say.query("select * from customers"));
    halfClosed.finish();
    const unsynced = await enter();
    unsynced.send(say.parse("select * from customers"), say.bind(), say.execute(), say.flush());
    const midRow = await enter();
    midRow.send(say.query("select * from customers"));
    await midRow.until("D");
    midRow.destroy();
    const cancelled = await enter();
    cancelled.send(say.query("select pg_sleep(20), email from customers limit 1"));
    await sleep(200);
    const { pid = 0, secret = Buffer.alloc(4) } = cancelled.key ?? {};
    const begun = Date.now();
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const canceller = await dial(address);
        canceller.send(say.cancel(pid, secret));
        await canceller.listen(1000);
        canceller.destroy();
      }),
    );
    const { errors } = await cancelled.until("Z");
    if (errors[0] !== "57014") wrong.push(`the cancel brought ${errors.join(" ")}`);
    if (Date.now() - begun > 15_000) wrong.push("a hundred cancels took more than fifteen seconds");
    const after = await cancelled.query("select email from customers where id = 7");
    if (after.rows.length !== 1)
      wrong.push(`a late cancel hit the next statement: ${after.errors.join(" ")}`);
    for (const client of rude) client.destroy();
    await sleep(3000);
    await asOwner(postgres, [
      "do $$ begin if exists (select from pg_stat_activity where state = 'active' and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()) then raise 'left'; end if; end $$",
    ]);
    return wrong;
  });
}
