import type { GatewayEvent, RecordEvents } from "../../../src/capture/index.ts";
import { openGatewayLog } from "../../../src/serve/live/fixture.testing.ts";
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

export async function openHeldLog(folder: string): Promise<HeldLog> {
  const { log, record: into } = await openGatewayLog(folder);
  const events: GatewayEvent[] = [];
  return {
    events,
    record: async (said) => {
      const refused = await into(said);
      if (refused === null) events.push(...said);
      return refused;
    },
    verified: async () => {
      const closed = await log.close();
      if (closed !== null) throw new Error(closed.what);
      const { ok, problems, size } = await verifyLog(folder, { thorough: true });
      return { ok, entries: size, problems: problems.map(({ code, detail }) => `${code}: ${detail}`) };
    },
  };
}
