import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json, seededRandom } from "../base/index.ts";
import { type Action, actions, type Instant } from "../domain/index.ts";
import {
  csvHeader,
  csvLine,
  ecsLine,
  type Exported,
  type ExportedSighting,
  type ExportedUnknown,
  ocsfLine,
} from "./index.ts";
import { hasSchema, openOcsfSchema } from "./ocsf-schema.testing.ts";

const sighting: ExportedSighting = {
  known: true,
  time: Date.UTC(2019, 6, 1, 9, 30, 0, 250) as Instant,
  actor: "agent-0417",
  customer: "c-1",
  action: "read",
  fields: ["email", "phone"],
  masked: ["card"],
  ticket: "t-1",
  session: "s-1",
  ip: "192.0.2.10",
  source: "desk",
  import: 3,
  line: 17,
  receipt: { log: "log.example/desk", entry: 5 },
  class: "explained",
  explanation: { kind: "assigned", ticket: "t-9" },
};

const unknown: ExportedUnknown = {
  known: false,
  time: sighting.time,
  actor: "agent-0417",
  action: "search",
  fields: [],
  session: "",
  ip: "",
  source: "",
  import: 3,
  line: 18,
  receipt: null,
  target: "support.customers",
  rowsMax: 40,
};

type Parsed = { readonly [name: string]: Json };
const parsed = (line: string): Parsed => {
  expect(line.endsWith("\n")).toBe(true);
  return JSON.parse(line) as Parsed;
};

/** Rows of every kind, with texts that a source may send. */
function someRows(seed: number, rows: number): readonly Exported[] {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const texts = [
    "",
    "a",
    'say "x", y; z',
    " space ",
    "ünïcode 🙂",
    "\\",
    "</script>",
    "=1+1",
    "9".repeat(256),
  ];
  const ids = texts.filter((text) => text !== "");
  return Array.from({ length: rows }, (_, n): Exported => {
    const when = {
      time: (sighting.time + n) as Instant,
      actor: pick(ids),
      action: pick<Action>(actions),
      fields: pick([[], ["email"], ["a", "b c"]]),
      session: pick(texts),
      ip: pick(["", "192.0.2.7", "2001:db8::7", "fe80::1%eth0", "no address", "::ffff:192.0.2.1"]),
      source: pick(texts),
      import: 1 + n,
      line: n,
      receipt: pick([null, { log: "log.example/desk", entry: n }]),
    };
    return random() < 0.2
      ? {
          ...when,
          known: false,
          target: pick(["", "ticket t-1", "contact", "a.b", "case"]),
          rowsMax: pick([0, 7]),
        }
      : {
          ...when,
          known: true,
          customer: pick(ids),
          masked: pick([[], ["card"]]),
          ticket: pick(texts),
          ...pick([
            { class: "explained", explanation: { kind: "named", ticket: "t-1" } } as const,
            { class: "bystander", explanation: null } as const,
            { class: "unexplained", explanation: null } as const,
          ]),
        };
  });
}

