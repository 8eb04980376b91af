import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Role } from "../../../../policy/index.ts";
import type { StatementKind, StatementPlan } from "../../plan.ts";
import { stripCopyLine } from "./copy-lines.ts";
import { Run } from "../run.ts";

type CopyOut = Extract<StatementKind, { readonly kind: "copy_out" }>;

const text: CopyOut = {
  kind: "copy_out",
  format: "text",
  delimiter: "\t",
  quote: '"',
  escape: '"',
  nullText: "\\N",
  header: false,
};
const csv: CopyOut = { ...text, format: "csv", delimiter: ",", nullText: "" };

function run(): Run {
  const plan: StatementPlan = {
    sql: "",
    does: text,
    slots: ["a", "b"].map((name) => ({
      column: `whosaw_slot_${name}`,
      table: name,
      shown: ["email"],
      masked: [],
      probed: [],
      many: false,
    })),
    origins: [],
    probes: [],
    decided: [],
    protected: true,
    action: "export",
    normalized: "",
    names: new Set(),
  };
  const reader = { actor: "a", role: "r", session: "s", ip: "", application: "" };
  return new Run(
    plan,
    plan,
    { reader, role: () => ({}) as Role, ticket: null, expires: null },
    { normalized: "", original: "" },
  );
}

/** COPY's text format as PostgreSQL's CopyAttributeOutText writes it. */
const textOf = (value: string | null): string =>
  value?.replaceAll(/[\\\b\f\n\r\t\v]/g, (char) => `\\${"\\bfnrtv"["\\\b\f\n\r\t\v".indexOf(char)] ?? ""}`) ??
  "\\N";
const csvOf = (value: string | null): string =>
  value === null ? "" : /[",\n\r]|^$|^\\\.$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

const values = fc.option(
  fc.string({ unit: "binary", maxLength: 12 }).filter((value) => !value.includes("\0")),
);

it("hidden fields come off a line whole, whatever they hold, and the rest is as it was", () => {
  fc.assert(
    fc.property(
      values,
      values,
      fc.array(values, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (one, two, rest, asCsv) => {
        const [form, write, glue] = asCsv ? [csv, csvOf, ","] : [text, textOf, "\t"];
        const visible = Buffer.from(`${rest.map(write).join(glue)}\n`);
        const line = Buffer.concat([Buffer.from(`${write(one)}${glue}${write(two)}${glue}`), visible]);
        const copied = run();
        const kept = stripCopyLine(line, form, copied, false);
        expect(kept).toEqual(visible);
        const seen = new Map((copied.take(0)?.seen ?? []).map(({ table, customers }) => [table, customers]));
        expect(seen.get("a")).toEqual(one === null ? undefined : [one]);
        expect(seen.get("b")).toEqual(two === null ? undefined : [two]);
      },
    ),
  );
});

it("a line that lacks its hidden fields, or doesn't end, is not passed on", () => {
  expect(stripCopyLine(Buffer.from("c-1\n"), text, run(), false)).toBe("copy_line");
  expect(stripCopyLine(Buffer.from("c-1\tc-2\tx"), text, run(), false)).toBe("copy_line");
  expect(stripCopyLine(Buffer.from('"c-1,c-2,x\n'), csv, run(), false)).toBe("copy_line");
});

it("two lines in one frame are not passed on: the second one's customer would be nobody's", () => {
  const odd: CopyOut = { ...csv, escape: "\\" };
  expect(stripCopyLine(Buffer.from("c-1\tc-2\tx\nc-3\tc-4\ty\n"), text, run(), false)).toBe("copy_line");
  expect(stripCopyLine(Buffer.from('c-1,c-2,"x\ny"\nc-3,c-4,y\n'), csv, run(), false)).toBe("copy_line");
  expect(stripCopyLine(Buffer.from('c-1,c-2,"x\\"\ny"\nc-3,c-4,z\n'), odd, run(), false)).toBe("copy_line");
  expect(stripCopyLine(Buffer.from('c-1,c-2,"x\\"\ny"\n'), odd, run(), false)).toEqual(
    Buffer.from('"x\\"\ny"\n'),
  );
});

it("a header is held against the hidden columns' names", () => {
  const header = Buffer.from("whosaw_slot_a,whosaw_slot_b,email\n");
  expect(stripCopyLine(header, csv, run(), true)).toEqual(Buffer.from("email\n"));
  expect(stripCopyLine(Buffer.from("id,whosaw_slot_b,email\n"), csv, run(), true)).toBe("hidden_column");
});
