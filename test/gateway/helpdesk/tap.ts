import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** What passes between an application and a gateway, as a third party on the wire sees it. */
export interface Tap {
  readonly port: number;
  /** Texts of statements that were sent to be run, in order; a prepared statement once for each time that it was bound. */
  readonly statements: readonly string[];
  /** SQLSTATE and message of every error that came back. */
  readonly errors: readonly string[];
  /** Everything that the application received since the last call. */
  readonly takeReceived: () => string;
  readonly close: () => void;
}

/** Cuts a stream into messages; the first of a client has no type, and is passed over. */
class Cutter {
  #rest: Buffer = Buffer.alloc(0);
  #untyped: boolean;
  readonly #onMessage: (type: string, body: Buffer) => void;

  constructor(untyped: boolean, onMessage: (type: string, body: Buffer) => void) {
    this.#untyped = untyped;
    this.#onMessage = onMessage;
  }

  add(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const at = this.#untyped ? 0 : 1;
      if (this.#rest.length < at + 4) return;
      const end = at + this.#rest.readInt32BE(at);
      if (this.#rest.length < end) return;
      const type = this.#untyped ? "" : String.fromCharCode(this.#rest[0] ?? 0);
      this.#onMessage(type, this.#rest.subarray(at + 4, end));
      this.#rest = this.#rest.subarray(end);
      this.#untyped = false;
    }
  }
}

function texts(body: Buffer, count: number): readonly string[] {
  return body.toString("utf8").split("\0", count);
}

/** Listens in front of the gateway. The application must not ask for TLS: the tap couldn't read it. */
export async function openTap(gatewayPort: number): Promise<Tap> {
  const statements: string[] = [];
  const errors: string[] = [];
  const open = new Set<Socket>();
  let received: Buffer[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: gatewayPort, host: "127.0.0.1", noDelay: true });
    const prepared = new Map<string, string>();
    const asked = new Cutter(true, (type, body) => {
      if (type === "Q") statements.push(texts(body, 1)[0] ?? "");
      if (type === "P") prepared.set(texts(body, 2)[0] ?? "", texts(body, 2)[1] ?? "");
      if (type === "B") statements.push(prepared.get(texts(body, 2)[1] ?? "") ?? "");
    });
    const answered = new Cutter(false, (type, body) => {
      if (type === "E") errors.push(body.toString("utf8").replaceAll("\0", " ").trim());
    });
    client.on("data", (chunk: Buffer) => {
      asked.add(chunk);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      received.push(chunk);
      answered.add(chunk);
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.end();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    statements,
    errors,
    takeReceived: () => {
      const text = Buffer.concat(received).toString("utf8");
      received = [];
      return text;
    },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
