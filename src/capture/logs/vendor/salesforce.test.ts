import { createReadStream, existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Normalised, VendorOptions } from "./normalised.ts";
import { salesforce } from "./salesforce.ts";
import { to18 } from "./salesforceEvents.ts";

const shared =
  process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../../../shared/data", import.meta.url).pathname;
const fixture = (name: string): string => `${shared}/salesforce/${name}`;

async function readAll(bytes: AsyncIterable<Uint8Array>, options: VendorOptions = {}): Promise<Normalised[]> {
  const rows: Normalised[] = [];
  for await (const row of salesforce(bytes, options)) rows.push(row);
  return rows;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const contact = "003000000000001AAA";
const account = "001000000000001AAA";
const aCase = "500000000000001AAA";
const user = "005000000000001AAA";

const line = (cells: readonly string[]): string =>
  cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");

/** A log file of one event type, as CSV with every cell quoted. */
function logFile(type: string, ...events: readonly { readonly [name: string]: string }[]): string {
  const base = {
    EVENT_TYPE: type,
    TIMESTAMP: "20260105093000.250",
    USER_ID: user.slice(0, 15),
    SESSION_KEY: "s/1",
    CLIENT_IP: "192.0.2.7",
  };
  const names = [...new Set([...Object.keys(base), ...events.flatMap((event) => Object.keys(event))])];
  const rows = events.map((event) => new Map(Object.entries({ ...base, ...event })));
  return [names, ...rows.map((row) => names.map((name) => row.get(name) ?? ""))].map(line).join("\n");
}

const brief = (rows: readonly Normalised[]): readonly string[] =>
  rows.map((row) => {
    if (row.kind === "access") return `${row.action} ${row.customer}`;
    return row.kind === "unknown"
      ? `${row.action} ? ${row.target} ${row.rows}`
      : `${row.kind}: ${row.reason}`;
  });

const nothing = "ignored: no customer's record and no list of them is named";

describe("a Salesforce event log file", () => {
  it.each<readonly [string, { readonly [name: string]: string }, readonly string[]]>([
    ["URI", { URI: `/${contact.slice(0, 15)}`, URI_ID_DERIVED: contact }, [`read ${contact}`]],
    ["URI", { URI: "/003/o" }, ["read ? URI 0"]],
    ["URI", { URI: "/home/home.jsp" }, [nothing]],
    ["LightningPageView", { PAGE_ENTITY_ID: account, PREVPAGE_ENTITY_ID: contact }, [`read ${account}`]],
    ["LightningPageView", { PAGE_ENTITY_ID: aCase }, [`read ? ticket ${aCase} 0`]],
    ["LightningPageView", { PAGE_URL: "/lightning/o/Contact/list?filterName=Recent" }, ["read ? Contact 0"]],
    ["LightningPageView", { PAGE_URL: "/lightning/o/Product2/list" }, [nothing]],
    ["ReportExport", { REPORT_ID: "00O000000000001" }, ["export ? 00O000000000001EAA 0"]],
    ["Report", { ROW_COUNT: "1200" }, ["read ? Report 1200"]],
    [
      "RestApi",
      { URI: `/services/data/v58.0/sobjects/Contact/${contact}`, METHOD: "GET" },
      [`read ${contact}`],
    ],
    [
      "RestApi",
      { URI: `/services/data/v58.0/sobjects/Contact/${contact}`, METHOD: "PATCH" },
      [`update ${contact}`],
    ],
    [
      "RestApi",
      { URI: "/services/data/v58.0/query", METHOD: "GET", ROWS_PROCESSED: "2000", ENTITY_NAME: "Contact" },
      ["read ? Contact 2000"],
    ],
    ["RestApi", { URI: "/services/data/v58.0/query", METHOD: "GET", ENTITY_NAME: "Product2" }, [nothing]],
    [
      "BulkApi",
      { OPERATION_TYPE: "query", ENTITY_TYPE: "Contact", ROWS_PROCESSED: "9" },
      ["export ? BulkApi 9"],
    ],
    ["Search", { NUM_RESULTS: "5" }, ["search ? Search 5"]],
    ["Login", { URI: "/index.jsp" }, ["ignored: an event type that shows no record"]],
    ["URI", { URI: `/${contact}`, REQUEST_STATUS: "F" }, ["ignored: the request failed"]],
  ])("with the event %s %j", async (type, event, expected) => {
    expect(brief(await readAll(once(logFile(type, event))))).toEqual(expected);
  });

  it("says who, when and from where, with ids of 18 characters", async () => {
    const [row] = await readAll(once(logFile("URI", { URI_ID_DERIVED: contact.slice(0, 15) })));
    expect(row).toMatchObject({
      line: 2,
      time: Date.UTC(2026, 0, 5, 9, 30, 0, 250),
      actor: user,
      customer: contact,
      session: "s/1",
      ip: "192.0.2.7",
      source: "salesforce",
    });
  });

  it("prefers TIMESTAMP_DERIVED, and may be followed by another file with its own header", async () => {
    const derived = logFile("URI", {
      URI_ID_DERIVED: contact,
      TIMESTAMP_DERIVED: "2026-01-05T10:00:00.000Z",
    });
    const rows = await readAll(once(`${derived}\n${logFile("Report", { ROW_COUNT: "3" })}\nshort,row\n`));
    expect(rows).toMatchObject([
      { kind: "access", line: 2, time: Date.UTC(2026, 0, 5, 10) },
      { kind: "unknown", line: 4, rows: 3 },
      { kind: "rejected", line: 5 },
    ]);
  });

  it("lets the import say which objects are customers", async () => {
    const text = logFile("URI", { URI_ID_DERIVED: "a0X000000000001AAA" }, { URI_ID_DERIVED: account });
    expect(brief(await readAll(once(text), { customerObjects: ["Client__c=a0X"] }))).toEqual([
      "read a0X000000000001AAA",
      nothing,
    ]);
  });

  it("writes the 18-character form that Salesforce documents", () => {
    expect(to18("001A0000006Vm9r")).toBe("001A0000006Vm9rIAC");
  });
});

describe("a real-time event", () => {
  const event = {
    EventDate: "2026-01-05T09:30:00.250Z",
    UserId: user,
    SessionKey: "s",
    SourceIp: "192.0.2.7",
  };

  it("of an API query names the records that came back, and leaves the rest unknown with its bound", async () => {
    const records = JSON.stringify({
      totalSize: 3,
      records: [{ attributes: { type: "Contact" }, Id: contact }],
    });
    const query = {
      ...event,
      attributes: { type: "ApiEvent" },
      QueriedEntities: "Contact",
      RowsProcessed: 3,
      Records: records,
    };
    const rows = await readAll(once(JSON.stringify([query, { ...query, RowsProcessed: 1 }], null, 1)));
    expect(brief(rows)).toEqual([`read ${contact}`, "read ? Contact 2", `read ${contact}`]);
  });

  it("of a report or list view tells its columns and its row count", async () => {
    const report = {
      channel: "/event/ReportEventStream",
      data: {
        payload: { ...event, ColumnHeaders: "[PHONE, EMAIL]", RowsProcessed: 8, Operation: "ReportExported" },
      },
    };
    const list = { EVENT_TYPE: "ListViewEvent", ...event, RowsProcessed: 50 };
    const rows = await readAll(once([report, list].map((one) => JSON.stringify(one)).join("\n")));
    expect(rows).toMatchObject([
      { kind: "unknown", line: 1, action: "export", rows: 8, fields: "EMAIL;PHONE" },
      { kind: "unknown", line: 2, action: "read", rows: 50 },
    ]);
  });
});

describe("the collected samples (skipped without the data)", () => {
  it.skipIf(!existsSync(fixture("sample_log_lines.csv")))(
    "of a log file: callouts, which show no record",
    async () => {
      const rows = await readAll(createReadStream(fixture("sample_log_lines.csv")));
      expect(rows.map((row) => `${row.line} ${row.kind}`)).toEqual(["2 ignored", "3 ignored"]);
      const json = await readAll(createReadStream(fixture("sample_log_lines.json")));
      expect(json.map((row) => row.kind)).toEqual(["ignored", "ignored"]);
    },
  );

  it.skipIf(!existsSync(fixture("sample_log_records.json")))(
    "of query answers, which are no events",
    async () => {
      for (const name of ["sample_log_records.json", "sample_event_records.json"])
        expect(
          (await readAll(createReadStream(fixture(name)))).filter((row) => row.kind !== "ignored"),
        ).toEqual([]);
    },
  );

  it.skipIf(!existsSync(fixture("labelled-events.jsonl")))(
    "of labelled events: bulk jobs on contacts and accounts are unknown exposures",
    async () => {
      const rows = await readAll(createReadStream(fixture("labelled-events.jsonl")));
      expect(brief(rows.filter((row) => row.kind !== "ignored"))).toEqual([
        "export ? Contact 150000",
        "export ? Account 25000",
        "update ? Lead 5000",
        "read ? ApiTotalUsage 0",
      ]);
      expect(new Set(rows.map((row) => row.line)).size).toBe(rows.length);
    },
  );
});
