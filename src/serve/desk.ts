import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, type Refusal, isRefusal, isThere } from "../base/index.ts";
import { type ImportAnswer, type ColumnMap, importPaths } from "../capture/index.ts";
import { type ActorId, type CustomerId, type Instant, type Report, formatInstant } from "../domain/index.ts";
import {
  type Refreshed,
  type Span,
  always,
  isKnownActor,
  isLiveFresh,
  type WhatSaw,
  type WhoSaw,
  refreshExplanations,
  whatSaw,
  whoSaw,
} from "../explain/index.ts";
import { type Attached, type Store, StoreError, missingData, openLoader, openStore } from "../store/index.ts";
import {
  type Scope,
  type ScopeQuestion,
  type Settings,
  type TraceAnswer,
  type Measured,
  defaultSettings,
  parseMeasured,
  scope,
  scopeCsv,
  tracePage,
  traceReports,
} from "../trace/index.ts";
import { type Configuration, readConfiguration } from "./configuration/index.ts";
import { mendStore } from "./deciding/mending.ts";
import { type EvidenceAnswer, type EvidenceWish, exportEvidence } from "./evidence.ts";
import { type ExportAnswer, type ExportWish, exportSightings } from "./exporting.ts";
import { catchUp } from "./live/catching-up.ts";
import { type Question, recordQuestion, reportsAsked, spanAsked } from "./live/questions.ts";
import { type RunningServe, findServe } from "./live/running.ts";
import { canariesOf } from "./live/standing.ts";
import { refreshAll } from "./live/refreshing.ts";
import { lostStore } from "./lost-store.ts";
import { mendingFile } from "./rebuild.ts";
import { openKeeper } from "./recording.ts";
import { eventText, storeOptionsOf } from "./store-options.ts";
import type { LogOptions } from "./witness.ts";

export interface DeskOptions {
  /** The data directory; made when missing. */
  readonly data: string;
  /** whosaw.yaml; without it `whosaw.yaml` in the data directory, if there is one. */
  readonly config?: string;
  readonly clock: Clock;
  /** True: a data directory that isn't there is refused; a mistyped name would else answer that nobody saw anything. */
  readonly mustExist?: boolean;
  /** What the user should know while it happens: the engine was started again, an import goes on where it stopped. */
  readonly onEvent: (text: string) => void;
}

export interface ImportWish {
  /** The table that the files hold, when their names don't say it. */
  readonly as?: string;
  readonly format?: string;
  readonly map?: ColumnMap;
  /** False: the log tells of the import, but the file is not kept beside it, and the store can't be rebuilt from here. */
  readonly keep?: boolean;
  /** Bytes done of the file in hand, and of how many. */
  readonly onProgress?: (progress: {
    readonly file: string;
    readonly bytes: number;
    readonly total: number;
  }) => void;
  /** Sightings classed, of how many: the explanations are brought up to date after the last file. */
  readonly onExplain?: (done: number, total: number) => void;
}

/** What came in, and what became of the explanations. */
export interface Imported extends ImportAnswer {
  readonly explanations: Refreshed;
  /** Until the rows could be read, and from there until they were classed. */
  readonly seconds: { readonly importing: number; readonly explaining: number };
}

/** A trace and how long it took, in seconds. */
export interface TimedTrace extends TraceAnswer {
  readonly seconds: number;
}

