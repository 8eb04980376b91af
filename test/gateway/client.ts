import { connect, type Socket } from "node:net";
import { cellsOf, fieldsOf, frame, int32, type Message, messagesOf, say, text } from "./bytes.ts";
import { scram } from "./scram.ts";
import type { Login } from "./postgres.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** Bytes that came in one piece, and what stood durable when they came. */
export interface Piece {
  readonly bytes: Buffer;
  readonly durable: number;
}

/** What came in answer to something. */
export interface Answer {
  readonly messages: readonly Message[];
  /** SQLSTATEs, in their order. */
  readonly errors: readonly string[];
  /** Rows as text; null cells as null. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Command tags. */
  readonly tags: readonly string[];
  /** The connection is over. */
  readonly closed: boolean;
}

export const answerMillisMax = 20_000;

/** A client of raw bytes that keeps everything it was ever sent. */
export class RawClient {
  readonly #socket: Socket;
  readonly pieces: Piece[] = [];
  #pending: Buffer = Buffer.alloc(0);
  readonly #messages: Message[] = [];
  #taken = 0;
  #wake: (() => void) | null = null;
  #onRow: ((body: Buffer) => void) | null = null;
  closed = false;
  key: { readonly pid: number; readonly secret: Buffer } | null = null;

  constructor(socket: Socket, durable: () => number) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      if (this.#onRow === null) this.pieces.push({ bytes, durable: durable() });
      const whole = Buffer.concat([this.#pending, bytes]);
      const { messages, taken } = messagesOf(whole);
      this.#pending = whole.subarray(taken);
      for (const message of messages) {
        if (this.#onRow !== null && message.type === "D") this.#onRow(message.body);
        else this.#messages.push(message);
      }
      this.#wake?.();
    });
    const over = (): void => {
      this.closed = true;
      this.#wake?.();
    };
    socket.on("close", over);
    socket.on("end", over);
    socket.on("error", over);
  }

  /** Everything that ever came. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** From now on rows are given to this and not kept: for answers larger than memory. */
  eachRow(onRow: (body: Buffer) => void): void {
    this.#onRow = onRow;
  }

  /** Stops and goes on reading: a slow reader. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Half-closes: nothing more will be said, everything will be heard. */
  finish(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  send(...messages: readonly Buffer[]): void {
    if (!this.closed) this.#socket.write(Buffer.concat(messages));
  }

  async #changed(deadline: number): Promise<void> {
    await new Promise<void>((done) => {
      const timer = setTimeout(done, Math.max(1, deadline - Date.now()));
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.#wake = null;
  }

  /** Messages that have come since the last call, up to and with the `count`th of these types; throws if they don't come. */
  async until(types: string, count = 1, millis: number = answerMillisMax): Promise<Answer> {
    const deadline = Date.now() + millis;
    let seen = 0;
    let at = this.#taken;
    for (;;) {
      for (; at < this.#messages.length && seen < count; at++)
        if (types.includes(this.#messages[at]!.type)) seen++;
      if (seen >= count || this.closed) break;
      if (Date.now() > deadline)
        throw new Error(
          `no ${types} within ${millis} ms; came: ${this.#messages
            .slice(this.#taken)
            .map(({ type }) => type)
            .join("")}`,
        );
      await this.#changed(deadline);
    }
    const messages = this.#messages.slice(this.#taken, at);
    this.#taken = at;
    return answerOf(messages, this.closed);
  }

  /** Whatever comes within this time. */
  async listen(millis: number): Promise<Answer> {
    const deadline = Date.now() + millis;
    while (Date.now() < deadline && !this.closed) await this.#changed(deadline);
    const messages = this.#messages.slice(this.#taken);
    this.#taken = this.#messages.length;
    return answerOf(messages, this.closed);
  }

  async query(sql: string): Promise<Answer> {
    this.send(say.query(sql));
    return this.#answered();
  }

  /** Parse, Bind, Describe, Execute, Sync. */
  async extended(sql: string, parameters: readonly (string | null)[] = []): Promise<Answer> {
    this.send(say.parse(sql), say.bind({ parameters }), say.describe("P"), say.execute(), say.sync());
    return this.#answered();
  }

  /** Any messages, of which `syncs` end in ReadyForQuery. */
  async pipeline(messages: readonly Buffer[], syncs = 1): Promise<Answer> {
    this.send(...messages);
    return this.#answered(syncs);
  }

  /** Waits for ReadyForQuery; a COPY that asks for data is given none. */
  async #answered(count = 1): Promise<Answer> {
    const parts: Answer[] = [];
    for (let left = count; left > 0 && !this.closed;) {
      const part = await this.until("ZG");
      parts.push(part);
      if (part.messages.at(-1)?.type === "G") this.send(say.copyFail("no data"), say.sync());
      else left--;
    }
    return answerOf(
      parts.flatMap((part) => part.messages),
      this.closed,
    );
  }

  async login(
    { user, password }: Login,
    database: string,
    more: readonly (readonly [string, string])[],
  ): Promise<Answer> {
    this.send(say.startup([["user", user], ["database", database], ["client_encoding", "UTF8"], ...more]));
    const exchange = scram(password);
    const heard: Message[] = [];
    for (;;) {
      const { messages } = await this.until("RZE");
      heard.push(...messages);
      const last = messages.at(-1);
      if (last?.type !== "R") break;
      const kind = last.body.readInt32BE(0);
      if (kind === 3) this.send(frame("p", text(password)));
      if (kind === 10) {
        const first = Buffer.from(exchange.first);
        this.send(frame("p", text("SCRAM-SHA-256"), int32(first.length), first));
      }
      if (kind === 11) this.send(frame("p", Buffer.from(exchange.final(last.body.toString("utf8", 4)))));
    }
    const key = heard.find(({ type }) => type === "K");
    if (key !== undefined) this.key = { pid: key.body.readInt32BE(0), secret: key.body.subarray(4) };
    return answerOf(heard, this.closed);
  }

  async end(): Promise<void> {
    this.send(say.terminate());
    const deadline = Date.now() + 2000;
    while (!this.closed && Date.now() < deadline) await this.#changed(deadline);
    this.#socket.destroy();
  }
}

function answerOf(messages: readonly Message[], closed: boolean): Answer {
  const of = (type: string): readonly Message[] => messages.filter((message) => message.type === type);
  return {
    messages,
    errors: of("E").map(({ body }) => fieldsOf(body).get("C") ?? ""),
    rows: of("D").map(({ body }) => cellsOf(body).map((cell) => cell?.toString() ?? null)),
    tags: of("C").map(({ body }) => body.toString("utf8", 0, body.length - 1)),
    closed,
  };
}

/** A connection that has said nothing yet. */
export async function dial({ host, port }: Address, durable: () => number = () => 0): Promise<RawClient> {
  const socket = connect(port, host);
  await new Promise<void>((done, fail) => {
    socket.once("connect", done);
    socket.once("error", fail);
  });
  socket.setNoDelay(true);
  return new RawClient(socket, durable);
}

/** Connected and logged in. */
export async function join(
  address: Address,
  login: Login,
  durable: () => number = () => 0,
  more: readonly (readonly [string, string])[] = [],
): Promise<RawClient> {
  const client = await dial(address, durable);
  const { errors, messages } = await client.login(login, address.database, more);
  if (messages.at(-1)?.type !== "Z") throw new Error(`the login failed: ${errors.join(" ")}`);
  return client;
}
