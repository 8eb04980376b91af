import { always, type Engine, type Span } from "../explain/index.ts";
import type { TraceAnswer } from "./answer.ts";
import { evidenceFromStore, matchedMaxDefault } from "./evidence.ts";
import { infer } from "./infer.ts";
import type { GivenReport } from "./model/intake.ts";
import { defaultSettings, type Settings } from "./model/settings.ts";
import { dropTables } from "./queries/tables.ts";
import { buildReach, isReachFresh, type Progress, refreshReach } from "./refresh.ts";

/** Reports taken in one trace: two thousand weeks of one a week; more is a file of something else. */
export const reportsMax = 10_000;

export interface TraceOptions {
  readonly settings?: Settings;
  /** Only reads in this part of time count. Everything is counted anew for it, which is slow. */
  readonly span?: Span;
  /** Customers that are invented: a report of one says more than others. */
  readonly canaries?: ReadonlySet<string>;
  readonly onProgress?: Progress;
}

/** From reports to a verdict over the store. What the tables derived for it lack, or what they are behind, is built first. */
export async function traceReports(
  engine: Engine,
  given: readonly GivenReport[],
  options: TraceOptions = {},
): Promise<TraceAnswer> {
  const { canaries = new Set<string>(), settings = defaultSettings } = options;
  const progress = options.onProgress ?? ((): void => undefined);
  if (options.span === undefined) {
    if (!(await isReachFresh(engine))) await refreshReach(engine, progress);
    const asked = { settings, canaries, span: always, suffix: "", matchedMax: matchedMaxDefault };
    return infer(await evidenceFromStore(engine, given, asked), settings);
  }
  const suffix = "_span";
  await buildReach(engine, suffix, options.span, progress);
  try {
    const asked = { settings, canaries, span: options.span, suffix, matchedMax: matchedMaxDefault };
    return infer(await evidenceFromStore(engine, given, asked), settings);
  } finally {
    for (const statement of dropTables(suffix)) await engine.command(statement);
  }
}
