import { actorTokenSetting } from "../../admit/index.ts";
import {
  decodeFrontend,
  encodeFrontend,
  type Frame,
  type FrontendMessage,
  isFault,
  type SessionMessage,
} from "../../../../wire/index.ts";
import { isStatementRefusal, type StatementPlan, type StatementRefusal } from "../../plan.ts";
import type { StatementNote } from "../../recording.ts";
import { type Awaited, undescribed, willBeDescribed } from "../awaited.ts";
import { all, type Change, noChange } from "../change.ts";
import type { Identity } from "../identity.ts";
import { contextKey, sameRights } from "../planner.ts";
import { cutNames } from "./cut-names.ts";
import { namesMax, type Prepared } from "./names.ts";
import {
  boundUnderOther,
  declaredUnderOther,
  expiredIdentity,
  failingFor,
  fastPath,
  notFound,
  outliveTokens,
  preparedUnderOther,
  refusedName,
  severalStatements,
  tooManyNames,
  unfitBatch,
} from "./refusals.ts";
import { markOf } from "../marks.ts";
import { Pipeline } from "./pipeline.ts";
import { type Later, Planning } from "./planning.ts";
import { isBoundLate, isIndirect, SessionNames, shapeless } from "./session-names.ts";
import { type ClientFault, type ClientSide, decides, type Spoken } from "./side.ts";
import { emptyPlan, Run, sentFor, type Source } from "../run.ts";
import type { PlannedStatement } from "../needs.ts";

/** What the client sends, message by message: judged, planned, noted, and sent on in the plan's form. */
export class FromClient {
  readonly #side: ClientSide;
  readonly pipeline: Pipeline = new Pipeline();
  readonly #names: SessionNames = new SessionNames(() => this.pipeline.number);
  readonly #planning: Planning;
  /** The server skips what comes before the next Sync. */
  isSkipping = false;
  /** COPYs that the client has ended. */
  #copies = 0;

  constructor(side: ClientSide) {
    this.#side = side;
    this.#planning = new Planning(side, () => this.isSkipping);
  }

  /** @returns null when done, a promise when the server must be asked first; of a fault, if the session must end. */
  take(frame: Frame<"frontend">): ClientFault | Later {
    const decoded = decodeFrontend(frame);
    if (isFault(decoded)) return "protocol_violation";
    const message = cutNames(decoded);
    // As the server does after an error: everything up to the Sync is as if it had not been sent.
    if (this.isSkipping && message.kind !== "Sync" && message.kind !== "Terminate") return null;
    const { awaited, identities } = this.#side;
    // An earlier pipeline may have failed to do what this hangs on; within its own one it is skipped with that.
    const unsure = this.#names.areUnsureFor(message) || identities.isUnsure(this.pipeline.number);
    const known = unsure && decides.has(message.kind) ? awaited.endsAnswered() : null;
    if (known === null) return this.#judged(message, frame);
    return known.then(() => (this.isSkipping ? null : this.#judged(message, frame)));
  }

  #judged(message: SessionMessage, frame: Frame<"frontend">): Later {
    this.pipeline.isMet(message.kind === "Query");
    switch (message.kind) {
      case "Query":
        return this.#planning.named(message.sql, (identity) => this.#query(message.sql, identity));
      case "Parse":
        return this.#planning.named(message.sql, (identity) => this.#parse(message, identity));
      case "Bind":
        return this.#onceKnown(() => this.#bind(message));
      default:
        return this.#other(message, frame);
    }
  }

  /**
   * Ends the pipeline on the server's side, so that questions of the gateway's own run by themselves and leave no trace in it.
   * @returns false if that could be noticed.
   */
  closePipeline(): boolean {
    if (this.pipeline.noticesSync) return false;
    this.pipeline.closes();
    encodeFrontend({ from: "frontend", kind: "Sync" }, this.#side.toServer);
    this.#await({ kind: "sync", shown: false, copies: this.#copies });
    return true;
  }

  /** The server has answered everything, and no transaction is open. */
  idle(): void {
    this.pipeline.closes();
  }

  /** The server failed; what comes before the next Sync is dropped unless that Sync is under way. */
  skip(synced: boolean): void {
    this.isSkipping = !synced;
  }

  /** Portals end with their transaction; cursors WITH HOLD don't, nor what was made behind that pipeline's end. */
  transactionEnded(pipeline: number): void {
    this.#names.portals.keepOnly((portal) => portal.hold || portal.pipeline >= pipeline);
  }

  #query(text: string, identity: Identity | StatementRefusal): Later {
    if (isStatementRefusal(identity)) return this.#refuseQuery(text, identity);
    return this.#planning.planned(text, identity, (planned) =>
      isStatementRefusal(planned)
        ? this.#refuseQuery(text, planned)
        : this.#queryPlanned(text, identity, planned),
    );
  }

