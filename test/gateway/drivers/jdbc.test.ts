import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pair } from "../oracle.ts";
import { type Both, startBoth } from "./both.ts";
import { type Checks, expectSame, runChecks } from "./checks.ts";

const driver = "/usr/share/java/postgresql.jar";
const has = existsSync(driver) && spawnSync("javac", ["--version"]).status === 0;

describe.skipIf(!has)("the JDBC driver sees through the gateway what it sees without it", () => {
  let both: Both;
  let checks: Checks;
  beforeAll(async () => {
    both = await startBoth();
    checks = await runChecks(both, "java", ["-cp", driver, "test/gateway/drivers/JdbcChecks.java"]);
  }, 500_000);
  afterAll(async () => both.stop());

  it("in every way that it documents, but where a rule says otherwise", () => {
    expect(Object.keys(checks.bare).length).toBeGreaterThan(60);
    expectSame(checks, {
      // They are called by the fast path, which runs SQL that is in no statement.
      "large objects": [
        "PSQLException",
        "42501",
        "ERROR: whosaw: function calls by the fast path are refused",
      ],
      notifications: [
        ["PSQLException", "42501", "ERROR: whosaw: this role may not listen to or notify that channel."],
        [["1"]],
      ],
    });
    expect(JSON.stringify(checks.mine["customers in pieces"])).toContain("mk0001xem0001z");
  });

  it("and whatever it read of customers is on record", () => {
    const sightings = both.ledger.sightings();
    const lead = both.postgres.lead.user;
    for (const field of ["name", "email", "phone"])
      expect(sightings).toContain(pair(lead, { customer: "3", table: "public.customers", field }));
  });
});
