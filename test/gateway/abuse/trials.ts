import { join, type RawClient } from "../client.ts";
import { finder } from "../find.ts";
import { Ledger, type Unrecorded, unrecorded } from "../oracle.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { startThrough } from "../through.ts";
import { converse, inWords, type Said } from "./interleavings.ts";

/** Conversations tried on a bare server and through a gateway. */
export interface Trials {
  readonly postgres: Postgres;
  readonly compare: (
    said: readonly Said[],
    piece: number,
  ) => Promise<{ readonly bare: readonly string[]; readonly through: readonly string[] }>;
  readonly unrecorded: (said: readonly Said[], piece: number) => Promise<readonly (Unrecorded | string)[]>;
  readonly stop: () => Promise<void>;
}

async function heard(client: RawClient, said: readonly Said[], piece: number): Promise<readonly string[]> {
  const from = client.messages.length;
  const { messages, works } = await converse(client, said, piece);
  client.destroy();
  return [...messages.slice(from).map(inWords), works ? "works" : "doesn't work"];
}

export async function startTrials(): Promise<Trials> {
  const desk = { customers: 40, agents: 5, seed: 1, markers: true };
  const finds = finder(desk);
  const postgres = await startPostgres(desk);
  const ledger = new Ledger(11, 1);
  const troubles: string[] = [];
  const gateway = await startThrough({
    postgres,
    roles: { desk_lead: wideRole },
    record: ledger.record,
    onTrouble: (what) => troubles.push(what),
  });
  const direct = { host: postgres.host, port: postgres.port, database: postgres.database };
  return {
    postgres,
    compare: async (said, piece) => {
      const bare = await join(direct, postgres.lead);
      const through = await join(gateway.address, postgres.lead);
      return { bare: await heard(bare, said, piece), through: await heard(through, said, piece) };
    },
    unrecorded: async (said, piece) => {
      const from = ledger.durable.length;
      const client = await join(gateway.address, postgres.lead, () => ledger.durable.length);
      const bare = await join(direct, postgres.lead);
      const words = await heard(client, said, piece);
      const wanted = await heard(bare, said, piece);
      const wrong = unrecorded({ actor: postgres.lead.user, pieces: client.pieces, from }, ledger, finds);
      // Where the server goes on, so does the gateway.
      const stopped =
        wanted.at(-1) === "works" && words.at(-1) !== "works" ? ["the session did not go on"] : [];
      return [...wrong, ...stopped, ...troubles.splice(0)];
    },
    stop: async () => {
      await gateway.stop();
      await postgres.stop();
    },
  };
}
