import {
  type BackendMessage,
  dataRowType,
  decodeBackend,
  type Diagnostics,
  type Frame,
  isFault,
  type TransactionStatus,
} from "../../../../wire/index.ts";
import type { GatewayEvent } from "../../recording.ts";
import { type StatementRefusal, statementRefusal } from "../../plan.ts";
import { type Awaited, type AwaitedQueue, type Described, undescribed } from "../awaited.ts";
import { givenAway, unlinked } from "../../sql/index.ts";
import { notAsked } from "../client/refusals.ts";
import { stripCopyLine } from "./copy-lines.ts";
import type { Outbox } from "../outbox.ts";
import type { Run } from "../run.ts";
import type { SessionServices } from "../needs.ts";
import { type Mismatch, RowStripper, visibleColumns } from "./strip.ts";
import type { Transaction } from "../transaction.ts";

/** Why a session must end at once. `unexpected`: a message that nothing asked for (I2: the unknown is refused). */
export type Broken = "unexpected" | "undecodable" | "unwritable" | Mismatch;

export interface ServerSide {
  readonly awaited: AwaitedQueue;
  readonly outbox: Outbox;
  readonly transaction: Transaction;
  readonly services: Pick<SessionServices, "scrub" | "isAllowedParameter" | "clock" | "net">;
  /** Whoever the session stands for, for events that no statement is behind. */
  readonly reader: () => Run["identity"]["reader"];
  readonly mayHear: (channel: string) => boolean;
  /** `ends`: the number of the pipeline that ended; null: none of the client's. */
  readonly onReady: (status: TransactionStatus, ends: number | null) => void;
  /** A statement failed, and with it its transaction. */
  readonly onFailed: () => void;
  /** The server skips what follows; `synced`: the Sync that ends it has been sent already. */
  readonly onSkip: (synced: boolean) => void;
  /** The server said goodbye. */
  readonly onFatal: () => void;
}

const letter = (char: string): number => char.charCodeAt(0);
const copyDataType = letter("d");

/**
 * What the server sends, message by message, each held against what was asked. Anything that wasn't asked for, isn't known or isn't
 * as its statement's plan says ends the session: an unexplained row is never passed on.
 */
export class FromServer {
  readonly #side: ServerSide;
  readonly #stripper: RowStripper = new RowStripper();
  #copyHeader = false;

  constructor(side: ServerSide) {
    this.#side = side;
  }

  /** @returns null, or why the session must end. */
  take(frame: Frame<"backend">): Broken | null {
    if (frame.type === dataRowType) return this.#row(frame);
    if (frame.type === copyDataType) return this.#copyLine(frame);
    const message = decodeBackend(frame);
    if (isFault(message)) return "undecodable";
    const anytime = this.#anytime(message);
    return anytime === undefined ? this.#answer(message, frame) : anytime;
  }

  /** Whether rows of the statement now answered may still come. */
  get goesOn(): boolean {
    const head = this.#side.awaited.head;
    return head !== undefined && runOf(head) !== null;
  }

