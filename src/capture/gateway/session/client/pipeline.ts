import type { StatementPlan } from "../../plan.ts";
import { emptyPlan } from "../run.ts";

/** The pipeline that is being sent: what the client said since its last Sync or simple query. */
export class Pipeline {
  #number = 0;
  #open = false;
  #simple = false;
  /** What an end of the pipeline's own transaction would end: something run, or a named portal; or only an unnamed one. */
  #touched: "nothing" | "unnamed" | "more" = "nothing";

  /** How many were ended before it. */
  get number(): number {
    return this.#number;
  }

  /** Whether messages were sent to the server that no Sync has closed. */
  get isOpen(): boolean {
    return this.#open;
  }

  sends(): void {
    this.#open = true;
  }

  binds(portal: string): void {
    if (portal !== "") this.#touched = "more";
    else if (this.#touched === "nothing") this.#touched = "unnamed";
  }

  /** What ends its transaction leaves the pipeline with none, and an empty statement begins none. */
  runs(plan: StatementPlan): void {
    if (plan !== emptyPlan) this.#touched = endsAtOnce(plan) ? "nothing" : "more";
  }

  /** @param simple what comes now is a simple query. */
  isMet(simple: boolean): void {
    this.#simple = simple;
  }

  /** Whether a Sync before what comes now would be noticed; a simple query ends an unnamed portal by itself. */
  get noticesSync(): boolean {
    return this.#touched === "more" || (this.#touched === "unnamed" && !this.#simple);
  }

  /** By a Sync or a simple query. After the latter, PostgreSQL 17 and later go on with the transaction of what was run before it. */
  ends(): void {
    this.#number++;
    if (this.#touched === "unnamed") this.#touched = "nothing";
  }

  closes(): void {
    this.#open = false;
    this.#touched = "nothing";
  }
}

function endsAtOnce({ does }: StatementPlan): boolean {
  return does.kind === "end" || (does.kind === "discard" && does.target === "all");
}
