import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import {
  decodeStartup,
  encodeBackend,
  type Frame,
  FrontendFramer,
  isFault,
  type StartupFrame,
  type StartupMessage,
  startupParameter,
  Writer,
} from "../../../../wire/index.ts";
import { isStatementRefusal, type StatementRefusal } from "../../plan.ts";
import { type Ended, FrameReader } from "../frames.ts";
import type { UserOptions } from "../options.ts";
import { authenticate, type ClientReader, type Proved, send } from "./authenticate.ts";
import { certificateState } from "./certificate.ts";
import { tlsHandshakeByte } from "./clientTls.ts";
import { brokenFrame, denials, fatalBytes, malformed, noDatabase, wrongPassword } from "./denials.ts";
import type { Door } from "./door.ts";
import { readStartup, type StartupRequest } from "./startup.ts";

/** Milliseconds that a client has to read why it was turned away. */
const farewellTime = 1_000;
/** Milliseconds of silence after which the other side's machine is asked whether it is still there. */
const keepAliveAfter = 60_000;
/** Bytes of a name that goes into the record of a refusal: as long as a user's can be. */
const recordedNameCharsMax = 63;

/**
 * A client that has proved who it is and was told so (AuthenticationOk). It waits for `welcomeBytes`, or for a FATAL error.
 * `stream` is paused and has an error handler that does nothing; its next reader listens for `data`, takes what `framer`
 * already holds, and resumes it.
 */
export interface AcceptedClient {
  readonly kind: "client";
  readonly user: UserOptions;
  readonly database: string;
  /** What `admitStartup` let through. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The minor version of protocol 3 that is spoken: 0 or 2. */
  readonly protocol: number;
  /** `scram-sha-256`, `scram-sha-256-plus`, `certificate` or `token`. */
  readonly method: string;
  readonly stream: Socket | TLSSocket;
  readonly framer: FrontendFramer;
  /** Empty on a Unix socket. */
  readonly ip: string;
  /**
   * Frees its place among the sessions. For whoever serves it to call, when its connection to the server is over too: by coming and
   * going at once, nobody may hold more of those than there are places.
   */
  readonly leave: () => void;
}

interface Arrival {
  readonly stream: Socket | TLSSocket;
  readonly framer: FrontendFramer;
  readonly reader: ClientReader;
}

interface Opened {
  readonly kind: "opened";
  readonly message: StartupMessage;
}

/** One connection while it is being judged: who is at the door, as far as is known, and what it speaks through now. */
interface Call {
  readonly door: Door;
  readonly socket: Socket;
  readonly ip: string;
  user: string;
  arrival: Arrival;
}

/** Nothing is owed to this client: it is gone, or it only wanted to cancel something. */
const gone: Ended = { kind: "Ended" };

/**
 * From a socket just accepted to a client that has proved who it is. Everything else (cancel requests, strangers, broken bytes)
 * is dealt with here, and gives null: the socket is closed then or will be in a second. Never rejects, whatever the bytes.
 */
export async function acceptClient(socket: Socket, door: Door): Promise<AcceptedClient | null> {
  socket.on("error", () => {});
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveAfter);
  const ip = socket.remoteAddress ?? "";
  const call: Call = { door, socket, ip, user: "", arrival: arrivalOn(socket, new FrontendFramer()) };
  const leave = door.places.handshake();
  if (leave === null) {
    turnAway(call, denials.tooMany);
    return null;
  }
  socket.once("close", leave);
  const timer = setTimeout(() => {
    door.services.onRefused({ user: call.user, ip, rule: "login_time" });
    socket.destroy();
  }, door.settings.options.limits.loginTimeMax);
  try {
    const outcome = await login(call);
    if (outcome.kind === "client") return outcome;
    if (outcome.kind === "statement_refusal") turnAway(call, outcome);
    else endWith(call.arrival.stream, Buffer.alloc(0));
    return null;
  } finally {
    clearTimeout(timer);
    call.arrival.reader.release();
    leave();
  }
}

function arrivalOn(stream: Socket | TLSSocket, framer: FrontendFramer): Arrival {
  return { stream, framer, reader: new FrameReader<Frame<"frontend"> | StartupFrame>(stream, framer) };
}

function turnAway(call: Call, refused: StatementRefusal): void {
  call.door.services.onRefused({ user: call.user, ip: call.ip, rule: refused.rule });
  call.arrival.reader.release();
  endWith(call.arrival.stream, fatalBytes(refused));
}

/**
 * Ends a stream with these last bytes and hangs up a moment later. What still comes is thrown away: with bytes unread, closing
 * would be a reset, and the last bytes lost.
 */
export function endWith(stream: Socket | TLSSocket, bytes: Buffer): void {
  if (stream.destroyed) return;
  const timer = setTimeout(() => stream.destroy(), farewellTime);
  stream.once("close", () => clearTimeout(timer));
  stream.on("data", () => {});
  stream.end(bytes);
  // Not at once: whoever still releases the stream pauses it.
  setImmediate(() => stream.resume());
}

async function login(call: Call): Promise<AcceptedClient | StatementRefusal | Ended> {
  if (call.door.settings.tls !== null && call.ip !== "" && !(await beginDirectly(call))) return gone;
  const opened = await openSession(call);
  return opened.kind === "opened" ? enter(call, opened.message) : opened;
}

/**
 * PostgreSQL 17's clients may begin with TLS unasked (sslnegotiation=direct); its first byte can't begin a startup packet.
 * @returns false if the client didn't get through.
 */