  #row(frame: Frame<"backend">): Broken | null {
    const head = this.#side.awaited.head;
    if (head === undefined) return "unexpected";
    if (head.kind === "ask") return this.#askedRow(frame, head);
    const run = runOf(head);
    if (run === null || rowless.has(run.plan.does.kind)) return "unexpected";
    const described = head.kind === "execute" || head.kind === "simple" ? head.described : null;
    // A simple query's rows have their description in front, always.
    if (described === null) return "unexpected";
    if (run.source.slots.length === 0) return this.#plainRow(frame, run);
    if (!described.verified) return "hidden_column";
    const to = this.#side.outbox.writer;
    const wrong = this.#stripper.strip(frame, described.columns, { run, to });
    this.#side.outbox.owes(run);
    return wrong;
  }

  /** A row that should hold no customer's data passes as it came, after a look by the second net. */
  #plainRow(frame: Frame<"backend">, run: Run): Broken | null {
    const net = this.#side.services.net();
    if (net !== null && net.size > 0) {
      const wrong = this.#stripper.look(frame, net, run);
      if (wrong !== null) return wrong;
      this.#side.outbox.owes(run);
    }
    this.#side.outbox.frame(frame);
    return null;
  }

  #askedRow(frame: Frame<"backend">, head: Extract<Awaited, { readonly kind: "ask" }>): Broken | null {
    const message = decodeBackend(frame);
    if (isFault(message) || message.kind !== "DataRow") return "undecodable";
    head.asked.rows.push(message.values.map((value) => value?.toString("utf8") ?? null));
    return null;
  }

  #copyLine(frame: Frame<"backend">): Broken | null {
    const head = this.#side.awaited.head;
    const run = head === undefined ? null : runOf(head);
    if (run === null || run.plan.does.kind !== "copy_out") return "unexpected";
    if (run.source.slots.length === 0) {
      this.#side.outbox.frame(frame);
      return null;
    }
    const data = frame.bytes.subarray(frame.lengthAt + 4, frame.end);
    const line = stripCopyLine(data, run.plan.does, run, this.#copyHeader);
    this.#copyHeader = false;
    if (typeof line === "string") return line;
    this.#side.outbox.owes(run);
    return this.#send({ from: "backend", kind: "CopyData", data: line });
  }

  /** Messages that come at any moment. Undefined: it is none of them. */
  #anytime(message: BackendMessage): Broken | null | undefined {
    const { outbox, services, mayHear } = this.#side;
    switch (message.kind) {
      case "ErrorResponse":
        return this.#error(message.fields);
      case "NoticeResponse":
        return this.#notice(message.fields);
      case "ParameterStatus":
        // What the gateway's own questions set for themselves, and take back, is nobody else's.
        if (this.#side.awaited.head?.shown === false) return null;
        return services.isAllowedParameter(message.name) && !outbox.message(message) ? "unwritable" : null;
      case "NotificationResponse":
        return mayHear(message.channel) && !outbox.message(message) ? "unwritable" : null;
      default:
        return undefined;
    }
  }

  #answer(message: BackendMessage, frame: Frame<"backend">): Broken | null {
    const head = this.#side.awaited.head;
    if (head === undefined) return "unexpected";
    switch (head.kind) {
      case "parse":
        return this.#expect(message, "ParseComplete", frame);
      case "bind":
        return this.#expect(message, "BindComplete", frame);
      case "close":
        return this.#expect(message, "CloseComplete", frame);
      case "sync":
        return message.kind === "ReadyForQuery" ? this.#ready(message.status) : "unexpected";
      case "describe":
        return this.#described(message, head);
      case "execute":
        return this.#executed(message, head);
      case "simple":
        return this.#simple(message, head);
      case "refused":
        // After the error in its place a simple query is ready; an extended one is skipped to its Sync.
        return head.simple && message.kind === "ReadyForQuery" ? this.#ready(message.status) : "unexpected";
      case "ask":
        return this.#asked(message, head);
      case "ask_step":
        return this.#expect(message, head.expects, frame);
      default:
        return head satisfies never;
    }
  }

  #expect(message: BackendMessage, kind: BackendMessage["kind"], frame: Frame<"backend">): Broken | null {
    if (message.kind !== kind) return "unexpected";
    if (this.#side.awaited.shift()?.shown === true) this.#side.outbox.frame(frame);
    return null;
  }

  #described(message: BackendMessage, head: Extract<Awaited, { readonly kind: "describe" }>): Broken | null {
    if (message.kind === "ParameterDescription") return head.shown ? this.#send(message) : null;
    this.#side.awaited.shift();
    // COPY and MOVE have none, and rows that came nevertheless would not be verified.
    if (message.kind === "NoData") return head.shown ? this.#send(message) : null;
    return this.#columns(message, head.described, head.shown);
  }

  #columns(message: BackendMessage, described: Described, shown: boolean): Broken | null {
    if (message.kind !== "RowDescription") return "unexpected";
    const columns = visibleColumns(message, described);
    if (typeof columns === "string") return columns;
    described.verified = true;
    described.columns = message.columns.length;
    return shown ? this.#send({ ...message, columns }) : null;
  }

  #executed(message: BackendMessage, head: Extract<Awaited, { readonly kind: "execute" }>): Broken | null {
    if (
      message.kind === "CommandComplete" ||
      message.kind === "PortalSuspended" ||
      message.kind === "EmptyQueryResponse"
    )
      this.#side.awaited.shift();
    return this.#ofRun(message, head.run);
  }

  #simple(message: BackendMessage, head: Extract<Awaited, { readonly kind: "simple" }>): Broken | null {
    if (message.kind === "ReadyForQuery") return this.#ready(message.status);
    const run = head.runs[head.at];
    if (head.failed || (run === undefined && message.kind !== "EmptyQueryResponse")) return "unexpected";
    if (message.kind === "RowDescription" && run !== undefined) {
      head.described = undescribed(run.source);
      return this.#columns(message, head.described, true);
    }
    if (run === undefined) return this.#send(message);
    if (message.kind === "CommandComplete" || message.kind === "EmptyQueryResponse") {
      head.at++;
      head.described = null;
    }
    return this.#ofRun(message, run);
  }

  #ofRun(message: BackendMessage, run: Run): Broken | null {
    const hidden = run.source.slots.length;
    if (run.protected) this.#side.transaction.touched();
    switch (message.kind) {
      case "CommandComplete":
      case "PortalSuspended":
      case "EmptyQueryResponse":
        this.#side.outbox.ends(run);
        return this.#send(message);
      case "CopyDone":
        return this.#send(message);
      case "CopyInResponse":
        return this.#copyIn(message, run);
      case "CopyOutResponse": {
        if (run.plan.does.kind !== "copy_out") return "unexpected";
        this.#copyHeader = run.plan.does.header;
        return this.#send({ ...message, columnFormats: message.columnFormats.slice(hidden) });
      }
      default:
        return "unexpected";
    }
  }

  #copyIn(message: BackendMessage, run: Run): Broken | null {
    const { awaited } = this.#side;
    const { head } = awaited;
    if (run.plan.does.kind !== "copy_in" || (head?.kind !== "execute" && head?.kind !== "simple"))
      return "unexpected";
    awaited.copies(head.copies);
    return this.#send(message);
  }

  #asked(message: BackendMessage, head: Extract<Awaited, { readonly kind: "ask" }>): Broken | null {
    if (message.kind !== "CommandComplete") return "unexpected";
    this.#side.awaited.shift();
    head.asked.done(head.asked.rows);
    return null;
  }

  #ready(status: TransactionStatus): Broken | null {
    const head = this.#side.awaited.shift();
    this.#side.transaction.ready(status);
    if (
      head?.shown === true &&
      !this.#side.outbox.message({ from: "backend", kind: "ReadyForQuery", status })
    )
      return "unwritable";
    this.#side.onReady(status, head?.ends ?? null);
    return null;
  }

  #error(fields: Diagnostics): Broken | null {
    const { awaited, outbox, services, transaction } = this.#side;
    const head = awaited.head;
    const run = head === undefined ? null : runOf(head);
    if (run !== null) outbox.ends(run);
    const fatal = fields.severityCode === "FATAL" || fields.severityCode === "PANIC";
    if (fatal) {
      const wrong = this.#scrubbed(fields, "ErrorResponse");
      this.#side.onFatal();
      return wrong;
    }
    transaction.failed();
    this.#side.onFailed();
    if (head === undefined) return "unexpected";
    if (head.kind === "ask" || head.kind === "ask_step") return this.#askFailed(fields);
    if (head.kind === "refused") {
      const { identity, note, refusal } = head.refused;
      outbox.event(refusalEvent(refusal, identity.reader, note, services.clock()));
      const said: BackendMessage = { from: "backend", kind: "ErrorResponse", fields };
      // Whatever is said in a failed transaction, the server hears nothing but its end.
      if (!outbox.message(fields.sqlstate === inFailed ? said : refusalMessage(refusal))) return "unwritable";
      if (head.simple) return null;
    } else {
      const wrong = this.#scrubbed(fields, "ErrorResponse");
      if (wrong !== null) return wrong;
    }
    if (head.kind === "simple") {
      head.failed = true;
      head.fails();
    } else if (head.kind !== "sync") this.#skip(awaited.skipToSync(null));
    return null;
  }

  /** A Sync of the gateway's own ends what the server skips, and not what the client's next Sync does. */
  #skip(synced: boolean): void {
    this.#side.onSkip(synced && this.#side.awaited.head?.shown === true);
  }

  /** What the client waits with fails instead of the question; within its pipeline the server has failed already. */
  #askFailed(fields: Diagnostics): Broken | null {
    const { awaited, onSkip } = this.#side;
    const synced = awaited.skipToSync(notAsked(fields.sqlstate));
    if (synced && awaited.head?.shown === false) return null;
    onSkip(synced);
    return this.#scrubbed(fields, "ErrorResponse");
  }

  #notice(fields: Diagnostics): Broken | null {
    const head = this.#side.awaited.head;
    return head !== undefined && !head.shown && head.kind !== "execute"
      ? null
      : this.#scrubbed(fields, "NoticeResponse");
  }

  /** Sends an error or notice, without its texts where a protected statement may have put values into them. */
  #scrubbed(fields: Diagnostics, kind: "ErrorResponse" | "NoticeResponse"): Broken | null {
    const { awaited, outbox, services, transaction } = this.#side;
    const { head } = awaited;
    const run = head === undefined ? null : runOf(head);
    const plan = head?.kind === "parse" || head?.kind === "bind" ? head.plan : null;
    const refused = fields.sqlstate === invalidText ? foundOut(fields.message) : null;
    if (refused !== null) {
      const reader = run?.identity.reader ?? this.#side.reader();
      outbox.event(refusalEvent(refused, reader, run?.note ?? null, services.clock()));
      return this.#send(refusalMessage(refused));
    }
    const guarded = transaction.protected || run?.protected === true || plan?.protected === true;
    if (!guarded) return this.#send({ from: "backend", kind, fields: positioned(fields, run) });
    const { fields: safe, withheld } = services.scrub(fields, run?.source.names ?? plan?.names ?? new Set());
    if (withheld)
      outbox.event({
        kind: "scrubbed",
        time: services.clock(),
        reader: run?.identity.reader ?? this.#side.reader(),
        severity: safe.severity,
        code: safe.sqlstate,
        original: [fields.message, fields.detail, fields.hint, fields.where].filter(Boolean).join("\n"),
        statement: run?.note ?? null,
      });
    return this.#send({ from: "backend", kind, fields: safe });
  }

  #send(message: BackendMessage): Broken | null {
    return this.#side.outbox.message(message) ? null : "unwritable";
  }
}

