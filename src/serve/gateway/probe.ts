import { randomBytes } from "node:crypto";
import {
  connectUpstream,
  type LoginOptions,
  scramVerifier,
  type UpstreamOptions,
  type UserOptions,
} from "../../capture/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";

/** What came of somebody trying to read as a suspended actor. */
export interface Probed {
  /** `refused`: as it must be. `read`: it got in. `unreachable`: it couldn't try. */
  readonly outcome: "refused" | "read" | "unreachable";
  /** SQLSTATE; null where there was none. */
  readonly code: string | null;
}

/** A login as the actor that only the probe knows the password of. */
export interface ProbeLogin {
  readonly configuration: GatewayConfiguration;
  readonly user: string;
  readonly password: string;
}

/** How long a probe may take, ms. */
const probeMillisMax = 5_000;

/** The configuration with one more user: the actor, in the actor's own role, by a password of this moment. */
export async function withProbe(configuration: GatewayConfiguration, actor: string): Promise<ProbeLogin> {
  const user = `whosaw-probe-${randomBytes(8).toString("hex")}`;
  const password = randomBytes(24).toString("base64url");
  const users = [...configuration.login.users.values()];
  const role =
    users.find((one) => one.actor === actor)?.role ??
    users.find(({ pool }) => pool !== null)?.role ??
    users[0]?.role ??
    "";
  const probing: UserOptions = {
    name: user,
    actor,
    role,
    method: { kind: "scram", verifier: await scramVerifier(password, randomBytes(16)) },
    validUntil: null,
    databases: null,
    pool: null,
  };
  const login: LoginOptions = {
    ...configuration.login,
    users: new Map([...configuration.login.users, [user, probing]]),
  };
  return { configuration: { ...configuration, login }, user, password };
}

/** Knocks at the gateway's own door as any client would. */
export async function probe({ configuration, user, password }: ProbeLogin, port: number): Promise<Probed> {
  const { listen, tls, upstream } = configuration.login;
  const address: UpstreamOptions["address"] =
    listen.kind === "unix" ? listen : { kind: "tcp", host: reachable(listen.host), port };
  const at: UpstreamOptions = {
    address,
    // Whoever listens on the gateway's own address in this machine is the gateway: there is no name to check.
    tls: tls === null || listen.kind === "unix" ? "disable" : "require",
    ca: null,
    weak: [],
    databases: null,
    logins: new Map([[user, { password, certificate: null }]]),
    connectTimeMax: probeMillisMax,
  };
  const [database = configuration.control.database] = upstream.databases?.keys() ?? [];
  const answer = await connectUpstream(at, {
    login: user,
    database,
    parameters: new Map([["application_name", "whosaw probe"]]),
  });
  if (answer.kind === "upstream") {
    answer.stream.destroy();
    return { outcome: "read", code: null };
  }
  // The gateway's word for a suspended account. Anything else says that the probe failed, not that it was stopped.
  const outcome = answer.sqlstate === "28000" ? "refused" : "unreachable";
  return { outcome, code: answer.sqlstate };
}

function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
