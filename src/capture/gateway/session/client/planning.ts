import { isStatementRefusal, type StatementRefusal } from "../../plan.ts";
import type { SessionContext } from "../context.ts";
import type { Identities, Identity } from "../identity.ts";
import type { PlannedStatement, SessionServices } from "../needs.ts";
import { expiredIdentity, mayNotSpeak, unreadableComment } from "./refusals.ts";

/** Done, or done when the promise is: nothing else is read from the client before. */
export type Later = null | Promise<null>;

interface PlanningSide {
  readonly identities: Identities;
  readonly context: SessionContext;
  readonly services: Pick<SessionServices, "plan" | "identify" | "commentIn" | "clock">;
}

/** From a text to its plans, once it is known whom it is for and what its names mean; the server is asked where it isn't. */
export class Planning {
  readonly #side: PlanningSide;
  readonly #isSkipping: () => boolean;

  /** @param isSkipping the server failed meanwhile, and what waited is skipped like the rest of its pipeline. */
  constructor(side: PlanningSide, isSkipping: () => boolean) {
    this.#side = side;
    this.#isSkipping = isSkipping;
  }

  /** Acts for whoever a comment in the text names, or the session stands for. */
  named(text: string, act: (identity: Identity | StatementRefusal) => Later): Later {
    const said = this.#side.services.commentIn(text);
    if (said === null && !this.#side.context.isDue) return act(this.#side.identities.current);
    return this.later(said, act);
  }

  /** Plans a text; a name that the last look at the catalog didn't find is looked for again before it is called unknown. */
  planned(
    text: string,
    identity: Identity,
    act: (planned: readonly PlannedStatement[] | StatementRefusal) => Later,
  ): Later {
    const planned = this.plan(text, identity);
    const unknown = isStatementRefusal(planned) && unknownNames.has(planned.code);
    return unknown ? this.#again(text, identity, act) : act(planned);
  }

  plan(text: string, identity: Identity): readonly PlannedStatement[] | StatementRefusal {
    const { context, services } = this.#side;
    const now = services.clock();
    if (identity.expires !== null && identity.expires <= now) return expiredIdentity;
    return services.plan(text, context.context(identity));
  }

  async later(
    said: ReturnType<SessionServices["commentIn"]>,
    act: (identity: Identity | StatementRefusal) => Later,
  ): Promise<null> {
    const { context } = this.#side;
    const identity = await this.#identified(said);
    const asked = context.isDue ? await context.renew() : "known";
    // Skipped by the server, and so is the message that waited.
    if (asked === null || this.#isSkipping()) return null;
    return act(asked === "known" ? identity : asked);
  }

  async #again(
    text: string,
    identity: Identity,
    act: (planned: readonly PlannedStatement[] | StatementRefusal) => Later,
  ): Promise<null> {
    await this.#side.context.lookAgain();
    return this.#isSkipping() ? null : act(this.plan(text, identity));
  }

  /** Whom the statement is for. An unsigned name is nobody's: anyone who can write SQL can write a comment. */
  async #identified(said: ReturnType<SessionServices["commentIn"]>): Promise<Identity | StatementRefusal> {
    const { identities, services } = this.#side;
    if (said === null) return identities.current;
    if (said.kind === "malformed_comment") return unreadableComment;
    if (said.token === null) return { ...identities.current, ticket: said.ticket };
    return services.identify === null ? mayNotSpeak : services.identify(said.token, said.ticket);
  }
}

/** SQLSTATEs of a table or schema that isn't there. */
const unknownNames: ReadonlySet<string> = new Set(["42P01", "3F000"]);
