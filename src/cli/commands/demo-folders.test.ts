import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { demoPidFile, removeDemos } from "./demo-folders.ts";

it("a demo removes what ended demos left, and nothing that runs, is a link or is somebody else's work", async () => {
  const folder = mkdtempSync(join(tmpdir(), "whosaw-folders-"));
  const made = (name: string, pid: string | null): string => {
    mkdirSync(join(folder, name, "data"), { recursive: true });
    if (pid !== null) writeFileSync(join(folder, name, demoPidFile), pid);
    return join(folder, name);
  };
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const ended = made("whosaw-demo-1", `${pid}\n`);
  const stay = [
    made("whosaw-demo-2", `${process.pid}\n`),
    made("whosaw-demo-3", null),
    made("whosaw-demo-4", "nonsense"),
    made("other-demo-5", `${pid}\n`),
  ];
  symlinkSync(join(folder, "other-demo-5"), join(folder, "whosaw-demo-6"));
  expect(await removeDemos(folder)).toBe(1);
  expect(existsSync(ended)).toBe(false);
  expect(stay.filter((path) => !existsSync(path))).toEqual([]);
  expect(existsSync(join(folder, "whosaw-demo-6"))).toBe(true);
  rmSync(folder, { recursive: true });
});
