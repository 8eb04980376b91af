import { describe, expect, it } from "vitest";
import { Names } from "./names.ts";

describe("a name", () => {
  it("stands for what was settled once a later change is taken back", () => {
    const names = new Names<string>(() => 0);
    names.put("n", "old").settle();
    const removed = names.remove("n");
    const put = names.put("n", "new");
    expect(names.get("n")).toBe("new");
    put.undo();
    removed.undo();
    expect(names.get("n")).toBe("old");
  });

  it("keeps what was noted after a change that is taken back", () => {
    const names = new Names<string>(() => 0);
    names.put("n", "old").settle();
    const removed = names.remove("n");
    const put = names.put("n", "new");
    removed.undo();
    expect(names.get("n")).toBe("new");
    put.settle();
    expect(names.get("n")).toBe("new");
  });

  it("is unsure while an earlier pipeline may yet fail to change what it stands for", () => {
    let pipeline = 0;
    const names = new Names<string>(() => pipeline);
    names.put("n", "old").settle();
    const put = names.put("n", "new");
    expect(names.isUnsure("n")).toBe(false);
    pipeline++;
    expect([names.isUnsure("n"), names.areUnsure]).toEqual([true, true]);
    put.settle();
    expect([names.isUnsure("n"), names.areUnsure]).toEqual([false, false]);
  });

  it("that is new can only be missing at the server, which says so itself", () => {
    let pipeline = 0;
    const names = new Names<string>(() => pipeline);
    names.put("n", "new");
    pipeline++;
    expect(names.isUnsure("n")).toBe(false);
  });

  it("takes no room once it stands for nothing", () => {
    const names = new Names<string>(() => 0);
    names.put("n", "old").settle();
    names.removeAll(true).settle();
    names.put("m", "never").undo();
    expect(names.size).toBe(0);
  });
});
