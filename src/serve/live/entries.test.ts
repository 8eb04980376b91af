import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Refusal, canonicalJson, isRefusal } from "../../base/index.ts";
import type { GatewayEvent, Seen } from "../../capture/index.ts";
import {
  type LogReader,
  type Recorder,
  type Said,
  isSealedText,
  openReader,
  openRecorder,
  openSealing,
  type Sealing,
} from "../../record/index.ts";
import { type EntryParts, entriesOf, saidBytesMax } from "./entries.ts";
import { recordInto } from "./recorder.ts";

const dir = mkdtempSync(join(tmpdir(), "whosaw-entries-"));
let log: Recorder;
let sealing: Sealing;

function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.what);
  return value;
}

beforeAll(async () => {
  log = good(await openRecorder(dir, { name: "log.example/desk" }));
  sealing = good(await openSealing(dir));
});

afterAll(async () => {
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});

const parts: EntryParts = {
  explain: (_, customers) =>
    customers.map((id) => (id.endsWith("7") ? { kind: "assigned", ticket: `T-${id}` } : null)),
  seal: (actor, text) => sealing.seal(`actor:${actor}`, text),
};

type Sighting = Extract<GatewayEvent, { readonly kind: "sighting" }>;

function sighting(seen: readonly Seen[], more: Partial<Sighting> = {}): Sighting {
  return {
    kind: "sighting",
    time: Date.UTC(2026, 0, 31, 9, 30),
    reader: { actor: "ann", role: "support", session: "s-1", ip: "10.0.0.7", application: "psql" },
    action: "read",
    seen,
    rows: 3,
    ticket: null,
    statement: {
      normalized: "SELECT * FROM customers WHERE email = $1",
      original: "SELECT * FROM customers WHERE email = 'mia@example.com'",
    },
    ...more,
  };
}

function customersOf(count: number, prefix = "c-"): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

function table(name: string, customers: readonly string[]): Seen {
  return { table: `public.${name}`, customers, shown: ["name"], masked: ["email"], probed: ["language"] };
}

