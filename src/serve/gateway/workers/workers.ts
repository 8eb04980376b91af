import { createServer, type Server, type Socket } from "node:net";
import { isRefusal, type Refusal } from "../../../base/index.ts";
import {
  type GatewayConfig,
  listenAt,
  Places,
  type Reader,
  type UsedTokens,
  usedTokens,
} from "../../../capture/index.ts";
import type { Doors } from "../doors.ts";
import { gatewayConfig } from "../gateway-config.ts";
import { mockSecret } from "../secret.ts";
import type { DoorsOptions } from "../single.ts";
import { Post } from "./post.ts";
import type { Rule } from "./worker.ts";

/** Connections that wait for a process to be there. */
const waitingMax = 256;
/** A process that ended is started again after this, ms; twice as late each time that it doesn't last. */
const restartMillis = 100;
const restartMillisMax = 10_000;
/** How long a process must live for its end to be the first again, ms. */
const lastingMillis = 10_000;
/** What a process may take to cut sessions, ms; then it is killed, and its sessions end with it. */
const cutMillisMax = 2_000;
/** What a process may take to obey a new configuration, ms; then it is killed likewise. */
const reloadMillisMax = 30_000;

/** The gateway in `count` processes; this one accepts, hands over to whichever has least to do, and records for all. */
export async function openWorkers(options: DoorsOptions, count: number): Promise<Doors | Refusal> {
  const house = new House(options, count);
  const port = await house.open();
  if (!isRefusal(port)) return house.doors(port);
  await house.close(0);
  return port;
}

class House {
  readonly #options: DoorsOptions;
  readonly #count: number;
  readonly #posts: Set<Post> = new Set();
  readonly #suspended: Set<string> = new Set();
  readonly #secret: Buffer;
  readonly #places: Places;
  readonly #used: UsedTokens;
  readonly #waiting: Socket[] = [];
  #config: GatewayConfig;
  /** Counts changes of what processes obey, so that one that began before a change is told of it. */
  #changes = 0;
  #server: Server | null = null;
  #closing = false;

