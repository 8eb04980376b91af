import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayEvent, Reader } from "../../capture/index.ts";
import { openReader, openRecorder, openSealing, type Said } from "../../record/index.ts";
import { restorationEntry, suspensionEntry } from "../gateway/suspending.ts";
import { good } from "./fixture.testing.ts";
import { recordInto } from "./recorder.ts";

const page = readFileSync(new URL("../../../docs/formats/entries.md", import.meta.url), "utf8");
const section = page.split("## Vectors of the gateway's kinds")[1] ?? "";
/** Each vector: kind, entry, its SHA-256, leaf, leaf hash. */
const vectors = [...section.matchAll(/^`([a-z_]+)`.*\n\n```\n([\s\S]*?)\n```$/gm)].map(([, kind, block]) => ({
  kind: kind ?? "",
  lines: (block ?? "").split("\n"),
}));
const root = /^```\n([0-9a-f]{64})\n```$/m.exec(section)?.[1] ?? "";

const sha256 = (...pieces: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

const time = Date.UTC(2026, 0, 31, 9, 30);
const reader: Reader = {
  actor: "agent-0417",
  role: "support",
  session: "5f1c2a9e",
  ip: "10.0.0.7",
  application: "psql",
};
const statement = {
  normalized: "SELECT name FROM customers WHERE id = $1",
  original: "SELECT name FROM customers WHERE id = 7",
};
const counting = "SELECT count(*) FROM customers WHERE email IS NULL";
const copying = "COPY customers TO STDOUT";

const events: readonly GatewayEvent[] = [
  { kind: "login", time, reader, method: "scram" },
  {
    kind: "sighting",
    time,
    reader,
    action: "read",
    seen: [
      { table: "public.customers", customers: ["7"], shown: ["name"], masked: ["email"], probed: ["id"] },
    ],
    rows: 1,
    ticket: null,
    statement,
  },
  {
    kind: "probe",
    time,
    reader,
    probes: [{ table: "public.customers", fields: ["email"] }],
    statement: { normalized: counting, original: counting },
  },
  {
    kind: "refusal",
    time,
    reader,
    code: "42501",
    rule: "copy",
    statement: { normalized: copying, original: copying },
  },
  {
    kind: "scrubbed",
    time,
    reader,
    severity: "ERROR",
    code: "22P02",
    original: 'invalid input syntax for type integer: "mia@example.com"',
    statement: null,
  },
  { kind: "logout", time, reader, method: "terminated" },
  { kind: "login_refused", time, user: "agent-9999", ip: "10.0.0.9", rule: "password" },
];

const wish = { actor: "agent-0417", reason: "case 12", by: "root" };
const isoTime = new Date(time).toISOString();
const ordered = { ended: 0, probe: null, millis: null, upstream: null };
const probed = {
  ended: 2,
  probe: { outcome: "refused", code: "28000" },
  millis: 179.2,
  upstream: ["agent_0417"],
};
const others: readonly Said[] = [
  suspensionEntry(wish, time, ordered),
  suspensionEntry(wish, time, probed),
  restorationEntry({ ...wish, reason: "case 12: cleared" }, time, ["agent_0417"]),
  {
    by: "root",
    changed: [{ key: "roles.support.rows", now: "all", was: "ticket" }],
    kind: "configuration",
    sha256: "3c65fda8a0ab8b5efd210324ae908ef4ca911d183812ab97eba8a0f28a8b2f0c",
    time: isoTime,
    why: "reload",
  },
  {
    action: "planted",
    actor: "agent-0417",
    by: "root",
    customer: "1048577",
    kind: "canary",
    ticket: "418",
    time: isoTime,
  },
  {
    actor: "agent-0417",
    customer: "1048577",
    fields: ["email", "name"],
    ip: "10.0.0.7",
    kind: "alarm",
    rule: "canary",
    session: "5f1c2a9e",
    time: isoTime,
  },
];

/** RFC 6962 section 2.1, as it stands there. */
function rootOf(hashes: readonly Uint8Array[]): Buffer {
  if (hashes.length === 1) return Buffer.from(hashes[0] ?? []);
  let half = 1;
  while (half * 2 < hashes.length) half *= 2;
  return sha256(Buffer.of(1), rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)));
}

