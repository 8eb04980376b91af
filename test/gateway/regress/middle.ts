import { createServer, type Server, type Socket } from "node:net";
import { frame, int32, type Message, messagesOf, text } from "../bytes.ts";
import { type CopySource, Lockstep, type Outcome, type Sides } from "./lockstep.ts";

/** One statement of psql's, and what came of it. */
export interface Step {
  readonly sql: string;
  readonly outcome: Outcome;
  readonly millis: number;
}

/**
 * What psql takes for its server. Each thing that psql says is done on both sides in lockstep and compared; psql hears what the bare
 * server answered, so that its own commands, variables and COPY data work as in a plain run of the suite.
 */
export class Middle {
  readonly #sides: Sides;
  readonly #onStep: (step: Step) => void;
  readonly #onTrouble: (what: string) => void;
  readonly #server: Server;

  constructor(sides: Sides, onStep: (step: Step) => void, onTrouble: (what: string) => void) {
    this.#sides = sides;
    this.#onStep = onStep;
    this.#onTrouble = onTrouble;
    this.#server = createServer({ noDelay: true }, (socket) => {
      void this.#serve(socket).catch((error: unknown) => {
        this.#onTrouble(String(error));
        socket.destroy();
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port was handed out");
    return address.port;
  }

  close(): void {
    this.#server.close();
  }

  async #serve(socket: Socket): Promise<void> {
    const heard = new Heard(socket);
    const parameters = await heard.startup();
    const user = parameters.get("user") ?? "";
    const database = parameters.get("database") ?? user;
    if (user !== this.#sides.bareLogin.user || database !== this.#sides.bare.database) {
      // Logins that the suite makes are none of the gateway's configuration.
      socket.end(refusal(`no login of the gateway: ${user}`));
      return;
    }
    const settings = [...parameters].filter(([name]) => !notSettings.has(name));
    const pair = await Lockstep.open(this.#sides, settings);
    const greeting = pair.bare.messages.filter(({ type }) => type === "S");
    socket.write(frame("R", int32(0)));
    for (const { type, body } of greeting) socket.write(frame(type, body));
    socket.write(Buffer.concat([frame("K", int32(1), int32(1)), frame("Z", Buffer.from("I"))]));
    try {
      await this.#converse(heard, socket, pair);
    } finally {
      await pair.end();
      socket.end();
    }
  }

  async #converse(heard: Heard, socket: Socket, pair: Lockstep): Promise<void> {
    let frames: Buffer[] = [];
    let sql = "";
    const copy: CopySource = async ({ body }) => {
      socket.write(frame("G", body));
      return heard.copied();
    };
    for (;;) {
      const message = await heard.next();
      if (message === null || message.type === "X") return;
      // psql ends a COPY that has failed already with data that nobody waits for.
      if (["d", "c", "f"].includes(message.type)) continue;
      frames.push(frame(message.type, message.body));
      if (message.type === "Q") sql = message.body.toString("utf8", 0, message.body.length - 1);
      if (message.type === "P") sql = message.body.toString("utf8", message.body.indexOf(0) + 1);
      // psql's commands for large objects call functions by the fast path, which no Sync ends.
      if (message.type === "F") sql = "(a function call by the fast path)";
      if (!["Q", "S", "F"].includes(message.type)) continue;
      const begun = performance.now();
      const { messages, outcome } = await pair.run(frames, copy);
      this.#onStep({ sql, outcome, millis: performance.now() - begun });
      for (const { type, body } of messages) if (type !== "G") socket.write(frame(type, body));
      if (outcome.kind === "broken") return;
      frames = [];
    }
  }
}

const notSettings: ReadonlySet<string> = new Set(["user", "database", "client_encoding"]);

function refusal(message: string): Buffer {
  return frame("E", ...["SFATAL", "VFATAL", "C28000", `M${message}`].map(text), Buffer.from([0]));
}

/** What psql says, message by message. */
class Heard {
  #bytes: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on("data", (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    const over = (): void => {
      this.#closed = true;
      this.#wake();
    };
    socket.on("close", over);
    socket.on("error", over);
  }

  async #more(): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((done) => {
      this.#wake = done;
    });
  }

  async startup(): Promise<ReadonlyMap<string, string>> {
    while (this.#bytes.length < 8 || this.#bytes.length < this.#bytes.readUInt32BE(0)) {
      if (this.#closed) return new Map();
      await this.#more();
    }
    const end = this.#bytes.readUInt32BE(0);
    const words = this.#bytes.toString("utf8", 8, end - 2).split("\0");
    this.#bytes = this.#bytes.subarray(end);
    const found = new Map<string, string>();
    for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at] ?? "", words[at + 1] ?? "");
    return found;
  }

  async next(): Promise<Message | null> {
    for (;;) {
      const length = this.#bytes.length < 5 ? Infinity : this.#bytes.readUInt32BE(1) + 1;
      if (this.#bytes.length >= length) {
        const { messages } = messagesOf(this.#bytes.subarray(0, length));
        this.#bytes = this.#bytes.subarray(length);
        return messages[0] ?? null;
      }
      if (this.#closed) return null;
      await this.#more();
    }
  }

  /** COPY's data, to its end. */
  async copied(): Promise<readonly Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const message = await this.next();
      if (message === null) return [frame("f", text("the client is gone"))];
      frames.push(frame(message.type, message.body));
      if (message.type === "c" || message.type === "f") return frames;
    }
  }
}
