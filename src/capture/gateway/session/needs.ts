import type { Clock } from "../../../base/index.ts";
import type { Protection } from "../../../policy/index.ts";
import type { Diagnostics } from "../../../wire/index.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogAsk, CatalogPlace } from "../catalog/loadCatalog.ts";
import type { CommentClaims, MalformedComment } from "../login/index.ts";
import type { SecondNet } from "../net/secondNet.ts";
import type { PlanContext, StatementPlan, StatementRefusal } from "../plan.ts";
import type { RecordEvents, Seen, StatementNote } from "../recording.ts";
import type { Identity } from "./identity.ts";

/** One statement of a text, planned. */
export interface PlannedStatement {
  readonly plan: StatementPlan;
  readonly note: StatementNote;
  /** What it does hangs on no name of a relation: it may follow a statement that changes what names mean. */
  readonly nameless: boolean;
}

/** The catalog that all sessions share, as of the last look. */
export interface SharedCatalog {
  readonly current: () => Catalog;
  /** Looks now; resolves when `current` is no older than the call. */
  readonly refresh: () => Promise<void>;
  /** Loads a catalog through a session's own connection, with what only that session sees. */
  readonly load: (ask: CatalogAsk, place: CatalogPlace) => Promise<Catalog>;
}

/** Rows that are about to be released: whose they are, how many, and how many of the same statement went before. */
export interface Batch {
  readonly seen: readonly Seen[];
  readonly rows: number;
  readonly released: number;
}

/** What a withheld text becomes. */
export interface Scrubbed {
  readonly fields: Diagnostics;
  readonly withheld: boolean;
}

/** What a session needs of the rest of the house. */
export interface SessionServices {
  readonly clock: Clock;
  readonly record: RecordEvents;
  readonly catalog: SharedCatalog;
  readonly protection: () => Protection;
  /** Parses, admits and rewrites; the same question has the same answer, from a cache. */
  readonly plan: (text: string, context: PlanContext) => readonly PlannedStatement[] | StatementRefusal;
  readonly scrub: (fields: Diagnostics, names: ReadonlySet<string>) => Scrubbed;
  readonly isAllowedParameter: (name: string) => boolean;
  /** Hours, suspensions, and whatever else forbids reading before anything is read. */
  readonly mayRun: (identity: Identity, now: number) => StatementRefusal | null;
  /** Asked with whom a batch shows, before it is recorded and released. */
  readonly mayShow: (identity: Identity, batch: Batch, now: number) => StatementRefusal | null;
  /** The net under rows that should hold no customer's data; null while there is none. */
  readonly net: () => SecondNet | null;
  /** Told of what an operator should know. */
  readonly onTrouble: (what: string) => void;
  /** Whom a token names; a refusal where it isn't good, or this login may not speak for others. */
  readonly identify: (token: string, ticket: string | null) => Promise<Identity | StatementRefusal>;
  /** Whom and which ticket a comment at either end of the text names. */
  readonly commentIn: (text: string) => CommentClaims | MalformedComment | null;
}