let written: readonly (readonly string[])[] = [];
let kinds: readonly string[] = [];
const folder = mkdtempSync(join(tmpdir(), "whosaw-vectors-"));

/** Bytes that a stranger can repeat: of every 16, the number of the 16 since the beginning. */
function counted(): (count: number) => Uint8Array {
  let block = 0;
  return (count) =>
    Buffer.concat(Array.from({ length: Math.ceil(count / 16) }, () => Buffer.alloc(16, ++block))).subarray(
      0,
      count,
    );
}

beforeAll(async () => {
  const log = good(
    await openRecorder(folder, {
      name: "log.example/desk",
      clock: () => time + 250,
      random: counted(),
      checkpointMillis: 1e9,
    }),
  );
  let piece = 0;
  const sealing = good(await openSealing(folder, (count) => Buffer.alloc(count, ++piece)));
  const record = recordInto({
    explain: (_, customers) => customers.map(() => ({ kind: "assigned", ticket: "418" })),
    seal: (actor, text) => sealing.seal(`actor:${actor}`, text),
    appendAll: (said) => log.appendAll(said),
    isSuspended: () => false,
    alarms: () => [],
    expect: () => null,
  });
  for (const event of events) expect(await record([event])).toBeNull();
  for (const entry of others) good(await log.append(entry));
  const asked = good(await sealing.seal("customer:7", '{"customer":"7","from":null,"to":null}'));
  good(await log.append({ asked, by: "root", command: "customer", kind: "question", time: isoTime }));
  good(await log.checkpoint());
  const log2 = good(await openReader(folder));
  const found: (readonly string[])[] = [];
  const names: string[] = [];
  for (let index = 0; index < log2.size; index++) {
    const proved = good(await log2.prove(index));
    if (proved === null) throw new Error(`no entry ${index}`);
    names.push(String((await log2.entry(index))?.entry?.kind));
    const leafHash = sha256(Buffer.of(0), proved.leaf).toString("hex");
    found.push([proved.entry, sha256(proved.entry).toString("hex"), proved.leaf, leafHash]);
  }
  [written, kinds] = [found, names];
  await log.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the vectors of the gateway's kinds, in docs/formats/entries.md", () => {
  it("are what the program writes, to the byte", () => {
    expect(vectors.map(({ kind }) => kind)).toEqual(kinds);
    expect(vectors.map(({ lines }) => lines)).toEqual(written);
  });

  it("can be recomputed from the page alone: entry, salt, leaf, hash and root", () => {
    for (const [at, { kind, lines }] of vectors.entries()) {
      const [entry = "", digest, leaf = "", leafHash] = lines;
      expect(sha256(entry).toString("hex"), kind).toBe(digest);
      const salt = /"salt":"([0-9a-f]{32})"/.exec(leaf)?.[1];
      expect(leaf).toBe(`{"entry":"${digest ?? ""}","salt":"${salt ?? ""}"}`);
      expect(sha256(Buffer.of(0), leaf).toString("hex"), kind).toBe(leafHash);
      expect((JSON.parse(entry) as { entry: { kind: string } }).entry.kind, `the vector ${at}`).toBe(kind);
    }
    expect(rootOf(vectors.map(({ lines }) => Buffer.from(lines[3] ?? "", "hex"))).toString("hex")).toBe(root);
  });

  it("are of every kind that the page lists in its tables", () => {
    const listed = [...page.matchAll(/^\| `([a-z_]+)`(?:, `([a-z_]+)`)? \|/gm)].flatMap(([, one, two]) => [
      one,
      two,
    ]);
    const [gateways, charge] = [
      ["sighting", "logout"],
      ["suspension", "question"],
    ];
    for (const kind of [...(gateways ?? []), ...(charge ?? [])]) expect(listed).toContain(kind);
    const without = ["import", "export"];
    expect(
      listed.filter((kind) => kind !== undefined && !kinds.includes(kind) && !without.includes(kind)),
    ).toEqual([]);
  });
});
