import type { RecordEvents } from "../../src/capture/index.ts";
import type { Role } from "../../src/policy/index.ts";
import type { Address } from "./client.ts";
import type { Postgres } from "./postgres.ts";

/** What a test wants of a gateway in front of a server. */
export interface GatewayWish {
  readonly postgres: Postgres;
  /** By login: each login of the server is also an actor of that name, with the server's password. */
  readonly roles: Readonly<Record<string, Role>>;
  readonly record: RecordEvents;
}

export interface RunningGateway {
  readonly address: Address;
  readonly stop: () => Promise<void>;
}

/**
 * Where the gateway is plugged in. Null while there is none to plug in: then what needs one is skipped by name, and everything else
 * runs against the bare server, where the oracle must find what it looks for.
 */
export const startThrough: ((wish: GatewayWish) => Promise<RunningGateway>) | null = null;