  constructor(options: DoorsOptions, count: number) {
    this.#options = options;
    this.#count = count;
    this.#config = gatewayConfig(options.configuration);
    this.#secret = mockSecret(options.data);
    this.#used = usedTokens(options.clock);
    this.#places = new Places(() => this.#config.login.limits);
    process.once("exit", this.#killAll);
  }

  /** A process that hangs doesn't notice that its recorder is gone. */
  readonly #killAll = (): void => {
    for (const post of this.#posts) post.kill();
  };

  async open(): Promise<number | Refusal> {
    const begun = await Promise.all(Array.from({ length: this.#count }, () => this.#begin(0)));
    const refused = begun.find(isRefusal);
    if (refused !== undefined) return refused;
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server = server;
    return listenAt(server, this.#config.login.listen);
  }

  doors(port: number): Doors {
    return {
      port,
      sessions: async () => this.#sessions(),
      suspend: (actor) => this.#suspend(actor),
      restore: (actor) => this.#restore(actor),
      reload: (configuration) => this.#reload(gatewayConfig(configuration)),
      close: (millis) => this.close(millis),
    };
  }

  async close(millis: number): Promise<void> {
    this.#closing = true;
    this.#server?.close();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    await Promise.all([...this.#posts].map((post) => post.close(millis, cutMillisMax)));
    process.off("exit", this.#killAll);
  }

  /** Starts one process; while it lives it is in `#posts`, and when it ends another takes its place. */
  async #begin(failures: number): Promise<Refusal | null> {
    const begun = performance.now();
    const post = new Post({
      record: this.#options.record,
      onTrouble: this.#options.onTrouble,
      clock: this.#options.clock,
      enter: (ip) => this.#places.session(ip),
      used: this.#used,
      cancel: (from, wanted) => this.#cancel(from, wanted),
    });
    this.#posts.add(post);
    void this.#replace(post, { begun, failures });
    const refused = await this.#brief(post);
    if (refused !== null) post.kill();
    else for (const socket of this.#waiting.splice(0)) this.#accept(socket);
    return refused;
  }

  /** The process knows everything that is in force before it is handed a connection. */
  async #brief(post: Post): Promise<Refusal | null> {
    let known = this.#changes;
    let refused = await post.begin({ ...this.#rule(), mockSecret: this.#secret });
    while (refused === null && known !== this.#changes) {
      known = this.#changes;
      refused = await post.obey(this.#rule(), reloadMillisMax);
    }
    if (refused === null) post.ready = true;
    return refused;
  }

  async #replace(
    post: Post,
    { begun, failures }: { readonly begun: number; readonly failures: number },
  ): Promise<void> {
    const { how, sessions, worked } = await post.ended;
    this.#posts.delete(post);
    // One that never came to work is told of by whoever began it.
    if (this.#closing || !worked) return;
    this.#options.onTrouble(
      `a gateway process ended (${how}), and ${sessions} sessions with it; another is started`,
    );
    await this.#again(performance.now() - begun < lastingMillis ? failures + 1 : 0);
  }

  async #again(failures: number): Promise<void> {
    for (let failed = failures; !this.#closing; failed++) {
      const wait = restartMillis * 2 ** Math.max(0, failed - 1);
      await new Promise((resolve) => setTimeout(resolve, Math.min(restartMillisMax, wait)));
      if (this.#closing) return;
      const refused = await this.#begin(failed);
      if (refused === null) return;
      this.#options.onTrouble(`a gateway process can't be started: ${refused.what}`);
    }
  }

  #rule(): Rule {
    const { login } = this.#config;
    const handshakesMax = Math.ceil(login.limits.handshakesMax / this.#count);
    const shared = { ...login, limits: { ...login.limits, handshakesMax } };
    return { config: { ...this.#config, login: shared }, suspended: [...this.#suspended] };
  }

  #ready(): readonly Post[] {
    return [...this.#posts].filter(({ ready }) => ready);
  }

  #accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const [first, ...others] = this.#ready();
    if (first === undefined) {
      if (this.#closing || this.#waiting.length >= waitingMax) socket.destroy();
      else this.#waiting.push(socket);
      return;
    }
    others.reduce((least, post) => (post.connections < least.connections ? post : least), first).hand(socket);
  }

  #sessions(): readonly Reader[] {
    return [...this.#posts].flatMap(({ readers }) => [...readers.values()]);
  }

  async #cancel(
    from: Post,
    wanted: { readonly processId: number; readonly key: Uint8Array },
  ): Promise<boolean> {
    const others = this.#ready().filter((post) => post !== from);
    return (await Promise.all(others.map((post) => post.cancel(wanted)))).includes(true);
  }

  /** A process that doesn't answer in time is killed: then it has no session of the actor's either. */
  async #suspend(actor: string): Promise<{ readonly ended: number }> {
    this.#suspended.add(actor);
    this.#changes++;
    const ended = await Promise.all(this.#ready().map((post) => post.suspend(actor, cutMillisMax)));
    return { ended: ended.reduce((sum, one) => sum + one, 0) };
  }

  async #restore(actor: string): Promise<void> {
    this.#suspended.delete(actor);
    this.#changes++;
    await Promise.all(this.#ready().map((post) => post.restore(actor)));
  }

  /** The first process is asked alone: if it refuses, nothing has changed anywhere. */
  async #reload(config: GatewayConfig): Promise<Refusal | null> {
    const before = this.#config;
    this.#config = config;
    this.#changes++;
    const [first, ...others] = this.#ready();
    const refused = (await first?.obey(this.#rule(), reloadMillisMax)) ?? null;
    if (refused !== null) {
      this.#config = before;
      this.#changes++;
      return refused;
    }
    // What one process obeys and another can't: that one starts anew, with all of it.
    await Promise.all(
      others.map(async (post) => {
        if ((await post.obey(this.#rule(), reloadMillisMax)) !== null) post.kill();
      }),
    );
    return null;
  }
}
