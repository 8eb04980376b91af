import type { Node } from "@pgsql/types";
import { refuse } from "./refused.ts";
import type { Env, Output } from "./scope.ts";

export function rewriteWrite(_statement: Node, _env: Env): Output {
  return refuse("write", "writes to this table aren't known yet", "Read it.");
}
