/**
 * SQL in, SQL out: reads a statement with the server's grammar, and writes it anew so that customers' tables show what the role may see and
 * every row tells whose data made it. Promises: what is shown is in a slot's `shown` or `masked`, or the statement is refused.
 */
export { loadParser, parseAgain, type ParsedStatement, parseStatements } from "./tree/parse.ts";
export { provenText } from "./tree/proof.ts";
export { hiddenPrefix } from "./tree/nodes.ts";
export { givenAway, unlinked } from "./keys.ts";
export { rewrite, type Rewritten } from "./rewrite.ts";
