import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, isRefusal, type Refusal } from "../../base/index.ts";
import type { Protection, Role } from "../../policy/index.ts";
import { admitStartup, isAllowedParameterStatus, scrubFields } from "./admit/index.ts";
import { SharedCatalog } from "./catalog/sharedCatalog.ts";
import { Control, firstAnswered } from "./control.ts";
import { knitNet } from "./net/knitNet.ts";
import type { SecondNet } from "./net/secondNet.ts";
import {
  type AcceptedClient,
  acceptClient,
  type CancelKey,
  CancelKeys,
  connectUpstream,
  type Door,
  endWith,
  fatalBytes,
  type LoginOptions,
  openDoor,
  sendCancel,
  tokenInComment,
  type UpstreamConnection,
  type UsedTokens,
  usedTokens,
  type UserOptions,
  welcomeBytes,
} from "./login/index.ts";
import { listenAt } from "./listening.ts";
import { type StatementRefusal, statementRefusal } from "./plan.ts";
import type { GatewayEvent, Reader, RecordEvents } from "./recording.ts";
import { QuotaBook } from "./quota-book.ts";
import { type RoleNamed, Rules } from "./rules.ts";
import { type Ending, type Identity, planner, Session, type SessionServices } from "./session/index.ts";
import { openSpeakers, roleAsOfNow, speakFor, type Speakers } from "./speakers.ts";
import { loadParser } from "./sql/index.ts";

/** What `whosaw.yaml` says of the gateway; replaced as a whole when it changes. */
export interface GatewayConfig {
  readonly login: LoginOptions;
  readonly protection: Protection;
  /** By name. */
  readonly roles: ReadonlyMap<string, Role>;
  /** The login at the server for the gateway's own questions to the catalog: a name of `login.upstream.logins`. */
  readonly control: string;
}

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly record: RecordEvents;
  readonly clock: Clock;
  /** 32 bytes that stay the same over restarts: what unknown users' salts are made of. */
  readonly mockSecret: Buffer;
  /** Told of what an operator should know; holds no customer's value. */
  readonly onTrouble: (what: string) => void;
  /** Whether the recorder holds customers against quotas, and so over restarts and all processes; else this gateway counts by itself. */
  readonly recorderCounts?: boolean;
  /** Given where several gateways share one address: this one doesn't listen, it is handed its connections. */
  readonly neighbours?: Neighbours;
}

/** What gateways in several processes ask each other, by way of whoever hands them their connections. */
export interface Neighbours {
  /** A place for one more session, over all of them. @returns what frees it; null if there is none. */
  readonly enter: (ip: string) => Promise<(() => void) | null>;
  /** Notes that a token was shown, for all of them. @returns why it may not be. */
  readonly used: UsedTokens;
  /** A cancel key that is none of this gateway's. @returns whether it was anybody's. */
  readonly cancel: (processId: number, key: Buffer) => Promise<boolean>;
}

/** How a suspension went. */
export interface Cut {
  /** Sessions that were ended. */
  readonly ended: number;
  readonly millis: number;
}

export interface RunningGateway {
  /** Where it listens; 0 for a Unix socket. */
  readonly port: number;
  readonly sessions: () => readonly Reader[];
  /** Resolves when no session of the actor is left, and none can begin. */
  readonly suspend: (actor: string) => Promise<Cut>;
  readonly restore: (actor: string) => void;
  /** New sessions and new statements meet the new configuration; connections stay. The address doesn't change. */
  readonly reload: (config: GatewayConfig) => Promise<Refusal | null>;
  /** Lets running transactions finish for `millis`, then cuts. */
  readonly close: (millis: number) => Promise<void>;
  /** Serves a connection that another process accepted. */
  readonly adopt: (socket: Socket) => void;
  /** A CancelRequest that came to another process. @returns whether the key is one of this gateway's. */
  readonly cancel: (processId: number, key: Buffer) => Promise<boolean>;
}

/** Opens the gateway. The parser is loaded first, so that no statement meets one that isn't there. */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway | Refusal> {
  await loadParser();
  const gateway = new Gateway(options);
  const opened = await gateway.open();
  return isRefusal(opened) ? opened : gateway.running(opened);
}

/** What a session was let in for. */
interface Seat {
  readonly user: UserOptions;
  readonly database: string;
  /** The login at the server. */
  readonly upstream: string;
}