describe("a sighting's entry", () => {
  it("holds who, whom, which fields and why, and no literal of the statement", async () => {
    const [entry, ...more] = good(await entriesOf(sighting([table("customers", ["c-7", "c-8"])]), parts));
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      kind: "sighting",
      time: "2026-01-31T09:30:00.000Z",
      actor: "ann",
      session: "s-1",
      seen: [
        {
          table: "public.customers",
          customers: ["c-7", "c-8"],
          shown: ["name"],
          masked: ["email"],
          probed: ["language"],
        },
      ],
      because: [["c-7", "assigned", "T-c-7"]],
      part: null,
    });
    expect(JSON.stringify(entry)).not.toContain("mia@");
    const { sealed } = (entry?.["statement"] ?? {}) as { sealed?: Said };
    if (!isSealedText(sealed)) throw new Error("the statement is not sealed");
    const opened = good(await sealing.open(sealed));
    expect(opened === "shredded" ? "" : opened.reveal()).toContain("mia@example.com");
  });

  it("seals nothing where the statement has no literal", async () => {
    const statement = { normalized: "SELECT $1", original: "SELECT $1" };
    const [entry] = good(await entriesOf(sighting([table("customers", ["c-1"])], { statement }), parts));
    expect(entry?.["statement"]).toEqual({ normalized: "SELECT $1", sealed: null });
  });

  it("is refused whole where a row's customer is no id", async () => {
    for (const id of ["", "a\nb", "x".repeat(257), "\ud800"])
      expect(isRefusal(await entriesOf(sighting([table("customers", ["c-1", id])]), parts))).toBe(true);
    expect(isRefusal(await entriesOf(sighting([table("customers", ["x".repeat(256)])]), parts))).toBe(false);
  });

  it("of 20,000 customers becomes several entries that the log takes together, each customer in one of them", async () => {
    const before = log.status().size;
    const customers = customersOf(20_000, "customer-of-a-long-name-");
    const record = recordInto({
      ...parts,
      appendAll: (said) => log.appendAll(said),
      isSuspended: () => false,
      alarms: () => [],
      expect: () => null,
    });
    expect(await record([sighting([table("customers", customers)])])).toBeNull();
    good(await log.checkpoint());
    const kept = await entriesFrom(good(await openReader(dir)), before);
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.map((entry) => entry["part"])).toEqual(
      kept.map((_, at) => ({ at: at + 1, of: kept.length })),
    );
    const seen = kept.flatMap((entry) =>
      (entry["seen"] as unknown as Seen[]).flatMap((one) => one.customers),
    );
    expect(seen).toEqual(customers);
    const because = kept.flatMap((entry) => entry["because"] as unknown as string[][]);
    expect(because).toHaveLength(2000);
    expect(kept.map((entry) => entry["rows"])).toEqual(kept.map((_, at) => (at === 0 ? 3 : 0)));
  });

  it("never outgrows what the log takes, and loses no customer, whatever is in it", async () => {
    const id = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((text) => text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text));
    const seen = fc.record({
      table: fc.string({ maxLength: 63 }),
      customers: fc
        .tuple(fc.uniqueArray(id, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 900 }))
        .map(([ids, times]) => ids.flatMap((one) => customersOf(times, one.slice(0, 40)))),
      shown: fc.array(fc.string({ maxLength: 63 }), { maxLength: 40 }),
      masked: fc.array(fc.string({ maxLength: 63 }), { maxLength: 10 }),
      probed: fc.constant([]),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(seen, { minLength: 1, maxLength: 4 }),
        fc.string({ unit: "binary", maxLength: 40_000 }),
        async (all, text) => {
          const statement = { normalized: text, original: `${text}'` };
          const entries = good(await entriesOf(sighting(all, { statement }), parts));
          for (const entry of entries)
            expect(Buffer.byteLength(canonicalJson(entry))).toBeLessThanOrEqual(saidBytesMax);
          const told = new Map<string, number>();
          for (const entry of entries)
            for (const one of entry["seen"] as unknown as Seen[])
              told.set(one.table, (told.get(one.table) ?? 0) + one.customers.length);
          const meant = new Map<string, number>();
          for (const one of all) meant.set(one.table, (meant.get(one.table) ?? 0) + one.customers.length);
          expect(told).toEqual(meant);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("the other events", () => {
  const { reader, statement, time } = sighting([]);

  it("each become one entry, which the log takes as it is", async () => {
    const events: readonly GatewayEvent[] = [
      { kind: "probe", time, reader, probes: [{ table: "public.customers", fields: ["email"] }], statement },
      { kind: "refusal", time, reader, code: "42501", rule: "function", statement: null },
      {
        kind: "scrubbed",
        time,
        reader,
        severity: "ERROR",
        code: "22P02",
        original: "bad: mia@example.com",
        statement,
      },
      { kind: "login", time, reader, method: "scram" },
      { kind: "logout", time, reader, method: "scram" },
      { kind: "login_refused", time, user: "x\u0000".repeat(5000), ip: "10.0.0.8", rule: "password" },
    ];
    const before = log.status().size;
    const record = recordInto({
      ...parts,
      appendAll: (said) => log.appendAll(said),
      isSuspended: () => true,
      alarms: () => [],
      expect: () => null,
    });
    expect(await record(events)).toBeNull();
    good(await log.checkpoint());
    const kept = await entriesFrom(good(await openReader(dir)), before);
    expect(kept.map(({ kind }) => kind)).toEqual(events.map(({ kind }) => kind));
    expect(JSON.stringify(kept)).not.toContain("mia@");
    expect(kept.at(-1)?.["user"]).toHaveLength(256);
  });
});

describe("a suspended account", () => {
  it("is released nothing, whatever a gateway that hasn't heard of it asks", async () => {
    const before = log.status().size;
    const record = recordInto({
      ...parts,
      appendAll: (said) => log.appendAll(said),
      isSuspended: (actor) => actor === "ann",
      alarms: () => [],
      expect: () => null,
    });
    expect(await record([sighting([table("customers", ["c-1"])])])).toMatchObject({ code: "refused" });
    expect(log.status().size).toBe(before);
  });
});

async function entriesFrom(reader: LogReader, from: number): Promise<readonly Said[]> {
  const kept: Said[] = [];
  for await (const bundle of reader.entries(from))
    for (const { entry } of bundle) if (entry !== null) kept.push(entry);
  return kept;
}
