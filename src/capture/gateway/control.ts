import { decodeBackend, encodeFrontend, isFault, Writer } from "../../wire/index.ts";
import { AskRefused, type CatalogAsk } from "./catalog/loadCatalog.ts";
import type { EachRow } from "./net/knitNet.ts";
import { connectUpstream, type UpstreamConnection, type UpstreamOptions } from "./login/index.ts";

/** Rows that one question of the gateway's own may have: a catalog of some thousand tables has a hundred thousand columns. */
const rowsMax = 2_000_000;

type Row = readonly (string | null)[];

/** A connection of the gateway's own, for questions to the catalog and to the ticket table. One question at a time, opened anew when lost. */
export class Control {
  readonly #options: UpstreamOptions;
  readonly #login: string;
  readonly #database: string;
  #connection: UpstreamConnection | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: UpstreamOptions, login: string, database: string) {
    this.#options = options;
    this.#login = login;
    this.#database = database;
  }

  /** Rejects when the server can't be reached or refuses. Cells in text form. */
  readonly ask: CatalogAsk = async (sql) => {
    const rows: Row[] = [];
    await this.each(sql, (row) => rows.push(row));
    return rows;
  };

  /** As `ask`, for an answer of which nothing need be kept. */
  readonly each: EachRow = (sql, onRow) => {
    const answer = this.#last.then(() => this.#askNow(sql, onRow));
    this.#last = answer.catch(() => undefined);
    return answer;
  };

  close(): void {
    this.#closed = true;
    this.#connection?.stream.destroy();
    this.#connection = null;
  }

  async #askNow(sql: string, onRow: (row: Row) => void): Promise<void> {
    const connection = await this.#open();
    const to = new Writer();
    encodeFrontend({ from: "frontend", kind: "Query", sql }, to);
    const answer = answerOf(connection, onRow);
    connection.stream.write(to.take());
    try {
      await answer;
    } catch (error) {
      if (connection.stream.destroyed) this.#connection = null;
      throw error;
    }
  }

  async #open(): Promise<UpstreamConnection> {
    if (this.#closed) throw new Error("the control connection is closed");
    if (this.#connection !== null && !this.#connection.stream.destroyed) return this.#connection;
    const connection = await connectUpstream(this.#options, {
      login: this.#login,
      database: this.#database,
      parameters: new Map([["application_name", "whosaw"]]),
    });
    if (connection.kind === "upstream_refusal") throw new Error(connection.refusal.what);
    connection.stream.on("error", () => undefined);
    this.#connection = connection;
    return connection;
  }
}

/** Asks one after the other until one is answered; rejects with the last one's reason. */
export function firstAnswered(controls: readonly Control[]): EachRow {
  return async (sql, onRow) => {
    let failure: unknown = new Error("nobody to ask");
    for (const { each } of controls) {
      try {
        return await each(sql, onRow);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

/** Reads to ReadyForQuery. An error in between is thrown then, with its SQLSTATE and nothing else of it. */
function answerOf({ framer, stream }: UpstreamConnection, onRow: (row: Row) => void): Promise<void> {
  let rows = 0;
  let failed: string | null = null;
  return new Promise((resolve, reject) => {
    const done = (why: string | AskRefused | null): void => {
      stream.off("data", read);
      stream.off("close", gone);
      if (why === null) resolve();
      else reject(typeof why === "string" ? new Error(why) : why);
    };
    const gone = (): void => done("the server closed the control connection");
    const read = (chunk: Buffer): void => {
      framer.feed(chunk);
      for (let frame = framer.next(); frame !== null; frame = framer.next()) {
        const message = frame.kind === "Frame" ? decodeBackend(frame) : frame;
        if (isFault(message) || message.kind === "EncryptionAnswer" || rows > rowsMax) {
          stream.destroy();
          return done("the server's answer can't be read");
        }
        if (message.kind === "DataRow") {
          rows++;
          onRow(message.values.map((value) => value?.toString("utf8") ?? null));
        }
        if (message.kind === "ErrorResponse") failed = message.fields.sqlstate;
        if (message.kind === "ReadyForQuery") return done(failed === null ? null : new AskRefused(failed));
      }
    };
    stream.on("data", read);
    stream.on("close", gone);
    stream.resume();
  });
}