/** Everything that can be asked of one data directory. Who asks whoSaw, whatSaw, trace or scope is on record before there is an answer; what can't be recorded is answered, and said (`onEvent`). */
export interface Desk {
  readonly data: string;
  readonly store: Store;
  readonly configuration: Configuration;
  /** Takes in files and folders, then brings the explanations up to date. */
  importPaths(paths: readonly string[], wish: ImportWish): Promise<Imported | Refusal>;
  whoSaw(customer: CustomerId, span: Span): Promise<WhoSaw>;
  whatSaw(actor: ActorId, span: Span): Promise<WhatSaw>;
  /** The verdict on some reports; `seconds` is what it took. Only reads within the span count. */
  trace(reports: readonly Report[], span: Span): Promise<TimedTrace>;
  /** The trace as one self-contained HTML page. */
  traceReport(answer: TraceAnswer): string;
  scope(question: ScopeQuestion): Promise<Scope>;
  /** False: nothing that was taken in names this actor, at any time. */
  knows(actor: ActorId): Promise<boolean>;
  /** The lines of the exposed customers' CSV file. */
  scopeCsv(question: ScopeQuestion): AsyncIterable<string>;
  /** Writes sightings for others to read, and says so in the log before anybody can. */
  exportSightings(wish: ExportWish): Promise<ExportAnswer | Refusal>;
  /** Writes a bundle about one actor that anyone can verify offline, and says so in the log before anybody can have it. */
  exportEvidence(wish: EvidenceWish): Promise<EvidenceAnswer | Refusal>;
  close(): Promise<void>;
}

/** Opens a data directory: reads the configuration, starts the store, hands the rooms what they need. */
export async function openDesk(options: DeskOptions): Promise<Desk | Refusal> {
  const data = resolve(options.data);
  const configuration = configurationOf(options, data);
  if (isRefusal(configuration)) return configuration;
  const { url } = configuration.store ?? {};
  const missing = options.mustExist === true && url === undefined ? missingData(data) : null;
  if (missing !== null) return missing;
  const serve = await findServe(data);
  const store = await openStore({
    data,
    ...(serve === null ? {} : { attached: attachedTo(serve) }),
    ...storeOptionsOf(configuration.store),
    onEvent: (event) => options.onEvent(eventText(event)),
  });
  if (isRefusal(store)) return store;
  const { clock, onEvent } = options;
  const log = { clock, witnesses: configuration.witnesses, onEvent, serve };
  const lost = url === undefined && serve === null ? await lostStore(store) : null;
  const behind = lost ?? (await catchUp(store, log));
  const alone: RunningServe["alone"] = serve?.alone ?? ((work) => work());
  const mended =
    behind ?? (existsSync(join(data, mendingFile)) ? await alone(() => mendStore(store, clock)) : null);
  if (isRefusal(mended)) {
    await store.close();
    return mended;
  }
  if (mended !== null) onEvent(mended);
  return deskOf({ store, log, configuration, clock, alone });
}

/** What an open desk works with. `alone` runs what writes to the store while nobody else does. */
interface Opened {
  readonly store: Store;
  readonly log: LogOptions;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly alone: RunningServe["alone"];
}

function deskOf({ store, log, configuration, clock, alone }: Opened): Desk {
  const settings = settingsOf(configuration);
  const place = { data: store.data, clock, serve: log.serve ?? null };
  const users = [...(configuration.gateway?.login.users.values() ?? [])];
  // Whoever may log in is somebody, whether or not anything was read.
  const knows = async (actor: ActorId): Promise<boolean> =>
    users.some((user) => user.actor === actor) || isKnownActor(store, actor);
  /** Nobody has an answer before the question is on record; both are under way together. */
  const asking = async <Answer>(question: Question, answer: () => Promise<Answer>): Promise<Answer> => {
    const recorded = recordQuestion(place, question);
    try {
      return await answer();
    } finally {
      const refused = await recorded;
      if (refused !== null) log.onEvent?.(`this question is not on record: ${refused.what}`);
    }
  };
  return {
    data: store.data,
    store,
    configuration,
    importPaths: (paths, wish) => alone(() => importInto(store, log, { paths, wish })),
    whoSaw: (customer, span) =>
      asking(
        { command: "customer", about: `customer:${customer}`, asked: { customer, ...spanAsked(span) } },
        () => whoSaw(store, customer, span),
      ),
    whatSaw: (actor, span) =>
      asking(
        { command: "actor", about: `actor:${actor}`, asked: { actor, ...spanAsked(span) } },
        async () => {
          if (!(await isLiveFresh(store))) needed(await alone(() => refreshExplanations(store)));
          return whatSaw(store, actor, span);
        },
      ),
    trace: (reports, span) =>
      asking(
        { command: "trace", about: null, asked: { ...reportsAsked(reports), ...spanAsked(span) } },
        async () => needed(await alone(() => traceTimed(store, { reports, span, settings, clock }))),
      ),
    traceReport: (answer) => tracePage(answer, measured(), formatInstant(clock() as Instant)),
    scope: (question) => asking(scopeAsked(question, false), () => scope(store, question)),
    knows,
    scopeCsv: async function* (question) {
      await asking(scopeAsked(question, true), () => Promise.resolve());
      yield* scopeCsv(store.stream, question);
    },
    exportSightings: (wish) => exportSightings({ store, ...log }, wish),
    exportEvidence: (wish) => exportEvidence({ store, ...log, knows }, wish),
    close: () => store.close(),
  };
}

