import { isRefusal, type Refusal } from "../../../src/base/index.ts";
import type { GatewayEvent, RecordEvents } from "../../../src/capture/index.ts";
import { openRecorder, openSealing } from "../../../src/record/index.ts";
import { recordInto } from "../../../src/serve/live/recorder.ts";
import { verifyLog } from "../../../src/verify/index.ts";

/** The real log in a folder of its own: what a gateway says is on the disk before it is released, and is kept here to be compared. */
export interface HeldLog {
  readonly events: readonly GatewayEvent[];
  readonly record: RecordEvents;
  /** Ends the log, and reads all of it again as `whosaw verify` does. */
  readonly verified: () => Promise<Verified>;
}

export interface Verified {
  readonly ok: boolean;
  readonly entries: number;
  readonly problems: readonly string[];
}

const good = <T>(answer: T | Refusal): T => {
  if (isRefusal(answer)) throw new Error(answer.what);
  return answer;
};

export async function openHeldLog(folder: string): Promise<HeldLog> {
  const recorder = good(await openRecorder(folder, { name: "log.example/help-desk" }));
  const sealing = good(await openSealing(folder));
  const events: GatewayEvent[] = [];
  const into = recordInto({
    appendAll: (said) => recorder.appendAll(said),
    isSuspended: () => false,
    alarms: () => [],
    expect: () => null,
    explain: (_, customers) => customers.map(() => null),
    seal: (actor, text) => sealing.seal(`actor:${actor}`, text),
  });
  return {
    events,
    record: async (said) => {
      const refused = await into(said);
      if (refused === null) events.push(...said);
      return refused;
    },
    verified: async () => {
      const closed = await recorder.close();
      if (closed !== null) throw new Error(closed.what);
      const { ok, problems, size } = await verifyLog(folder, { thorough: true });
      return { ok, entries: size, problems: problems.map(({ code, detail }) => `${code}: ${detail}`) };
    },
  };
}
