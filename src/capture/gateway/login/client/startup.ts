import {
  duplicateParameters,
  type NegotiateProtocolVersion,
  type StartupMessage,
  startupParameter,
  type StartupParameter,
} from "../../../../wire/index.ts";
import type { StatementRefusal } from "../../plan.ts";
import { denials, repeatedKey } from "./denials.ts";

/** The newest minor version of protocol 3 that we speak; 3.1 was never made. */
const minorLatest = 2;
/** Bytes of a user's or database's name: NAMEDATALEN - 1; the server would cut a longer one, and mean another. */
const nameBytesMax = 63;

/** What a startup packet asks for, once it is unambiguous. */
export interface StartupRequest {
  readonly kind: "startup_request";
  readonly user: string;
  readonly database: string;
  /** Everything else, in its order, each name once. */
  readonly parameters: readonly StartupParameter[];
  readonly minor: number;
  /** What to say before authentication, if the client asked for more than there is. */
  readonly negotiate: NegotiateProtocolVersion | null;
}

/**
 * Reads a startup packet so that it can mean one thing only: the server takes the last of two equal names, others the first.
 * `_pq_.` options are the protocol's own; there is none that we know, and the client is told so.
 */
export function readStartup(message: StartupMessage): StartupRequest | StatementRefusal {
  const [repeated] = duplicateParameters(message);
  if (repeated !== undefined) return repeatedKey(repeated.slice(0, nameBytesMax));
  const replication = startupParameter(message, "replication");
  if (replication !== null && !isFalse(replication)) return denials.replication;
  const user = startupParameter(message, "user") ?? "";
  const database = startupParameter(message, "database") ?? "";
  if (user === "" || Buffer.byteLength(user) > nameBytesMax) return denials.noUser;
  if (Buffer.byteLength(database) > nameBytesMax) return denials.noUser;
  const options = message.parameters.filter(({ name }) => name.startsWith("_pq_."));
  const minor = message.minor >= minorLatest ? minorLatest : 0;
  return {
    kind: "startup_request",
    user,
    database: database === "" ? user : database,
    parameters: message.parameters.filter(
      ({ name }) => !["user", "database", "replication"].includes(name) && !name.startsWith("_pq_."),
    ),
    minor,
    negotiate: negotiation(
      message.minor,
      minor,
      options.map(({ name }) => name),
    ),
  };
}

function negotiation(
  asked: number,
  minor: number,
  unknownOptions: readonly string[],
): NegotiateProtocolVersion | null {
  if (asked === minor && unknownOptions.length === 0) return null;
  return { from: "backend", kind: "NegotiateProtocolVersion", major: 3, minor, unknownOptions };
}

/** parse_bool's words for no (bool.c), in full. */
function isFalse(value: string): boolean {
  return ["false", "off", "no", "0", "f", "n"].includes(value.toLowerCase());
}
