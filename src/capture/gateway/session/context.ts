import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogPlace } from "../catalog/loadCatalog.ts";
import { parseSearchPath } from "../catalog/searchPath.ts";
import type { PlanContext, StatementPlan } from "../plan.ts";
import type { Identity } from "./identity.ts";
import type { SessionServices } from "./needs.ts";

/** Runs a query of the gateway's own on the session's connection; null if the server skipped it after an earlier failure. */
export type Ask = (sql: string) => Promise<readonly (readonly (string | null)[])[] | null>;

const searchPathQuery = "SELECT pg_catalog.current_setting('search_path'), CURRENT_USER";

/**
 * What names mean in this session. Most sessions share one catalog; one that made tables or views of its own, or hasn't committed what
 * it made, sees its own, loaded through its own connection whenever it may have changed.
 */
export class SessionContext {
  readonly #services: Pick<SessionServices, "catalog" | "protection">;
  readonly #ask: Ask;
  readonly #place: () => CatalogPlace;
  #searchPath: readonly string[] | null = null;
  #pathTouched = false;
  #own: Catalog | null = null;
  #ownDue = false;
  #temporary = false;

  constructor(
    services: Pick<SessionServices, "catalog" | "protection">,
    ask: Ask,
    place: () => CatalogPlace,
  ) {
    this.#services = services;
    this.#ask = ask;
    this.#place = place;
  }

  /** Whether `context` must ask the server first. */
  get isDue(): boolean {
    return this.#searchPath === null || this.#ownDue;
  }

  /** The catalog and names as of now. `isDue` must be false. */
  context(identity: Identity): PlanContext {
    return {
      catalog: this.#own ?? this.#services.catalog.current(),
      searchPath: this.#searchPath ?? [],
      protection: this.#services.protection(),
      role: identity.role,
      actor: identity.reader.actor,
    };
  }

  /** Asks what is due. @returns false if the server skipped the question: what waits for it is skipped too. */
  async renew(): Promise<boolean> {
    if (this.#searchPath === null) {
      const rows = await this.#ask(searchPathQuery);
      if (rows === null) return false;
      const [setting = "", user = ""] = (rows[0] ?? []).map((value) => value ?? "");
      this.#searchPath = parseSearchPath(setting, user) ?? [];
    }
    if (!this.#ownDue) return true;
    if (!this.#temporary && this.#place() === "idle") {
      await this.#services.catalog.refresh();
      this.#own = null;
      this.#ownDue = false;
      return true;
    }
    const own = await this.#loadOwn();
    if (own === null) return false;
    this.#own = own;
    this.#ownDue = false;
    return true;
  }

  /** Null if the server skipped a part of it. */
  async #loadOwn(): Promise<Catalog | null> {
    let skipped = false;
    const ask = async (sql: string): Promise<readonly (readonly (string | null)[])[]> => {
      const rows = await this.#ask(sql);
      skipped = rows === null;
      if (rows === null) throw new Error("skipped");
      return rows;
    };
    try {
      return await this.#services.catalog.load(ask, this.#place());
    } catch (error) {
      if (skipped) return null;
      throw error;
    }
  }

  /** A name that isn't known may be newer than the last look. @returns whether there was something to look at again. */
  async lookAgain(): Promise<boolean> {
    if (this.#own !== null) return false;
    await this.#services.catalog.refresh();
    return true;
  }

  /** Notes what a statement that is being sent does to names. */
  runs({ does }: StatementPlan): void {
    switch (does.kind) {
      case "set":
        if (does.name.toLowerCase() === "search_path") this.#pathChanges();
        return;
      case "ddl":
        this.#temporary ||= does.temporary;
        this.#ownDue = true;
        return;
      case "discard":
        this.#pathChanges();
        this.#ownDue = true;
        return;
      case "end":
      case "savepoint":
        if (this.#pathTouched) this.#searchPath = null;
        this.#ownDue ||= this.#own !== null;
        return;
      default:
    }
  }

  /** A failed transaction takes back what it changed. */
  failed(): void {
    if (this.#pathTouched) this.#searchPath = null;
    this.#ownDue ||= this.#own !== null;
  }

  #pathChanges(): void {
    this.#pathTouched = true;
    this.#searchPath = null;
  }
}
