/**
 * What the tests use beyond npm: looked for, installed with apt-get where that can be done, and told either way.
 * Tests that need what is still missing skip themselves, visibly; nothing here makes a run fail.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

const needs = [
  { command: "chromium", package: "chromium", why: "the HTML report is opened in a real browser" },
  {
    command: "PostgreSQL 15",
    file: "/usr/lib/postgresql/15/bin/postgres",
    package: "postgresql-15",
    why: "the gateway stands before it as before the embedded 18",
  },
  { command: "psql", package: "postgresql-client", why: "it is run through the gateway, as is pgbench" },
  {
    command: "psycopg",
    file: "/usr/lib/python3/dist-packages/psycopg/__init__.py",
    package: "python3-psycopg",
    why: "it is run through the gateway",
  },
  {
    command: "the PostgreSQL JDBC driver",
    file: "/usr/share/java/postgresql.jar",
    package: "libpostgresql-jdbc-java",
    why: "the same",
  },
  { command: "javac", package: "default-jdk-headless", why: "the JDBC driver's checks are in Java" },
  {
    command: "openssl",
    package: "openssl",
    why: "it makes certificates, and checks a bundle without whosaw",
  },
  { command: "strace", package: "strace", why: "faults are injected into system calls" },
  { command: "go", package: "golang-go", why: "Go's own checksum database code checks the log" },
  {
    command: "golang.org/x/mod/sumdb",
    file: "/usr/share/gocode/src/golang.org/x/mod/sumdb/note/note.go",
    package: "golang-golang-x-mod-dev",
    why: "the same",
  },
];

const found = (command) =>
  (process.env.PATH ?? "").split(":").some((folder) => existsSync(`${folder}/${command}`));

export function installNeeds() {
  const missing = needs.filter(
    ({ command, file }) => !(file === undefined ? found(command) : existsSync(file)),
  );
  if (missing.length === 0) return;
  for (const { command, why } of missing) process.stderr.write(`tests want ${command}: ${why}\n`);
  if (process.getuid?.() !== 0 || !found("apt-get")) {
    process.stderr.write("  not root, or no apt-get: the tests that need them will be skipped\n");
    return;
  }
  const names = missing.map((need) => need.package);
  process.stderr.write(`  installing with apt-get: ${names.join(" ")}\n`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const run = (...args) =>
    spawnSync("apt-get", args, { env: environment, stdio: "ignore", timeout: 600_000 }).status === 0;
  const install = (...packages) =>
    withoutCluster(() => run("install", "-y", "--no-install-recommends", ...packages));
  if (install(...names)) return;
  run("update");
  if (install(...names)) return;
  // One that can't be had must not take the others with it.
  const without = names.filter((name) => !install(name));
  if (without.length > 0)
    process.stderr.write(
      `  apt-get could not install ${without.join(" ")}: the tests that need them will be skipped\n`,
    );
}

/** Debian's package of a server makes a database and starts it; the tests start their own, and want none that stays. */
function withoutCluster(install) {
  const folder = "/etc/postgresql-common/createcluster.d";
  const file = `${folder}/whosaw-tests.conf`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, "create_main_cluster = false\n");
  try {
    return install();
  } finally {
    rmSync(file, { force: true });
  }
}
