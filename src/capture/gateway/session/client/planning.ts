import { isStatementRefusal, type StatementRefusal } from "../../plan.ts";
import type { SessionContext } from "../context.ts";
import type { Identities, Identity } from "../identity.ts";
import type { PlannedStatement, SessionServices } from "../needs.ts";
import { unreadableComment } from "./refusals.ts";

/** Done, or done when the promise is: nothing else is read from the client before. */
export type Later = null | Promise<null>;

interface PlanningSide {
  readonly identities: Identities;
  readonly context: SessionContext;
  readonly services: Pick<SessionServices, "plan" | "identify" | "commentIn">;
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
    return services.plan(text, context.context(identity));
  }

  async later(
    said: ReturnType<SessionServices["commentIn"]>,
    act: (identity: Identity | StatementRefusal) => Later,
  ): Promise<null> {
    const { context } = this.#side;
    const named = await this.#identified(said);
    const asked = context.isDue ? await context.renew() : "known";
    // Skipped by the server, and so is the message that waited.
    if (asked === null || this.#isSkipping()) return null;
    if (asked !== "known") return act(asked);
    return act(named ?? this.#unnamed(said));
  }

  async #again(
    text: string,
    identity: Identity,
    act: (planned: readonly PlannedStatement[] | StatementRefusal) => Later,
  ): Promise<null> {
    const known = await this.#side.context.lookAgain();
    if (known === null || this.#isSkipping()) return null;
    return act(known === "known" ? this.plan(text, identity) : known);
  }

  /** Whom a comment says that the statement is for; null: nobody. An unsigned name is nobody's: anyone who can write SQL can write a comment. */
  async #identified(
    said: ReturnType<SessionServices["commentIn"]>,
  ): Promise<Identity | StatementRefusal | null> {
    if (said === null) return null;
    if (said.kind === "malformed_comment") return unreadableComment;
    if (said.token === null) return null;
    return this.#side.services.identify(said.token, said.ticket);
  }

  #unnamed(said: ReturnType<SessionServices["commentIn"]>): Identity {
    const { current } = this.#side.identities;
    return said?.kind === "comment" ? { ...current, ticket: said.ticket } : current;
  }
}

/** SQLSTATEs of a table or schema that isn't there. */
const unknownNames: ReadonlySet<string> = new Set(["42P01", "3F000"]);
