import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { answers, type DeskSize, type HelpDesk, requestorsOf, type Served } from "../helpdesk/desk.ts";
import { freePort, startPostgres } from "../postgres.ts";

const rtDatabase = "rt5";
const rtLogin = { user: "rt_user", password: "of-the-desk" } as const;
const home = "/usr/share/request-tracker5";
/** From `dist-bench` as well as from here: both stand in the repository's folder. */
const filler = resolve("test/gateway/request-tracker/fill.pl");

const siteConfig = `
Set($rtname, 'example.net'); Set($Organization, 'example.net');
Set($CorrespondAddress, 'rt@example.net'); Set($CommentAddress, 'rt-comment@example.net');
Set($WebDomain, '127.0.0.1'); Set($WebPort, $ENV{RT_WEB_PORT}); Set($WebPath, '');
Set($DatabaseType, 'Pg'); Set($DatabaseHost, '127.0.0.1'); Set($DatabasePort, $ENV{RT_DATABASE_PORT});
Set($DatabaseUser, '${rtLogin.user}'); Set($DatabasePassword, '${rtLogin.password}');
Set($DatabaseName, '${rtDatabase}'); Set($DatabaseAdmin, 'owner');
$RT::MasonDataDir = "$ENV{RT_FOLDER}/mason"; $RT::MasonSessionDir = "$ENV{RT_FOLDER}/session"; $RT::VarPath = "$ENV{RT_FOLDER}/var";
Set(%FullTextSearch, Enable => 1, Indexed => 0);
Set($LogToSyslog, undef); Set($LogToSTDERR, 'error'); Set($MailCommand, 'testfile'); Set($Timezone, 'UTC');
1;
`;

function environment(folder: string, databasePort: number, webPort: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    RT_SITE_CONFIG: join(folder, "RT_SiteConfig.pm"),
    RT_SITE_CONFIG_DIR: join(folder, "none.d"),
    RT_DATABASE_PORT: String(databasePort),
    RT_WEB_PORT: String(webPort),
    // A tap can't read TLS, and all of it stays on this machine.
    PGSSLMODE: "disable",
    PGGSSENCMODE: "disable",
    TMPDIR: folder,
    RT_FOLDER: folder,
  };
}

export async function startRtDesk(size: DeskSize): Promise<HelpDesk> {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-rt-"));
  for (const name of ["none.d", "mason", "session", "var"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "RT_SiteConfig.pm"), siteConfig);
  const postgres = await startPostgres({ major: 15, customers: 2, agents: 1 });
  const env = environment(folder, postgres.port, 0);
  const setUp = ["--action", "init", "--dba", "owner", "--dba-password", "none"];
  execFileSync("rt-setup-database-5", setUp, { env, stdio: ["ignore", "ignore", "ignore"] });
  const { requestors, staff, tickets } = size;
  const filled = execFileSync("perl", [filler, String(requestors), String(tickets), String(staff)], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return {
    name: "Request Tracker",
    postgres,
    database: rtDatabase,
    login: rtLogin,
    requestors: requestorsOf(filled),
    orders: `select substring(t.subject from 'Order ([0-9]+)') as order, m.memberid::text as id
       from tickets t join groups g on g.instance = t.id and g.domain = 'RT::Ticket-Role' and g.name = 'Requestor'
       join groupmembers m on m.groupid = g.id where t.subject like 'Order %'`,
    wrong: /^Login$|<title>RT Error|An internal RT error/,
    serve: (databasePort) => serveRt(folder, databasePort),
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function serveRt(folder: string, databasePort: number): Promise<Served> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [join(home, "libexec/standalone_httpd"), "--host", "127.0.0.1", "--port", String(port)];
  const server = spawn("perl", args, {
    env: environment(folder, databasePort, port),
    stdio: ["ignore", "ignore", process.env["RT_SAYS"] === undefined ? "ignore" : "inherit"],
  });
  const kill = (): boolean => server.kill("SIGKILL");
  process.once("exit", kill);
  const gone = new Promise<void>((done) => server.once("exit", () => done()));
  await answers(url, () => server.exitCode !== null, 300);
  return {
    url,
    // It must not be interrupted: at SIGINT it changes the owner of the files of an installed Request Tracker.
    stop: async () => {
      process.off("exit", kill);
      kill();
      await gone;
    },
  };
}
