import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../base/index.ts";
import { parseCustomerId } from "../../../domain/index.ts";
import type { Normalised, VendorOptions } from "./normalised.ts";
import { ocsf } from "./ocsf.ts";

const shared =
  process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../../../shared/data", import.meta.url).pathname;
const schemaFile = (version: string): string => `${shared}/ocsf-schema/schema-${version}.json.gz`;

async function readAll(text: string | Uint8Array, options: VendorOptions = {}): Promise<Normalised[]> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  const rows: Normalised[] = [];
  for await (const row of ocsf(
    (async function* () {
      yield bytes;
    })(),
    options,
  ))
    rows.push(row);
  return rows;
}

const classNames: { readonly [uid: number]: string } = {
  6001: "Web Resources Activity",
  6003: "API Activity",
  6004: "Web Resource Access Activity",
  6005: "Datastore Activity",
};

/** A customer's resource as whosaw writes it itself. */
const customer = (uid: string, data: object = {}): object => ({ type: "customer", uid, data });

function event(classUid: number, activity: number, more: object = {}): object {
  const time = Date.UTC(2026, 0, 5, 9, 30, 0, 250);
  const own: { readonly [uid: number]: object } = {
    6001: { web_resources: [{ type: "desk", uid: "desk-1" }] },
    6003: { api: { operation: "getContact" } },
    6004: { web_resources: [{ type: "desk", uid: "desk-1" }], http_request: { http_method: "GET" } },
    6005: { database: { name: "support", type_id: 1 }, table: { name: "customers" } },
  };
  return {
    class_uid: classUid,
    class_name: classNames[classUid],
    category_uid: 6,
    activity_id: activity,
    type_uid: classUid * 100 + activity,
    severity_id: 1,
    status_id: 1,
    time,
    metadata: { version: "1.5.0", product: { name: "Example Desk", vendor_name: "Example" } },
    actor: { user: { uid: "agent-7", name: "agent seven", type_id: 1 }, session: { uid: "s-1" } },
    src_endpoint: { ip: "192.0.2.7" },
    ...own[classUid],
    ...more,
  };
}

const kinds = (rows: readonly Normalised[]): readonly string[] => rows.map((row) => row.kind);

const lines = (...events: readonly object[]): string =>
  events.map((one) => `${JSON.stringify(one)}\n`).join("");

