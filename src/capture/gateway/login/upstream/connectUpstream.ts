import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isRefusal, refusal } from "../../../../base/index.ts";
import type { BackendFramer } from "../../../../wire/index.ts";
import type { UpstreamOptions } from "../options.ts";
import { broken, type Login, nextMessage, proveTo } from "./proveTo.ts";
import type { UpstreamKey } from "./sendCancel.ts";
import { upstreamRefusal, type UpstreamRefusal } from "./upstreamRefusal.ts";
import { openUpstream, type UpstreamStream, write } from "./upstreamStream.ts";

/** The newest minor version of protocol 3 that we speak; an older server answers with its own. */
const minorAsked = 2;
/** Settings that a server may report at login: our choice; PostgreSQL 18 reports 16. */
const parametersMax = 200;

/** What a session at the server is to be. */
export interface UpstreamSession {
  /** A name of `UpstreamOptions.logins`. */
  readonly login: string;
  /** The database as the client names it. */
  readonly database: string;
  /** What the startup packet says beyond user and database, `application_name` included. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A session at the server that is ready for a statement. `stream` is paused, as an accepted client's. */
export interface UpstreamConnection {
  readonly kind: "upstream";
  readonly stream: Socket | TLSSocket;
  readonly framer: BackendFramer;
  readonly parameters: ReadonlyMap<string, string>;
  /** For `sendCancel`; null if the server gave none. */
  readonly cancel: UpstreamKey | null;
  /** The minor version of protocol 3 that is spoken: 0 or 2. */
  readonly protocol: number;
}

/** Logs in at the server, within `options.connectTimeMax`. Never rejects; on a refusal nothing is left open. */
export async function connectUpstream(
  options: UpstreamOptions,
  session: UpstreamSession,
): Promise<UpstreamConnection | UpstreamRefusal> {
  const login = options.logins.get(session.login);
  const database = options.databases === null ? session.database : options.databases.get(session.database);
  if (login === undefined || database === undefined)
    return upstreamRefusal(
      login === undefined ? "28000" : "3D000",
      refusal(
        "input",
        login === undefined
          ? `there is no login "${session.login}" for the server`
          : `the database "${session.database}" is not offered`,
        login === undefined ? "add it to upstream.logins" : "add it to upstream.databases",
      ),
    );
  let socket: Socket | null = null;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket?.destroy();
  }, options.connectTimeMax);
  try {
    const connection = await openUpstream(options, login.certificate, (made) => {
      socket = made;
    });
    if (isRefusal(connection)) return upstreamRefusal("08001", connection);
    const attempt: Login = { options, name: session.login, login, connection };
    const outcome = await begin(attempt, session, database);
    connection.reader.release();
    if (outcome.kind === "upstream" && !late) return outcome;
    connection.stream.destroy();
    return outcome.kind === "upstream" || late ? broken(attempt, "it took too long") : outcome;
  } finally {
    clearTimeout(timer);
  }
}

async function begin(
  login: Login,
  session: UpstreamSession,
  database: string,
): Promise<UpstreamConnection | UpstreamRefusal> {
  const { connection } = login;
  const settings = [...session.parameters].map(([name, value]) => ({ name, value }));
  write(connection.stream, {
    from: "frontend",
    kind: "StartupMessage",
    minor: minorAsked,
    // Last, because the server takes the last: whatever the settings hold, these two stand.
    parameters: [...settings, { name: "database", value: database }, { name: "user", value: login.name }],
  });
  let protocol = minorAsked;
  let asked = await nextMessage(login);
  if (asked.kind === "NegotiateProtocolVersion") {
    if (asked.major !== 3 || asked.minor > minorAsked || asked.unknownOptions.length > 0)
      return broken(login, "it speaks another protocol");
    protocol = asked.minor >= minorAsked ? minorAsked : 0;
    asked = await nextMessage(login);
  }
  if (asked.kind === "upstream_refusal") return asked;
  const refused = await proveTo(login, asked);
  if (refused !== null) return refused;
  connection.framer.authenticated();
  return settle(login, connection, protocol);
}

/** What comes between AuthenticationOk and ReadyForQuery. */
async function settle(
  login: Login,
  connection: UpstreamStream,
  protocol: number,
): Promise<UpstreamConnection | UpstreamRefusal> {
  const parameters = new Map<string, string>();
  let cancel: UpstreamKey | null = null;
  for (;;) {
    const message = await nextMessage(login);
    switch (message.kind) {
      case "upstream_refusal":
        return message;
      case "ParameterStatus":
        parameters.set(message.name, message.value);
        if (parameters.size > parametersMax) return broken(login, "it reports too many settings");
        break;
      case "BackendKeyData": {
        const { processId, key } = message;
        if (protocol === 0 && key.length !== 4) return broken(login, "its cancel key has the wrong length");
        cancel = { processId, key: ownBytes(key) };
        break;
      }
      case "ReadyForQuery": {
        if (message.status !== "idle") return broken(login, "it begins in a transaction");
        const { stream, framer } = connection;
        return { kind: "upstream", stream, framer, parameters, cancel, protocol };
      }
      default:
        return broken(login, `it says ${message.kind}`);
    }
  }
}

/** A copy in memory of its own: the frame's block, or the pool that a small copy is cut from, would live as long as the key. */
function ownBytes(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
