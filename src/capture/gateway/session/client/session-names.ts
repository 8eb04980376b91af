import type { FrontendMessage } from "../../../../wire/index.ts";
import type { StatementPlan, StatementRefusal } from "../../plan.ts";
import type { StatementNote } from "../../recording.ts";
import { undescribed } from "../awaited.ts";
import type { Identity } from "../identity.ts";
import { all, type Change, noChange } from "../change.ts";
import { Names, type Portal, type Prepared } from "./names.ts";
import {
  declaredUnderOther,
  fetchesFromFetch,
  noSuchPortal,
  noSuchStatement,
  preparedUnderOther,
} from "./refusals.ts";
import { sameRights } from "../planner.ts";
import type { Source } from "../run.ts";

/** A statement that is being sent: for the record, for whom, and under which rights. */
export interface Running {
  readonly note: StatementNote;
  readonly named: Identity | null;
  readonly key: string;
  readonly pipeline: number;
}

/** Prepared statements and portals of a session, and what statements do to them. */
export class SessionNames {
  readonly statements: Names<Prepared>;
  readonly portals: Names<Portal>;

  /** @param pipeline the number of the one that is being sent. */
  constructor(pipeline: () => number) {
    this.statements = new Names(pipeline);
    this.portals = new Names(pipeline);
  }

  named(target: "statement" | "portal"): Names<Prepared> | Names<Portal> {
    return target === "statement" ? this.statements : this.portals;
  }

  /** The hidden columns that a Describe of the plan shows, of rows, not of COPY's lines, and what the others are. */
  shapeOf(plan: StatementPlan): Pick<Source, "slots" | "origins"> {
    switch (plan.does.kind) {
      case "rows":
        return plan;
      case "fetch":
        if (plan.does.move) return shapeless;
        return this.portals.get(plan.does.cursor)?.described ?? shapeless;
      case "execute":
        return this.statements.get(plan.does.name)?.plan ?? shapeless;
      default:
        return shapeless;
    }
  }

  /** What the rows of a plan are made of; a refusal where the name that it runs isn't known, or no longer holds. */
  sourceOf(plan: StatementPlan, key: (named: Identity | null) => string): Source | StatementRefusal {
    switch (plan.does.kind) {
      case "rows":
      case "copy_out":
        return plan;
      case "fetch": {
        const portal = this.portals.get(plan.does.cursor);
        if (portal?.plan === undefined || portal.plan === null)
          return noSuchPortal(plan.does.cursor, "cursor");
        if (isIndirect(portal.plan)) return fetchesFromFetch;
        if (!sameRights(portal.key, key(null))) return declaredUnderOther;
        return plan.does.move ? { ...portal.plan, slots: [] } : portal.plan;
      }
      case "execute": {
        const prepared = this.statements.get(plan.does.name);
        if (prepared?.plan === undefined || prepared.plan === null) return noSuchStatement(plan.does.name);
        return prepared.key === key(prepared.named) ? prepared.plan : preparedUnderOther;
      }
      default:
        return { ...plan, slots: [], decided: [] };
    }
  }

  /** Whether it can't be known yet what a message's names stand for at the server. */
  areUnsureFor(message: FrontendMessage): boolean {
    switch (message.kind) {
      case "Bind":
        return this.statements.isUnsure(message.statement);
      case "Execute":
        return this.portals.isUnsure(message.portal) || this.#areUnsure;
      case "Describe":
        return this.named(message.target).isUnsure(message.name) || this.#areUnsure;
      case "Parse":
      case "Query":
        return this.#areUnsure;
      default:
        return false;
    }
  }

  /** FETCH and EXECUTE name cursors and statements in their texts. */
  get #areUnsure(): boolean {
    return this.statements.areUnsure || this.portals.areUnsure;
  }

  /** Notes what a Parse that is being sent does to the session. */
  parses(name: string, prepared: Prepared): Change {
    return name === "" ? this.statements.replaceUnnamed(prepared) : this.statements.put(name, prepared);
  }

  /** Notes what a statement that is being sent does to the session. */
  runs(plan: StatementPlan, { note, named, key, pipeline }: Running): Change {
    const { does } = plan;
    const runsLater = { ...plan, does: { kind: "rows" } as const };
    switch (does.kind) {
      case "declare":
        return this.portals.put(does.cursor, {
          plan: runsLater,
          note,
          described: undescribed(plan),
          named,
          key,
          hold: does.hold,
          pipeline,
        });
      case "close_cursor":
        return does.cursor === null ? this.portals.removeAll(false) : this.portals.remove(does.cursor);
      case "prepare":
        return this.statements.put(does.name, {
          text: note.original,
          types: [],
          plan: runsLater,
          note,
          described: undescribed(plan),
          key,
          named,
          bySql: true,
        });
      case "deallocate":
        return does.name === null ? this.statements.removeAll(true) : this.statements.remove(does.name);
      case "discard":
        return does.target === "all"
          ? all([this.statements.removeAll(true), this.portals.removeAll(false)])
          : noChange;
      default:
        return noChange;
    }
  }
}

/** Whether its rows are another's: what a FETCH or EXECUTE returns is decided by what its name means when it is run. */
export function isIndirect(plan: StatementPlan | null): boolean {
  return plan?.does.kind === "fetch" || plan?.does.kind === "execute";
}

/**
 * Statements whose names the server looks up when they are executed: all else was decided when its portal was bound. For FETCH, SET and
 * the like no name of a table matters.
 */
const late: ReadonlySet<string> = new Set(["copy_in", "copy_out", "prepare", "execute", "ddl", "other"]);

export function isBoundLate(plan: StatementPlan | null | undefined): boolean {
  return plan !== null && plan !== undefined && late.has(plan.does.kind);
}

/** Of what gives no rows. */
export const shapeless: Pick<Source, "slots" | "origins"> = { slots: [], origins: [] };
