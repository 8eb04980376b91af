import { type Fault, lost } from "../octets/fault.ts";
import { longFrameBytesMax, startupFrameBytesMax } from "../octets/limits.ts";
import { loginCodecs, sessionCodecs } from "../frontend/message.ts";
import { cancelRequestCode } from "../frontend/startup/cancel-request.ts";
import { gssencRequestCode } from "../frontend/startup/gssenc-request.ts";
import { sslRequestCode } from "../frontend/startup/ssl-request.ts";
import { Assembler } from "./assembler.ts";
import { boundsOf, typesOf, type Vocabulary } from "./bounds.ts";
import type { Frame, StartupFrame } from "./frame.ts";
import { takeTyped } from "./typed-frames.ts";

/**
 * Where a client's connection stands, as far as framing depends on it:
 *
 * | state     | may come                                   | leads to |
 * | --------- | ------------------------------------------ | -------- |
 * | startup   | a frame without a type byte                | SSLRequest, GSSENCRequest: answering; CancelRequest: ended; else login |
 * | answering | nothing at all                             | `answered`: startup |
 * | login     | answers to authentication requests (`p`)   | `authenticated`: session |
 * | session   | every message of a session                 | Terminate: ended |
 * | ended     | nothing at all                             | |
 */
export type FrontendState = "startup" | "answering" | "login" | "session" | "ended";

const terminateType = sessionCodecs.Terminate.type;
const known: ReadonlySet<number> = typesOf([...Object.values(loginCodecs), ...Object.values(sessionCodecs)]);
const login: Vocabulary = { known, allowed: boundsOf(Object.values(loginCodecs), longFrameBytesMax) };
const sessionOf = (longBytesMax: number): Vocabulary => ({
  known,
  allowed: boundsOf(Object.values(sessionCodecs), longBytesMax),
});
/** One table for all framers of the usual limit: each connection has two of them. */
const session: Vocabulary = sessionOf(longFrameBytesMax);
const startupFrameBytesMin = 8;

/** A client's bytes in, complete frames out. A fault stays: nothing is read after it. */
export class FrontendFramer {
  readonly #assembler: Assembler = new Assembler();
  readonly #session: Vocabulary;
  readonly #requests: Set<number> = new Set();
  #state: FrontendState = "startup";
  #fault: Fault | null = null;

  /** @param longBytesMax frame bytes allowed to messages that hold SQL or data. */
  constructor(longBytesMax: number = longFrameBytesMax) {
    this.#session = longBytesMax === longFrameBytesMax ? session : sessionOf(longBytesMax);
  }

  get state(): FrontendState {
    return this.#state;
  }

  /** Bytes held that are not part of a frame yet. */
  get unread(): number {
    return this.#assembler.unread;
  }

  /** Takes a chunk of any size, which must not be written to afterwards. Call `next` until it gives null, then feed again. */
  feed(chunk: Buffer): Fault | null {
    if (this.#fault !== null) return this.#fault;
    if (chunk.length > 0 && this.#state === "answering")
      return this.#fail(lost("bytes_before_encryption", null));
    if (chunk.length > 0 && this.#state === "ended") return this.#fail(lost("bytes_after_end", null));
    return this.#assembler.feed(chunk) ? null : this.#fail(lost("unread_over_max", null));
  }

  /** @returns the next complete frame, null if more bytes are needed, or what is wrong. */
  next(): StartupFrame | Frame<"frontend"> | Fault | null {
    if (this.#fault !== null) return this.#fault;
    const taken = this.#take();
    return taken !== null && taken.kind === "Fault" ? this.#fail(taken) : taken;
  }

  /**
   * The server's byte to an SSLRequest or GSSENCRequest is about to be sent: from now on a startup frame may come, through
   * TLS if the answer was yes. Bytes that came before are an attack (CVE-2021-23214) and were refused already.
   */
  answered(): void {
    if (this.#state === "answering") this.#state = "startup";
  }

  /** AuthenticationOk is about to be sent: the messages of a session may come, and with them long ones. */
  authenticated(): void {
    if (this.#state === "login") this.#state = "session";
  }

  #take(): StartupFrame | Frame<"frontend"> | Fault | null {
    switch (this.#state) {
      case "startup":
        return this.#takeStartup();
      case "login":
        return takeTyped("frontend", this.#assembler, login);
      case "session":
        return this.#takeSession();
      case "answering":
        return null;
      case "ended":
        return this.#assembler.unread > 0 ? lost("bytes_after_end", null) : null;
    }
  }

  #takeSession(): Frame<"frontend"> | Fault | null {
    const frame = takeTyped("frontend", this.#assembler, this.#session);
    if (frame !== null && frame.kind === "Frame" && frame.type === terminateType) this.#state = "ended";
    return frame;
  }

  #takeStartup(): StartupFrame | Fault | null {
    const assembler = this.#assembler;
    if (!assembler.have(4)) return null;
    const length = assembler.block.readUInt32BE(assembler.at);
    if (length < startupFrameBytesMin) return lost("length_below_min", null);
    if (length > startupFrameBytesMax) return lost("length_over_max", null);
    if (!assembler.have(length)) return null;
    const start = assembler.take(length);
    const bytes = assembler.block;
    const code = bytes.readUInt32BE(start + 4);
    const frame: StartupFrame = {
      kind: "Frame",
      from: "frontend",
      type: 0,
      code,
      bytes,
      start,
      lengthAt: start,
      end: start + length,
    };
    return this.#afterStartup(code) ?? frame;
  }

  /** A request for encryption is not even handed out if more came with it, lest its caller answer before looking. */
  #afterStartup(code: number): Fault | null {
    if (code !== sslRequestCode && code !== gssencRequestCode) {
      this.#state = code === cancelRequestCode ? "ended" : "login";
      return null;
    }
    const name = code === sslRequestCode ? "SSLRequest" : "GSSENCRequest";
    if (this.#requests.has(code)) return lost("repeated_request", name);
    if (this.#assembler.unread > 0) return lost("bytes_before_encryption", name);
    this.#requests.add(code);
    this.#state = "answering";
    return null;
  }

  #fail(fault: Fault): Fault {
    this.#fault = fault;
    this.#assembler.clear();
    return fault;
  }
}
