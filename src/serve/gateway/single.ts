import { type Clock, type Refusal, isRefusal } from "../../base/index.ts";
import { type RecordEvents, startGateway } from "../../capture/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import type { Doors } from "./doors.ts";
import { gatewayConfig } from "./gateway-config.ts";
import { mockSecret } from "./secret.ts";

export interface DoorsOptions {
  readonly data: string;
  readonly configuration: GatewayConfiguration;
  /** Counts against the quotas, too. */
  readonly record: RecordEvents;
  readonly clock: Clock;
  readonly onTrouble: (what: string) => void;
}

/** The gateway in this very process. */
export async function openDoors(options: DoorsOptions): Promise<Doors | Refusal> {
  const { configuration, record, clock, onTrouble } = options;
  const gateway = await startGateway({
    config: gatewayConfig(configuration),
    record,
    clock,
    mockSecret: mockSecret(options.data),
    onTrouble,
    recorderCounts: true,
  });
  if (isRefusal(gateway)) return gateway;
  return {
    port: gateway.port,
    sessions: async () => gateway.sessions(),
    suspend: (actor) => gateway.suspend(actor),
    restore: async (actor) => gateway.restore(actor),
    reload: (next) => gateway.reload(gatewayConfig(next)),
    close: (millis) => gateway.close(millis),
  };
}
