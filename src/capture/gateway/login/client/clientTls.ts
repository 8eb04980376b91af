import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { ClientTlsOptions } from "../options.ts";
import { pemEndPoint } from "../scram/channelBinding.ts";

/** The name that PostgreSQL has in TLS (RFC 7301); who begins with TLS right away must say it. */
const protocolName = "postgresql";
/** The first byte of a TLS handshake; no startup packet begins so, because its length would be 369 million bytes. */
export const tlsHandshakeByte = 0x16;

/**
 * TLS towards clients. A certificate is asked for where the configuration says who signs them; whether it is good is judged
 * by the caller, who can then say what is wrong with it.
 */
export class ClientTls {
  /** The channel binding data of our certificate; null if it has none. */
  readonly binding: Buffer | null;
  readonly #server: Server;
  readonly #waiting: Map<string, (stream: TLSSocket) => void> = new Map();

  /** @throws if certificate and key can't be read or don't belong together. */
  constructor(options: ClientTlsOptions) {
    this.binding = pemEndPoint(options.cert);
    this.#server = createServer({
      cert: options.cert,
      key: options.key,
      ...(options.ca === null ? {} : { ca: options.ca, requestCert: true }),
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ALPNProtocols: [protocolName],
    });
    this.#server.on("secureConnection", (stream) => this.#waiting.get(addresses(stream))?.(stream));
    // The connection is destroyed with it; the one who waits for it sees that.
    this.#server.on("tlsClientError", () => {});
  }

  /**
   * Speaks TLS on a socket of which nothing was read that isn't plain text. @param direct the client began with TLS unasked.
   * @returns null if the client didn't get through, and the socket is destroyed then.
   */
  async upgrade(socket: Socket, direct: boolean): Promise<TLSSocket | null> {
    const key = addresses(socket);
    const secured = new Promise<TLSSocket>((resolve) => {
      this.#waiting.set(key, resolve);
    });
    const closed = new Promise<null>((resolve) => {
      if (socket.destroyed) resolve(null);
      else socket.once("close", () => resolve(null));
    });
    this.#server.emit("connection", socket);
    const stream = await Promise.race([secured, closed]);
    this.#waiting.delete(key);
    if (stream === null) return null;
    stream.on("error", () => {});
    if (direct && stream.alpnProtocol !== protocolName) {
      stream.destroy();
      return null;
    }
    return stream;
  }
}

/** What tells a TCP connection from every other that is open: the tls module doesn't say which socket a stream was made of. */
function addresses(socket: Socket): string {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return [remoteAddress, remotePort, localAddress, localPort].join(" ");
}
