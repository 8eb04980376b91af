import { type Codec, signal } from "../../octets/codec.ts";

/** Execute reached its row limit; the portal has perhaps more. */
export interface PortalSuspended {
  readonly from: "backend";
  readonly kind: "PortalSuspended";
}

export const portalSuspended: Codec<PortalSuspended> = signal(
  { from: "backend", kind: "PortalSuspended" },
  "s",
);