describe("an OCSF event", () => {
  it("names the customer and the ticket as resources, and the reason as an enrichment", () => {
    expect(parsed(ocsfLine(sighting))).toMatchObject({
      class_uid: 6001,
      activity_id: 2,
      type_uid: 600102,
      time: sighting.time,
      actor: { user: { uid: "agent-0417" }, session: { uid: "s-1" } },
      src_endpoint: { ip: "192.0.2.10" },
      web_resources: [
        { type: "customer", uid: "c-1", data: { fields: ["email", "phone"], masked: ["card"] } },
        { type: "ticket", uid: "t-1" },
      ],
      enrichments: [
        { value: "c-1", data: { class: "explained", explanation: { kind: "assigned", ticket: "t-9" } } },
      ],
    });
  });

  it("of an unknown exposure names no customer and says so", () => {
    const event = parsed(ocsfLine(unknown));
    expect(event).toMatchObject({
      web_resources: [{ type: "support.customers" }],
      web_resources_result: [{ type: "customer" }],
      unmapped: { whosaw: { exposure_unknown: true, rows_max: 40 } },
    });
    expect(JSON.stringify(event["web_resources_result"])).not.toContain("uid");
  });

  it("with a receipt carries a fingerprint that whoever has the event can compute again", () => {
    const event = parsed(ocsfLine(sighting)) as {
      readonly unmapped: { readonly record_integrity: Parsed } & Parsed;
    } & Parsed;
    const [attestation] = event.unmapped.record_integrity["attestation_list"] as readonly Parsed[];
    const { fingerprint, ...rest } = attestation ?? {};
    const without = {
      ...event,
      unmapped: { ...event.unmapped, record_integrity: { attestation_list: [rest] } },
    };
    const value = createHash("sha256").update(canonicalJson(without)).digest("hex");
    expect(fingerprint).toEqual({ algorithm: "SHA-256", algorithm_id: 3, value });
    expect(rest).toEqual({
      uid: "log.example/desk/5/17/c-1",
      chain_uid: "log.example/desk",
      authority_uid: "log.example/desk",
    });
  });

  it("is RFC 8785 text as it stands, whatever the row says", () => {
    for (const row of [sighting, unknown, ...someRows(8785, 500)]) {
      const line = ocsfLine(row);
      expect(line).toBe(`${canonicalJson(JSON.parse(line) as Json)}\n`);
    }
  });

  it("is attested in its own place, not where an id spells that place", () => {
    const customer = '"unmapped":{"record_integrity":{';
    const event = parsed(ocsfLine({ ...sighting, actor: customer, customer, ticket: customer }));
    expect(event["unmapped"]).toMatchObject({
      record_integrity: { attestation_list: [{ chain_uid: "log.example/desk" }] },
    });
    expect(event["actor"]).toMatchObject({ user: { uid: customer } });
  });

  it("without a receipt claims no integrity", () => {
    expect(ocsfLine({ ...sighting, receipt: null })).not.toContain("record_integrity");
  });

  it.skipIf(!hasSchema)("is valid OCSF 1.5.0, whatever the row says (skipped without the schema)", () => {
    const faultsOf = openOcsfSchema();
    for (const row of [sighting, unknown, ...someRows(6001, 2_000)])
      expect(faultsOf(parsed(ocsfLine(row))), JSON.stringify(row)).toEqual([]);
  });

  it.skipIf(!hasSchema)("is held against a schema that would object (skipped without the schema)", () => {
    const faultsOf = openOcsfSchema();
    const event = parsed(ocsfLine(sighting));
    const { web_resources: _, ...bare } = event;
    const wrong: readonly Parsed[] = [
      bare,
      { ...event, activity_id: 77 },
      { ...event, time: "2019-07-01" },
      { ...event, ticket: { uid: "t-1" } },
      { ...event, metadata: { ...(event["metadata"] as Parsed), profiles: [] } },
      { ...event, src_endpoint: { ip: "nowhere" } },
      { ...event, web_resources: [{ type: "customer" }] },
      { ...event, record_integrity: {} },
    ];
    for (const one of wrong) expect(faultsOf(one)).toHaveLength(1);
  });
});

describe("an ECS document", () => {
  it("is a database access by a user, with the customer under whosaw", () => {
    expect(parsed(ecsLine(sighting))).toMatchObject({
      "@timestamp": "2019-07-01T09:30:00.250Z",
      event: {
        category: ["database"],
        type: ["access"],
        action: "customer-read",
        outcome: "success",
        id: "log.example/desk/5/17/c-1",
      },
      user: { id: "agent-0417" },
      source: { ip: "192.0.2.10" },
      related: { user: ["agent-0417"], ip: ["192.0.2.10"] },
      whosaw: {
        customer: { id: "c-1" },
        fields: ["email", "phone"],
        masked: ["card"],
        ticket: { id: "t-1" },
        class: "explained",
        receipt: { log: "log.example/desk", entry: 5, line: 17 },
      },
    });
  });

  it.each([
    ["search", ["access"]],
    ["export", ["access"]],
    ["update", ["change"]],
    ["delete", ["change", "deletion"]],
  ] as const)("of a %s is of the types %j", (action, type) => {
    expect(parsed(ecsLine({ ...sighting, action }))["event"]).toMatchObject({ type });
  });

  it("takes for an IP address only what is one", () => {
    const document = parsed(ecsLine({ ...sighting, ip: "desk 12" }));
    expect(document["source"]).toEqual({ address: "desk 12" });
    expect(document["related"]).toEqual({ user: ["agent-0417"] });
  });

  it("of an unknown exposure names no customer", () => {
    expect(parsed(ecsLine(unknown))["whosaw"]).toEqual({
      exposure_unknown: true,
      action: "search",
      fields: [],
      target: "support.customers",
      rows_max: 40,
      import: { number: 3, line: 18 },
    });
  });
});

describe("a CSV line", () => {
  it("has the columns of accesses first", () => {
    expect(csvHeader).toBe(
      "time,actor,customer,fields,masked,action,ticket,session,ip,source,class,explanation,explanation_ticket,receipt_log,receipt_entry,receipt_line\n",
    );
    expect(csvLine(sighting)).toBe(
      "2019-07-01T09:30:00.250Z,agent-0417,c-1,email;phone,card,read,t-1,s-1,192.0.2.10,desk,explained,assigned,t-9,log.example/desk,5,17\n",
    );
  });

  it("quotes what a reader would cut or trim", () => {
    const line = csvLine({
      ...sighting,
      customer: 'a "b", c',
      session: " s ",
      receipt: null,
      explanation: null,
    });
    expect(line).toContain('"a ""b"", c"');
    expect(line).toContain('," s ",');
    expect(line.endsWith(",explained,,,,,\n")).toBe(true);
  });
});
