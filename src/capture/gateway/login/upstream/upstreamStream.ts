import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { type Refusal, refusal } from "../../../../base/index.ts";
import {
  BackendFramer,
  type EncryptionAnswer,
  encodeFrontend,
  type Frame,
  type FrontendMessage,
  isFault,
  Writer,
} from "../../../../wire/index.ts";
import { FrameReader } from "../frames.ts";
import type { UpstreamLogin, UpstreamOptions } from "../options.ts";

/** Milliseconds of silence after which the server's machine is asked whether it is still there. */
const keepAliveAfter = 60_000;

export type UpstreamReader = FrameReader<Frame<"backend"> | EncryptionAnswer>;

/** A connection to the server, encrypted if the options ask for it, on which nothing else was said. */
export interface UpstreamStream {
  readonly kind: "stream";
  readonly stream: Socket | TLSSocket;
  readonly framer: BackendFramer;
  readonly reader: UpstreamReader;
}

/** For messages: where the server is. */
export function addressText({ address }: UpstreamOptions): string {
  return address.kind === "tcp" ? `${address.host}:${address.port}` : address.path;
}

export function write(stream: Socket | TLSSocket, message: FrontendMessage): void {
  const to = new Writer();
  encodeFrontend(message, to);
  stream.write(to.take());
}

/** Connects, and encrypts as `options.tls` says. The caller bounds the time by destroying `onSocket`'s socket. */
export async function openUpstream(
  options: UpstreamOptions,
  certificate: UpstreamLogin["certificate"],
  onSocket: (socket: Socket) => void,
): Promise<UpstreamStream | Refusal> {
  const { address } = options;
  const socket = connect(
    address.kind === "tcp" ? { host: address.host, port: address.port } : { path: address.path },
  );
  onSocket(socket);
  const failed = await connected(socket);
  if (failed !== null) return unreachable(options, failed);
  socket.on("error", () => {});
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveAfter);
  // A Unix socket is never encrypted: PostgreSQL doesn't offer it there.
  if (options.tls === "disable" || address.kind === "unix") {
    const framer = new BackendFramer();
    return { kind: "stream", stream: socket, framer, reader: new FrameReader(socket, framer) };
  }
  return encrypted(socket, options, certificate);
}

function connected(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(null));
    socket.once("error", (error) => resolve(error.message));
    socket.once("close", () => resolve("the connection was closed"));
  });
}

function unreachable(options: UpstreamOptions, why: string): Refusal {
  return refusal(
    "connection",
    `the server at ${addressText(options)} can't be reached: ${why}`,
    "check upstream",
  );
}

async function encrypted(
  socket: Socket,
  options: UpstreamOptions,
  certificate: UpstreamLogin["certificate"],
): Promise<UpstreamStream | Refusal> {
  const framer = new BackendFramer("answering");
  const plain: UpstreamReader = new FrameReader(socket, framer);
  write(socket, { from: "frontend", kind: "SSLRequest" });
  const answer = await plain.next();
  plain.release();
  if (answer.kind !== "EncryptionAnswer" || answer.answer !== "S") {
    socket.destroy();
    const why = isFault(answer) ? answer.code : "it doesn't offer TLS";
    return refusal(
      "connection",
      `the server at ${addressText(options)} was asked for TLS: ${why}`,
      "turn on TLS at the server (ssl = on), or set upstream.tls to disable on a trusted network",
    );
  }
  const stream = await handshake(socket, options, certificate);
  if (typeof stream === "string") {
    socket.destroy();
    return refusal(
      "connection",
      `TLS with the server at ${addressText(options)} failed: ${stream}`,
      "check upstream.ca and upstream.host against the server's certificate",
    );
  }
  return { kind: "stream", stream, framer, reader: new FrameReader(stream, framer) };
}

/** @returns what went wrong, in OpenSSL's words. */
function handshake(
  socket: Socket,
  options: UpstreamOptions,
  certificate: UpstreamLogin["certificate"],
): Promise<TLSSocket | string> {
  const host = options.address.kind === "tcp" ? options.address.host : "localhost";
  // As libpq: with a list of authorities, `require` checks against it too.
  const verified = options.tls !== "require" || options.ca !== null;
  const named = options.tls === "verify-full";
  return new Promise((resolve) => {
    const stream = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(options.ca === null ? {} : { ca: options.ca }),
      ...(certificate === null ? {} : { cert: certificate.cert, key: certificate.key }),
      minVersion: "TLSv1.2",
      ALPNProtocols: ["postgresql"],
      rejectUnauthorized: verified,
      checkServerIdentity: (name, shown) => (named ? checkServerIdentity(name, shown) : undefined),
    });
    stream.on("error", (error) => resolve(tlsErrorText(error)));
    stream.once("close", () => resolve("the connection was closed"));
    stream.once("secureConnect", () => resolve(stream));
  });
}

/** OpenSSL's own errors are lines of addresses in its sources; their code says the same. */
function tlsErrorText(error: NodeJS.ErrnoException): string {
  return error.message.includes(":error:") ? (error.code ?? "TLS error") : error.message;
}
