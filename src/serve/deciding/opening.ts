import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { type Clock, type Refusal, isRefusal, isThere } from "../../base/index.ts";
import { type Recorder, missingLog } from "../../record/index.ts";
import { type Configuration, readConfiguration } from "../configuration/index.ts";
import { findServe, type RunningServe } from "../live/running.ts";
import { openLog } from "../witness.ts";
import { type Deciding, ownDeciding, runningDeciding } from "./deciding.ts";

/** Which log, and who watches. */
export interface LogPlace {
  readonly data: string;
  readonly config?: string;
  readonly clock: Clock;
  readonly onEvent: (text: string) => void;
}

/** Lets `act` decide on the log of a data directory: by way of the serve that runs there, or with the log opened here. */
export async function withDeciding<Answer>(
  place: LogPlace,
  act: (deciding: Deciding) => Promise<Answer | Refusal>,
): Promise<Answer | Refusal> {
  return withLog(place, {
    own: (recorder) => act(ownDeciding(recorder, place.data)),
    running: (serve) => act(runningDeciding(serve)),
  });
}

/** Works with the log of a data directory that is there: `running` if a serve holds it, else `own` on the log opened here and closed whatever happens. */
export async function withLog<Answer>(
  place: LogPlace,
  act: {
    readonly own: (recorder: Recorder) => Promise<Answer | Refusal>;
    readonly running: (serve: RunningServe) => Promise<Answer | Refusal>;
  },
): Promise<Answer | Refusal> {
  const data = resolve(place.data);
  const missing = missingLog(data);
  if (missing !== null) return missing;
  const serve = await findServe(data);
  if (serve !== null) return act.running(serve);
  const configuration = configurationOf(place, data);
  if (isRefusal(configuration)) return configuration;
  const { clock, onEvent } = place;
  const log = await openLog(data, { clock, witnesses: configuration.witnesses, onEvent });
  if (isRefusal(log)) return log;
  try {
    return await act.own(log.recorder);
  } finally {
    await log.close();
  }
}

function configurationOf({ config }: LogPlace, data: string): Configuration | Refusal {
  const beside = join(data, "whosaw.yaml");
  const file = config ?? (isThere(beside) ? beside : null);
  return file === null ? {} : readConfiguration(file);
}

/** Who runs this, as the operating system names them. */
export function operator(): string {
  return userInfo().username;
}