async function beginDirectly(call: Call): Promise<boolean> {
  call.arrival.reader.release();
  const first = await firstByte(call.socket);
  if (first === tlsHandshakeByte) return secure(call, true);
  call.arrival = arrivalOn(call.socket, call.arrival.framer);
  return first !== null;
}

/** The first byte that comes, which stays to be read; null if none does. */
function firstByte(socket: Socket): Promise<number | null> {
  return new Promise((resolve) => {
    const look = (): void => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      done();
      socket.unshift(chunk);
      resolve(chunk[0] ?? null);
    };
    const ended = (): void => {
      done();
      resolve(null);
    };
    const done = (): void => {
      socket.off("readable", look);
      for (const event of ["end", "close"]) socket.off(event, ended);
    };
    socket.on("readable", look);
    for (const event of ["end", "close"]) socket.on(event, ended);
  });
}

/** From here on the client speaks through TLS. @returns false if it didn't come to that. */
async function secure(call: Call, direct: boolean): Promise<boolean> {
  const stream = (await call.door.settings.tls?.upgrade(call.socket, direct)) ?? null;
  if (stream === null) return false;
  call.arrival = arrivalOn(stream, call.arrival.framer);
  return true;
}

/** What comes before the session: requests for encryption, each answered, then a startup or a cancel. */
async function openSession(call: Call): Promise<Opened | StatementRefusal | Ended> {
  for (;;) {
    const frame = await call.arrival.reader.next();
    if (frame.kind === "Ended") return frame;
    if (isFault(frame)) return brokenFrame(frame);
    if (!isStartupFrame(frame)) return malformed("unexpected_type", "a startup packet was expected");
    const message = decodeStartup(frame);
    if (isFault(message)) return brokenFrame(message);
    if (message.kind === "StartupMessage") return { kind: "opened", message };
    if (message.kind === "CancelRequest") {
      await call.door.services.cancelKeys.request(message.processId, message.key);
      return gone;
    }
    if (call.arrival.stream instanceof TLSSocket)
      return malformed("repeated_request", "encryption is on already");
    if (!(await answerEncryption(call, message.kind))) return gone;
  }
}

function isStartupFrame(frame: Frame<"frontend"> | StartupFrame): frame is StartupFrame {
  return "code" in frame;
}

/** GSSAPI is not offered; TLS is, but for a Unix socket, as PostgreSQL has it. @returns false if TLS failed. */
async function answerEncryption(call: Call, asked: "SSLRequest" | "GSSENCRequest"): Promise<boolean> {
  const { stream, framer, reader } = call.arrival;
  const yes = asked === "SSLRequest" && call.door.settings.tls !== null && call.ip !== "";
  framer.answered();
  if (!yes) {
    stream.write("N");
    return true;
  }
  reader.release();
  stream.write("S");
  return secure(call, false);
}

/** Who it says it is, then the proof, then whether they may come in. */
async function enter(
  call: Call,
  message: StartupMessage,
): Promise<AcceptedClient | StatementRefusal | Ended> {
  const { door, ip } = call;
  const { stream, reader, framer } = call.arrival;
  call.user = (startupParameter(message, "user") ?? "").slice(0, recordedNameCharsMax);
  const request = readStartup(message);
  if (isStatementRefusal(request)) return request;
  const refused = transportRefusal(call) ?? door.services.turnAway();
  if (refused !== null) return refused;
  const admitted = door.services.admitStartup(request.parameters);
  if (isStatementRefusal(admitted)) return admitted;
  if (request.negotiate !== null) send(stream, request.negotiate);
  const user = door.settings.options.users.get(request.user) ?? null;
  const outcome = await authenticate({ name: request.user, user, stream, reader }, door);
  if (outcome.kind !== "proved") return outcome;
  if (user === null) return wrongPassword(request.user);
  const leave = takePlace(call, user, request);
  if (typeof leave !== "function") return leave;
  sayOk(call, outcome);
  const { database, minor: protocol } = request;
  const { parameters } = admitted;
  const { method } = outcome;
  return { kind: "client", user, database, parameters, protocol, method, stream, framer, ip, leave };
}

function transportRefusal(call: Call): StatementRefusal | null {
  const { stream } = call.arrival;
  if (stream instanceof TLSSocket)
    return certificateState(stream) === "bad" ? denials.wrongCertificate : null;
  // A Unix socket never leaves the machine, so that TLS would add nothing to it.
  return call.door.settings.options.tls?.required === true && call.ip !== "" ? denials.tlsRequired : null;
}

/** What only those learn who have proved who they are. A session's place is taken here, so that no stranger can hold one. */
function takePlace(call: Call, user: UserOptions, request: StartupRequest): StatementRefusal | (() => void) {
  const { door, ip } = call;
  if (user.validUntil !== null && door.services.clock() >= user.validUntil)
    return { ...wrongPassword(user.name), rule: "login_expired" };
  const refused = door.services.mayLogin(user, ip);
  if (refused !== null) return refused;
  const { upstream } = door.settings.options;
  const offered = upstream.databases?.has(request.database) ?? true;
  if (!offered || user.databases?.includes(request.database) === false) return noDatabase(request.database);
  return door.places.session(ip) ?? denials.tooMany;
}

/** The method's last word and AuthenticationOk, in one write. */
function sayOk(call: Call, proved: Proved): void {
  const to = new Writer();
  if (proved.last !== null) encodeBackend(proved.last, to);
  encodeBackend({ from: "backend", kind: "AuthenticationOk" }, to);
  call.arrival.framer.authenticated();
  call.arrival.stream.write(to.take());
}
