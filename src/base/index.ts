/** What every room may lean on: results, brands, canonical JSON, clock and chance as values. */
export { defect, InvariantError } from "./invariant.ts";
export { type Brand } from "./brand.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type Random, seededRandom } from "./random.ts";
export { canonicalJson, type Json } from "./json.ts";
export { isThere, makeFolder } from "./folders.ts";
export { Html, html, htmlPage, pageTable } from "./html.ts";
export { type Refusal, refusal, isRefusal } from "./refusal.ts";
