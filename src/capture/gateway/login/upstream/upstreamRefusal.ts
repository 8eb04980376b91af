import { type Refusal, refusal } from "../../../../base/index.ts";
import type { Diagnostics } from "../../../../wire/index.ts";
import type { UpstreamOptions } from "../options.ts";
import { addressText } from "./upstreamStream.ts";

/** Why there is no session at the server. `what` is for the operator; the client may be told `sqlstate` and no more. */
export interface UpstreamRefusal {
  readonly kind: "upstream_refusal";
  /** The server's own; 08001 where the gateway or the network failed. */
  readonly sqlstate: string;
  readonly refusal: Refusal;
}

export function upstreamRefusal(sqlstate: string, why: Refusal): UpstreamRefusal {
  return { kind: "upstream_refusal", sqlstate, refusal: why };
}

/** Classes whose texts before login are the server's own words: privileges, authorization, unknown databases, too many, shutting down. */
const plainClasses: ReadonlySet<string> = new Set(["28", "3D", "42", "53", "57"]);
const serverTextCharsMax = 300;

/** The server said no. Text of another class could be anything, also something of a customer's, and is left out (I5). */
export function serverRefused(options: UpstreamOptions, said: Diagnostics): UpstreamRefusal {
  const text = plainClasses.has(said.sqlstate.slice(0, 2))
    ? `: ${said.message.slice(0, serverTextCharsMax)}`
    : "";
  return upstreamRefusal(
    said.sqlstate,
    refusal(
      "connection",
      `the server at ${addressText(options)} refused the login (${said.sqlstate})${text}`,
      "check upstream.logins, upstream.databases and the server's pg_hba.conf",
    ),
  );
}
