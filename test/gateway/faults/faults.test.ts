import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  diskFailed,
  diskStalled,
  type Ended,
  gatewayKilled,
  rudeClients,
  serverKilled,
  storeKilled,
} from "./cases.ts";
import { canTrace, ServedUnderFaults } from "./served.ts";

let served: ServedUnderFaults;

beforeAll(async () => {
  served = await ServedUnderFaults.start();
}, 120_000);

afterAll(async () => {
  await served.stop();
}, 60_000);

/** Whatever a client has seen is in a log that verifies, and the next one is served. */
function unharmed({ missing, problems, seen, wrong }: Ended): void {
  expect({ missing, problems, wrong }).toEqual({ missing: [], problems: [], wrong: [] });
  expect(seen).toBeGreaterThan(0);
}

describe("what was seen is on record, and service comes back, when", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "the gateway and its recorder are killed (%i)",
    async (seed) => unharmed(await gatewayKilled(served, seed)),
    60_000,
  );

  it("the store's engine is killed", async () => unharmed(await storeKilled(served, 21)), 60_000);

  it.each([31, 32])(
    "the database server is killed (%i)",
    async (seed) => unharmed(await serverKilled(served, seed)),
    60_000,
  );

  it(
    "clients never read, never sync, leave mid row, half-close, or cancel a hundredfold",
    async () => unharmed(await rudeClients(served, 41)),
    90_000,
  );
});

describe.runIf(canTrace())("what was seen is on record when the disk", () => {
  it("stands still for five seconds", async () => unharmed(await diskStalled(served, 51)), 60_000);

  it.each(["EIO", "ENOSPC"] as const)(
    "fails with %s; then nothing is shown until a restart",
    async (error) => unharmed(await diskFailed(served, 61, error)),
    90_000,
  );
});
