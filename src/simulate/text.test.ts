import { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import {
  formatInstant,
  type Instant,
  joinFields,
  parseActorId,
  parseCustomerId,
  parseTicketId,
  splitFields,
} from "../domain/index.ts";
import { customerText, maskOf, maskFields, maskTexts, ticketText, timeTexts } from "./text.ts";

test("the fast clock writes what the domain writes, in any order of times", () => {
  const text = timeTexts();
  assert(
    property(integer({ min: 0, max: Date.UTC(2100, 0, 1) }), (time) => {
      expect(text(time)).toBe(formatInstant(time as Instant));
    }),
  );
});

test("every mask's text is a list cell as the tables want it, and comes back as the mask", () => {
  for (const [mask, text] of maskTexts.entries()) {
    expect(joinFields(splitFields(text))).toBe(text);
    expect(maskOf(maskFields[mask]!)).toBe(mask);
  }
});

test("ids pass the domain's parsers", () => {
  expect(parseCustomerId(customerText(12_345_678))).toBe("c12345678");
  expect(customerText(123_456_789)).toBe("c123456789");
  expect(customerText(10_003)).toBe("c00010003");
  expect(parseTicketId(ticketText(0))).toBe("t00000000");
  expect(parseActorId("agent-0417")).toBe("agent-0417");
  expect(ticketText(-1)).toBe("");
});
