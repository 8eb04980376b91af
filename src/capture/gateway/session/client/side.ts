import type { FrontendMessage, Writer } from "../../../../wire/index.ts";
import type { StatementRefusal } from "../../plan.ts";
import type { AwaitedQueue } from "../awaited.ts";
import type { Change } from "../change.ts";
import type { SessionContext } from "../context.ts";
import type { Identities } from "../identity.ts";
import type { SessionServices } from "../needs.ts";
import type { Outbox } from "../outbox.ts";

/** What the client's side of a session works with. */
export interface ClientSide {
  readonly awaited: AwaitedQueue;
  readonly outbox: Outbox;
  readonly toServer: Writer;
  readonly identities: Identities;
  readonly context: SessionContext;
  readonly services: Pick<SessionServices, "plan" | "mayRun" | "identify" | "commentIn" | "clock">;
  readonly onTerminate: () => void;
}

/** A change of whom the session stands for; a refusal; or the server has failed meanwhile and skips the statement. */
export type Spoken = Change | StatementRefusal | "skipped";

/** Why the session must end: the client's bytes are no message, or one that may not come now. */
export type ClientFault = "protocol_violation";

/** Messages whose meaning depends on what names stand for, or on whom the session stands for. */
export const decides: ReadonlySet<FrontendMessage["kind"]> = new Set([
  "Query",
  "Parse",
  "Bind",
  "Describe",
  "Execute",
]);
