/**
 * A refusal is a value: what may go wrong in a correct program, said so that its reader can act on it.
 * `what` names the thing and the place, `todo` the next step. Neither holds a customer's value.
 */
export interface Refusal {
  readonly kind: "refusal";
  readonly code: "usage" | "input" | "connection" | "verification" | "refused";
  readonly what: string;
  readonly todo: string;
}

export function refusal(code: Refusal["code"], what: string, todo: string): Refusal {
  return { kind: "refusal", code, what, todo };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "refusal";
}
