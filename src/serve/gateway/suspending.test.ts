import { afterAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defect, isRefusal } from "../../base/index.ts";
import { readConfiguration } from "../configuration/index.ts";
import { verifierOf } from "../init/index.ts";
import { loginsOf } from "./suspending.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-logins-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("who is meant by a suspension", () => {
  it("is an actor; a login's name that isn't its actor's stops nobody and is refused with the name to use", async () => {
    const scram = JSON.stringify(await verifierOf("pw"));
    const file = join(folder, "whosaw.yaml");
    writeFileSync(
      file,
      `gateway:
  listen: 127.0.0.1:0
  upstream:
    server: 127.0.0.1:5432
    logins: { desk: { password: x }, control: { password: x } }
    control: { login: control, database: desk }
protect: { public.customers: { key: id, fields: { name: identifier } } }
roles: { support: { upstream: desk } }
users:
  ann: { actor: agent-0417, role: support, scram: ${scram} }
  ann-at-home: { actor: agent-0417, role: support, scram: ${scram} }
  bob: { role: support, scram: ${scram} }
`,
    );
    const read = readConfiguration(file);
    const gateway = isRefusal(read) ? defect(read.what) : (read.gateway ?? defect("no gateway"));
    const logins = (actor: string): unknown => loginsOf(gateway, { actor, reason: "case 12" });
    expect(logins("agent-0417")).toEqual(["ann", "ann-at-home"]);
    expect(logins("bob")).toEqual(["bob"]);
    expect(logins("nobody")).toEqual([]);
    expect(logins("ann")).toMatchObject({
      code: "input",
      todo: 'whosaw suspend agent-0417 --reason "case 12"',
    });
  });
});
