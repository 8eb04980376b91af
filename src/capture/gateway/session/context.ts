import type { Catalog } from "../catalog/catalog.ts";
import { AskRefused, type CatalogPlace } from "../catalog/loadCatalog.ts";
import { looksMax } from "../catalog/sharedCatalog.ts";
import { parseSearchPath } from "../catalog/searchPath.ts";
import { isStatementRefusal, type PlanContext, type StatementPlan, type StatementRefusal } from "../plan.ts";
import { actorTokenSetting } from "../admit/index.ts";
import { notAsked } from "./client/refusals.ts";
import type { Identities, Identity } from "./identity.ts";
import { markQuery } from "./marks.ts";
import type { SessionServices } from "./needs.ts";

/** Null: the server skipped the question after an earlier failure. A refusal: the question itself failed, by a cancel perhaps. */
export type AskAnswer = readonly (readonly (string | null)[])[] | StatementRefusal | null;

/** Runs a query of the gateway's own on the session's connection. */
export type Ask = (sql: string) => Promise<AskAnswer>;

/** Where the session stands. `failed`: in a transaction that only its end can help; nothing can be asked there. */
export type Place = CatalogPlace | "failed";

const searchPathQuery = "SELECT pg_catalog.current_setting('search_path'), CURRENT_USER";
/** Whose name `$user` is never changes. This one takes no snapshot, so that SET TRANSACTION may still follow it. */
const searchPathAgain = "SHOW search_path";

/** SQLSTATEs of a catalog's question about what is gone by now: "could not open relation with OID", a type, a function. */
const ofVanished: ReadonlySet<string> = new Set(["XX000", "42P01", "42704", "42883", "3F000"]);

/**
 * What names mean in this session. Most sessions share one catalog; one that made tables or views of its own, or hasn't committed what
 * it made, sees its own, loaded through its own connection whenever it may have changed.
 */
export class SessionContext {
  readonly #services: Pick<SessionServices, "catalog" | "protection">;
  readonly #ask: Ask;
  readonly #place: () => Place;
  readonly #quiet: () => Promise<"quiet" | "skipping">;
  readonly #identities: Identities;
  #searchPath: readonly string[] = [];
  #user: string | null = null;
  #pathDue = true;
  #own: Catalog | null = null;
  #ownDue = false;
  #temporary = false;
  /** Path or catalog were changed, or looked at, in a transaction that may yet take its changes back. */
  #unsettled = false;
  /** Somebody was named in a transaction that may yet take it back; `local`: and will. */
  #named: "no" | "unsettled" | "local" = "no";
  #actorDue = false;
  #endUnderWay = false;
  /** The shared catalog that stood when the own one was loaded. */
  #beside: Catalog | null = null;

  constructor(
    services: Pick<SessionServices, "catalog" | "protection">,
    ask: Ask,
    stands: {
      readonly place: () => Place;
      readonly quiet: () => Promise<"quiet" | "skipping">;
      readonly identities: Identities;
    },
  ) {
    this.#services = services;
    this.#ask = ask;
    this.#place = stands.place;
    this.#quiet = stands.quiet;
    this.#identities = stands.identities;
  }

