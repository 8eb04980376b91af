import type { Socket } from "node:net";
import { isRefusal, type Refusal } from "../../../../base/index.ts";
import type { UpstreamOptions } from "../options.ts";
import { openUpstream, write } from "./upstreamStream.ts";

/** Milliseconds for a cancel to get through. The session's next statement waits for it. */
const cancelTimeMax = 5_000;

/** The server's own key for a session, from its BackendKeyData. */
export interface UpstreamKey {
  readonly processId: number;
  readonly key: Buffer;
}

/**
 * Asks the server to cancel what the session with this key is running, over TLS if sessions are. Asks `stillWanted` just before
 * the request is written. Resolves when the server has hung up, which it does after it has sent the signal.
 * @returns null, or why the request didn't get there.
 */
export async function sendCancel(
  options: UpstreamOptions,
  target: UpstreamKey,
  stillWanted: () => boolean,
): Promise<Refusal | null> {
  let socket: Socket | null = null;
  const timer = setTimeout(() => socket?.destroy(), cancelTimeMax);
  try {
    const opened = await openUpstream(options, null, (made) => {
      socket = made;
    });
    if (isRefusal(opened)) return opened;
    const { stream, reader } = opened;
    if (stillWanted()) {
      const { processId, key } = target;
      write(stream, { from: "frontend", kind: "CancelRequest", processId, key });
      await reader.next();
    }
    reader.release();
    stream.destroy();
    return null;
  } finally {
    clearTimeout(timer);
  }
}
