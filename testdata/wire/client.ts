import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { connect, type Socket } from "node:net";
import {
  BackendFramer,
  type BackendMessage,
  decodeBackend,
  encodeFrontend,
  type FrontendMessage,
  isFault,
  Writer,
} from "../../src/wire/index.ts";

/** A scripted client: sends what it is told, waits for what it is told. Only the capture uses it. */
export class Client {
  readonly #socket: Socket;
  readonly #framer: BackendFramer = new BackendFramer();
  readonly #heard: BackendMessage[] = [];
  #waiter: (() => void) | null = null;
  #at = 0;
  #ended = false;
  #answer: ((byte: Buffer) => void) | null = null;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk) => this.#hear(chunk));
    this.#socket.on("close", () => {
      this.#ended = true;
      this.#waiter?.();
    });
  }

  send(...messages: readonly FrontendMessage[]): void {
    const writer = new Writer();
    for (const message of messages) {
      const fault = encodeFrontend(message, writer);
      if (fault !== null) throw new Error(JSON.stringify(fault));
    }
    this.#socket.write(writer.take());
  }

  /** Asks for encryption and waits for the one byte. */
  async ask(kind: "SSLRequest" | "GSSENCRequest"): Promise<string> {
    const answered = new Promise<Buffer>((resolve) => {
      this.#answer = resolve;
    });
    this.send({ from: "frontend", kind });
    return (await answered).toString("latin1");
  }

  /** Waits for the next message of this kind, passing over others. */
  async until<Kind extends BackendMessage["kind"]>(
    kind: Kind,
  ): Promise<Extract<BackendMessage, { readonly kind: Kind }>> {
    for (;;) {
      const message = this.#heard[this.#at];
      if (message === undefined && this.#ended) throw new Error(`the server left before ${kind}`);
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          this.#waiter = resolve;
        });
        continue;
      }
      this.#at++;
      if (message.kind === kind) return message as Extract<BackendMessage, { readonly kind: Kind }>;
    }
  }

  async closed(): Promise<void> {
    while (!this.#ended)
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
  }

  async leave(): Promise<void> {
    this.send({ from: "frontend", kind: "Terminate" });
    this.#socket.end();
    await this.closed();
  }

  end(): void {
    this.#socket.end();
  }

  #hear(chunk: Buffer): void {
    if (this.#answer !== null) {
      this.#answer(chunk);
      this.#answer = null;
      return;
    }
    this.#framer.feed(chunk);
    for (let frame = this.#framer.next(); frame !== null; frame = this.#framer.next()) {
      if (isFault(frame) || frame.kind !== "Frame") throw new Error(JSON.stringify(frame));
      const message = decodeBackend(frame);
      if (isFault(message)) throw new Error(JSON.stringify(message));
      if (message.kind === "AuthenticationOk") this.#framer.authenticated();
      this.#heard.push(message);
    }
    this.#waiter?.();
  }
}

/** How md5 authentication writes a password (protocol-flow). */
export function md5Password(user: string, password: string, salt: Buffer): Buffer {
  const inner = createHash("md5").update(password + user).digest("hex");
  return Buffer.from(`md5${createHash("md5").update(inner).update(salt).digest("hex")}`);
}

/** SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677). The nonce is fixed so that a trace changes little. */
export async function scramLogin(client: Client, password: string): Promise<void> {
  const first = "n=,r=whosaw-capture-nonce";
  client.send({
    from: "frontend",
    kind: "SASLInitialResponse",
    mechanism: "SCRAM-SHA-256",
    response: Buffer.from(`n,,${first}`),
  });
  const challenge = (await client.until("AuthenticationSASLContinue")).data.toString("latin1");
  const part = (name: string): string => new RegExp(`${name}=([^,]*)`).exec(challenge)?.[1] ?? "";
  const salted = pbkdf2Sync(password, Buffer.from(part("s"), "base64"), Number(part("i")), 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const last = `c=biws,r=${part("r")}`;
  const stored = createHash("sha256").update(clientKey).digest();
  const signature = createHmac("sha256", stored).update(`${first},${challenge},${last}`).digest();
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))).toString("base64");
  client.send({ from: "frontend", kind: "SASLResponse", data: Buffer.from(`${last},p=${proof}`) });
}