  /** Whether `context` must ask the server first. */
  get isDue(): boolean {
    // What others changed may be seen here too.
    if (this.#own !== null && this.#beside !== this.#services.catalog.current()) this.#ownDue = true;
    // There, the server itself refuses every statement whose names would matter.
    return (this.#pathDue || this.#ownDue || this.#actorDue) && this.#place() !== "failed";
  }

  /** Whether it must be asked whom the session stands for. */
  get isActorDue(): boolean {
    return this.#actorDue && this.#place() !== "failed";
  }

  /** Whether the end of a transaction, or of a part of it, may change what names mean or whom the session stands for. */
  get isUnsettled(): boolean {
    return this.#unsettled || this.#named !== "no";
  }

  /** The catalog and names as of now. `isDue` must be false. */
  context(identity: Identity): PlanContext {
    return {
      catalog: this.#own ?? this.#services.catalog.current(),
      searchPath: this.#searchPath,
      protection: this.#services.protection(),
      role: identity.role(),
      actor: identity.reader.actor,
    };
  }

  /** The session's transaction was told to end, or a part of it to be taken back, and no answer has come yet. */
  get endUnderWay(): boolean {
    return this.#endUnderWay;
  }

  /** Everything that was sent is answered. */
  quiet(): void {
    this.#endUnderWay = false;
  }

  /** Asks what is due. @returns null if the server skipped the question: what waits for it is skipped too. */
  async renew(): Promise<"known" | StatementRefusal | null> {
    // The server may have failed meanwhile: it would skip the question too, and answer nothing.
    if ((await this.#quiet()) === "skipping") return null;
    const place = this.#place();
    if (place === "failed") return "known";
    if (place === "idle") this.#unsettled = false;
    if (this.#pathDue) {
      const rows = await this.#ask(this.#user === null ? searchPathQuery : searchPathAgain);
      if (rows === null || isStatementRefusal(rows)) return rows;
      const [setting = "", user = ""] = (rows[0] ?? []).map((value) => value ?? "");
      this.#user ??= user;
      this.#searchPath = parseSearchPath(setting, this.#user) ?? [];
      this.#pathDue = false;
    }
    const actor = this.#actorDue ? await this.#renewActor(place === "idle") : "known";
    return actor === "known" && this.#ownDue ? this.#renewCatalog(place) : actor;
  }

  async #renewActor(certain: boolean): Promise<"known" | StatementRefusal | null> {
    // In a pipeline that failed to name somebody this is skipped too.
    if (this.#identities.areKept) {
      const rows = await this.#ask(markQuery);
      if (rows === null || isStatementRefusal(rows)) return rows;
      this.#identities.stands(rows[0]?.[0] ?? "", certain);
    }
    this.#actorDue = false;
    if (certain) this.#named = "no";
    return "known";
  }

  async #renewCatalog(place: CatalogPlace): Promise<"known" | StatementRefusal | null> {
    const { catalog } = this.#services;
    if (!this.#temporary && place === "idle") {
      const refreshed = await this.#refreshed();
      if (refreshed !== "known") return refreshed;
      this.#own = null;
    } else {
      const beside = catalog.current();
      const own = await this.#loadPatiently(place);
      if (own === null || isStatementRefusal(own)) return own;
      this.#own = own;
      this.#beside = beside;
    }
    this.#ownDue = false;
    return "known";
  }

  /** What another session drops meanwhile fails the look, and not the next one. In a pipeline the failure has ended that. */
  async #loadPatiently(place: CatalogPlace): Promise<Catalog | StatementRefusal | null> {
    for (let tries = 1; ; tries++) {
      const own = await this.#loadOwn(place);
      const vanished = own !== null && isStatementRefusal(own) && ofVanished.has(own.code);
      if (!vanished || place === "pipeline" || tries === looksMax) return own;
    }
  }

  /** Null if the server skipped a part of it. */
  async #loadOwn(place: CatalogPlace): Promise<Catalog | StatementRefusal | null> {
    let failed: StatementRefusal | "skipped" | null = null;
    const ask = async (sql: string): Promise<readonly (readonly (string | null)[])[]> => {
      const rows = await this.#ask(sql);
      if (rows !== null && !isStatementRefusal(rows)) return rows;
      failed ??= rows ?? "skipped";
      throw new Error("the catalog could not be asked");
    };
    try {
      return await this.#services.catalog.load(ask, place);
    } catch (error) {
      if (failed === null) throw error;
      return failed === "skipped" ? null : failed;
    }
  }

  /** A name that isn't known may be newer than the last look. @returns null if the server skipped a part of it. */
  async lookAgain(): Promise<"known" | StatementRefusal | null> {
    if (this.#own === null) return this.#refreshed();
    // Others may have made it since this session last looked for itself.
    this.#ownDue = true;
    return this.renew();
  }

  /** A look that fails, because somebody locks a view perhaps, is the statement's failure that needs it, and no other's. */
  async #refreshed(): Promise<"known" | StatementRefusal> {
    try {
      await this.#services.catalog.refresh();
      return "known";
    } catch (error) {
      return notAsked(error instanceof AskRefused ? error.sqlstate : "08006");
    }
  }

  /** Notes what a statement that is being sent does to names. */
  runs({ does }: StatementPlan): void {
    switch (does.kind) {
      case "set":
        if (does.name === "search_path" || does.name === "all") this.#pathChanges();
        if (does.name === actorTokenSetting) this.#names(does.local);
        if (does.name === "all") this.#names(false);
        return;
      case "ddl":
        this.#temporary ||= does.temporary;
        this.#catalogChanges();
        return;
      case "discard":
        if (does.target === "all") {
          this.#pathChanges();
          this.#names(false);
        }
        if (does.target === "all" || does.target === "temporary") this.#catalogChanges();
        return;
      case "end":
      case "savepoint":
        this.#endUnderWay = true;
        this.transactionMayEnd();
        return;
      default:
    }
  }

  /** A transaction ends, or fails, and may take back what it changed. */
  transactionMayEnd(): void {
    if (this.#named !== "no") this.#actorDue = true;
    if (!this.#unsettled) return;
    this.#pathDue = true;
    this.#ownDue ||= this.#own !== null;
  }

  /** No transaction is open: who was named for one isn't any more. @param quiet everything that was sent is answered. */
  transactionEnded(quiet: boolean): void {
    if (this.#named === "local") this.#actorDue = true;
    if (!quiet || this.#actorDue) return;
    // Who was named in none that could fail, or be ended otherwise, stays.
    this.#named = "no";
    this.#identities.settled();
  }

  #names(local: boolean): void {
    if (local) this.#named = "local";
    else if (this.#named === "no") this.#named = "unsettled";
  }

  #pathChanges(): void {
    this.#unsettled = true;
    this.#pathDue = true;
  }

  #catalogChanges(): void {
    this.#unsettled = true;
    this.#ownDue = true;
  }
}
