/** What the actor did with the customer's record. */
export const actions = ["read", "search", "export", "update", "delete"] as const;

export type Action = (typeof actions)[number];

export function isAction(text: string): text is Action {
  return (actions as readonly string[]).includes(text);
}
