/**
 * Bytes gone wrong on both sides of the gateway: what clients send it, and what a real PostgreSQL answers, garbled on the way. The
 * gateway runs in a process of its own. It must not end, must serve whoever behaves between rounds, must leave no session behind, and
 * its memory must stay in bounds; and of customers' data nothing may leave it that is not on record. Prints seeds, memory and whatever
 * went wrong.
 * Run: npm run bench -- gateway-fuzz [--minutes M] [--seed S] [--rounds N] [--short]
 */
import { type ChildProcess, fork } from "node:child_process";
import type { GatewayEvent } from "../src/capture/index.ts";
import { type Refusal, refusal } from "../src/base/index.ts";
import type { Ledgers } from "../test/gateway/abuse/ledgers.ts";
import type { Address } from "../test/gateway/client.ts";
import type { Postgres } from "../test/gateway/postgres.ts";
import { wideRole } from "../test/gateway/protection.ts";
import { Fuzz, type FuzzedGateway } from "../test/gateway/fuzz/rounds.ts";
import { startThrough } from "../test/gateway/through.ts";

/** What the two processes say to each other. */
type ToChild =
  | { readonly kind: "start"; readonly postgres: Omit<Postgres, "stop">; readonly actors: readonly string[] }
  | { readonly kind: "recorded"; readonly number: number; readonly refused: Refusal | null }
  | { readonly kind: "memory" };
type FromChild =
  | { readonly kind: "started"; readonly address: Address }
  | { readonly kind: "record"; readonly number: number; readonly events: readonly GatewayEvent[] }
  | { readonly kind: "memory"; readonly heap: number; readonly rss: number }
  | { readonly kind: "trouble"; readonly what: string };

const megabyte = 1024 * 1024;
/** Bounds of ours: after a warm-up of a hundred rounds live memory may not grow by more, and the process not beyond this. */
const warmRounds = 100;
const heapGrowthMax: number = 24 * megabyte;
const rssMax: number = 400 * megabyte;

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const say = (message: FromChild): void => void process.send?.(message);

/** The gateway's process: what it would record it sends to its parent, and shows nothing before that answers. */
function child(): void {
  const waiting = new Map<number, (refused: Refusal | null) => void>();
  let number = 0;
  process.on("message", (message: ToChild) => {
    if (message.kind === "recorded") {
      waiting.get(message.number)?.(message.refused);
      waiting.delete(message.number);
    } else if (message.kind === "memory") {
      (globalThis as { gc?: () => void }).gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      say({ kind: "memory", heap: heapUsed, rss });
    } else {
      void startThrough({
        postgres: { ...message.postgres, stop: async () => undefined },
        roles: Object.fromEntries(message.actors.map((actor) => [actor, wideRole])),
        record: (events) =>
          new Promise((done) => {
            waiting.set(++number, done);
            say({ kind: "record", number, events });
          }),
        onTrouble: (what) => say({ kind: "trouble", what }),
      }).then(({ address }) => say({ kind: "started", address }));
    }
  });
  process.on("disconnect", () => process.exit(0));
}

interface Watched extends FuzzedGateway {
  /** Null: it runs. */
  readonly ended: () => string | null;
  readonly memory: () => Promise<{ readonly heap: number; readonly rss: number }>;
  readonly troubles: ReadonlyMap<string, number>;
}

function watched(
  gatewayProcess: ChildProcess,
  address: Address,
  troubles: ReadonlyMap<string, number>,
): Watched {
  let ended: string | null = null;
  gatewayProcess.once("exit", (code, signal) => (ended = `code ${code}, signal ${signal}`));
  return {
    address,
    troubles,
    ended: () => ended,
    memory: () =>
      new Promise((done) => {
        const heard = (message: FromChild): void => {
          if (message.kind !== "memory") return;
          gatewayProcess.off("message", heard);
          done(message);
        };
        gatewayProcess.on("message", heard);
        gatewayProcess.send({ kind: "memory" } satisfies ToChild);
      }),
    stop: async () => {
      const gone = new Promise((done) => gatewayProcess.once("exit", done));
      gatewayProcess.disconnect();
      await gone;
    },
  };
}

