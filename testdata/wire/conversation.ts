import {
  BackendFramer,
  type BackendMessage,
  decodeBackend,
  decodeFrontend,
  decodeLogin,
  decodeStartup,
  type EncryptionAnswer,
  type Fault,
  type Frame,
  frameBytes,
  FrontendFramer,
  type FrontendMessage,
  isFault,
  type LoginMessage,
  type StartupFrame,
} from "../../src/wire/index.ts";

/** One message of a conversation, with the bytes that it was. */
export interface Line {
  readonly from: "frontend" | "backend";
  readonly message: FrontendMessage | BackendMessage | EncryptionAnswer;
  readonly bytes: Buffer;
}

const awaitedAfter: Readonly<Record<string, LoginMessage["kind"]>> = {
  AuthenticationCleartextPassword: "PasswordMessage",
  AuthenticationMD5Password: "PasswordMessage",
  AuthenticationSASL: "SASLInitialResponse",
  AuthenticationSASLContinue: "SASLResponse",
  AuthenticationGSS: "GSSResponse",
  AuthenticationGSSContinue: "GSSResponse",
};

/** Listens to both sides of one connection as the gateway will: it tells the framers what the messages mean for framing. */
export class Conversation {
  readonly lines: Line[] = [];
  readonly #client: FrontendFramer = new FrontendFramer();
  readonly #server: BackendFramer = new BackendFramer("login");
  #awaited: LoginMessage["kind"] = "PasswordMessage";
  #asked = false;

  /** Adds what one side sent. @returns a fault if it is none of PostgreSQL's. */
  hear(from: "frontend" | "backend", chunk: Buffer): Fault | null {
    if (from === "frontend") return this.#client.feed(chunk) ?? this.#drainClient();
    if (!this.#asked) return this.#server.feed(chunk) ?? this.#drainServer();
    return this.#hearAnswer(chunk);
  }

  /** The answer to an SSLRequest is one byte by itself, so the framer in use afterwards never sees it. */
  #hearAnswer(chunk: Buffer): Fault | null {
    const framer = new BackendFramer("answering");
    const answer = framer.feed(chunk) ?? framer.next();
    if (answer === null) return null;
    if (isFault(answer)) return answer;
    if (answer.kind !== "EncryptionAnswer") throw new Error("the framer gave a frame before the answer");
    this.lines.push({ from: "backend", message: answer, bytes: chunk });
    this.#asked = false;
    this.#client.answered();
    return this.#drainClient();
  }

  #drainClient(): Fault | null {
    for (let frame = this.#client.next(); frame !== null; frame = this.#client.next()) {
      if (isFault(frame)) return frame;
      const message = this.#decodeClient(frame);
      if (isFault(message)) return message;
      if (message.kind === "SSLRequest" || message.kind === "GSSENCRequest") this.#asked = true;
      this.lines.push({ from: "frontend", message, bytes: frameBytes(frame) });
    }
    return null;
  }

  #decodeClient(frame: StartupFrame | Frame<"frontend">): FrontendMessage | Fault {
    if ("code" in frame) return decodeStartup(frame);
    return this.#client.state === "login" ? decodeLogin(frame, this.#awaited) : decodeFrontend(frame);
  }

  #drainServer(): Fault | null {
    for (let frame = this.#server.next(); frame !== null; frame = this.#server.next()) {
      if (isFault(frame)) return frame;
      if (frame.kind !== "Frame") throw new Error("an answer that nobody asked for");
      const message = decodeBackend(frame);
      if (isFault(message)) return message;
      this.#awaited = awaitedAfter[message.kind] ?? this.#awaited;
      if (message.kind === "AuthenticationOk") {
        this.#server.authenticated();
        this.#client.authenticated();
      }
      this.lines.push({ from: "backend", message, bytes: frameBytes(frame) });
    }
    return null;
  }
}
