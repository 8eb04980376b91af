import { type Refusal, isRefusal } from "../../base/index.ts";
import { type LogPlace, withLog } from "./opening.ts";

/** The key that signs from now on, and the entry that hands over to it. */
export interface NewKey {
  readonly log: string;
  readonly key: string;
  readonly index: number;
}

/** Hands the log over to a new key. The old one signs the entry that names it (docs/formats/keys.md). */
export async function rotateKey(place: LogPlace): Promise<NewKey | Refusal> {
  return withLog(place, {
    own: async (recorder) => {
      const receipt = await recorder.rotateKey();
      return isRefusal(receipt) ? receipt : { log: recorder.log, key: recorder.key, index: receipt.index };
    },
    running: async (serve) => (await serve.ask("/rotate-key")) as unknown as NewKey | Refusal,
  });
}
