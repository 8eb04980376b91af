import { readFileSync, readdirSync, existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** The rooms and what each may import besides `base`: ARCHITECTURE.md's table, and this test keeps it true. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  domain: [],
  wire: [],
  tlog: [],
  stats: [],
  policy: ["domain"],
  capture: ["domain", "wire", "policy"],
  record: ["domain", "tlog"],
  store: ["domain"],
  explain: ["domain", "store"],
  detect: ["domain", "stats", "store", "explain"],
  trace: ["domain", "stats", "store", "explain"],
  cases: ["domain", "detect", "trace"],
  respond: ["domain", "cases"],
  connect: ["domain"],
  verify: ["domain", "tlog"],
  simulate: ["domain", "stats"],
  api: ["domain", "record", "store", "explain", "detect", "trace", "cases", "respond"],
  serve: [
    "domain",
    "policy",
    "capture",
    "record",
    "store",
    "explain",
    "detect",
    "trace",
    "cases",
    "respond",
    "connect",
    "api",
    "simulate",
  ],
  cli: ["domain", "verify", "simulate", "serve"],
};

const root = resolve(import.meta.dirname, "../../src");

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) =>
    resolve(dirname(file), match[1] ?? ""),
  );
}

const roomOf = (file: string): string => relative(root, file).split("/")[0] ?? "";

/** Tests may look across rooms: they play both sides. What ships may not. */
const shipped = sources(root).filter((file) => !/\.test(ing)?\.ts$/.test(file));

describe("the house", () => {
  it("has no room that ARCHITECTURE.md doesn't name, and none that is empty", () => {
    const rooms = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of rooms) {
      expect(Object.keys(mayImport), `src/${name}`).toContain(name);
      expect(existsSync(join(root, name, "index.ts")) || name === "cli", `src/${name}/index.ts`).toBe(true);
    }
  });

  it("lets a room import only the rooms below it, and only through their index", () => {
    const wrong: string[] = [];
    for (const file of shipped) {
      const room = roomOf(file);
      for (const target of imports(file)) {
        const other = roomOf(target);
        if (other === room) continue;
        const allowed = other === "base" || (mayImport[room] ?? []).includes(other);
        const throughIndex = relative(root, target) === join(other, "index.ts");
        if (!allowed || !throughIndex)
          wrong.push(`${relative(root, file)} imports ${relative(root, target)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keeps the pure rooms free of waiting", () => {
    const waiting = shipped
      .filter((file) => ["wire", "tlog", "stats", "policy"].includes(roomOf(file)))
      .filter((file) =>
        /\bawait\b/.test(readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")),
      );
    expect(waiting).toEqual([]);
  });

  it("gives no file a name that says nothing, and no file more than 500 lines", () => {
    const vague = shipped.filter((file) => /\/(utils?|helpers?|common|types|services?)(\.ts|\/)/.test(file));
    const long = shipped.filter((file) => readFileSync(file, "utf8").split("\n").length > 501);
    expect({ vague, long }).toEqual({ vague: [], long: [] });
  });
});
