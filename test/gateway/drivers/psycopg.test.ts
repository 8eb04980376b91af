import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pair } from "../oracle.ts";
import { type Both, startBoth } from "./both.ts";
import { type Checks, expectSame, runChecks } from "./checks.ts";

/** A Python that has psycopg 3: Debian's, where another stands before it in the path. */
const python = ["python3", "/usr/bin/python3"].find(
  (name) => spawnSync(name, ["-c", "import psycopg"]).status === 0,
);

describe.skipIf(python === undefined)("psycopg sees through the gateway what it sees without it", () => {
  let both: Both;
  let checks: Checks;
  beforeAll(async () => {
    both = await startBoth();
    checks = await runChecks(both, python ?? "", ["test/gateway/drivers/psycopg_checks.py"]);
  }, 500_000);
  afterAll(async () => both.stop());

  it("in every way that it documents, but where a rule says otherwise", () => {
    expect(Object.keys(checks.bare).length).toBeGreaterThan(40);
    expectSame(checks, {
      what_the_server_has_prepared: [
        "InsufficientPrivilege",
        "42501",
        "whosaw: the system relation pg_prepared_statements may not be read through the gateway: it shows statements as the gateway rewrote them.",
      ],
      a_function_that_is_not_there: ["InsufficientPrivilege", "42501", expect.stringContaining("whosaw: ")],
      // The gateway makes its plan anew when a table has changed, and so does the server then.
      prepared_meets_another_table: [[[1]], [[1, "x"]]],
    });
  });

  it("and whatever it read of customers is on record", () => {
    const sightings = both.ledger.sightings();
    const lead = both.postgres.lead.user;
    for (const field of ["name", "email", "phone"])
      expect(sightings).toContain(pair(lead, { customer: "3", table: "public.customers", field }));
  });
});
