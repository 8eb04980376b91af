import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { isRefusal } from "../../../base/index.ts";
import { frameBytes, isFault } from "../../../wire/index.ts";
import {
  type AcceptedClient,
  acceptClient,
  CancelKeys,
  connectUpstream,
  type Door,
  endWith,
  fatalBytes,
  type LoginOptions,
  type LoginRefused,
  type LoginServices,
  openDoor,
  sendCancel,
  type UpstreamConnection,
  type UserOptions,
  welcomeBytes,
} from "./index.ts";

/** A gateway that does nothing but log in: what is said after that passes both ways, frame by frame. */
export interface Lodge {
  readonly door: Door;
  readonly port: number;
  readonly refused: LoginRefused[];
  readonly accepted: AcceptedClient[];
  readonly close: () => Promise<void>;
}

export function lodgeUser(user: Pick<UserOptions, "name" | "method"> & Partial<UserOptions>): UserOptions {
  return {
    actor: `${user.name}@example.com`,
    role: "agent",
    validUntil: null,
    databases: null,
    pool: null,
    ...user,
  };
}

export const lodgeServices: Omit<LoginServices, "onRefused" | "cancelKeys"> = {
  admitStartup: (parameters) => ({
    kind: "startup",
    parameters: new Map(parameters.map(({ name, value }) => [name, value])),
  }),
  turnAway: () => null,
  mayLogin: () => null,
  clock: Date.now,
  mockSecret: Buffer.alloc(32, 7),
};

/** @param login the login at the server for every user. */
export async function openLodge(
  options: LoginOptions,
  login: string,
  services: Partial<LoginServices> = {},
): Promise<Lodge> {
  const refused: LoginRefused[] = [];
  const accepted: AcceptedClient[] = [];
  const sockets = new Set<Socket>();
  const door = await openDoor(options, {
    ...lodgeServices,
    cancelKeys: new CancelKeys(),
    onRefused: (each) => refused.push(each),
    ...services,
  });
  if (isRefusal(door)) throw new Error(door.what);
  const serve = async (socket: Socket): Promise<void> => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const client = await acceptClient(socket, door);
    if (client === null) return;
    accepted.push(client);
    if (socket.destroyed) client.leave();
    else socket.once("close", client.leave);
    const upstream = await connectUpstream(door.settings.options.upstream, {
      login,
      database: client.database,
      parameters: client.parameters,
    });
    if (upstream.kind === "upstream_refusal") {
      const code = upstream.sqlstate;
      const refusal = {
        kind: "statement_refusal",
        code,
        rule: "upstream",
        message: upstream.refusal.what,
      } as const;
      return endWith(client.stream, fatalBytes({ ...refusal, hint: "" }));
    }
    pump(client, upstream, door);
  };
  const server = createServer((socket) => void serve(socket));
  const { listen } = options;
  await new Promise<void>((listening) => {
    if (listen.kind === "unix") server.listen(listen.path, listening);
    else server.listen(listen.port, listen.host, listening);
  });
  const address = server.address();
  return {
    door,
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    refused,
    accepted,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function pump(client: AcceptedClient, upstream: UpstreamConnection, door: Door): void {
  const { cancel } = upstream;
  const { cancelKeys } = door.services;
  const cancelKey = cancelKeys.issue(client.protocol, async (stillWanted) => {
    if (cancel !== null) await sendCancel(door.settings.options.upstream, cancel, stillWanted);
  });
  const applicationName = client.parameters.get("application_name") ?? "";
  const user = client.user.name;
  client.stream.write(welcomeBytes({ user, applicationName, parameters: upstream.parameters, cancelKey }));
  const end = (): void => {
    cancelKeys.release(cancelKey);
    client.stream.destroy();
    upstream.stream.destroy();
  };
  upstream.stream.on("error", end);
  upstream.stream.on("close", end);
  client.stream.on("close", end);
  const toServer = async (): Promise<void> => {
    for (let frame = client.framer.next(); frame !== null; frame = client.framer.next()) {
      if (isFault(frame)) return end();
      if (cancelKey.settled !== null) await cancelKey.settled;
      cancelKey.started();
      upstream.stream.write(frameBytes(frame));
    }
    client.stream.resume();
  };
  client.stream.on("data", (chunk: Buffer) => {
    client.framer.feed(chunk);
    client.stream.pause();
    void toServer();
  });
  upstream.stream.on("data", (chunk: Buffer) => {
    upstream.framer.feed(chunk);
    for (let frame = upstream.framer.next(); frame !== null; frame = upstream.framer.next()) {
      if (frame.kind !== "Frame") return end();
      if (frame.type === 0x5a) cancelKey.finished();
      client.stream.write(frameBytes(frame));
    }
  });
  void toServer();
  upstream.stream.resume();
}

/** Whether the client's session is encrypted. */
export function isEncrypted(client: AcceptedClient | undefined): boolean {
  return client?.stream instanceof TLSSocket;
}