async function startChild(postgres: Postgres, ledgers: Ledgers): Promise<Watched> {
  const gatewayProcess = fork(process.argv[1] ?? "", ["--child"], { execArgv: ["--expose-gc"] });
  const troubles = new Map<string, number>();
  const tell = (message: ToChild): void => void (gatewayProcess.connected && gatewayProcess.send(message));
  const address = await new Promise<Address>((done, fail) => {
    gatewayProcess.once("exit", () => fail(new Error("the gateway's process did not start")));
    gatewayProcess.on("message", (message: FromChild) => {
      if (message.kind === "started") done(message.address);
      if (message.kind === "trouble") troubles.set(message.what, (troubles.get(message.what) ?? 0) + 1);
      if (message.kind === "record")
        ledgers.record(message.events).then(
          (refused) => tell({ kind: "recorded", number: message.number, refused }),
          () =>
            tell({
              kind: "recorded",
              number: message.number,
              refused: refusal("input", "the ledger broke", ""),
            }),
        );
    });
    const { stop: _, ...plain } = postgres;
    tell({ kind: "start", postgres: plain, actors: ledgers.actors });
  });
  return watched(gatewayProcess, address, troubles);
}

async function parent(): Promise<void> {
  const short = process.argv.includes("--short");
  const seed = option("seed", 1);
  const until = Date.now() + option("minutes", short ? 1 : 60) * 60_000;
  const roundsMax = option("rounds", 1_000_000);
  let gateway: Watched | null = null;
  const fuzz = await Fuzz.start(async (postgres, ledgers) => (gateway = await startChild(postgres, ledgers)));
  const running = gateway as Watched | null;
  if (running === null) throw new Error("no gateway was started");
  const tally = { rounds: 0, sighted: 0, unrecorded: 0, wrong: 0, servedMax: 0 };
  const started = performance.now();
  let warm: number | null = null;
  let heapMost = 0;
  let rssMost = 0;
  const measure = async (): Promise<void> => {
    const { heap, rss } = await running.memory();
    if (tally.rounds >= warmRounds) warm ??= heap;
    heapMost = Math.max(heapMost, heap);
    rssMost = Math.max(rssMost, rss);
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    console.log(
      `${minutes} min, seed ${seed + tally.rounds}: rounds ${tally.rounds}, sighted ${tally.sighted}, garbled ${fuzz.mangled}, unrecorded ${tally.unrecorded}, wrong ${tally.wrong}, heap ${(heap / megabyte).toFixed(1)} MiB, rss ${(rss / megabyte).toFixed(0)} MiB, healthy client served within ${tally.servedMax.toFixed(0)} ms`,
    );
    if (warm !== null && heap - warm > heapGrowthMax)
      fault(`the heap grew by ${(heap - warm) / megabyte} MiB`);
    if (rss > rssMax) fault(`the process holds ${rss / megabyte} MiB`);
  };
  const fault = (what: string): void => {
    tally.wrong++;
    console.log(`WRONG (seed ${seed + tally.rounds}): ${what}`);
  };
  while (Date.now() < until && tally.rounds < roundsMax && running.ended() === null) {
    const round = await fuzz.round(seed + tally.rounds);
    tally.sighted += round.sighted;
    tally.servedMax = Math.max(tally.servedMax, round.servedMillis);
    for (const what of round.wrong) fault(what);
    for (const mark of round.unrecorded) {
      tally.unrecorded++;
      console.log(`UNRECORDED (seed ${seed + tally.rounds}, ${round.side}): ${JSON.stringify(mark)}`);
    }
    tally.rounds++;
    if (tally.rounds % 50 === 0 && running.ended() === null) await measure();
  }
  const ended = running.ended();
  if (ended !== null) fault(`the gateway's process ended: ${ended}`);
  else await measure();
  console.log(
    `rounds of 4 clients ${tally.rounds}, seeds from ${seed}; in ${tally.sighted} conversations customers were seen; server's messages garbled ${fuzz.mangled}`,
  );
  console.log(`unrecorded markers ${tally.unrecorded}; otherwise wrong ${tally.wrong} (both must be 0)`);
  console.log(
    `heap at most ${(heapMost / megabyte).toFixed(1)} MiB (after ${warmRounds} rounds ${((warm ?? 0) / megabyte).toFixed(1)}, may grow by ${heapGrowthMax / megabyte}); rss at most ${(rssMost / megabyte).toFixed(0)} MiB (bound ${rssMax / megabyte})`,
  );
  for (const [what, count] of [...running.troubles].sort(([, a], [, b]) => b - a).slice(0, 20))
    console.log(`  told the operator ${count} times: ${what}`);
  await fuzz.stop();
  process.exitCode = tally.unrecorded + tally.wrong === 0 ? 0 : 1;
}

if (process.argv.includes("--child")) child();
else await parent();
