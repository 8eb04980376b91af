import type { Socket } from "node:net";
import type { Refusal } from "../../../base/index.ts";
import {
  type BackendFramer,
  encodeBackend,
  encodeFrontend,
  type FrontendFramer,
  isFault,
  type TransactionStatus,
  Writer,
} from "../../../wire/index.ts";
import { type StatementRefusal, statementRefusal } from "../plan.ts";
import { type GatewayEvent, isShownRefusal } from "../recording.ts";
import { awaitedMax, AwaitedQueue } from "./awaited.ts";
import { type Ask, type Place, SessionContext } from "./context.ts";
import { FromClient } from "./client/from-client.ts";
import { type Broken, FromServer, refusalMessage } from "./server/from-server.ts";
import { Identities, type Identity } from "./identity.ts";
import { Outbox } from "./outbox.ts";
import { Gate, heldBytesMax } from "./release.ts";
import type { Run } from "./run.ts";
import type { SessionServices } from "./needs.ts";
import { Transaction } from "./transaction.ts";

/** Tells whoever may cancel when there is something to cancel, and waits for a cancel that is under way. */
export interface Cancelling {
  readonly settled: Promise<void> | null;
  started(): void;
  finished(): void;
  cancel(): Promise<void>;
}

/** Both ends of a session, logged in; what was read beyond the login is in the framers. */
export interface Ends {
  readonly client: { readonly socket: Socket; readonly framer: FrontendFramer };
  readonly server: { readonly socket: Socket; readonly framer: BackendFramer };
  readonly cancelling: Cancelling;
}

/** Why a session ended, in closed words. */
export type Ending =
  | "terminated"
  | "client_gone"
  | "server_gone"
  | "broken"
  | "refused"
  | "suspended"
  | "drained";

/** One client and its connection to the server. */
export class Session {
  readonly identities: Identities;
  readonly transaction: Transaction = new Transaction();
  /** Resolves when both ends are closed. */
  readonly ended: Promise<Ending>;
  readonly #ends: Ends;
  readonly #services: SessionServices;
  readonly #awaited: AwaitedQueue = new AwaitedQueue();
  readonly #toServer: Writer = new Writer();
  readonly #gate: Gate;
  readonly #outbox: Outbox;
  readonly #fromClient: FromClient;
  readonly #fromServer: FromServer;
  readonly #context: SessionContext;
  #clientBusy = false;
  #chunksWaiting = 0;
  #serverBusy = false;
  #running = false;
  #ending: Ending | null = null;
  #resolveEnded: (ending: Ending) => void = () => undefined;
  #draining = false;
  #cut = false;

