import type { Instant } from "../domain/index.ts";

/** The part of time that a question is about, both ends included. */
export interface Span {
  readonly since: Instant;
  readonly until: Instant;
}

/** Everything the store can hold. */
export const always: Span = { since: 0 as Instant, until: Date.UTC(2199, 11, 31) as Instant };

/** A span as the parameters `since` and `until` of a query, in ClickHouse's own form (UTC, milliseconds). */
export function spanParams(span: Span): { readonly since: string; readonly until: string } {
  return { since: engineTime(span.since), until: engineTime(span.until) };
}

export function engineTime(instant: Instant): string {
  return new Date(instant).toISOString().replace("T", " ").replace("Z", "");
}