describe("an OCSF log", () => {
  it("gives one access for every customer a search found, with the fields shown and masked", async () => {
    const rows = await readAll(
      lines(
        event(6001, 5, {
          web_resources_result: [
            customer("c-1", { fields: ["phone", "email"], masked: ["card"] }),
            customer("c-2", { seen: "email" }),
          ],
        }),
      ),
    );
    expect(rows).toMatchObject([
      { kind: "access", line: 1, customer: "c-1", action: "search", fields: "email;phone", masked: "card" },
      { kind: "access", line: 1, customer: "c-2", action: "search", fields: "email", masked: "" },
    ]);
    expect(rows[0]).toMatchObject({ actor: "agent-7", session: "s-1", ip: "192.0.2.7", source: "ocsf" });
    expect(rows[0]).toMatchObject({ time: Date.UTC(2026, 0, 5, 9, 30, 0, 250) });
  });

  it.each([6001, 6003, 6004, 6005])("of class %i is read from its resources", async (uid) => {
    const read = { 6001: 2, 6003: 2, 6004: 1, 6005: 1 }[uid] ?? 0;
    const key = uid === 6001 || uid === 6004 ? "web_resources" : "resources";
    expect(await readAll(lines(event(uid, read, { [key]: [customer("c-9")] })))).toMatchObject([
      { kind: "access", customer: "c-9", action: "read" },
    ]);
  });

  it.each([
    ["a list of the datastore", event(6005, 8), "search", "support.customers"],
    [
      "a query",
      event(6005, 4, { query_info: { query_string: "select 'a value'" } }),
      "search",
      "support.customers",
    ],
    [
      "an export",
      event(6001, 7, { web_resources: [{ name: "Jo Doe", type: "customer" }] }),
      "export",
      "customer",
    ],
    ["a read by API", event(6003, 2), "read", "getContact"],
  ])("says that the exposure is unknown when %s names no customer", async (_, one, action, target) => {
    expect(await readAll(lines(one))).toMatchObject([{ kind: "unknown", action, target, rows: 0 }]);
  });

  it("keeps what a search named and says that the rest is unknown", async () => {
    const found = {
      web_resources: [],
      web_resources_result: [customer("c-1"), { type: "customer", name: "a@example.org" }],
    };
    expect((await readAll(lines(event(6001, 5, found)))).map((row) => row.kind)).toEqual([
      "access",
      "unknown",
    ]);
  });

  it("rejects an event whose class_name contradicts its class_uid", async () => {
    const rows = await readAll(
      lines(event(6005, 1, { class_name: "Application Activity", resources: [customer("c-1")] })),
    );
    expect(rows).toEqual([
      { kind: "rejected", line: 1, reason: "class_uid is 6005 but class_name names another class" },
    ]);
  });

  it("rejects a type_uid that contradicts its class and activity", async () => {
    expect(await readAll(lines(event(6005, 1, { type_uid: 600502 })))).toMatchObject([{ kind: "rejected" }]);
  });

  it.each([
    ["a login", { ...event(6005, 1), class_uid: 3002, class_name: "Authentication" }],
    ["a failed read", event(6005, 1, { status_id: 2 })],
    ["a denied read", event(6005, 1, { action_id: 2, disposition_id: 2 })],
    ["a connection", event(6005, 3)],
    ["a read of an article", event(6001, 2, { web_resources: [{ type: "article", uid: "a-1" }] })],
  ])("ignores %s and says why", async (_, one) => {
    const rows = await readAll(lines(one));
    expect(rows).toMatchObject([{ kind: "ignored", line: 1 }]);
  });

  it("reads a ticket as its customer's record once the tickets table is known", async () => {
    const text = lines(event(6001, 2, { web_resources: [{ type: "ticket", uid: "T-1" }] }));
    expect(await readAll(text)).toMatchObject([{ kind: "unknown", target: "ticket T-1", ticket: "T-1" }]);
    const known = new Map([["T-1", parseCustomerId("c-5") ?? undefined]]);
    expect(await readAll(text, { resolveTicket: (ticket) => known.get(ticket) })).toMatchObject([
      { kind: "access", customer: "c-5", ticket: "T-1" },
    ]);
  });

  it("takes the ticket that a read names beside its customer", async () => {
    const both = { web_resources: [{ type: "case", uid: "T-2" }, customer("c-1")] };
    expect(await readAll(lines(event(6001, 2, both)))).toMatchObject([{ kind: "access", ticket: "T-2" }]);
  });

  it.each([
    ["seconds", 1_767_605_400],
    ["milliseconds", 1_767_605_400_000],
    ["microseconds", 1_767_605_400_000_000],
    ["nanoseconds", 1_767_605_400_000_000_000],
    ["text", "2026-01-05T09:30:00Z"],
  ])("reads a time in %s by its magnitude", async (_, time) => {
    const rows = await readAll(lines(event(6005, 8, { time })));
    expect(rows).toMatchObject([{ kind: "unknown", time: Date.UTC(2026, 0, 5, 9, 30) }]);
  });

  it("falls back on time_dt, and rejects an event without a time or an actor", async () => {
    const timeDt = event(6005, 8, { time: undefined, time_dt: "2026-01-05T10:30:00+01:00" });
    const rows = await readAll(
      lines(timeDt, event(6005, 8, { time: undefined }), event(6005, 8, { actor: {} })),
    );
    expect(rows.map((row) => [row.kind, row.line])).toEqual([
      ["unknown", 1],
      ["rejected", 2],
      ["rejected", 3],
    ]);
    expect(rows[0]).toMatchObject({ time: Date.UTC(2026, 0, 5, 9, 30) });
  });

  it("lets the import say which types are customers", async () => {
    const text = lines(event(6001, 2, { web_resources: [{ type: "Account", uid: "001" }] }));
    expect(await readAll(text, { customerTypes: ["account"] })).toMatchObject([
      { kind: "access", customer: "001" },
    ]);
  });

  it("is the same as JSON Lines, as a list, and under events", async () => {
    const events = [event(6005, 1, { resources: [customer("c-1")] }), event(6005, 8)];
    expect(kinds(await readAll(JSON.stringify(events)))).toEqual(["access", "unknown"]);
    expect(kinds(await readAll(JSON.stringify({ next: 1, events, more: [1, { a: 2 }] }, null, 2)))).toEqual([
      "access",
      "unknown",
    ]);
    expect(kinds(await readAll(lines(...events)))).toEqual(["access", "unknown"]);
  });
});