/** One database's catalog and the connection that looks at it. */
interface Database {
  /** The gateway's name for it. */
  readonly name: string;
  readonly control: Control;
  readonly catalog: SharedCatalog;
  net: SecondNet | null;
  readonly timer: NodeJS.Timeout;
}

/** How often the second net is made anew, for customers who came or changed their address: our choice. */
const netMillis = 600_000;

class Gateway {
  readonly #options: GatewayOptions;
  readonly #plan: SessionServices["plan"] = planner();
  readonly #rules: Rules;
  readonly #keys: CancelKeys;
  readonly #sessions: Map<Session, Seat> = new Map();
  readonly #databases: Map<string, Promise<Database>> = new Map();
  readonly #used: UsedTokens;
  #speakers: Speakers = new Map();
  #config: GatewayConfig;
  #door: Door | null = null;
  #server: Server | null = null;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#keys = new CancelKeys(options.neighbours?.cancel);
    this.#used = options.neighbours?.used ?? usedTokens(options.clock);
    this.#rules = new Rules(
      this.#roleNamed,
      options.recorderCounts === true ? null : new QuotaBook(() => this.#config.protection),
    );
  }

  readonly #roleNamed: RoleNamed = (name) => this.#config.roles.get(name);

  async open(): Promise<number | Refusal> {
    const { clock, mockSecret } = this.#options;
    const door = await openDoor(this.#config.login, {
      admitStartup,
      turnAway: () => (this.#closing ? shuttingDown : null),
      mayLogin: (user) => (this.#rules.isSuspended(user.actor) ? suspendedLogin : null),
      onRefused: (refused) => void this.#say([{ kind: "login_refused", time: clock(), ...refused }]),
      cancelKeys: this.#keys,
      clock,
      mockSecret,
    });
    if (isRefusal(door)) return door;
    const speakers = await openSpeakers(this.#config.login, clock, this.#used);
    if (isRefusal(speakers)) return speakers;
    this.#speakers = speakers;
    this.#door = door;
    if (this.#options.neighbours !== undefined) return 0;
    const server = createServer({ noDelay: true }, (socket) => void this.#serve(socket, door));
    this.#server = server;
    return listenAt(server, this.#config.login.listen);
  }

  running(port: number): RunningGateway {
    return {
      port,
      sessions: () => [...this.#sessions.keys()].map(({ identities }) => identities.current.reader),
      suspend: (actor) => this.#suspend(actor),
      restore: (actor) => this.#rules.restore(actor),
      reload: (config) => this.#reload(config),
      close: (millis) => this.#close(millis),
      adopt: (socket) => this.#adopt(socket),
      cancel: (processId, key) => this.#keys.requestHere(processId, key),
    };
  }

  #adopt(socket: Socket): void {
    if (this.#door === null) socket.destroy();
    else void this.#serve(socket, this.#door);
  }

  async #serve(socket: Socket, door: Door): Promise<void> {
    const client = await acceptClient(socket, door);
    if (client === null) return;
    let leaveAll: (() => void) | null = null;
    try {
      const { neighbours } = this.#options;
      // The door counts this process's sessions; who shares its address with others is counted over all of them as well.
      if (neighbours !== undefined) {
        leaveAll = await neighbours.enter(client.ip);
        if (leaveAll === null) return endWith(client.stream, fatalBytes(tooManySessions));
      }
      await this.#begin(client);
    } catch (error) {
      this.#options.onTrouble(`a session failed: ${error instanceof Error ? error.message : String(error)}`);
      endWith(client.stream, fatalBytes(unavailable));
    } finally {
      leaveAll?.();
      client.leave();
    }
  }

  async #begin(client: AcceptedClient): Promise<void> {
    const { clock } = this.#options;
    const role = this.#config.roles.get(client.user.role);
    if (role === undefined) return endWith(client.stream, fatalBytes(noRole));
    const application = client.parameters.get("application_name") ?? "";
    const database = await this.#database(client.database);
    const upstream = await connectUpstream(this.#config.login.upstream, {
      login: role.upstream,
      database: client.database,
      parameters: client.parameters,
    });
    if (upstream.kind === "upstream_refusal") {
      this.#options.onTrouble(upstream.refusal.what);
      return endWith(client.stream, fatalBytes({ ...unavailable, code: upstream.sqlstate }));
    }
    const reader: Reader = {
      actor: client.user.actor,
      role: role.name,
      session: randomUUID(),
      ip: client.ip,
      application,
    };
    const key = this.#keyFor(client, upstream);
    try {
      const recorded = await this.#say([{ kind: "login", time: clock(), reader, method: client.method }]);
      if (recorded !== null) return endWith(client.stream, fatalBytes(unrecorded));
      const login = { reader, role: roleAsOfNow(role, this.#roleNamed), ticket: null, expires: null };
      const seat = { user: client.user, database: client.database, upstream: role.upstream };
      const ending = await this.#converse({ client, upstream, key }, login, database, seat);
      await this.#say([{ kind: "logout", time: clock(), reader, method: ending }]);
    } finally {
      this.#keys.release(key);
      // A session has ended it already; whatever failed before there was one has not.
      if (!upstream.stream.writableEnded) upstream.stream.destroy();
    }
  }

  #keyFor(client: AcceptedClient, { cancel }: UpstreamConnection): CancelKey {
    const { upstream } = this.#config.login;
    const send = async (stillWanted: () => boolean): Promise<void> => {
      const failed = cancel === null ? null : await sendCancel(upstream, cancel, stillWanted);
      if (failed !== null) this.#options.onTrouble(failed.what);
    };
    return this.#keys.issue(client.protocol, send, cancel?.processId);
  }

  #converse(
    ends: { readonly client: AcceptedClient; readonly upstream: UpstreamConnection; readonly key: CancelKey },
    login: Identity,
    database: Database,
    seat: Seat,
  ): Promise<Ending> {
    const { client, key, upstream } = ends;
    const refused = this.#refusedMeanwhile(login, seat);
    if (refused !== null) {
      endWith(client.stream, fatalBytes(refused));
      return Promise.resolve(refused === suspendedLogin ? "suspended" : "refused");
    }
    const session = new Session(
      {
        client: { socket: client.stream, framer: client.framer },
        server: { socket: upstream.stream, framer: upstream.framer },
        cancelling: key,
      },
      login,
      this.#services(client, login, database),
    );
    this.#sessions.set(session, seat);
    client.stream.write(
      welcomeBytes({
        user: client.user.name,
        applicationName: login.reader.application,
        parameters: upstream.parameters,
        cancelKey: key,
      }),
    );
    session.start();
    return session.ended.finally(() => this.#sessions.delete(session));
  }

  #services(client: AcceptedClient, login: Identity, database: Database): SessionServices {
    const { clock, record } = this.#options;
    return {
      clock,
      record,
      catalog: database.catalog,
      net: () => database.net,
      protection: () => this.#config.protection,
      plan: this.#plan,
      scrub: (fields, names) => scrubFields(fields, names, true),
      isAllowedParameter: isAllowedParameterStatus,
      mayRun: this.#rules.mayRun,
      mayShow: this.#rules.mayShow,
      identify: (token, ticket) =>
        speakFor(
          { login, tokens: this.#speakers.get(client.user.name), roleNamed: this.#roleNamed },
          token,
          ticket,
        ),
      commentIn: tokenInComment,
      onTrouble: this.#options.onTrouble,
    };
  }

  #database(name: string): Promise<Database> {
    const known = this.#databases.get(name);
    if (known !== undefined) return known;
    const control = new Control(this.#config.login.upstream, this.#config.control, name);
    const opened = SharedCatalog.open(control.ask, (error) =>
      this.#options.onTrouble(
        `the catalog can't be read: ${error instanceof Error ? error.message : String(error)}`,
      ),
    ).then(async (catalog) => {
      const timer = setInterval(() => void this.#knit(database), netMillis).unref();
      const database: Database = { name, control, catalog, net: null, timer };
      // The first session waits for it: the net is under whatever is shown.
      await this.#knit(database);
      return database;
    });
    this.#databases.set(name, opened);
    opened.catch(() => {
      control.close();
      this.#databases.delete(name);
    });
    return opened;
  }

  /** Makes the second net anew; the old one serves until then. The control login needs no right on a table: where it has none, the roles' logins read. */
  async #knit(database: Database): Promise<void> {
    const { catalog, name } = database;
    const { control, login, protection, roles } = this.#config;
    // Connections of its own: a question refused to the control login would break the transaction in which the catalog is read.
    const logins = new Set([control, ...[...roles.values()].map(({ upstream }) => upstream)]);
    const readers = [...logins].map((reader) => new Control(login.upstream, reader, name));
    try {
      const each = firstAnswered(readers);
      const { isFull, net } = await knitNet(protection, catalog.current(), each);
      database.net = net;
      if (isFull) this.#options.onTrouble(`the second net holds ${net.size} values and not all of them`);
    } catch (error) {
      if (this.#closing) return;
      this.#options.onTrouble(
        `the second net can't be made: ${error instanceof Error ? error.message : String(error)}; one of the roles' logins needs SELECT on the customers' contact columns`,
      );
    } finally {
      for (const reader of readers) reader.close();
    }
  }

  async #suspend(actor: string): Promise<Cut> {
    const begun = performance.now();
    this.#rules.suspend(actor);
    const theirs = [...this.#sessions.keys()].filter(({ identitiesNow }) =>
      identitiesNow.some(({ reader }) => reader.actor === actor),
    );
    for (const session of theirs) session.cut("suspended");
    await Promise.all(theirs.map(({ ended }) => ended));
    return { ended: theirs.length, millis: performance.now() - begun };
  }

  async #reload(config: GatewayConfig): Promise<Refusal | null> {
    const speakers = await openSpeakers(config.login, this.#options.clock, this.#used);
    if (isRefusal(speakers)) return speakers;
    const refused = (await this.#door?.reload(config.login)) ?? null;
    if (refused !== null) return refused;
    this.#config = config;
    this.#speakers = speakers;
    for (const [session, seat] of this.#sessions)
      if (!this.#mayStay(session.identitiesNow, seat)) session.cut("refused");
    return null;
  }

  /** It may have been suspended while it logged in, and what lets it in been taken away. */
  #refusedMeanwhile(login: Identity, seat: Seat): StatementRefusal | null {
    if (this.#rules.isSuspended(login.reader.actor)) return suspendedLogin;
    return this.#mayStay([login], seat) ? null : noRole;
  }

  /** Whether the login would be let in as it was, and everyone whom the session stands for still has a role that can be had on it. */
  #mayStay(identities: readonly Identity[], { database, upstream, user }: Seat): boolean {
    const now = this.#config.login.users.get(user.name);
    return (
      now?.actor === user.actor &&
      now.role === user.role &&
      (now.pool === null) === (user.pool === null) &&
      now.databases?.includes(database) !== false &&
      identities.every(({ reader }) => this.#roleNamed(reader.role)?.upstream === upstream)
    );
  }

  async #close(millis: number): Promise<void> {
    this.#closing = true;
    this.#server?.close();
    for (const session of this.#sessions.keys()) session.drain();
    const ended = Promise.all([...this.#sessions.keys()].map((session) => session.ended));
    let late: NodeJS.Timeout | undefined;
    await Promise.race([
      ended,
      new Promise((resolve) => {
        late = setTimeout(resolve, millis);
      }),
    ]);
    clearTimeout(late);
    for (const session of this.#sessions.keys()) session.cut("drained");
    await ended;
    for (const opened of this.#databases.values()) {
      const { catalog, control, timer } = await opened;
      clearInterval(timer);
      catalog.close();
      control.close();
    }
  }

  async #say(events: readonly GatewayEvent[]): Promise<Refusal | null> {
    const refused = await this.#options.record(events);
    if (refused !== null) this.#options.onTrouble(refused.what);
    return refused;
  }
}

const shuttingDown = statementRefusal({
  code: "57P03",
  message: "the gateway is shutting down",
  hint: "",
  rule: "shutting_down",
});
const suspendedLogin = statementRefusal({
  code: "28000",
  message: "whosaw: this account is suspended",
  hint: "",
  rule: "suspended",
});
const tooManySessions = statementRefusal({
  code: "53300",
  message: "sorry, too many clients already",
  hint: "",
  rule: "sessions",
});
const noRole = statementRefusal({
  code: "28000",
  message: "whosaw: the user's role is not configured",
  hint: "",
  rule: "role",
});
const unavailable = statementRefusal({
  code: "08006",
  message: "whosaw: the database server can't be reached",
  hint: "",
  rule: "upstream",
});
const unrecorded = statementRefusal({
  code: "58030",
  message: "whosaw: nothing can be recorded, so nobody is let in",
  hint: "",
  rule: "unrecorded",
});
