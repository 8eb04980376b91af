import { connect, type Socket } from "node:net";
import {
  BackendFramer,
  type BackendMessage,
  decodeBackend,
  encodeFrontend,
  type FrontendMessage,
  Writer,
} from "../../../../wire/index.ts";
import type { Lodge } from "../lodge.testing.ts";
import { scramFirst, scramProof, serverChallenge } from "../scram/scramClient.ts";
import { saltedPassword } from "../scram/verifier.ts";

/** One connection, spoken to by bytes. */
export class Stranger {
  readonly #socket: Socket;
  readonly #framer: BackendFramer = new BackendFramer();
  readonly #chunks: Buffer[] = [];
  #wake: () => void = () => undefined;
  ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    socket.on("close", () => {
      this.ended = true;
      this.#wake();
    });
  }

  send(...parts: readonly (Buffer | FrontendMessage)[]): this {
    this.#socket.write(Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : encoded(part)))));
    return this;
  }

  /** The next message; null when the gateway has hung up. */
  async next(): Promise<BackendMessage | null> {
    for (;;) {
      const frame = this.#framer.next();
      if (frame !== null) {
        if (frame.kind !== "Frame") throw new Error(`the gateway sent ${JSON.stringify(frame)}`);
        const message = decodeBackend(frame);
        if (message.kind === "Fault") throw new Error(`the gateway sent ${JSON.stringify(message)}`);
        if (message.kind === "AuthenticationOk") this.#framer.authenticated();
        return message;
      }
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) this.#framer.feed(chunk);
      else if (this.ended) return null;
      else await this.#more();
    }
  }

  /** The gateway's one byte to a request for encryption. */
  async byte(): Promise<string> {
    while (this.#chunks.length === 0 && !this.ended) await this.#more();
    return this.#chunks.shift()?.toString("latin1") ?? "";
  }

  /** How it ended: the SQLSTATE of the last error, or the last message's kind. */
  async verdict(): Promise<string> {
    let last = "nothing";
    for (let message = await this.next(); message !== null; message = await this.next())
      last = message.kind === "ErrorResponse" ? message.fields.sqlstate : message.kind;
    return last;
  }

  close(): void {
    this.#socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export function encoded(message: FrontendMessage): Buffer {
  const to = new Writer();
  encodeFrontend(message, to);
  return to.take();
}

export function stranger(at: Lodge): Stranger {
  return new Stranger(connect(at.port, "127.0.0.1"));
}

export function startup(parameters: readonly (readonly [string, string])[], minor = 0): FrontendMessage {
  const list = parameters.map(([name, value]) => ({ name, value }));
  return { from: "frontend", kind: "StartupMessage", minor, parameters: list };
}

export const ada: FrontendMessage = startup([
  ["user", "ada"],
  ["database", "desk"],
]);

/** Logs in as ada; @returns what came of it. */
export async function logIn(
  at: Lodge,
  message: FrontendMessage = ada,
  password = "pencil",
  flag: "n" | "y" = "n",
): Promise<string> {
  return scramIn(stranger(at).send(message), password, flag);
}

export async function scramIn(client: Stranger, password: string, flag: "n" | "y"): Promise<string> {
  let asked = await client.next();
  if (asked?.kind === "NegotiateProtocolVersion") asked = await client.next();
  if (asked?.kind !== "AuthenticationSASL")
    return asked?.kind === "ErrorResponse" ? asked.fields.sqlstate : "hung up";
  const scram = { name: "", binding: { flag }, nonce: "abc" };
  client.send({
    from: "frontend",
    kind: "SASLInitialResponse",
    mechanism: "SCRAM-SHA-256",
    response: Buffer.from(scramFirst(scram)),
  });
  const challenge = await client.next();
  if (challenge?.kind !== "AuthenticationSASLContinue")
    return challenge?.kind === "ErrorResponse" ? challenge.fields.sqlstate : "hung up";
  const read = serverChallenge(scram, challenge.data);
  if (read === null) return "challenge refused";
  const proof = scramProof(scram, read, await saltedPassword(password, read.salt, read.iterations));
  client.send({ from: "frontend", kind: "SASLResponse", data: Buffer.from(proof.clientFinal) });
  for (let message = await client.next(); message !== null; message = await client.next()) {
    if (message.kind === "ErrorResponse") return message.fields.sqlstate;
    if (message.kind === "AuthenticationOk") return "in";
  }
  return "hung up";
}

export const ssl: FrontendMessage = { from: "frontend", kind: "SSLRequest" };
export const gss: FrontendMessage = { from: "frontend", kind: "GSSENCRequest" };
