import type { Refusal } from "../../base/index.ts";
import type { Reader } from "../../capture/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";

/** The gateway as serve sees it: in this process, or in several. */
export interface Doors {
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly sessions: () => Promise<readonly Reader[]>;
  /** Resolves when no session of the actor is left in any process, and none can begin. */
  readonly suspend: (actor: string) => Promise<{ readonly ended: number }>;
  readonly restore: (actor: string) => Promise<void>;
  readonly reload: (configuration: GatewayConfiguration) => Promise<Refusal | null>;
  /** Lets running transactions finish for `millis`, then cuts. */
  readonly close: (millis: number) => Promise<void>;
}
