import { connect, createServer, type Server, type Socket } from "node:net";
import { frame, type Message, messagesOf } from "../bytes.ts";
import type { Postgres } from "../postgres.ts";

/** What becomes of one message of the server's, once its session is logged in. */
export type Meddle = (message: Message) => readonly Buffer[];

/** Somebody between the gateway and its server, who can say in the server's name whatever he likes. */
export interface Between {
  readonly port: number;
  /** From now on; null: passes everything on. Meddles with clients' sessions only, not with the gateway's own questions. */
  meddle: Meddle | null;
  /** Sockets of connections that the gateway holds, its own too. */
  readonly connections: number;
  /** Bytes that the gateway has not taken yet. */
  readonly untaken: number;
  readonly stop: () => Promise<void>;
}

export const same = ({ type, body }: Message): Buffer => frame(type, body);

export async function startBetween({ host, port }: Postgres): Promise<Between> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((gateway) => {
    const upstream = connect(port, host);
    for (const socket of [gateway, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        gateway.destroy();
        upstream.destroy();
      });
    }
    let own: boolean | null = null;
    let ready = false;
    let pending: Buffer = Buffer.alloc(0);
    gateway.on("data", (bytes: Buffer) => {
      own ??= bytes.includes("application_name\0whosaw\0");
      upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      const whole = Buffer.concat([pending, bytes]);
      const { messages, taken } = messagesOf(whole);
      pending = whole.subarray(taken);
      for (const message of messages) {
        const { meddle } = between;
        const said = meddle === null || own === true || !ready ? [same(message)] : meddle(message);
        ready ||= message.type === "Z";
        for (const one of said) gateway.write(one);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const between: Between = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    meddle: null,
    get connections() {
      return sockets.size;
    },
    get untaken() {
      return [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  return between;
}
