import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Refusal, isRefusal } from "../base/index.ts";
import type { ActorId, Instant } from "../domain/index.ts";
import { openReader, openRecorder } from "../record/index.ts";
import { openBundle, verifyBundle } from "../verify/index.ts";
import { type EvidenceAnswer, type EvidenceWish, evidenceReasonMax } from "./evidence.ts";
import { type Desk, always, openDesk } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-evidence-"));
const data = join(root, "data");
let desk: Desk | null = null;

function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(`${value.code}: ${value.what}`);
  return value;
}

async function opened(): Promise<Desk> {
  return good(await openDesk({ data, clock: Date.now, onEvent: () => undefined }));
}

function ask(name: string, more: Partial<EvidenceWish> = {}): Promise<EvidenceAnswer | Refusal> {
  if (desk === null) throw new Error("no desk");
  const actor = "agent-ben" as ActorId;
  return desk.exportEvidence({
    ...always,
    actor,
    reason: null,
    file: join(root, name),
    overwrite: false,
    ...more,
  });
}

function textOf(name: string, path: string): string {
  return Buffer.from(unzipSync(readFileSync(join(root, name)))[path] ?? Buffer.of()).toString();
}

/** Another system's event that says that something was searched, and not which customers came back. */
const search = JSON.stringify({
  class_uid: 6001,
  activity_id: 5,
  category_uid: 6,
  time: Date.parse("2019-07-04T12:00:00Z"),
  metadata: { version: "1.5.0", product: { name: "Example Desk" } },
  actor: { user: { uid: "agent-ben" }, session: { uid: "s9" } },
  src_endpoint: { ip: "192.0.2.11" },
  web_resources: [{ type: "directory" }],
  web_resources_result: [{ type: "customer" }],
});

beforeAll(async () => {
  writeFileSync(join(root, "searches.json"), `${search}\n`);
  desk = await opened();
  good(await desk.importPaths([resolve(import.meta.dirname, "../../testdata/small-desk")], {}));
  good(await desk.importPaths([join(root, "searches.json")], { format: "ocsf" }));
});

afterAll(async () => {
  await desk?.close();
  rmSync(root, { recursive: true, force: true });
});

describe("evidence", () => {
  it("says what it doesn't know: events without a customer stand apart and qualify every number", async () => {
    const answer = good(await ask("whole.zip"));
    expect(answer).toMatchObject({ customers: 3, sightings: 3, exposureUnknown: 1, entries: 2, unproved: 0 });
    const [, unknown = "", rest] = textOf("whole.zip", "exposure-unknown.csv").split("\n");
    expect(unknown).toMatch(/^2019-07-04T12:00:00Z,agent-ben,/);
    expect(rest).toBe("");
    expect(textOf("whole.zip", "report.html").replaceAll(/\s+/g, " ")).toMatch(
      /1 more event of this account does not say which customers were shown/,
    );
    expect(textOf("whole.zip", "report.html")).not.toMatch(/never to this one/);
  });

  it("of one span holds that span only, and what it says was asked", async () => {
    const [since, until] = ["2019-07-01T10:30:00Z", "2019-07-01T23:59:59Z"].map(Date.parse) as [
      number,
      number,
    ];
    const span = { since: since as EvidenceWish["since"], until: until as EvidenceWish["until"] };
    expect(good(await ask("span.zip", span))).toMatchObject({
      customers: 1,
      sightings: 1,
      exposureUnknown: 0,
    });
    expect(JSON.parse(textOf("span.zip", "export.json"))).toMatchObject({
      entry: { filter: { from: "2019-07-01T10:30:00Z", to: "2019-07-01T23:59:59Z" } },
    });
  });

  it("takes as many sightings and as long a reason as its limits say, and no more", async () => {
    const reason = "r".repeat(evidenceReasonMax);
    expect(await ask("limit.zip", { sightingsMax: 4, reason })).toMatchObject({ sightings: 3 });
    expect(await ask("more.zip", { sightingsMax: 3 })).toMatchObject({ kind: "refusal", code: "refused" });
    expect(await ask("more.zip", { reason: `${reason}r` })).toMatchObject({ kind: "refusal", code: "usage" });
    expect(existsSync(join(root, "more.zip"))).toBe(false);
  });

  it("that was refused is not in the log, leaves no file behind and no table in the store", async () => {
    const before = good(await openReader(data)).size;
    expect(await ask("no/where.zip")).toMatchObject({ kind: "refusal", code: "input" });
    expect(await ask("whole.zip")).toMatchObject({ kind: "refusal", code: "refused" });
    expect(await ask("more.zip", { sightingsMax: 0 })).toMatchObject({ kind: "refusal" });
    expect(good(await openReader(data)).size).toBe(before);
    expect(readdirSync(root).filter((name) => name.endsWith(".part"))).toEqual([]);
    const tables = await desk?.store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'exporting%'",
    );
    expect(tables).toEqual([]);
  });

  it("of an actor who saw nothing at that time says so, and verifies", async () => {
    const until = Date.UTC(2001, 0, 1) as Instant;
    const answer = good(await ask("nothing.zip", { actor: "agent-ben" as ActorId, until }));
    expect(answer).toMatchObject({ customers: 0, sightings: 0, entries: 0 });
    const bundle = good(openBundle(join(root, "nothing.zip")));
    expect(await verifyBundle(bundle.read, { paths: bundle.paths })).toMatchObject({
      ok: true,
      problems: [],
    });
  });

  it("of an actor whom nothing on record names is refused", async () => {
    const answer = await ask("nobody.zip", { actor: "agent-nobody" as ActorId });
    expect(answer).toMatchObject({ code: "input", what: expect.stringContaining("agent-nobody") });
    expect(existsSync(join(root, "nobody.zip"))).toBe(false);
  });

  it("convinces whoever holds the key from before it was handed over", async () => {
    const older = readFileSync(join(data, "keys/log.vkey"), "utf8").trim();
    const recorder = good(await openRecorder(data, {}));
    good(await recorder.rotateKey());
    await recorder.close();
    good(await ask("rotated.zip"));
    const bundle = good(openBundle(join(root, "rotated.zip")));
    const options = { paths: bundle.paths, key: older };
    expect(await verifyBundle(bundle.read, options)).toMatchObject({ ok: true, problems: [] });
    expect(readFileSync(join(data, "keys/log.vkey"), "utf8").trim()).not.toBe(older);
  });
});
