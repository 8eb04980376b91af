import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { answers, type DeskSize, type HelpDesk, requestorsOf, type Served } from "../helpdesk/desk.ts";
import { asOwner, freePort, startPostgres } from "../postgres.ts";

const database = "redmine";
const login = { user: "redmine", password: "of-the-desk" } as const;
const home = "/usr/share/redmine";
/** From `dist-bench` as well as from here: both stand in the repository's folder. */
const filler = resolve("test/gateway/redmine/fill.rb");

/** Debian's Redmine keeps what belongs to one desk in an instance's folder; this one lies elsewhere, by a way up to the root. */
function environment(folder: string, databasePort: number): NodeJS.ProcessEnv {
  const { password, user } = login;
  return {
    ...process.env,
    REDMINE_INSTANCE: `../../../../..${folder}`,
    RAILS_ENV: "production",
    // As Redmine's package runs migrations: the schema that they make isn't written into /usr.
    SCHEMA: "/dev/null",
    RAILS_SERVE_STATIC_FILES: "1",
    DATABASE_URL: `postgresql://${user}:${password}@127.0.0.1:${databasePort}/${database}?pool=5`,
    // A tap can't read TLS, and all of it stays on this machine.
    PGSSLMODE: "disable",
    PGGSSENCMODE: "disable",
    RUBYOPT: "-W0",
    TMPDIR: folder,
  };
}

const said = (): "inherit" | "ignore" => (process.env["REDMINE_SAYS"] === undefined ? "ignore" : "inherit");

export async function startRedmineDesk({ requestors, staff, tickets }: DeskSize): Promise<HelpDesk> {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-redmine-"));
  for (const name of ["config", "log", "tmp", "files", "public"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "config/secret_key.txt"), randomBytes(32).toString("hex"));
  writeFileSync(join(folder, "config/database.yml"), "production:\n  adapter: postgresql\n");
  const postgres = await startPostgres({ major: 15, customers: 2, agents: 1 });
  await asOwner(postgres, [
    `create role ${login.user} login password '${login.password}'`,
    `create database ${database} owner ${login.user} encoding 'UTF8'`,
  ]);
  const sizes = [requestors, tickets, staff].map(String);
  const rails = (...args: readonly string[]): string =>
    execFileSync("bundle", ["exec", "rails", ...args], {
      cwd: home,
      env: environment(folder, postgres.port),
      encoding: "utf8",
      stdio: ["ignore", "pipe", said()],
    });
  rails("db:migrate");
  const filled = rails("runner", filler, ...sizes);
  return {
    name: "Redmine",
    postgres,
    database,
    login,
    requestors: requestorsOf(filled),
    orders: `select substring(subject from 'Order ([0-9]+)') as order, author_id::text as id from issues where subject like 'Order %'`,
    wrong: /<title>(Sign in|[45]\d\d)|Internal error|id="errorExplanation"/,
    serve: (databasePort) => serve(folder, databasePort),
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function webrick(): string {
  const find = `puts Gem::Specification.find_by_name("webrick").full_require_paths`;
  return execFileSync("ruby", ["-e", find], { encoding: "utf8" }).trim();
}

async function serve(folder: string, databasePort: number): Promise<Served> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const pid = join(folder, `tmp/${port}.pid`);
  const args = ["exec", "rails", "server", "-u", "webrick", "-b", "127.0.0.1", "-p", String(port), "-P", pid];
  const server: ChildProcess = spawn("bundle", args, {
    cwd: home,
    // Debian's Redmine names no web server among its gems, so the way to this one is told to Ruby itself.
    env: { ...environment(folder, databasePort), RUBYLIB: webrick() },
    stdio: ["ignore", said(), said()],
  });
  const kill = (): boolean => server.kill("SIGKILL");
  process.once("exit", kill);
  const gone = new Promise<void>((done) => server.once("exit", () => done()));
  await answers(`${url}/login`, () => server.exitCode !== null, 300);
  return {
    url,
    stop: async () => {
      process.off("exit", kill);
      kill();
      await gone;
    },
  };
}
