import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepNew, putBack, setAside } from "./anew.ts";

let data = "";
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "whosaw-anew-"));
  fill("store", "old");
  fill("staging", "half-done");
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

function fill(folder: string, file: string): void {
  mkdirSync(join(data, folder), { recursive: true });
  writeFileSync(join(data, folder, file), "");
}

const inStore = (): readonly string[] => readdirSync(join(data, "store"));

describe("a store that is built anew", () => {
  it("gives way to the one before it where it wasn't finished, and what was half imported into it is forgotten", () => {
    setAside(data);
    expect(existsSync(join(data, "store"))).toBe(false);
    fill("store", "new");
    fill("staging", "half-rebuilt");
    expect(putBack(data)).toBe(true);
    expect(inStore()).toEqual(["old"]);
    expect(readdirSync(data)).toEqual(["store"]);
    expect(putBack(data)).toBe(false);
  });

  it("stays once it is finished", () => {
    setAside(data);
    fill("store", "new");
    keepNew(data);
    expect(putBack(data)).toBe(false);
    expect(inStore()).toEqual(["new"]);
    expect(readdirSync(data)).toEqual(["store"]);
  });

  it("leaves nothing of itself where there was none before: an empty store is seen to be one", () => {
    rmSync(join(data, "store"), { recursive: true });
    setAside(data);
    fill("store", "new");
    expect(putBack(data)).toBe(true);
    expect(inStore()).toEqual([]);
  });
});
