import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./folders.ts";

describe("making a folder", () => {
  let own = "";
  beforeEach(() => {
    own = mkdtempSync(join(tmpdir(), "whosaw-folders-"));
  });
  afterEach(() => rmSync(own, { recursive: true, force: true }));

  it("makes all that is missing above it, with the same rights, and says whether it was there", () => {
    const deep = join(own, "a/b/c");
    expect(makeFolder(deep, 0o700)).toBe(true);
    expect(makeFolder(deep, 0o700)).toBe(false);
    for (const name of ["a", "a/b", "a/b/c"]) expect(statSync(join(own, name)).mode & 0o777).toBe(0o700);
  });

  it("says that a file is in the way, at its place or above it", () => {
    writeFileSync(join(own, "file"), "");
    expect(() => makeFolder(join(own, "file"), 0o700)).toThrow(/EEXIST/);
    expect(() => makeFolder(join(own, "file/below"), 0o700)).toThrow(/ENOTDIR/);
  });

  it.runIf(existsSync("/proc/self"))("ends where no folder can be made, however deep", () => {
    expect(() => makeFolder("/proc/x/y/z", 0o700)).toThrow(/ENOENT/);
  });

  it("takes a relative path, and a file system's root", () => {
    expect(makeFolder("/", 0o700)).toBe(false);
    expect(makeFolder(".", 0o700)).toBe(false);
  });
});
