import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Clock, type Refusal, isRefusal } from "../base/index.ts";
import type { ActorId, CustomerId } from "../domain/index.ts";
import {
  type Refreshed,
  type Span,
  type WhatSaw,
  type WhoSaw,
  refreshExplanations,
  whatSaw,
  whoSaw,
} from "../explain/index.ts";
import { type Store, type StoreEvent, openStore } from "../store/index.ts";
import { type Scope, type ScopeQuestion, scope, scopeCsv } from "../trace/index.ts";
import { type Configuration, readConfiguration } from "./configuration.ts";

export interface DeskOptions {
  /** The data directory; made when missing. */
  readonly data: string;
  /** whosaw.yaml; without it `whosaw.yaml` in the data directory, if there is one. */
  readonly config?: string;
  readonly clock: Clock;
  /** What the user should know while it happens: the engine was started again, an import goes on where it stopped. */
  readonly onEvent: (text: string) => void;
}

/** Everything that can be asked of one data directory. */
export interface Desk {
  readonly data: string;
  readonly store: Store;
  readonly configuration: Configuration;
  whoSaw(customer: CustomerId, span: Span): Promise<WhoSaw>;
  whatSaw(actor: ActorId, span: Span): Promise<WhatSaw>;
  scope(question: ScopeQuestion): Promise<Scope>;
  /** The lines of the exposed customers' CSV file. */
  scopeCsv(question: ScopeQuestion): AsyncIterable<string>;
  /** Brings the explanations, and what the trace counts by, up to what was imported. */
  refresh(onProgress: (done: number, total: number) => void): Promise<Refreshed>;
  close(): Promise<void>;
}

/** Opens a data directory: reads the configuration, starts the store, hands the rooms what they need. */
export async function openDesk(options: DeskOptions): Promise<Desk | Refusal> {
  const data = resolve(options.data);
  const configuration = configurationOf(options, data);
  if (isRefusal(configuration)) return configuration;
  const { url, user, password, database, memoryBytesMax } = configuration.store ?? {};
  const store = await openStore({
    data,
    ...(url === undefined
      ? {}
      : {
          server: {
            url,
            ...(user === undefined ? {} : { user }),
            ...(password === undefined ? {} : { password }),
            ...(database === undefined ? {} : { database }),
          },
        }),
    ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }),
    onEvent: (event) => options.onEvent(eventText(event)),
  });
  if (isRefusal(store)) return store;
  return {
    data,
    store,
    configuration,
    whoSaw: (customer, span) => whoSaw(store, customer, span),
    whatSaw: (actor, span) => whatSaw(store, actor, span),
    scope: (question) => scope(store, question),
    scopeCsv: (question) => scopeCsv(store.stream, question),
    refresh: (onProgress) => refreshExplanations(store, onProgress),
    close: () => store.close(),
  };
}

function configurationOf(options: DeskOptions, data: string): Configuration | Refusal {
  const beside = join(data, "whosaw.yaml");
  const file = options.config ?? (existsSync(beside) ? beside : null);
  return file === null ? {} : readConfiguration(file);
}

function eventText(event: StoreEvent): string {
  return JSON.stringify(event);
}
