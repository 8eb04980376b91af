import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../src/base/index.ts";
import { openStore } from "../../src/store/index.ts";
import { good, openGatewayLog, readBy } from "../../src/serve/live/fixture.testing.ts";
import { bin, whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-live-"));
const data = join(folder, "data");
const desk = join(root, "testdata/small-desk");

const whosaw = whosawOn(data);

/** Every kind of answer, as the bytes of --json; only the time that a trace took may differ. */
function answers(): string[] {
  return [
    ["customer", "c-1"],
    ["customer", "g-3"],
    ["actor", "agent-ben"],
    ["actor", "agent-ann"],
    ["scope", "--actor", "agent-ann"],
    ["trace", "--reports", join(desk, "reports.csv")],
  ].map((words) => {
    const ran = whosaw("--json", ...words);
    expect([0, 1], ran.stderr).toContain(ran.status);
    return ran.stdout.replace(/"seconds": [\d.]+/, '"seconds": 0');
  });
}

const answer = (...words: readonly string[]): Record<string, unknown> =>
  JSON.parse(whosaw("--json", ...words).stdout) as Record<string, unknown>;

beforeAll(async () => {
  expect(whosaw("import", desk).status).toBe(0);
  const { log, record } = await openGatewayLog(data, (actor, customers) =>
    customers.map((id) =>
      id === "g-3" && actor === "agent-ann" ? { kind: "assigned", ticket: "T-9" } : null,
    ),
  );
  const both = [
    { table: "public.customers", customers: ["g-3", "g-4"], shown: ["name"], masked: ["email"], probed: [] },
    { table: "public.tickets", customers: ["g-3"], shown: ["email"], masked: [], probed: ["phone"] },
  ];
  expect(await record([readBy("agent-ann", ["g-3", "c-1"], 0)])).toBeNull();
  expect(
    await record([readBy("agent-ann", [], 1, { seen: both, ticket: "T-4", action: "search" })]),
  ).toBeNull();
  expect(await record([readBy("agent-ben", ["g-3", "g-5"], 2)])).toBeNull();
  await log.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what a gateway recorded", () => {
  it("is in the next answer, with its own entry as its receipt and the reason known when it happened", () => {
    const { sightings } = answer("customer", "g-3") as { sightings: readonly Record<string, unknown>[] };
    expect(sightings).toHaveLength(3);
    const [first, second, third] = sightings;
    expect(first).toMatchObject({
      time: "2026-01-31T12:00:00Z",
      actor: "agent-ann",
      fields: ["name"],
      masked: ["email"],
      probed: ["language"],
      explained: true,
      explanation: { kind: "assigned", ticket: "T-9" },
      source: "gateway",
      origin: null,
    });
    // A field shown in one table was shown, whatever the other masked.
    expect(second).toMatchObject({
      action: "search",
      fields: ["email", "name"],
      masked: [],
      probed: ["phone"],
    });
    expect(third).toMatchObject({ actor: "agent-ben", explained: false, explanation: null });
    const indexes = sightings.map(({ receipt }) => (receipt as { index: number }).index);
    expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
    expect(new Set(indexes).size).toBe(3);
  });

  it("counts in what an actor saw, in the scope and its receipts, and in exports", () => {
    expect(answer("actor", "agent-ann")).toMatchObject({ explained: 4 });
    const scope = answer("scope", "--actor", "agent-ann") as { receipts: readonly object[] };
    expect(scope.receipts.at(-1)).toMatchObject({ import: null, file: "gateway", entries: 2 });
    const out = join(folder, "out.csv");
    expect(whosaw("export", "--format", "csv", "--actor", "agent-ann", "--out", out).status).toBe(0);
  });

  it("comes back byte for byte when the store is built anew from the log", () => {
    const before = answers();
    expect(before[1]).toContain('"T-9"');
    rmSync(join(data, "store"), { recursive: true });
    const rebuilt = whosaw("rebuild", "--json");
    expect(rebuilt.status, rebuilt.stderr).toBe(0);
    expect(answers()).toEqual(before);
  });

  it("keeps its reasons when tickets come late and every window is computed anew", () => {
    writeFileSync(join(folder, "tickets.csv"), "id,customer,opened,assignee\nT-9,g-3,2026-01-30,agent-ben\n");
    expect(whosaw("import", join(folder, "tickets.csv")).status).toBe(0);
    const { sightings } = answer("customer", "g-3") as {
      sightings: readonly { actor: string; explained: boolean }[];
    };
    expect(sightings.map(({ actor, explained }) => [actor, explained])).toEqual([
      ["agent-ann", true],
      ["agent-ann", true],
      ["agent-ben", true],
    ]);
  });

  it("is in the store once, however often taking it over is killed", async () => {
    const { log, record } = await openGatewayLog(data);
    for (let n = 0; n < 400; n++) {
      const customers = Array.from({ length: 300 }, (_, i) => `k-${n}-${i}`);
      expect(await record([readBy("agent-kim", customers, n)])).toBeNull();
    }
    await log.close();
    const random = seededRandom(7);
    let killed = 0;
    for (let round = 0; round < 8; round++) {
      const asking = spawn(process.execPath, [bin, "--data", data, "--json", "customer", "k-1-1"], {
        stdio: "ignore",
      });
      const ended = once(asking, "exit");
      await new Promise((wait) => setTimeout(wait, 250 + random() * 2500));
      asking.kill("SIGKILL");
      await ended;
      if (asking.signalCode === "SIGKILL") killed++;
    }
    expect(killed).toBeGreaterThan(0);
    expect(answer("actor", "agent-kim")).toMatchObject({ sightings: 120_000, customers: 120_000 });
    const store = good(await openStore({ data }));
    const [rows] = await store.query<{ rows: number }>(
      "SELECT count() AS rows FROM sightings WHERE source = 'gateway' AND actor != 'agent-kim'",
    );
    await store.close();
    expect(rows).toEqual({ rows: 6 });
  }, 120_000);
});
