import { hash } from "node:crypto";
import type { ParsedStatement } from "../sql/index.ts";

/**
 * Where the server keeps whom a session stands for: its own transactions, savepoints, RESET and DISCARD then do to that what they do to
 * any setting, and nobody has to do as they do. Clients can neither set nor read it. The token itself stays here.
 */
const setting = "whosaw.actor_set";

/** For the gateway's own question. It takes no snapshot, so that SET TRANSACTION may still follow it. */
export const markQuery: string = `SHOW ${setting}`;

/** What the server is given for a token; nothing of it can be had from that. Null, the login's own: nothing. */
export function markOf(token: string | null): string {
  return token === null ? "" : hash("sha256", token, "hex");
}

/** What a statement that sets the actor token becomes. */
export function markingText(
  tree: ParsedStatement["tree"],
  { local, value }: { readonly local: boolean; readonly value: string | null },
): string {
  const mark = markOf(value);
  if ("SelectStmt" in tree) return `SELECT pg_catalog.set_config('${setting}', '${mark}', ${local})`;
  return `SET ${local ? "LOCAL " : ""}${setting} = '${mark}'`;
}
