import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Clock, defect, isRefusal, type Refusal, refusal, makeFolder } from "../../base/index.ts";
import { scramVerifier } from "../../capture/index.ts";
import { readConfiguration } from "../configuration/index.ts";
import { type Control, notAnAddress, openControl } from "../control.ts";
import { type Doors, doorsOf } from "./doors.ts";
import { type Database, lookAt } from "./look.ts";
import { type Proposal, propose } from "./propose.ts";
import { controlPasswordFile, supportPasswordFile, yamlOf } from "./yaml.ts";

export interface InitWish {
  /** `postgres://...`, or null for libpq's own environment. */
  readonly url: string | null;
  /** The file to write; its folder is made if it isn't there. */
  readonly file: string;
  readonly force: boolean;
  readonly customers: string | null;
  readonly tickets: string | null;
  readonly clock: Clock;
}

export interface Initialised {
  readonly file: string;
  readonly proposal: Proposal;
  readonly doors: Doors;
}

/** Looks at a database and writes a proposed `whosaw.yaml`. Nothing at the server is changed, and no value of a customer's is kept or shown. */
export async function initialise(wish: InitWish): Promise<Initialised | Refusal> {
  if (existsSync(wish.file) && !wish.force)
    return refusal(
      "input",
      `${wish.file} is there already`,
      "Overwrite it with --force, or name another with --config.",
    );
  const unread = notAnAddress(wish.url);
  if (unread !== null) return unread;
  const control = await openControl(wish.url === null ? {} : { connectionString: wish.url });
  if (isRefusal(control)) return control;
  try {
    return await written(wish, control);
  } finally {
    await control.close();
  }
}

async function written(wish: InitWish, control: Control): Promise<Initialised | Refusal> {
  const database = await lookAt(control.ask);
  const proposal = await propose(database, wish);
  if (isRefusal(proposal)) return proposal;
  const [[name = ""] = []] = await control.ask("select pg_catalog.current_database()");
  const server = serverOf(control);
  const folder = dirname(wish.file);
  // It becomes the data directory, which holds who read whose record.
  makeFolder(folder, 0o700);
  const supportVerifier = await verifierOf(passwordIn(join(folder, supportPasswordFile)));
  const controlVerifier = await verifierOf(passwordIn(join(folder, controlPasswordFile)));
  const day = new Date(wish.clock()).toISOString().slice(0, 10);
  const text = yamlOf(proposal, {
    server,
    database: name ?? "",
    about: `Proposed by whosaw init from the database ${name} at ${server} on ${day}.`,
    lockedVerifier: await verifierOf(randomBytes(32).toString("base64url")),
  });
  writeFileSync(wish.file, text, { mode: 0o600 });
  bearsOut(wish.file, database);
  const schemas = [...new Set(database.tables.map(({ relation }) => relation.schema))].toSorted();
  const doors = await doorsOf(database, proposal, {
    database: name ?? "",
    schemas,
    local: stays(control.host),
    supportVerifier,
    controlVerifier,
  });
  return { file: wish.file, proposal, doors };
}

/** What was written is read as anybody would read it: a proposal that whosaw itself refuses would be a defect. */
function bearsOut(file: string, { catalog }: Database): void {
  const read = readConfiguration(file);
  if (isRefusal(read)) return defect(`the proposal is no configuration: ${read.what}`);
  const [wrong] = read.gateway?.checkAgainst(catalog) ?? [];
  if (wrong !== undefined)
    defect(`the proposal doesn't fit the database: ${wrong.at}: ${wrong.key}: ${wrong.what}`);
}

/** Where the gateway finds the server: as the person who ran `init` found it. */
function serverOf({ host, port }: Control): string {
  if (host.startsWith("/")) return `${host}/.s.PGSQL.${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether the server is on this machine: then the gateway reaches it without TLS, from here. */
function stays(host: string): boolean {
  return host.startsWith("/") || /^(127\.|::1$|localhost$)/.test(host);
}

/** A new password for a login of the gateway's; one that is there is kept, so that a second `init` doesn't lock the gateway out. */
function passwordIn(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").split(/\r?\n/)[0] ?? "";
  const password = randomBytes(24).toString("base64url");
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

const saltBytes = 16;

/** What `users.NAME.scram` holds for a password: pg_authid's form. */
export async function verifierOf(password: string): Promise<string> {
  return scramVerifier(password, randomBytes(saltBytes));
}
