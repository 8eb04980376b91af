import { isRefusal, systemClock } from "../../src/base/index.ts";
import {
  type ActorTokenOptions,
  type GatewayConfig,
  type LoginLimits,
  type LoginOptions,
  loginLimits,
  type RecordEvents,
  type RunningGateway as Gateway,
  scramVerifier,
  startGateway,
  type UserOptions,
} from "../../src/capture/index.ts";
import type { Protection, Role } from "../../src/policy/index.ts";
import type { Address } from "./client.ts";
import type { Postgres } from "./postgres.ts";
import { protection } from "./protection.ts";

/** What a test wants of a gateway in front of a server. */
export interface GatewayWish {
  readonly postgres: Postgres;
  /** By login: each login of the server is also an actor of that name, with the server's password. */
  readonly roles: Readonly<Record<string, Role>>;
  readonly record: RecordEvents;
  readonly onTrouble?: (what: string) => void;
  /** What is protected; without it the help desk's tables. */
  readonly protection?: Protection;
  /** Who reads the catalog; without it the owner. */
  readonly control?: { readonly user: string; readonly password: string };
  /** Without them the usual ones. */
  readonly limits?: Partial<LoginLimits>;
  /** By login: it is a pool's, and acts for people by these tokens. */
  readonly pools?: Readonly<Record<string, ActorTokenOptions>>;
  /** Roles that no login has, for tokens to name. */
  readonly others?: readonly Role[];
}

export interface RunningGateway {
  readonly address: Address;
  readonly gateway: Gateway;
  readonly stop: () => Promise<void>;
}

async function loginOptions({ control, limits, pools, postgres, roles }: GatewayWish): Promise<LoginOptions> {
  const { agent, host, lead, owner, port } = postgres;
  const users = new Map<string, UserOptions>();
  for (const [name, role] of Object.entries(roles)) {
    const verifier = await scramVerifier(agent.password, Buffer.from("salt-of-the-desk"));
    users.set(name, {
      name,
      actor: name,
      role: role.name,
      method: { kind: "scram", verifier },
      validUntil: null,
      databases: null,
      pool: pools?.[name] ?? null,
    });
  }
  const logins = [owner, agent, lead, ...(control === undefined ? [] : [control])].map(
    ({ user, password }) =>
      [user, { password: password === "" ? null : password, certificate: null }] as const,
  );
  return {
    listen: { kind: "tcp", host: "127.0.0.1", port: 0 },
    tls: null,
    oidc: null,
    users,
    upstream: {
      address: { kind: "tcp", host, port },
      tls: "disable",
      ca: null,
      weak: ["trust"],
      databases: null,
      logins: new Map(logins),
      connectTimeMax: 10_000,
    },
    limits: { ...loginLimits, ...limits },
  };
}

/** What a whosaw.yaml would say, for startThrough and for a reload. */
export async function throughConfig(wish: GatewayWish): Promise<GatewayConfig> {
  const { postgres, roles, others = [] } = wish;
  return {
    login: await loginOptions(wish),
    protection: wish.protection ?? protection,
    roles: new Map([...Object.values(roles), ...others].map((role) => [role.name, role])),
    control: (wish.control ?? postgres.owner).user,
  };
}

/** A gateway in front of the server, in this process. */
export async function startThrough(wish: GatewayWish): Promise<RunningGateway> {
  const { postgres, record } = wish;
  const gateway = await startGateway({
    config: await throughConfig(wish),
    record,
    clock: systemClock,
    mockSecret: Buffer.alloc(32, 7),
    onTrouble: wish.onTrouble ?? ((): void => undefined),
  });
  if (isRefusal(gateway)) throw new Error(gateway.what);
  return {
    address: { host: "127.0.0.1", port: gateway.port, database: postgres.database },
    gateway,
    stop: () => gateway.close(0),
  };
}
