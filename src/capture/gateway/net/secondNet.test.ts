import { describe, expect, it } from "vitest";
import { type Caught, SecondNet } from "./secondNet.ts";

const email = (customer: number | string): Caught => ({
  table: "public.customers",
  field: "email",
  customer: String(customer),
});
const caughtIn = (net: SecondNet, text: string): readonly Caught[] => {
  const bytes = Buffer.from(`<${text}>`);
  return net.find(bytes, 1, bytes.length - 1);
};

describe("the second net", () => {
  it("tells whose value it is, of any number of them, and of nothing else", () => {
    const net = new SecondNet();
    const many = 20_000;
    for (let at = 0; at < many; at++) net.add(Buffer.from(`person${at}@example.com`), email(at));
    expect(net.size).toBe(many);
    for (let at = 0; at < many; at += 7) {
      expect(caughtIn(net, `person${at}@example.com`)).toEqual([email(at)]);
      expect(caughtIn(net, `person${at}@example.org`)).toEqual([]);
    }
  });

  it("tells of all who share a value, once each, whatever the field", () => {
    const net = new SecondNet();
    const phone = { ...email("ada"), field: "phone" };
    for (const one of [email("ada"), email("bob"), phone, email("bob")])
      net.add(Buffer.from("family@example.com"), one);
    const all = caughtIn(net, "family@example.com");
    expect(all).toHaveLength(3);
    expect(all).toEqual(expect.arrayContaining([email("ada"), email("bob"), phone]));
    expect(net.size).toBe(1);
  });

  it("tells of ten who share a value, and of nobody if eleven do", () => {
    const net = new SecondNet();
    const tell = (): number => caughtIn(net, "unknown").length;
    for (let at = 0; at < 10; at++) net.add(Buffer.from("unknown"), email(at));
    expect(tell()).toBe(10);
    net.add(Buffer.from("unknown"), email(10));
    expect(tell()).toBe(0);
  });

  it("is made in time where every customer has the same provider's domain", () => {
    const net = new SecondNet();
    const begun = performance.now();
    for (let at = 0; at < 200_000; at++) net.add(Buffer.from("example.com"), email(at));
    // Two hundred thousand digests; copying a list of all who share it each time took an hour.
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(net.size).toBe(1);
  });

  it("holds nothing shorter than six bytes or longer than 320", () => {
    const net = new SecondNet();
    for (const [length, found] of [
      [5, 0],
      [6, 1],
      [320, 1],
      [321, 0],
    ] as const) {
      const value = "v".repeat(length);
      expect(net.add(Buffer.from(value), email(length))).toBe(true);
      expect(caughtIn(net, value)).toHaveLength(found);
    }
  });
});
