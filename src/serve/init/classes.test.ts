import { describe, expect, it } from "vitest";
import { classOf } from "./classes.ts";
import { sampleOf } from "./shapes.ts";

const place = { key: false, people: true, table: "customers" };

describe("a proposed class", () => {
  it.each([
    ["born", "date", "identifier"],
    ["born_on", "date", "identifier"],
    ["phone_digits", "bigint", "contact"],
    ["aliases", "text[]", "content"],
    ["seats", "integer", "none"],
  ])("of a column %s of type %s is %s", (name, type, group) => {
    expect(classOf({ name, type }, null, place).field.class).toBe(group);
  });

  it("doesn't take a list for a closed one because most of its rows are empty", () => {
    const sample = sampleOf(Array.from({ length: 300 }, () => "{}"));
    expect(classOf({ name: "aliases", type: "text[]" }, sample, place).field.class).toBe("content");
  });
});
