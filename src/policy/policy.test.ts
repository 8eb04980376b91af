import { describe, expect, it } from "vitest";
import { isOpen, isTimeZone } from "./hours.ts";
import { formatKeyPath, isPathMistake, parseKeyPath, parseTableName } from "./keyPath.ts";
import { masked } from "./mask.ts";
import type { Hours } from "./role.ts";
import { rowsAllowed } from "./rows.ts";

describe("a path to the customer", () => {
  it("is a column, or leads through other tables, with conditions where one table links many kinds", () => {
    expect(parseKeyPath("id")).toEqual({ column: "id", steps: [] });
    expect(parseKeyPath("ticket_id -> public.tickets.id -> customer_id")).toEqual({
      column: "ticket_id",
      steps: [{ schema: "public", table: "tickets", match: "id", take: "customer_id" }],
    });
    const requestor =
      "objectid [objecttype = 'RT::Ticket'] -> public.groups.instance [domain = 'RT::Ticket-Role', name = 'It''s'] -> id" +
      ' -> "Odd".groupmembers."Group""Id" -> memberid';
    const path = parseKeyPath(requestor);
    expect(path).toEqual({
      column: "objectid",
      where: [{ column: "objecttype", value: "RT::Ticket" }],
      steps: [
        {
          schema: "public",
          table: "groups",
          match: "instance",
          take: "id",
          where: [
            { column: "domain", value: "RT::Ticket-Role" },
            { column: "name", value: "It's" },
          ],
        },
        { schema: "Odd", table: "groupmembers", match: 'Group"Id', take: "memberid" },
      ],
    });
    if (!isPathMistake(path)) expect(formatKeyPath(path)).toBe(requestor);
  });

  it("has another way behind it for rows of another kind", () => {
    const text =
      "item [kind = 'Issue'] -> public.issues.id -> author or item [kind = 'Group'] -> public.groups.id -> person or item";
    const read = parseKeyPath(text);
    expect(read).toEqual({
      column: "item",
      where: [{ column: "kind", value: "Issue" }],
      steps: [{ schema: "public", table: "issues", match: "id", take: "author" }],
      or: {
        column: "item",
        where: [{ column: "kind", value: "Group" }],
        steps: [{ schema: "public", table: "groups", match: "id", take: "person" }],
        or: { column: "item", steps: [] },
      },
    });
    if (!isPathMistake(read)) expect(formatKeyPath(read)).toBe(text);
    const last = parseKeyPath("a [b = 'c'] orb");
    expect(isPathMistake(last)).toBe(true);
    expect(parseKeyPath("a or b")).toMatchObject({ kind: "path_mistake", at: 2 });
    expect(isPathMistake(parseKeyPath("a [b = 'c'] or"))).toBe(true);
  });

  it.each([
    ["", 0],
    ["Id", 0],
    ["id ->", 5],
    ["id -> tickets.id -> x", 17],
    ["id -> public.tickets.id", 23],
    ["id [a = b] -> public.t.id -> x", 8],
    ["id; drop table x", 2],
    [Array.from({ length: 10 }, () => "id -> a.b.c").join(" -> "), 137],
  ])("is refused where it stops being one: %j at %i", (text, at) => {
    const path = parseKeyPath(text);
    expect(isPathMistake(path)).toBe(true);
    if (isPathMistake(path)) expect(path.at).toBe(at);
  });

  it("names a table by schema and name", () => {
    expect(parseTableName('public."Customers"')).toEqual({ schema: "public", table: "Customers" });
    expect(parseTableName("customers")).toBeNull();
    expect(parseTableName("a.b.c")).toBeNull();
    expect(parseTableName("public.Customers")).toBeNull();
  });
});

function open(hours: Hours | null, time: string): boolean {
  return isOpen({ hours }, Date.parse(time));
}

describe("hours", () => {
  const berlin: Hours = { days: [1, 2, 3, 4, 5], from: 480, until: 1080, timeZone: "Europe/Berlin" };
  it("follow the wall clock through summer time", () => {
    // Friday 2019-03-29 is UTC+1, Monday 2019-04-01 UTC+2.
    expect(open(berlin, "2019-03-29T06:59:59Z")).toBe(false);
    expect(open(berlin, "2019-03-29T07:00:00Z")).toBe(true);
    expect(open(berlin, "2019-04-01T05:59:59Z")).toBe(false);
    expect(open(berlin, "2019-04-01T06:00:00Z")).toBe(true);
    expect(open(berlin, "2019-04-01T15:59:59Z")).toBe(true);
    expect(open(berlin, "2019-04-01T16:00:00Z")).toBe(false);
    expect(open(berlin, "2019-03-30T10:00:00Z")).toBe(false);
  });

  it("belong, in a night shift, to the day on which it begins", () => {
    const nights: Hours = { days: [5], from: 1320, until: 360, timeZone: "America/New_York" };
    expect(open(nights, "2019-08-02T21:59:00-04:00")).toBe(false);
    expect(open(nights, "2019-08-02T22:00:00-04:00")).toBe(true);
    expect(open(nights, "2019-08-03T05:59:00-04:00")).toBe(true);
    expect(open(nights, "2019-08-03T06:00:00-04:00")).toBe(false);
    expect(open(nights, "2019-08-02T05:00:00-04:00")).toBe(false);
    expect(open(nights, "2019-08-03T23:00:00-04:00")).toBe(false);
  });

  it("are open at midnight, and always where a role has none", () => {
    const all: Hours = { days: [0, 1, 2, 3, 4, 5, 6], from: 0, until: 1440, timeZone: "UTC" };
    expect(open(all, "2019-08-02T00:00:00Z")).toBe(true);
    expect(open(all, "2019-08-02T23:59:59Z")).toBe(true);
    expect(open(null, "2019-08-02T03:00:00Z")).toBe(true);
    expect(isTimeZone("Europe/Berlin")).toBe(true);
    expect(isTimeZone("Middle/Earth")).toBe(false);
  });
});

describe("a mask", () => {
  it("tells nothing, the end of a long value, the domain, or a digest", () => {
    expect(masked("full", "ann@example.com")).toBe("***");
    expect(masked("last4", "+1 202 555 0147")).toBe("***0147");
    expect(masked("last4", "55501470")).toBe("***1470");
    expect(masked("last4", "5550147")).toBe("***");
    expect(masked("domain", "ann@b@example.com")).toBe("***@example.com");
    expect(masked("domain", "nobody")).toBe("***");
    expect(masked("hash", "abc")).toBe("ba7816bf8f01cfea");
    expect(masked("last4", null)).toBeNull();
  });
});

describe("rows", () => {
  it("end at the role's limit, unless the role may export", () => {
    expect(rowsAllowed({ export: false, rowsMax: 500 }, 499, 1)).toBe(true);
    expect(rowsAllowed({ export: false, rowsMax: 500 }, 499, 2)).toBe(false);
    expect(rowsAllowed({ export: true, rowsMax: null }, 1e9, 1)).toBe(true);
    expect(rowsAllowed({ export: false, rowsMax: null }, 1e9, 1)).toBe(true);
  });
});
