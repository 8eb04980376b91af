/**
 * The reason for each sighting: the ticket, assignment, transfer or review that made it work, or none.
 * Promises: set-based and repeatable; a sighting counts once; what has no reason is called unexplained, which is neutral.
 */
export type { Engine } from "./engine.ts";
export { type Span, always, engineTime, spanParams } from "./span.ts";
export { type Refreshed, forgetExplanations, refreshExplanations } from "./refresh.ts";
export { type SeenOnce, type WhoSaw, whoSaw } from "./who-saw.ts";
export { type WhatSaw, whatSaw } from "./what-saw.ts";
export { isKnownActor } from "./known-actor.ts";
export { actorSightings } from "./queries/actor-sightings.ts";
export { type ImportReceipt, type SightingReceipt, actorReceipts } from "./receipts.ts";
export { type OnProgress, classInSlices, isLiveFresh } from "./actor-days.ts";