interface Attribute {
  readonly requirement: string;
  readonly type: string;
  readonly profile: string | null;
  readonly is_array: boolean;
  readonly object_type: string | null;
  readonly enum: object | null;
}
interface Shape {
  readonly uid?: number;
  readonly attributes: { readonly [name: string]: Attribute };
  readonly constraints?: { readonly at_least_one?: readonly string[] } | null;
}
interface Schema {
  readonly classes: { readonly [name: string]: Shape };
  readonly objects: { readonly [name: string]: Shape };
}

/** What the schema holds against a value; profile attributes are only required when the event lists the profile. */
function faults(schema: Schema, shape: Shape, value: object, at: string): readonly string[] {
  const members = new Map(Object.entries(value));
  const profiles = new Set<unknown>(
    (members.get("metadata") as { profiles?: unknown[] } | undefined)?.profiles ?? [],
  );
  const missing = Object.entries(shape.attributes)
    .filter(([name, one]) => one.requirement === "required" && !members.has(name))
    .filter(([, one]) => one.profile === null || profiles.has(one.profile))
    .map(([name]) => `${at}.${name} is missing`);
  const some = shape.constraints?.at_least_one ?? [];
  if (some.length > 0 && !some.some((name) => members.has(name)))
    missing.push(`${at} has none of ${some.join(", ")}`);
  const inside = [...members].flatMap(([name, member]) => {
    const attribute = shape.attributes[name];
    if (attribute === undefined) return [`${at}.${name} is not in the class`];
    const list: unknown[] = attribute.is_array ? (member as unknown[]) : [member];
    if (!Array.isArray(list)) return [`${at}.${name} is not a list`];
    return list.flatMap((one) => faultsOf(schema, attribute, one, `${at}.${name}`));
  });
  return [...missing, ...inside];
}

function faultsOf(schema: Schema, attribute: Attribute, value: unknown, at: string): readonly string[] {
  const object = attribute.object_type === null ? undefined : schema.objects[attribute.object_type];
  if (object !== undefined)
    return typeof value === "object" && value !== null
      ? faults(schema, object, value, at)
      : [`${at} is no object`];
  if (attribute.enum !== null && attribute.type === "integer_t")
    return Object.hasOwn(attribute.enum, String(value)) ? [] : [`${at} is not in its enumeration`];
  if (/^(integer|long|timestamp|port)_t$/.test(attribute.type))
    return Number.isInteger(value) ? [] : [`${at} is no integer`];
  return attribute.type === "json_t" || typeof value === "string" || typeof value === "boolean"
    ? []
    : [`${at} is no text`];
}

describe.each(["1.1.0", "1.3.0", "1.5.0"])("events that OCSF %s holds valid", (version) => {
  it.skipIf(!existsSync(schemaFile(version)))(
    "are all read, and none is rejected (skipped without the schema)",
    async () => {
      const schema = JSON.parse(gunzipSync(readFileSync(schemaFile(version))).toString()) as Schema;
      const byUid = new Map(Object.values(schema.classes).map((shape) => [shape.uid, shape]));
      const random = seededRandom(6005);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
      const events = Array.from({ length: 300 }, (_, n) => {
        const uid = pick([6001, 6003, 6005]);
        // Connecting and encrypting show no record.
        const activity = Number(
          pick(
            Object.keys(byUid.get(uid)?.attributes["activity_id"]?.enum ?? {}).filter(
              (id) => uid !== 6005 || (id !== "3" && id !== "9"),
            ),
          ),
        );
        const found = Array.from({ length: Math.floor(random() * 4) }, (__, k) =>
          customer(`c-${n}-${k}`, { fields: ["email"] }),
        );
        const key = { 6001: "web_resources_result", 6003: "resources" }[uid];
        const more = key === undefined || found.length === 0 ? {} : { [key]: found };
        return {
          found: key === undefined ? 0 : found.length,
          event: event(uid, activity, {
            ...more,
            metadata: { version, product: { name: "Example Desk", vendor_name: "Example" } },
          }),
        };
      });
      for (const one of events) {
        const shape = byUid.get((one.event as { class_uid: number }).class_uid);
        expect(shape).toBeDefined();
        if (shape !== undefined) expect(faults(schema, shape, one.event, "event")).toEqual([]);
      }
      const rows = await readAll(lines(...events.map((one) => one.event)));
      expect(rows.filter((row) => row.kind === "rejected")).toEqual([]);
      expect(rows.filter((row) => row.kind === "access").length).toBe(
        events.reduce((sum, one) => sum + one.found, 0),
      );
      expect(new Set(rows.map((row) => row.line)).size).toBe(events.length);
    },
  );
});
