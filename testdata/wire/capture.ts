/**
 * Makes the traces of this folder from a real PostgreSQL (how to run it: README.md). Usage:
 *
 *   capture.js BIN OUT USER
 *
 * BIN: the folder of initdb and postgres. OUT: where the traces go. USER: the system user that the server runs as.
 * If psql is on the PATH it is captured too: bytes that no code of this project made.
 */
import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, scramLogin } from "./client.ts";
import { groundwork, query, type Script, scripts } from "./scripts.ts";
import { type Server, startServer, startTap } from "./server.ts";
import { writeTrace } from "./trace.ts";

const run = promisify(execFile);

const psqlInput = `\\d customers
\\set id 2
select name, email from customers where id = :id \\gdesc
select name, email from customers where id = $1 \\bind 3 \\g
\\copy customers to /dev/null
\\copy (select * from customers) to /dev/null with (format csv)
select 1 \\; select 2 \\; select broken;
\\echo done
`;

async function layGround(server: Server): Promise<void> {
  const tap = await startTap(server.socketPath);
  const client = new Client(tap.port);
  const parameters = [{ name: "user", value: "admin" }, { name: "database", value: "postgres" }];
  client.send({ from: "frontend", kind: "StartupMessage", minor: 0, parameters });
  await client.until("AuthenticationSASL");
  await scramLogin(client, "correct horse");
  await client.until("ReadyForQuery");
  client.send(query(groundwork));
  await client.until("ReadyForQuery");
  await client.leave();
  await tap.close();
}

async function capture(server: Server, script: Script, out: string): Promise<void> {
  const tap = await startTap(server.socketPath);
  await script.play(tap.port);
  await tap.close();
  tap.conversations.forEach((conversation, index) => {
    const name = index === 0 ? script.name : `${script.name}-${index + 1}`;
    const comment = `${server.version}: ${script.about}`;
    writeFileSync(join(out, `${name}.trace`), writeTrace(comment, conversation.lines));
  });
}

/** psql is slow to refuse a missing terminal and quick to read one from a pipe, so it gets its commands on stdin. */
const psql: Script = {
  name: "psql",
  about: "psql: backslash commands, a description, copies, an error",
  since: 10,
  play: async (port) => {
    const where = ["-h", "127.0.0.1", "-p", String(port), "-U", "login_trust", "-d", "postgres", "-X", "-q"];
    const running = run("psql", where, { env: { ...process.env, LC_ALL: "C.UTF-8" } });
    running.child.stdin?.end(psqlInput);
    await running;
  },
};

async function main(bin: string, out: string, user: string): Promise<void> {
  const id = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  const server = await startServer(bin, { uid: id("-u"), gid: id("-g") });
  const major = Number(/\d+/.exec(server.version)?.[0] ?? "0");
  try {
    await layGround(server);
    for (const script of [...scripts, psql]) if (script.since <= major) await capture(server, script, out);
  } finally {
    await server.stop();
  }
}

const [bin, out, user] = process.argv.slice(2);
if (bin === undefined || out === undefined || user === undefined) throw new Error("usage: capture.js BIN OUT USER");
await main(bin, out, user);
