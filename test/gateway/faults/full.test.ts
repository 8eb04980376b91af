import { describe, expect, it } from "vitest";
import { canMount, diskFilled } from "./full.ts";

describe.runIf(canMount())("an answer that fills the log's disk (needs root: it mounts one)", () => {
  it("ends with a refusal, what came of it is on record, and service is back once there is room", async () => {
    const filled = await diskFilled();
    expect(filled.missing).toEqual([]);
    expect(filled.problems).toEqual([]);
    expect(filled.came).toBeGreaterThan(0);
    expect(filled.came).toBeLessThan(filled.asked);
    expect(filled.errors).toEqual(["58030"]);
    for (const other of filled.others) expect(other).toContain("58030");
    expect(filled.refusedStart).toMatch(/ENOSPC[^]*make room/);
    expect(filled.back).toBeLessThan(30_000);
  }, 180_000);
});
