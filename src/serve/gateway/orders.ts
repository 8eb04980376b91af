import { z } from "zod";
import { type Json, type Refusal, isRefusal, refusal } from "../../base/index.ts";
import { parseActorId } from "../../domain/index.ts";
import type { Said } from "../../record/index.ts";
import type { GatewayConfiguration } from "../configuration/index.ts";
import { decidingOrders } from "../deciding/index.ts";
import type { Orders } from "../live/private-socket.ts";
import type { Parts } from "./serve.ts";
import { reasonCharactersMax, restore, suspend } from "./suspending.ts";

/** Anything that the log would take from a command; kinds that are the gateway's or the log's own are not for others to write. */
const said = z.looseObject({ kind: z.string(), time: z.string() });
const reserved =
  /^(log\..*|sighting|probe|refusal|scrubbed|login|logout|login_refused|alarm|suspension|restoration|configuration)$/;

const person = z.object({
  actor: z.string().refine((text) => parseActorId(text) !== null),
  reason: z.string().min(1).max(reasonCharactersMax),
  by: z.string(),
});

/** What other commands may ask of a running serve. */
export function ordersOf(parts: Parts, configuration: () => GatewayConfiguration): Orders {
  const { doors, log, sealing, shipper, standing, store, clock } = parts;
  const { recorder } = log;
  const suspending = { recorder, standing, doors, configuration, clock, askRevoker: parts.askRevoker };
  return {
    ...decidingOrders(recorder, sealing),
    "/status": async () => ({
      pid: process.pid,
      store: store.socket,
      log: recorder.log,
      key: recorder.key,
      gateway: { host: hostOf(configuration()), port: doors.port },
      sessions: (await doors.sessions()).length,
    }),
    "/append": async (order) => {
      const read = said.safeParse(order);
      if (!read.success || reserved.test(read.data.kind)) return misunderstood;
      const receipt = await recorder.append(order as Said);
      if (isRefusal(receipt)) return receipt;
      standing.take(order as Said);
      return { ...receipt };
    },
    "/checkpoint": async () => {
      const published = await recorder.checkpoint();
      return isRefusal(published) ? published : { size: published.size };
    },
    "/witnessed": async () => (await recorder.witnessed()) as unknown as Json,
    "/flush": async () => (await shipper.flush()) ?? { next: shipper.next },
    "/store": async () => (await store.ready()) ?? {},
    "/suspend": async (order) => {
      const wish = person.safeParse(order);
      return wish.success
        ? ((await suspend(suspending, wish.data)) as unknown as Json | Refusal)
        : misunderstood;
    },
    "/restore": async (order) => {
      const wish = person.safeParse(order);
      return wish.success
        ? ((await restore(suspending, wish.data)) as unknown as Json | Refusal)
        : misunderstood;
    },
  };
}

const misunderstood: Refusal = refusal(
  "input",
  "the running whosaw serve doesn't understand this order",
  "use the same version for both",
);

function hostOf({ login }: GatewayConfiguration): string {
  return login.listen.kind === "tcp" ? login.listen.host : login.listen.path;
}
