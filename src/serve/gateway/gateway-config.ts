import type { GatewayConfig } from "../../capture/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";

/** The part of the configuration that a gateway obeys; plain data, which can go to another process. */
export function gatewayConfig({ login, protection, roles, control }: GatewayConfiguration): GatewayConfig {
  return { login, protection, roles, control: control.login };
}