  #queryPlanned(text: string, identity: Identity, planned: readonly PlannedStatement[]): Later {
    const unfit = unfitBatch(planned, this.#side.context.isUnsettled);
    if (unfit !== null) return this.#refuseQuery(text, unfit);
    const runs: Run[] = [];
    const changes: Change[] = [];
    for (const { plan, note } of planned) {
      const source = this.#source(plan, identity);
      if (isStatementRefusal(source)) {
        all(changes).undo();
        return this.#refuseQuery(text, source);
      }
      const run = new Run(plan, source, identity, note);
      changes.push(this.#effects(run));
      runs.push(run);
    }
    return this.#speakingFor(planned.at(-1)?.plan, (spoken) => {
      if (spoken !== "skipped" && !isStatementRefusal(spoken))
        return this.#sendQuery(sentFor(text, runs), runs, [...changes, spoken]);
      all(changes).undo();
      return spoken === "skipped" ? null : this.#refuseQuery(text, spoken);
    });
  }

  #sendQuery(sql: string, runs: readonly Run[], changes: readonly Change[]): null {
    for (const run of runs) this.#probes(run);
    this.#send({ from: "frontend", kind: "Query", sql });
    const unnamed = this.#names.statements.remove("");
    const query: Extract<Awaited, { readonly kind: "simple" }> = {
      kind: "simple",
      shown: true,
      ends: this.pipeline.number,
      copies: this.#copies,
      runs,
      at: 0,
      failed: false,
      described: null,
      // What the text had done when it failed stays done: neither PREPARE nor DEALLOCATE is taken back by a rollback.
      fails: () => all(changes.slice(query.at)).undo(),
      change: all([...changes, unnamed]),
    };
    this.#await(query);
    return null;
  }

  /** Where a statement names another actor, the token is checked before anything else is read from the client. */
  #speakingFor(plan: StatementPlan | undefined, act: (spoken: Spoken) => null): Later {
    if (plan?.does.kind === "set" && plan.does.name === "all") return act(this.#naming(null, null));
    if (plan?.does.kind !== "set" || plan.does.name !== actorTokenSetting) return act(noChange);
    const { value } = plan.does;
    if (value === null) return act(this.#naming(null, null));
    if (this.#side.identities.size >= namesMax) return act(tooManyNames);
    return this.#side.services.identify(value, null).then((identity) => {
      if (this.isSkipping) return act("skipped");
      return act(isStatementRefusal(identity) ? identity : this.#naming(identity, value));
    });
  }

  #naming(identity: Identity | null, token: string | null): Change {
    return this.#side.identities.set({ identity, mark: markOf(token) }, this.pipeline.number);
  }

  #refuseQuery(text: string, refusal: StatementRefusal): null {
    const change = this.#names.statements.remove("");
    return this.#refuseSimply(refusal, { normalized: "", original: text }, change);
  }

  #refuseSimply(refusal: StatementRefusal, note: StatementNote | null, change: Change): null {
    this.#send({ from: "frontend", kind: "Query", sql: failingFor(refusal) });
    const refused = { refusal, identity: this.#side.identities.current, note };
    this.#await({ kind: "refused", shown: true, ends: this.pipeline.number, simple: true, change, refused });
    return null;
  }

  /** In the extended protocol, in place of any message but Parse: it fails as a name does that isn't there, and does nothing else. */
  #refuse(refusal: StatementRefusal, note: StatementNote | null): null {
    this.#send({ from: "frontend", kind: "Describe", target: "portal", name: refusedName });
    return this.#awaitRefused(refusal, note);
  }

  /** In place of Parse, which forgets the unnamed statement even where it fails. */
  #refuseParse(name: string, refusal: StatementRefusal, note: StatementNote): null {
    const statement = name === "" ? "" : refusedName;
    const sql = failingFor(refusal);
    this.#send({ from: "frontend", kind: "Parse", statement, sql, parameterTypes: [] });
    return this.#awaitRefused(
      refusal,
      note,
      name === "" ? this.#names.statements.replaceUnnamed(undefined) : noChange,
    );
  }

  #awaitRefused(refusal: StatementRefusal, note: StatementNote | null, change: Change = noChange): null {
    const refused = { refusal, identity: this.#side.identities.current, note };
    this.#await({ kind: "refused", shown: true, simple: false, change, refused });
    return null;
  }

  #parse(
    message: Extract<SessionMessage, { readonly kind: "Parse" }>,
    identity: Identity | StatementRefusal,
  ): Later {
    const unplanned: StatementNote = { normalized: "", original: message.sql };
    if (isStatementRefusal(identity)) return this.#refuseParse(message.statement, identity, unplanned);
    return this.#planning.planned(message.sql, identity, (planned) =>
      isStatementRefusal(planned)
        ? this.#refuseParse(message.statement, planned, unplanned)
        : this.#parsePlanned(message, identity, planned),
    );
  }

  #parsePlanned(
    message: Extract<SessionMessage, { readonly kind: "Parse" }>,
    identity: Identity,
    planned: readonly PlannedStatement[],
  ): null {
    const { sql: text, statement: name, parameterTypes: types } = message;
    const unplanned: StatementNote = { normalized: "", original: text };
    if (planned.length > 1) return this.#refuseParse(name, severalStatements, unplanned);
    if (this.#names.statements.size >= namesMax) return this.#refuseParse(name, tooManyNames, unplanned);
    const [one] = planned;
    const prepared: Prepared = {
      text,
      types,
      plan: one?.plan ?? null,
      note: one?.note ?? unplanned,
      described: undescribed(one === undefined ? shapeless : this.#names.shapeOf(one.plan)),
      key: this.#key(identity),
      named: identity === this.#side.identities.current ? null : identity,
      bySql: false,
    };
    this.#prepare(name, prepared, true);
    return null;
  }

  #prepare(name: string, prepared: Prepared, shown: boolean): void {
    const { plan, text, types, described } = prepared;
    this.#send({
      from: "frontend",
      kind: "Parse",
      statement: name,
      sql: plan === null || plan.sql === prepared.note.original ? text : plan.sql,
      parameterTypes: types,
    });
    this.#await({ kind: "parse", shown, plan, change: this.#names.parses(name, prepared) });
    // Rows may come without the client's ever asking for a description; the gateway must know where its columns stand.
    if (plan?.does.kind === "rows" && described.slots.length > 0)
      this.#describe("statement", name, prepared.described);
  }

  #describe(target: "statement" | "portal", name: string, described: Prepared["described"]): void {
    described.asked = this.pipeline.number;
    this.#send({ from: "frontend", kind: "Describe", target, name });
    this.#await({ kind: "describe", shown: false, described });
  }

  /** Acts when it is known what names mean by now. */
  #onceKnown(act: () => Later): Later {
    if (!this.#side.context.isDue) return act();
    return this.#planning.later(null, (known) =>
      isStatementRefusal(known) ? this.#refuse(known, null) : act(),
    );
  }

  #bind(message: Extract<SessionMessage, { readonly kind: "Bind" }>): null {
    const found = this.#names.statements.get(message.statement);
    if (found === undefined)
      return this.#refuse(notFound({ target: "statement", name: message.statement }), null);
    const prepared = this.#current(message.statement, found);
    if ("kind" in prepared) return this.#refuse(prepared, found.note);
    if (this.#names.portals.size >= namesMax) return this.#refuse(tooManyNames, found.note);
    const { described, named, note, plan } = prepared;
    const { resultFormats } = message;
    const hidden = described.slots.length;
    // One format stands for all columns; more than one must also be said of the hidden ones.
    const formats =
      resultFormats.length > 1 && hidden > 0
        ? [...resultFormats, ...described.slots.map(() => "text" as const)]
        : resultFormats;
    this.#send({ ...message, resultFormats: formats });
    const change = this.#names.portals.put(message.portal, {
      plan,
      note,
      described,
      named,
      key: prepared.key,
      hold: false,
      pipeline: this.pipeline.number,
    });
    this.#await({ kind: "bind", shown: true, plan, change });
    this.pipeline.binds(message.portal);
    return null;
  }

  /** The statement as it must be run now: planned again if catalog or rights are others than when it was prepared. */
  #current(name: string, prepared: Prepared): Prepared | StatementRefusal {
    const identity = prepared.named ?? this.#side.identities.current;
    const key = this.#key(identity);
    if (prepared.key === key) return prepared;
    if (prepared.bySql) return preparedUnderOther;
    const planned = this.#planning.plan(prepared.text, identity);
    if (isStatementRefusal(planned)) return planned;
    const [one] = planned;
    if (one === undefined) return { ...prepared, key };
    if (one.plan.sql === prepared.plan?.sql && one.plan.slots === prepared.plan.slots) {
      const same = { ...prepared, plan: one.plan, note: one.note, key };
      this.#names.statements.replace(name, same);
      return same;
    }
    const again = {
      ...prepared,
      plan: one.plan,
      note: one.note,
      key,
      described: undescribed(this.#names.shapeOf(one.plan)),
    };
    this.#send({ from: "frontend", kind: "Close", target: "statement", name });
    this.#await({ kind: "close", shown: false });
    this.#prepare(name, again, false);
    return again;
  }

  #execute(message: Extract<SessionMessage, { readonly kind: "Execute" }>): Later {
    const portal = this.#names.portals.get(message.portal);
    if (portal === undefined) return this.#refuse(notFound({ target: "portal", name: message.portal }), null);
    const { named, note, plan } = portal;
    const identity = named ?? this.#side.identities.current;
    if (plan === null)
      return this.#executeRun(message, {
        run: new Run(emptyPlan, emptyPlan, identity, note),
        described: portal.described,
        change: noChange,
      });
    const key = this.#key(identity);
    if (!sameRights(portal.key, key)) return this.#refuse(declaredUnderOther, note);
    if (isBoundLate(plan) && portal.key !== key) return this.#refuse(boundUnderOther, note);
    const source = this.#source(plan, identity);
    if (isStatementRefusal(source)) return this.#refuse(source, note);
    const indirect = isIndirect(plan);
    // The rows may be those of what the name meant when the portal was first run: the server's word for their columns decides.
    const described = indirect ? { ...undescribed(source), verified: false } : portal.described;
    if (
      (indirect || described.slots.length > 0) &&
      !willBeDescribed(described, this.pipeline.number) &&
      plan.does.kind !== "copy_out"
    )
      this.#describe("portal", message.portal, described);
    const run = new Run(plan, source, identity, note);
    return this.#speakingFor(plan, (spoken) => {
      if (spoken === "skipped") return null;
      if (isStatementRefusal(spoken)) return this.#refuse(spoken, note);
      this.#probes(run);
      const change = all([this.#effects(run), spoken]);
      return this.#executeRun(message, { run, described, change });
    });
  }

  #executeRun(
    message: FrontendMessage,
    executed: Pick<Extract<Awaited, { readonly kind: "execute" }>, "run" | "described"> & {
      readonly change: Change;
    },
  ): null {
    this.#send(message);
    this.pipeline.runs(executed.run.plan);
    this.#await({ kind: "execute", shown: true, copies: this.#copies, ...executed });
    return null;
  }

  #other(
    message: Exclude<SessionMessage, { readonly kind: "Query" | "Parse" | "Bind" }>,
    frame: Frame<"frontend">,
  ): Later {
    switch (message.kind) {
      case "Execute":
        return isBoundLate(this.#names.portals.get(message.portal)?.plan) || this.#side.context.isActorDue
          ? this.#onceKnown(() => this.#execute(message))
          : this.#execute(message);
      case "Describe":
        return this.#clientDescribes(message);
      case "Close":
        this.#send(message);
        this.#await({
          kind: "close",
          shown: true,
          change: this.#names.named(message.target).remove(message.name),
        });
        return null;
      case "Sync":
        this.isSkipping = false;
        this.#endsPipeline();
        this.pipeline.closes();
        // Within COPY the server answers none.
        if (!this.#side.awaited.ignoresSync(this.#copies))
          this.#await({ kind: "sync", shown: true, ends: this.pipeline.number, copies: this.#copies });
        break;
      case "FunctionCall":
        return this.#refuseSimply(fastPath, null, noChange);
      case "Terminate":
        this.#side.onTerminate();
        return null;
      case "CopyDone":
      case "CopyFail":
        this.#copies++;
        break;
      case "Flush":
      case "CopyData":
        break;
      default:
        return message satisfies never;
    }
    this.#side.toServer.frame(frame);
    return null;
  }

  #clientDescribes(message: Extract<SessionMessage, { readonly kind: "Describe" }>): null {
    const found = this.#names.named(message.target).get(message.name);
    if (found === undefined) return this.#refuse(notFound(message), null);
    const { described, plan } = found;
    const now = plan !== null && isIndirect(plan) ? undescribed(this.#names.shapeOf(plan)) : described;
    now.asked = this.pipeline.number;
    this.#send(message);
    this.#await({ kind: "describe", shown: true, described: now });
    return null;
  }

  /** What a plan's rows are made of, if they may be read now: a portal was bound, and a cursor declared, under other hours, perhaps. */
  #source(plan: StatementPlan, identity: Identity): Source | StatementRefusal {
    const { expires } = identity;
    if (expires !== null && expires <= this.#side.services.clock() && !outliveTokens.has(plan.does.kind))
      return expiredIdentity;
    const source = this.#names.sourceOf(plan, (named) => this.#key(named ?? identity));
    if (isStatementRefusal(source) || !source.protected) return source;
    return this.#side.services.mayRun(identity, this.#side.services.clock()) ?? source;
  }

  /** Notes what a statement that is being sent does to the session. */
  #effects({ identity, note, plan }: Run): Change {
    const { context, identities } = this.#side;
    context.runs(plan);
    const named = identity === identities.current ? null : identity;
    const backToLogin = plan.does.kind === "discard" && plan.does.target === "all";
    const before = backToLogin ? this.#naming(null, null) : noChange;
    const key = this.#key(identity);
    return all([this.#names.runs(plan, { note, named, key, pipeline: this.pipeline.number }), before]);
  }

  #probes({ identity, note, plan, source }: Run): void {
    // EXECUTE probes as what it runs does; a cursor's probes were told of when it was declared.
    const probes = plan.does.kind === "execute" ? source.probes : plan.probes;
    if (probes.length === 0) return;
    const { outbox, services } = this.#side;
    outbox.event({
      kind: "probe",
      time: services.clock(),
      reader: identity.reader,
      probes,
      statement: note,
    });
  }

  #key(identity: Identity): string {
    return contextKey(this.#side.context.context(identity));
  }

  #await(awaited: Awaited): void {
    this.#side.awaited.push(awaited);
  }

  #send(message: FrontendMessage): void {
    encodeFrontend(message, this.#side.toServer);
    if (message.kind === "Query") this.#endsPipeline();
    else this.pipeline.sends();
  }

  /** A pipeline's own transaction may end here, and may fail as late as that; before PostgreSQL 17 a simple query ends it too. */
  #endsPipeline(): void {
    if (this.pipeline.isOpen) this.#side.context.transactionMayEnd();
    this.pipeline.ends();
  }
}
