import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres } from "../postgres.ts";
import { type Both, program, startBoth } from "./both.ts";

const has = (name: string): boolean => spawnSync(name, ["--version"]).status === 0;

// Of the programs' own age where that is here, which are Debian's.
const server = hasPostgres(15) ? 15 : 18;

/** Why a program can't be asked what it asks only of servers that aren't newer than itself. */
function tooOld(name: string): string {
  const { stdout } = spawnSync(name, ["--version"], { encoding: "utf8" });
  const major = Number(/(\d+)/.exec(stdout ?? "")?.[1] ?? 0);
  return major >= server ? "" : ` (skipped: ${name} ${major} doesn't know PostgreSQL ${server})`;
}

let both: Both;
beforeAll(async () => {
  both = await startBoth(server);
});
afterAll(async () => both.stop());

async function same(name: string, args: readonly string[]): Promise<string> {
  const bare = await program(name, args, both.bare, both.postgres);
  const mine = await program(name, args, both.mine, both.postgres);
  expect(mine).toEqual(bare);
  expect(mine.code).toBe(0);
  return mine.out;
}

const psql = (...commands: readonly string[]): readonly string[] => [
  "-X",
  "-v",
  "ON_ERROR_STOP=1",
  ...commands.flatMap((command) => ["-c", command]),
];

describe.skipIf(!has("psql"))("psql sees through the gateway what it sees without it", () => {
  it.each([
    "\\d",
    "\\dt",
    "\\dt+ kb.*",
    "\\d customers",
    "\\d+ tickets",
    "\\d calls",
    "\\dv",
    "\\d+ customer_directory",
    "\\dm kb.*",
    "\\ds",
    "\\di",
    "\\dn",
    "\\df",
    "\\df kb.*",
    "\\dT",
    "\\dT+ ticket_status",
    "\\dD kb.*",
    "\\du",
    "\\dp customers",
    "\\dx",
    "\\dy",
    "\\dRp",
    "\\encoding",
    "\\conninfo",
    "\\sv customer_directory",
    "\\sf kb.slug",
  ])("%s", async (command) => {
    // Sizes and ports differ from one moment, or one address, to the next.
    if (command === "\\conninfo") {
      const { code } = await program("psql", psql(command), both.mine, both.postgres);
      expect(code).toBe(0);
    } else await same("psql", psql(command));
  });

  it.skipIf(tooOld("psql") !== "")(`\\l${tooOld("psql")}`, async () => {
    await same("psql", psql("\\l"));
  });

  it("rows, tables of several formats, and a script in one transaction", async () => {
    expect(await same("psql", psql("select id, name, email from customers order by id limit 3"))).toContain(
      "mk0001xem0001z",
    );
    await same("psql", psql("\\x", "table teams"));
    await same("psql", [
      "-X",
      "--csv",
      "-1",
      ...psql(
        "select t.id, t.subject, c.name from tickets t join customers c on c.id = t.customer_id order by t.id limit 5",
      ).slice(1),
    ]);
    await same("psql", psql("\\set FETCH_COUNT 2", "select id, email from customers order by id limit 7"));
  });

  it("COPY both ways, of what is nobody's", async () => {
    await same("psql", psql("\\copy kb.products to stdout csv header"));
    await same(
      "psql",
      psql(
        "create temp table t (a int, b text)",
        "\\copy t from program 'printf \"1,x\\n2,y\\n\"' csv",
        "select * from t order by a",
      ),
    );
  });
});

/** Each dump begins with a key of its own. */
const keyless = (out: string): string => out.replaceAll(/restrict \w+/g, "restrict KEY");

describe.skipIf(!has("pg_dump"))("pg_dump", () => {
  it.skipIf(tooOld("pg_dump") !== "")(`is answered as by the bare server${tooOld("pg_dump")}`, async () => {
    const args = ["-s", "-t", "kb.products", "--no-owner"];
    const bare = await program("pg_dump", args, both.bare, both.postgres);
    const mine = await program("pg_dump", args, both.mine, both.postgres);
    expect({ ...mine, out: keyless(mine.out) }).toEqual({ ...bare, out: keyless(bare.out) });
    expect(mine.out).toContain("CREATE TABLE kb.products");
  });
});

describe.skipIf(!has("pgbench"))("pgbench", () => {
  it.each(["simple", "extended", "prepared"])("runs its reads over what is nobody's, %s", async (mode) => {
    const folder = mkdtempSync("/tmp/whosaw-pgbench-");
    const script = `${folder}/reads.sql`;
    writeFileSync(script, "\\set id random(1, 40)\nselect title from kb.articles where id = :id;\n");
    const args = ["-n", "-M", mode, "-c", "4", "-t", "50", "-f", script];
    const mine = await program("pgbench", args, both.mine, both.postgres);
    rmSync(folder, { recursive: true });
    expect(mine.err).not.toMatch(/error|aborted/i);
    expect(mine.out).toMatch(/transactions actually processed: 200\/200/);
  });

  it("runs reads of customers, each recorded", async () => {
    const folder = mkdtempSync("/tmp/whosaw-pgbench-");
    const script = `${folder}/reads.sql`;
    writeFileSync(script, "\\set id random(1, 40)\nselect name, email from customers where id = :id;\n");
    const before = both.ledger.of("sighting").length;
    const mine = await program(
      "pgbench",
      ["-n", "-M", "prepared", "-c", "4", "-t", "25", "-f", script],
      both.mine,
      both.postgres,
    );
    rmSync(folder, { recursive: true });
    expect(mine.out).toMatch(/transactions actually processed: 100\/100/);
    const rows = both.ledger
      .of("sighting")
      .slice(before)
      .reduce((total, event) => total + event.rows, 0);
    expect(rows).toBe(100);
  });
});