/** A position in a text that the client didn't write would point anywhere. */
function positioned(fields: Diagnostics, run: Run | null): Diagnostics {
  if (run === null || run.verbatim) return fields;
  const { position: _, ...rest } = fields;
  return rest;
}

/** The statement whose rows may come now. */
function runOf(head: Awaited): Run | null {
  if (head.kind === "execute") return head.run;
  return head.kind === "simple" && !head.failed ? (head.runs[head.at] ?? null) : null;
}

/** SQLSTATE invalid_text_representation. */
const invalidText = "22P02";

/** Found out as the statement ran, by an error that its rewritten form makes for that. */
const keyChanged: StatementRefusal = statementRefusal({
  code: "42501",
  message: givenAway,
  hint: "Leave out the column that says whose the row is; ask whoever runs the database to merge customers.",
  rule: "key",
});

const linkDropped: StatementRefusal = statementRefusal({
  code: "42501",
  message: unlinked,
  hint: "Name the rows that may go, or ask whoever runs the database.",
  rule: "key",
});

function foundOut(message: string): StatementRefusal | null {
  if (message.includes(givenAway)) return keyChanged;
  return message.includes(unlinked) ? linkDropped : null;
}

/** SQLSTATE in_failed_sql_transaction. */
const inFailed = "25P02";

/** Statements that never have rows. */
const rowless: ReadonlySet<string> = new Set(
  "copy_in copy_out declare close_cursor prepare deallocate begin end savepoint discard ddl".split(" "),
);

export function refusalMessage(refusal: StatementRefusal): BackendMessage {
  const hint = refusal.hint === "" ? {} : { hint: refusal.hint };
  const position = refusal.position === undefined ? {} : { position: String(refusal.position) };
  return {
    from: "backend",
    kind: "ErrorResponse",
    fields: {
      severity: "ERROR",
      severityCode: "ERROR",
      sqlstate: refusal.code,
      message: refusal.message,
      ...hint,
      ...position,
      unknown: [],
    },
  };
}

function refusalEvent(
  refusal: StatementRefusal,
  reader: Run["identity"]["reader"],
  statement: Run["note"] | null,
  time: number,
): GatewayEvent {
  return { kind: "refusal", time, reader, code: refusal.code, rule: refusal.rule, statement };
}
