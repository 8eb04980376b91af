import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isThere, makeFolder } from "./folders.ts";

let own = "";
beforeEach(() => {
  own = mkdtempSync(join(tmpdir(), "whosaw-folders-"));
});
afterEach(() => rmSync(own, { recursive: true, force: true }));

describe("asking whether something is there", () => {
  it("says no where nothing of the name is, and where a file is in the way", () => {
    writeFileSync(join(own, "file"), "");
    expect(
      ["file", "nothing", "nothing/below", "file/below"].map((name) => isThere(join(own, name))),
    ).toEqual([true, false, false, false]);
  });

  it("fails where it can't be known", () => {
    symlinkSync("loop", join(own, "loop"));
    expect(() => isThere(join(own, "loop/file"))).toThrow(/ELOOP/);
  });
});

describe("making a folder", () => {
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
