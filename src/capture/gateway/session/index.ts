/** One client and its connection to the server: what is asked is judged and rewritten, what is answered is recorded and then released. */
export { type Identity } from "./identity.ts";
export { planner } from "./planner.ts";
export type { Batch, SessionServices } from "./needs.ts";
export { type Ending, Session } from "./session.ts";
