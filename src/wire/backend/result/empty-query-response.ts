import { type Codec, signal } from "../../octets/codec.ts";

/** The query string held no statement; stands for CommandComplete. */
export interface EmptyQueryResponse {
  readonly from: "backend";
  readonly kind: "EmptyQueryResponse";
}

export const emptyQueryResponse: Codec<EmptyQueryResponse> = signal(
  { from: "backend", kind: "EmptyQueryResponse" },
  "I",
);
