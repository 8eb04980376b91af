import { type Codec, signal } from "../../octets/codec.ts";

/** The described statement or portal returns no rows. */
export interface NoData {
  readonly from: "backend";
  readonly kind: "NoData";
}

export const noData: Codec<NoData> = signal({ from: "backend", kind: "NoData" }, "n");
