import type { ExplanationKind, Instant } from "../../domain/index.ts";

/** Whether work explains a read; `bystander`: shown beside the customer that a search was for. */
export type ExplanationClass = "explained" | "bystander" | "unexplained";

/** What a sighting and an event that names no customer have in common. Texts are '' where the source said nothing. */
export interface EvidenceEvent {
  readonly time: Instant;
  readonly actor: string;
  readonly action: string;
  /** Names of fields, never values. */
  readonly fields: readonly string[];
  readonly session: string;
  readonly ip: string;
  readonly source: string;
  readonly import: number;
  /** The record of the imported file. */
  readonly line: number;
  readonly receipt: { readonly log: string; readonly entry: number } | null;
}

/** One customer seen once. */
export interface EvidenceSighting extends EvidenceEvent {
  readonly customer: string;
  readonly masked: readonly string[];
  readonly ticket: string;
  readonly class: ExplanationClass;
  readonly explanation: { readonly kind: ExplanationKind; readonly ticket: string } | null;
}

/** The counts of `whosaw scope`. */
export interface EvidenceScope {
  readonly customers: number;
  readonly explained: number;
  readonly unexplained: number;
  readonly bystanders: number;
  readonly exposureUnknown: number;
  readonly fields: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly share: number | null;
  readonly notExposed: readonly string[];
  /** True: what was not exposed can't be said. */
  readonly notExposedUnknown: boolean;
  readonly first: string | null;
  readonly last: string | null;
}

/** An import as the log's entry tells of it; `told` is null once that entry has been erased. */
export interface EvidenceImport {
  readonly index: number;
  readonly recorded: string | null;
  readonly told: {
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly format: string;
    readonly read: number;
    readonly imported: number;
    readonly rejected: number;
    readonly by: string;
  } | null;
}

/** A file of the bundle beside the report. */
export interface EvidenceAttachment {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Everything that a bundle about one actor says. */
export interface EvidenceFacts {
  readonly actor: string;
  /** RFC 3339; null: no such end was asked for. */
  readonly from: string | null;
  readonly to: string | null;
  /** The account of the operating system that ran the export. */
  readonly by: string;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly exported: string;
  /** The version of whosaw that wrote the bundle. */
  readonly version: string;
  readonly log: { readonly name: string; readonly key: string; readonly size: number };
  readonly scope: EvidenceScope;
  readonly sightings: number;
  /** Sightings whose import the log does not tell of: nothing here proves them. */
  readonly unproved: number;
  /** The first of the sightings, at most reportSightingsMax. */
  readonly shown: readonly EvidenceSighting[];
  readonly imports: readonly EvidenceImport[];
  readonly attachments: readonly EvidenceAttachment[];
  /** How many witnesses the log's configuration asks for. */
  readonly witnessesNeeded: number;
}
