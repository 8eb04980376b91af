import { connect, createServer, type Server, type Socket } from "node:net";
import { frame, type Message, messagesOf } from "../bytes.ts";
import type { Postgres } from "../postgres.ts";
import type { Dice } from "../random/expressions.ts";
import { mangledMessage } from "./mangle.ts";

/** How a server's bytes are mangled: one message in so many, from the first one on or only after the login. */
export interface Noise {
  readonly dice: Dice;
  readonly oneIn: number;
  readonly login: boolean;
}

/** Somebody between the gateway and its server who garbles what the server says. */
export interface Mangler {
  readonly port: number;
  /** Of connections that are made from now on; null: all of it passes as it is. */
  noise: Noise | null;
  /** Messages that were not passed as they came. */
  readonly mangled: number;
  /** Connections of clients' sessions that the gateway still holds. */
  readonly sessions: number;
  readonly stop: () => Promise<void>;
}

/** One connection of the gateway's, and what of its server's messages waits to be told in another order. */
class Line {
  readonly #noise: Noise | null;
  #own: boolean | null = null;
  #asking = false;
  #ready = false;
  #held: Buffer | null = null;
  #pending: Buffer = Buffer.alloc(0);
  mangled = 0;

  constructor(noise: Noise | null) {
    this.#noise = noise;
  }

  /** Whether it is a client's session, and not one for the gateway's own questions. */
  get isSession(): boolean {
    return this.#own === false;
  }

  said(bytes: Buffer): void {
    this.#own ??= bytes.includes("application_name\0whosaw\0");
    this.#asking ||= bytes.includes("whosaw_ask\0");
  }

  /** @returns null where the line is cut. */
  heard(bytes: Buffer): readonly Buffer[] | null {
    const whole = Buffer.concat([this.#pending, bytes]);
    const { messages, taken } = messagesOf(whole);
    this.#pending = whole.subarray(taken);
    const out: Buffer[] = [];
    for (const message of messages) {
      const said = this.#said(message);
      if (said === null) return null;
      out.push(...said);
    }
    // Nothing is held back for longer than what came with it.
    if (this.#held !== null) out.push(this.#held);
    this.#held = null;
    return out;
  }

  #said(message: Message): readonly Buffer[] | null {
    const noise = this.#noise;
    const same = frame(message.type, message.body);
    const spared = noise === null || (!this.#ready && !noise.login) || !noise.dice.once(noise.oneIn);
    const asking = this.#asking || this.#own !== false;
    this.#ready ||= message.type === "Z";
    if (message.type === "Z") this.#asking = false;
    const before = this.#held;
    this.#held = null;
    if (spared) return before === null ? [same] : [same, before];
    this.mangled++;
    // The gateway's own connections are cut now and then, and answered truly otherwise.
    if (this.#own === true) return noise.dice.once(20) ? null : [same];
    if (noise.dice.once(25)) return null;
    if (!asking && noise.dice.once(8)) {
      this.#held = same;
      return before === null ? [] : [before];
    }
    const made = mangledMessage(message, noise.dice, asking);
    return before === null ? made : [...made, before];
  }
}

export async function startMangler({ host, port }: Postgres): Promise<Mangler> {
  const lines = new Map<Socket, Line>();
  let mangled = 0;
  const server: Server = createServer((gateway) => {
    const line = new Line(mangler.noise);
    const upstream = connect(port, host);
    lines.set(gateway, line);
    const end = (): void => {
      if (lines.delete(gateway)) mangled += line.mangled;
      gateway.destroy();
      upstream.destroy();
    };
    for (const socket of [gateway, upstream]) {
      socket.on("error", end);
      socket.on("close", end);
    }
    gateway.on("data", (bytes: Buffer) => {
      line.said(bytes);
      upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      const said = line.heard(bytes);
      if (said === null) return end();
      for (const one of said) gateway.write(one);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const mangler: Mangler = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    noise: null,
    get mangled() {
      return [...lines.values()].reduce((sum, line) => sum + line.mangled, mangled);
    },
    get sessions() {
      return [...lines.values()].filter(({ isSession }) => isSession).length;
    },
    stop: async () => {
      for (const socket of lines.keys()) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  return mangler;
}
