import { type Refusal, isRefusal } from "../../base/index.ts";
import type { GatewayEvent, RecordEvents, Seen } from "../../capture/index.ts";
import { type Recorder, openRecorder, openSealing } from "../../record/index.ts";
import type { ExplainReads } from "./entries.ts";
import { recordInto } from "./recorder.ts";

export type SightingEvent = Extract<GatewayEvent, { readonly kind: "sighting" }>;

/** The value, where a refusal would be the test's failure. */
export function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.what);
  return value;
}

export const noon: number = Date.UTC(2026, 0, 31, 12);

/** A read of public.customers by ann, `second` seconds after noon. */
export function readBy(
  actor: string,
  customers: readonly string[],
  second: number,
  more: Partial<SightingEvent> = {},
): SightingEvent {
  const seen: Seen = {
    table: "public.customers",
    customers,
    shown: ["name"],
    masked: ["email"],
    probed: ["language"],
  };
  return {
    kind: "sighting",
    time: noon + second * 1000,
    reader: { actor, role: "support", session: `s-${actor}`, ip: "10.0.0.7", application: "psql" },
    action: "read",
    seen: [seen],
    rows: customers.length,
    ticket: null,
    statement: { normalized: "SELECT $1", original: "SELECT 'mia@example.com'" },
    ...more,
  };
}

/** A log that is open, and what records into it as a gateway would have it. */
export interface OpenGatewayLog {
  readonly log: Recorder;
  readonly record: RecordEvents;
}

export async function openGatewayLog(
  dir: string,
  explain: ExplainReads = (_, customers) => customers.map(() => null),
): Promise<OpenGatewayLog> {
  const log = good(await openRecorder(dir, { name: "log.example/desk" }));
  const sealing = good(await openSealing(dir));
  const record = recordInto({
    explain,
    seal: (actor, text) => sealing.seal(`actor:${actor}`, text),
    appendAll: (said) => log.appendAll(said),
    isSuspended: () => false,
    alarms: () => [],
    expect: () => null,
  });
  return { log, record };
}
