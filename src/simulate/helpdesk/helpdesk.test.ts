import { describe, expect, it } from "vitest";
import {
  helpdeskRows,
  helpdeskSql,
  helpdeskTables,
  markerCodes,
  markerPattern,
  type HelpdeskOptions,
} from "./index.ts";

const small: HelpdeskOptions = { customers: 60, agents: 6, seed: 7, markers: false };
const text = (options: HelpdeskOptions): string => [...helpdeskSql(options)].join(";\n");

describe("the help desk's data", () => {
  it("are the same for the same seed and others for another", () => {
    expect(text(small)).toBe(text(small));
    expect(text({ ...small, seed: 8 })).not.toBe(text(small));
  });

  it("hold a marker in each protected cell of text, and none twice", () => {
    const coded = new Map([...markerCodes.values()].map(([table, field]) => [`${table}.${field}`, 0]));
    const seen = new Set<string>();
    for (const { table, columns, rows } of helpdeskRows({ ...small, markers: true })) {
      for (const row of rows) {
        for (const [at, cell] of row.entries()) {
          const key = `public.${table.replace("_archive", "")}.${columns[at]}`;
          const plain = columns[at] === "content" ? Buffer.from(cell!.slice(2), "hex").toString() : cell;
          const found = plain?.match(markerPattern) ?? [];
          expect(found, `${key}: ${cell}`).toHaveLength(coded.has(key) ? 1 : 0);
          for (const one of found) {
            expect(seen.has(one)).toBe(false);
            seen.add(one);
            coded.set(key, coded.get(key)! + 1);
          }
        }
      }
    }
    for (const [key, count] of coded) expect(count, key).toBeGreaterThan(0);
  });

  it("use only addresses and numbers that are kept free for fiction", () => {
    const addresses = text(small).match(/[\w.]+@[\w.]+/g) ?? [];
    expect(addresses.length).toBeGreaterThan(60);
    for (const address of addresses) expect(address).toMatch(/@(desk\.)?example\.(com|net|org)$/);
    for (const phone of text(small).match(/\+1 \d+ [\d-]+/g) ?? []) expect(phone).toMatch(/ 555-01\d\d$/);
  });

  it("protect every field that has a marker", () => {
    for (const [table, field] of markerCodes.values()) {
      const fields = helpdeskTables.find((one) => one.table === table)?.fields ?? {};
      expect(fields[field]?.[0], `${table}.${field}`).toMatch(/identifier|contact|content/);
    }
  });
});
