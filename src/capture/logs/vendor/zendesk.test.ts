import { createReadStream, existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseCustomerId } from "../../../domain/index.ts";
import type { Normalised, VendorOptions } from "./normalised.ts";
import { zendesk } from "./zendesk.ts";

const shared =
  process.env["WHOSAW_SHARED_DATA"] ?? new URL("../../../../../shared/data", import.meta.url).pathname;
const fixture = (name: string): string => `${shared}/zendesk/${name}`;

async function readAll(bytes: AsyncIterable<Uint8Array>, options: VendorOptions = {}): Promise<Normalised[]> {
  const rows: Normalised[] = [];
  for await (const row of zendesk(bytes, options)) rows.push(row);
  return rows;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const record = (more: object): object => ({
  id: "01H6PWD1WQFC6EYJCJWFJ59EVE",
  timestamp: "2026-01-05T09:30:00Z",
  user_id: 123,
  ip_address: "192.0.2.7",
  method: "GET",
  status: 200,
  ...more,
});

const brief = (rows: readonly Normalised[]): readonly string[] =>
  rows.map((row) => {
    if (row.kind === "access") return `${row.action} ${row.customer}`;
    return row.kind === "unknown"
      ? `${row.action} ? ${row.target} ${row.rows}`
      : `${row.kind}: ${row.reason}`;
  });

const path = async (url: string, method = "GET"): Promise<readonly string[]> =>
  brief(await readAll(once(JSON.stringify(record({ url, method })))));

const graphql = async (query: string, variables: unknown, more: object = {}): Promise<readonly string[]> =>
  brief(
    await readAll(
      once(
        JSON.stringify(
          record({
            url: "/graphql",
            method: "POST",
            graphql: { operation_name: "q", operation_type: "QUERY", query, variables, ...more },
          }),
        ),
      ),
    ),
  );

describe("a Zendesk access log", () => {
  it.each([
    ["/api/v2/users/7", ["read 7"]],
    ["/api/v2/users/7.json?include=identities", ["read 7"]],
    ["https://desk.example.com/api/v2/users/7/tickets/requested.json", ["read 7"]],
    ["/api/v2/end_users/7/identities", ["read 7"]],
    ["/agent/users/7/requested_tickets", ["read 7"]],
    ["/api/v2/users/show_many?ids=7,8,7", ["read 7", "read 8"]],
    ["/api/v2/tickets/55", ["read ? ticket 55 0"]],
    ["/api/v2/tickets/show_many.json?ids=55,56", ["read ? ticket 55 0", "read ? ticket 56 0"]],
    ["/api/v2/users/show_many?external_ids=a,b", ["read ? /api/v2/users/show_many 0"]],
    ["/api/v2/users/7/tickets/assigned", ["read ? /api/v2/users/7/tickets/assigned 0"]],
    ["/api/v2/tickets.json?page=1", ["read ? /api/v2/tickets 0"]],
    ["/api/v2/tickets.json?page[size]=50", ["read ? /api/v2/tickets 50"]],
    ["/api/v2/search?query=a@example.org", ["search ? /api/v2/search 0"]],
    ["/api/v2/users/autocomplete?name=jo", ["search ? /api/v2/users/autocomplete 0"]],
    ["/api/v2/incremental/users/cursor", ["export ? /api/v2/incremental/users/cursor 0"]],
    ["/api/v2/views/3/execute", ["read ? /api/v2/views/3/execute 0"]],
    ["/api/v2/users/a%40example.org", ["read ? /api/v2/users/… 0"]],
    ["/api/v2/users/me", ["ignored: the agent's own profile"]],
    ["/api/v2/ticket_fields", ["ignored: a request that shows no customer"]],
    ["http://[", ["ignored: the url can't be read"]],
  ])("by the path %s", async (url, expected) => {
    expect(await path(url)).toEqual(expected);
  });

  it("tells updates and deletions from reads", async () => {
    expect(await path("/api/v2/users/7", "PUT")).toEqual(["update 7"]);
    expect(await path("/api/v2/users/7", "DELETE")).toEqual(["delete 7"]);
    expect(await path("/api/v2/search", "POST")).toEqual(["search ? /api/v2/search 0"]);
  });

  it("finds ids in a GraphQL query's variables, an object written as text", async () => {
    const query = "query q($id: ID!) { user(id: $id) { name } }";
    expect(await graphql(query, '{"id":"7"}')).toEqual(["read 7"]);
    expect(await graphql(query, { id: 7 })).toEqual(["read 7"]);
    expect(
      await graphql("mutation q { user(id: 7) { name } }", null, { operation_type: "MUTATION" }),
    ).toEqual(["update 7"]);
    expect(await graphql(query, "{")).toEqual(["read ? graphql q 0"]);
    expect(await graphql('{ user(id: "7") { name } tickets(first: 5) { id } }', null)).toEqual([
      "read 7",
      "read ? graphql q 0",
    ]);
    expect(await graphql("{ macros { id } }", null)).toEqual(["ignored: a request that shows no customer"]);
  });

  it("is an access to the ticket's customer once the tickets table is known", async () => {
    const owner = parseCustomerId("c-1") ?? undefined;
    const rows = await readAll(once(JSON.stringify(record({ url: "/api/v2/tickets/55/comments" }))), {
      resolveTicket: (ticket) => new Map([["55", owner]]).get(ticket),
    });
    expect(rows).toMatchObject([
      { kind: "access", customer: "c-1", ticket: "55", actor: "123", ip: "192.0.2.7", source: "zendesk" },
    ]);
  });

  it("takes user_id as a number and as text, and rejects records without what they need", async () => {
    const records = [
      record({ url: "/api/v2/users/7", user_id: "123" }),
      record({ url: "/api/v2/users/7", user_id: null }),
      record({ url: "/api/v2/users/7", timestamp: "today" }),
      record({}),
      record({ url: "/api/v2/users/7", status: 403 }),
    ];
    const rows = await readAll(once(records.map((one) => JSON.stringify(one)).join("\n")));
    expect(rows.map((row) => `${row.line} ${row.kind}`)).toEqual([
      "1 access",
      "2 rejected",
      "3 rejected",
      "4 rejected",
      "5 ignored",
    ]);
  });
});

describe("Zendesk's own samples (skipped without the data)", () => {
  it.skipIf(!existsSync(fixture("list_access_logs_response.json")))(
    "of the REST answer: a search and a ticket by GraphQL",
    async () => {
      const rows = await readAll(createReadStream(fixture("list_access_logs_response.json")));
      expect(brief(rows)).toEqual(["search ? /api/v2/search 0", "read ? ticket 1 0"]);
      expect(rows).toMatchObject([{ actor: "123" }, { actor: "321", ticket: "1" }]);
    },
  );

  it.skipIf(!existsSync(fixture("webhook_access_log_created.json")))(
    "of the webhook: a list of tickets",
    async () => {
      const rows = await readAll(createReadStream(fixture("webhook_access_log_created.json")));
      expect(brief(rows)).toEqual(["read ? /api/v2/tickets 0"]);
      expect(rows).toMatchObject([{ actor: "6596848315901" }]);
    },
  );

  it.skipIf(!existsSync(fixture("labelled-events.jsonl")))("of the audit log: no read at all", async () => {
    const rows = await readAll(createReadStream(fixture("labelled-events.jsonl")));
    expect(rows.map((row) => row.kind)).toEqual(Array.from({ length: 18 }, () => "ignored"));
  });
});
