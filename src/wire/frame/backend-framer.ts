import { type Fault, lost } from "../octets/fault.ts";
import { loginErrorFrameBytesMax, longFrameBytesMax } from "../octets/limits.ts";
import { answerCodecs, authenticationCodecs } from "../backend/message.ts";
import { Assembler } from "./assembler.ts";
import { boundsOf, typesOf, type Vocabulary } from "./bounds.ts";
import type { EncryptionAnswer, Frame } from "./frame.ts";
import { takeTyped } from "./typed-frames.ts";

/**
 * Where a connection to a server stands, as far as framing depends on it:
 *
 * | state     | may come                                                               | leads to |
 * | --------- | ---------------------------------------------------------------------- | -------- |
 * | answering | one byte: the answer to an SSLRequest or GSSENCRequest, and no more    | login |
 * | login     | authentication requests, NegotiateProtocolVersion, a short error       | `authenticated`: session |
 * | session   | every message of a session                                             | |
 */
export type BackendState = "answering" | "login" | "session";

const { NegotiateProtocolVersion, ...sessionCodecs } = answerCodecs;
const loginCodecs = [
  ...Object.values(authenticationCodecs),
  NegotiateProtocolVersion,
  { ...sessionCodecs.ErrorResponse, bytesMax: loginErrorFrameBytesMax },
];
const known: ReadonlySet<number> = typesOf([...loginCodecs, ...Object.values(sessionCodecs)]);
const login: Vocabulary = { known, allowed: boundsOf(loginCodecs, longFrameBytesMax) };
const sessionOf = (longBytesMax: number): Vocabulary => ({
  known,
  allowed: boundsOf(Object.values(sessionCodecs), longBytesMax),
});
/** One table for all framers of the usual limit: each connection has two of them. */
const session: Vocabulary = sessionOf(longFrameBytesMax);

/**
 * A server's bytes in, complete frames out. The server is as little trusted as the client; a fault stays.
 *
 * AuthenticationOk and what follows it often come in one chunk: call `authenticated` when you have read it, before the next
 * `next`. Which of "S" and "G" fits the request that was sent is for the caller to check.
 */
export class BackendFramer {
  readonly #assembler: Assembler = new Assembler();
  readonly #session: Vocabulary;
  #state: BackendState;
  #fault: Fault | null = null;

  /**
   * @param state "answering" if an SSLRequest or GSSENCRequest was sent, "login" if a StartupMessage was.
   * @param longBytesMax frame bytes allowed to messages that hold rows, errors or data.
   */
  constructor(state: "answering" | "login" = "login", longBytesMax: number = longFrameBytesMax) {
    this.#state = state;
    this.#session = longBytesMax === longFrameBytesMax ? session : sessionOf(longBytesMax);
  }

  get state(): BackendState {
    return this.#state;
  }

  /** Bytes held that are not part of a frame yet. */
  get unread(): number {
    return this.#assembler.unread;
  }

  /** Takes a chunk of any size, which must not be written to afterwards. Call `next` until it gives null, then feed again. */
  feed(chunk: Buffer): Fault | null {
    if (this.#fault !== null) return this.#fault;
    return this.#assembler.feed(chunk) ? null : this.#fail(lost("unread_over_max", null));
  }

  /** @returns the next complete frame (or the one byte), null if more bytes are needed, or what is wrong. */
  next(): Frame<"backend"> | EncryptionAnswer | Fault | null {
    if (this.#fault !== null) return this.#fault;
    const taken = this.#take();
    return taken !== null && taken.kind === "Fault" ? this.#fail(taken) : taken;
  }

  /** AuthenticationOk was read: the messages of a session may come, and with them long ones. */
  authenticated(): void {
    if (this.#state === "login") this.#state = "session";
  }

  #take(): Frame<"backend"> | EncryptionAnswer | Fault | null {
    if (this.#state === "session") return takeTyped("backend", this.#assembler, this.#session);
    if (this.#state === "login") return takeTyped("backend", this.#assembler, login);
    return this.#takeAnswer();
  }

  /** An error in place of the answer is not believed: nobody has proved to be the server yet (CVE-2024-10977). */
  #takeAnswer(): EncryptionAnswer | Fault | null {
    if (!this.#assembler.have(1)) return null;
    const answer = String.fromCharCode(this.#assembler.block.readUInt8(this.#assembler.take(1)));
    if (answer !== "S" && answer !== "G" && answer !== "N") return lost("unexpected_type", null);
    // What came with the answer came in plain text (CVE-2021-23222); after "N", too, it is the client's turn to speak.
    if (this.#assembler.unread > 0) return lost("bytes_before_encryption", null);
    this.#state = "login";
    return { kind: "EncryptionAnswer", from: "backend", answer };
  }

  #fail(fault: Fault): Fault {
    this.#fault = fault;
    this.#assembler.clear();
    return fault;
  }
}
