import { setTimeout as sleep } from "node:timers/promises";
import type { Catalog } from "./catalog.ts";
import { type CatalogAsk, catalogFingerprint, type CatalogPlace, loadCatalog } from "./loadCatalog.ts";

/** How often the catalog is looked at for changes that didn't come through the gateway: our choice, a second. */
export const catalogLookMillis = 1000;

/** The catalog that all sessions of one database share, as of the last look. */
export class SharedCatalog {
  readonly #ask: CatalogAsk;
  readonly #onFailed: (error: unknown) => void;
  #current: Catalog;
  #fingerprint: string;
  #looking = false;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(
    ask: CatalogAsk,
    first: { catalog: Catalog; fingerprint: string },
    onFailed: (error: unknown) => void,
  ) {
    this.#ask = ask;
    this.#current = first.catalog;
    this.#fingerprint = first.fingerprint;
    this.#onFailed = onFailed;
    this.#timer = setInterval(() => void this.#lookQuietly(), catalogLookMillis).unref();
  }

  /** @param onFailed told when a look failed; the last catalog stands until one succeeds. */
  static async open(ask: CatalogAsk, onFailed: (error: unknown) => void): Promise<SharedCatalog> {
    const first = await patiently(async () => {
      const fingerprint = await catalogFingerprint(ask);
      return { fingerprint, catalog: await loadCatalog(ask, "idle") };
    });
    return new SharedCatalog(ask, first, onFailed);
  }

  readonly current = (): Catalog => this.#current;

  readonly load = async (ask: CatalogAsk, place: CatalogPlace): Promise<Catalog> => loadCatalog(ask, place);

  /** Looks now: resolves when `current` is no older than this call. One look at a time, because a look is several questions. */
  readonly refresh = async (): Promise<void> => {
    this.#next ??= this.#looked();
    return this.#next;
  };

  /** A look that is under way comes to nothing, and nobody is told: who closes takes its connection away too. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #lookQuietly(): Promise<void> {
    if (this.#looking) return;
    try {
      await this.refresh();
    } catch (error) {
      if (!this.#closed) this.#onFailed(error);
    }
  }

  /** The look under way may have begun before the change that a caller knows of: the next one serves all who call meanwhile. */
  #looked(): Promise<void> {
    const look = this.#lookAfter(this.#last);
    this.#last = look.catch(() => undefined);
    return look;
  }

  async #lookAfter(last: Promise<void>): Promise<void> {
    await last;
    this.#next = null;
    this.#looking = true;
    try {
      await patiently(() => this.#renew());
    } finally {
      this.#looking = false;
    }
  }

  async #renew(): Promise<void> {
    const fingerprint = await catalogFingerprint(this.#ask);
    if (fingerprint === this.#fingerprint) return;
    this.#current = await loadCatalog(this.#ask, "idle");
    this.#fingerprint = fingerprint;
  }
}

/** How often a look is tried, and milliseconds between them: our choice. */
export const looksMax = 5;
const pauseMillis = 30;

/** What is dropped while it is looked at fails the look ("could not open relation with OID"), and not the next one. */
async function patiently<Result>(look: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (tries === looksMax) throw error;
      await sleep(pauseMillis * tries);
    }
  }
}
