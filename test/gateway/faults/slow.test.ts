import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServedUnderFaults } from "./served.ts";
import { neverReads } from "./slow.ts";

let served: ServedUnderFaults;

beforeAll(async () => {
  served = await ServedUnderFaults.start();
}, 120_000);

afterAll(async () => {
  await served.stop();
}, 60_000);

describe("a client that asks for much and doesn't read it costs little memory, holds nobody up, and has all of it in the end", () => {
  it.each([
    ["nobody's data", false],
    ["customers' data", true],
  ])(
    "%s",
    async (_, isProtected) => {
      const held = await neverReads(served, { bytes: 200e6, protected: isProtected, millis: 4000 });
      const { missing, problems, slowest, wrong } = held;
      expect({ missing, problems, wrong }).toEqual({ missing: [], problems: [], wrong: [] });
      expect(held.served).toBeGreaterThan(20);
      expect(held.held).toBeLessThan(120e6);
      expect(held.grown).toBeLessThan(180e6);
      // Many others share the machine; one that were held up would wait for all of it.
      expect(slowest).toBeLessThan(5000);
    },
    120_000,
  );
});