function scopeAsked({ actor, unexplainedOnly, ...span }: ScopeQuestion, list: boolean): Question {
  const asked = { actor, list, unexplained: unexplainedOnly, ...spanAsked(span) };
  return { command: "scope", about: `actor:${actor}`, asked };
}

function attachedTo(serve: RunningServe): Attached {
  const ready = async (): Promise<Refusal | null> => {
    const answer = await serve.ask("/store");
    return isRefusal(answer) ? answer : null;
  };
  return { socket: serve.status.store, ready };
}

/** A question has no refusal to give: that the serve went away meanwhile is the store's failure. */
function needed<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new StoreError("connection", value.what, null);
  return value;
}

async function importInto(
  store: Store,
  log: LogOptions,
  { paths, wish }: { readonly paths: readonly string[]; readonly wish: ImportWish },
): Promise<Imported | Refusal> {
  const { clock } = log;
  const keeper = await openKeeper(store.data, { ...log, keep: wish.keep ?? true });
  if (isRefusal(keeper)) return keeper;
  const started = clock();
  const answer = await importPaths(paths, {
    recordImport: keeper.recordImport,
    loader: openLoader(store),
    staging: join(store.data, "staging"),
    rejected: join(store.data, "rejected"),
    clock,
    onProgress: wish.onProgress ?? ((): void => undefined),
    ...(wish.as === undefined ? {} : { as: wish.as }),
    ...(wish.format === undefined ? {} : { format: wish.format }),
    ...(wish.map === undefined ? {} : { map: wish.map }),
  }).finally(() => keeper.close());
  const imported = clock();
  // The files before the one that was refused are in: what is asked of them next must know their tickets.
  const explanations = await refreshAll(store, wish.onExplain ?? ((): void => undefined));
  if (isRefusal(answer)) return answer;
  const seconds = { importing: (imported - started) / 1000, explaining: (clock() - imported) / 1000 };
  return { ...answer, explanations, seconds };
}

function settingsOf({ trace }: Configuration): Settings {
  const { priors, onlyHere } = trace ?? {};
  return {
    ...defaultSettings,
    ...(priors === undefined ? {} : { priors: { ...defaultSettings.priors, hypotheses: priors } }),
    ...(onlyHere === undefined ? {} : { onlyHere }),
  };
}

async function traceTimed(
  store: Store,
  question: {
    readonly reports: readonly Report[];
    readonly span: Span;
    readonly settings: Settings;
    readonly clock: Clock;
  },
): Promise<TimedTrace> {
  const { reports, span, settings, clock } = question;
  const started = clock();
  const whole = span.since === always.since && span.until === always.until;
  const canaries = await canariesOf(store.data);
  const answer = await traceReports(store, reports, { canaries, settings, ...(whole ? {} : { span }) });
  return { ...answer, seconds: (clock() - started) / 1000 };
}

/** How the method fared in simulation, as the benchmark left it; without that file the page says that nothing is known of it. */
function measured(): Measured | null {
  const file = new URL("../../bench/results/trace-calibration.json", import.meta.url);
  return existsSync(file) ? parseMeasured(readFileSync(file, "utf8")) : null;
}

function configurationOf(options: DeskOptions, data: string): Configuration | Refusal {
  const beside = join(data, "whosaw.yaml");
  const file = options.config ?? (isThere(beside) ? beside : null);
  return file === null ? {} : readConfiguration(file);
}