  constructor(ends: Ends, login: Identity, services: SessionServices) {
    this.#ends = ends;
    this.#services = services;
    this.identities = new Identities(login);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#gate = new Gate(
      services.record,
      (bytes) => written(ends.client.socket, bytes),
      (why) => this.#unrecorded(why),
    );
    this.#outbox = new Outbox(this.#gate, services.clock, (run, event) => this.#mayShow(run, event));
    this.#context = new SessionContext(services, this.#ask, {
      place: () => this.#place(),
      quiet: () => this.#quiet(),
      identities: this.identities,
    });
    const { identities, transaction } = this;
    const [awaited, outbox, context, toServer] = [this.#awaited, this.#outbox, this.#context, this.#toServer];
    this.#fromClient = new FromClient({
      awaited,
      outbox,
      toServer,
      identities,
      context,
      services,
      onTerminate: () => this.end("terminated"),
    });
    this.#fromServer = new FromServer({
      awaited,
      outbox,
      transaction,
      services,
      reader: () => identities.current.reader,
      mayHear: (channel) => identities.current.role().channels.has(channel),
      onReady: (status, ended) => this.#ready(status, ended),
      onFailed: () => context.transactionMayEnd(),
      onSkip: (synced) => this.#fromClient.skip(synced),
      onFatal: () => this.end("server_gone"),
    });
  }

  /** Begins to pass messages; what came behind the logins first. */
  start(): void {
    const { client, server } = this.#ends;
    // Whoever left before this is heard nothing of any more.
    if (client.socket.destroyed) return this.end("client_gone");
    if (server.socket.destroyed) return this.#lost();
    client.socket.on("data", (chunk: Buffer) => this.#guarded(() => this.#feedClient(chunk)));
    server.socket.on("data", (chunk: Buffer) => this.#guarded(() => this.#feedServer(chunk)));
    for (const event of ["error", "end", "close"]) {
      client.socket.on(event, () => this.end("client_gone"));
      server.socket.on(event, () => this.#lost());
    }
    server.socket.resume();
    client.socket.resume();
    this.#pumpServer();
    this.#pumpClient();
  }

  /** Everyone whom it stands for, or may come to, or runs a statement for. */
  get identitiesNow(): readonly Identity[] {
    return [...this.identities.all, ...this.#awaited.runs.map(({ identity }) => identity)];
  }

  get isIdle(): boolean {
    return this.#awaited.length === 0 && this.transaction.status === "idle" && !this.#clientBusy;
  }

  /** Ends when nothing runs any more. */
  drain(): void {
    this.#draining = true;
    if (this.isIdle)
      this.#goodbye("57P01", "terminating connection: the gateway is shutting down", "drained");
  }

  /** Ends now: nothing more passes, what is in flight is cut. */
  cut(ending: Ending): void {
    this.#cut = true;
    this.#gate.shut();
    this.#outbox.drop();
    this.#ends.client.socket.destroy();
    this.end(ending);
  }

  end(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    this.#awaited.abandon();
    const { cancelling, client, server } = this.#ends;
    // The server by itself would notice only when it next writes.
    const cancelled = cancelling.cancel();
    encodeFrontend({ from: "frontend", kind: "Terminate" }, this.#toServer);
    server.socket.end(this.#toServer.take());
    this.#outbox.flush(false);
    void this.#farewell(cancelled, ending);
    // A peer that doesn't close its half is not waited for.
    setTimeout(() => {
      client.socket.destroy();
      server.socket.destroy();
    }, closingMillisMax).unref();
  }

  async #farewell(cancelled: Promise<void>, ending: Ending): Promise<void> {
    if (!this.#cut) await this.#gate.settled();
    this.#ends.client.socket.end();
    await cancelled;
    this.#resolveEnded(ending);
  }

  /** A defect ends the session it happens in, and no other: nothing of it is shown. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#services.onTrouble(`a session was cut: ${why}`);
      this.cut("broken");
    }
  }

  #feedClient(chunk: Buffer): void {
    if (this.#ending !== null) return;
    const { framer, socket } = this.#ends.client;
    if (framer.feed(chunk) !== null) return this.#violated();
    const much =
      this.#clientBusy && (++this.#chunksWaiting >= chunksWaitingMax || framer.unread >= waitingBytesMax);
    if (much) socket.pause();
    this.#pumpClient();
  }

  #pumpClient(): void {
    const { client } = this.#ends;
    while (!this.#clientBusy && this.#ending === null) {
      const frame = client.framer.next();
      if (frame === null) break;
      if (isFault(frame)) return this.#violated();
      const done = this.#fromClient.take(frame);
      if (done === "protocol_violation") return this.#violated();
      if (done !== null) this.#clientWaits(done);
      else {
        const full = this.#awaited.atMost(awaitedMax);
        if (full !== null) this.#clientWaits(full);
      }
    }
    if (this.#ending !== null) return;
    const room = this.#sendToServer();
    if (room !== null && !this.#clientBusy) this.#clientWaits(room);
  }

  async #sendAfter(cancelled: Promise<void>): Promise<void> {
    await cancelled;
    if (this.#ending === null) await this.#sendToServer();
  }

  /** A statement waits for a cancel of the one before it, which might hit it. Null: there is room for more. */
  #sendToServer(): Promise<void> | null {
    if (this.#toServer.length === 0) return null;
    const { cancelling, server } = this.#ends;
    if (!this.#running && cancelling.settled !== null) return this.#sendAfter(cancelling.settled);
    if (!this.#running && this.#awaited.length > 0) {
      this.#running = true;
      cancelling.started();
    }
    return written(server.socket, this.#toServer.take());
  }

  /** Its socket is read on for a while: one that isn't read doesn't tell that the client is gone, and the server may never answer. */
  #clientWaits(done: Promise<unknown>): void {
    this.#clientBusy = true;
    this.#chunksWaiting = 0;
    const goOn = (): void => {
      this.#clientBusy = false;
      if (this.#ending !== null) return;
      this.#ends.client.socket.resume();
      this.#guarded(() => this.#pumpClient());
    };
    done.then(goOn, (error: unknown) => {
      // A defect, or a server that can't be asked: this session ends, and the others go on.
      const why = error instanceof Error ? error.message : String(error);
      this.#services.onTrouble(`a session was ended: ${why}`);
      this.#goodbye("08006", "whosaw: what the statement's names mean could not be found out", "broken");
    });
  }

  #feedServer(chunk: Buffer): void {
    if (this.#ending !== null) return;
    if (this.#ends.server.framer.feed(chunk) !== null) return this.#broken("undecodable");
    this.#pumpServer();
  }

  #pumpServer(): void {
    const { framer } = this.#ends.server;
    while (!this.#serverBusy && this.#ending === null) {
      const frame = framer.next();
      if (frame === null) break;
      if (frame.kind !== "Frame") return this.#broken("undecodable");
      const broken = this.#fromServer.take(frame);
      if (broken !== null) return this.#broken(broken);
      if (this.#outbox.writer.length > heldBytesMax) this.#outbox.flush(true);
    }
    if (this.#running && this.#awaited.length === 0) {
      this.#running = false;
      this.#ends.cancelling.finished();
    }
    this.#outbox.flush(this.#fromServer.goesOn);
    const waiting = this.#gate.settled();
    if (waiting !== null && this.#gate.heldBytes > heldBytesMax) void this.#serverWaits(waiting);
    if (this.#toServer.length > 0) this.#pumpClient();
  }

  /** The client is slow, or the record is: the server waits with it. */
  async #serverWaits(done: Promise<void>): Promise<void> {
    const { socket } = this.#ends.server;
    this.#serverBusy = true;
    socket.pause();
    await done;
    this.#serverBusy = false;
    if (this.#ending !== null) return;
    socket.resume();
    this.#guarded(() => this.#pumpServer());
  }

  #ready(status: TransactionStatus, pipeline: number | null): void {
    if (this.#awaited.length === 0 && status === "idle") this.#fromClient.idle();
    if (this.#awaited.length === 0 && !this.#fromClient.pipeline.isOpen) this.#context.quiet();
    if (status !== "idle") return;
    this.#context.transactionEnded(this.#awaited.length === 0);
    if (pipeline !== null) this.#fromClient.transactionEnded(pipeline);
    if (this.#draining && this.isIdle) setImmediate(() => this.drain());
  }

  #place(): Place {
    if (this.transaction.status === "failed" && !this.#context.endUnderWay) return "failed";
    if (this.#fromClient.pipeline.isOpen || this.#awaited.length > 0) return "pipeline";
    return this.transaction.status === "idle" ? "idle" : "transaction";
  }

  /** Within a pipeline that can't be ended a question goes where it stands; else it waits until it is known where that is. */
  async #quiet(): Promise<"quiet" | "skipping"> {
    // A simple query that failed has ended a pipeline's transaction too.
    await this.#awaited.endsAnswered();
    const from = this.#fromClient;
    if (!from.isSkipping && (!from.pipeline.isOpen || from.closePipeline())) {
      void this.#sendToServer();
      await this.#awaited.atMost(0);
    }
    return from.isSkipping ? "skipping" : "quiet";
  }

  readonly #ask: Ask = (sql) => {
    const name = "whosaw_ask";
    if (this.#ending !== null) return Promise.resolve(null);
    const alone = this.#place() !== "pipeline";
    const to = this.#toServer;
    // One that failed has left both behind, the portal until its transaction ends.
    encodeFrontend({ from: "frontend", kind: "Close", target: "portal", name }, to);
    encodeFrontend({ from: "frontend", kind: "Close", target: "statement", name }, to);
    encodeFrontend({ from: "frontend", kind: "Parse", statement: name, sql, parameterTypes: [] }, to);
    const values = { parameterFormats: [], parameters: [], resultFormats: [] };
    encodeFrontend({ from: "frontend", kind: "Bind", portal: name, statement: name, ...values }, to);
    encodeFrontend({ from: "frontend", kind: "Execute", portal: name, rowsMax: 0 }, to);
    encodeFrontend({ from: "frontend", kind: "Close", target: "portal", name }, to);
    encodeFrontend({ from: "frontend", kind: "Close", target: "statement", name }, to);
    // By itself it must not leave a transaction open that nobody began; within a pipeline it must not end the client's.
    encodeFrontend({ from: "frontend", kind: alone ? "Sync" : "Flush" }, to);
    return new Promise((done) => {
      const step = (expects: "ParseComplete" | "BindComplete" | "CloseComplete"): void =>
        this.#awaited.push({ kind: "ask_step", shown: false, expects });
      step("CloseComplete");
      step("CloseComplete");
      step("ParseComplete");
      step("BindComplete");
      this.#awaited.push({ kind: "ask", shown: false, asked: { rows: [], done } });
      step("CloseComplete");
      step("CloseComplete");
      if (alone) this.#awaited.push({ kind: "sync", shown: false, copies: -1 });
      void this.#sendToServer();
    });
  };

  #mayShow(run: Run, event: GatewayEvent & { readonly kind: "sighting" }): boolean {
    const refusal = this.#services.mayShow(
      run.identity,
      { seen: event.seen, rows: event.rows, released: run.released - event.rows },
      event.time,
    );
    if (refusal === null) return true;
    const { reader } = run.identity;
    const { code, rule } = refusal;
    const refused: GatewayEvent = {
      kind: "refusal",
      time: event.time,
      reader,
      code,
      rule,
      statement: run.note,
    };
    this.#gate.release([refused], lastWords(refusal));
    setImmediate(() => this.end("refused"));
    return false;
  }

  /** I1: what can't be recorded doesn't leave, and neither does anything after it. */
  #unrecorded(why: Refusal): void {
    const shown = isShownRefusal(why)
      ? why.shown
      : statementRefusal({
          code: "58030",
          message: `whosaw: nothing can be recorded, so nothing is shown: ${why.what}`,
          hint: why.todo,
          rule: "unrecorded",
        });
    void written(this.#ends.client.socket, lastWords(shown));
    this.end("refused");
  }

  #broken(why: Broken): void {
    this.#outbox.drop();
    this.#goodbye(
      "08P01",
      `whosaw: the server's answer is not what was asked for (${why}); nothing of it is shown`,
      "broken",
    );
  }

  #lost(): void {
    if (this.#ending === null)
      this.#goodbye("08006", "whosaw: the server closed the connection", "server_gone");
  }

  #violated(): void {
    this.#goodbye("08P01", "whosaw: the client's message is malformed or may not come now", "broken");
  }

  #goodbye(code: string, message: string, ending: Ending): void {
    this.#outbox.message({
      from: "backend",
      kind: "ErrorResponse",
      fields: { severity: "FATAL", severityCode: "FATAL", sqlstate: code, message, unknown: [] },
    });
    this.end(ending);
  }
}

/** Chunks of a client, and bytes, that are read while it waits for the server: our choice, far below what the framer takes. */
const chunksWaitingMax = 200;
const waitingBytesMax: number = 256 * 1024;

/** Milliseconds that a closed session waits for its peers to close too: our choice. */
const closingMillisMax = 2000;

/** Writes; resolves when the socket has room again. Null: it has room now. */
function written(socket: Socket, bytes: Buffer): Promise<void> | null {
  if (bytes.length === 0 || socket.destroyed || socket.write(bytes)) return null;
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.once("drain", done);
    socket.once("close", done);
  });
}

/** The session ends with it. */
function lastWords(why: StatementRefusal): Buffer {
  const to = new Writer();
  const message = refusalMessage(why);
  if (message.kind === "ErrorResponse")
    encodeBackend(
      { ...message, fields: { ...message.fields, severity: "FATAL", severityCode: "FATAL" } },
      to,
    );
  return to.take();
}
