import * as fc from "fast-check";
import { loadModule, parseSync, scanSync } from "libpg-query";
import { beforeAll, describe, expect, it } from "vitest";
import { lexemesOf, withoutLiterals } from "./lexemes.ts";

beforeAll(loadModule);

describe("a statement without its literals", () => {
  it.each([
    ["select 'mia@example.com', 3 from t where a = $2", "select $3, $4 from t where a = $2"],
    ["execute p('mia@example.com', 3)", "execute p($1, $2)"],
    ["create table t (e text default 'mia')", "create table t (e text default $1)"],
    ["comment on table t is 'mia'", "comment on table t is $1"],
    ["select e'it\\'s', 'it''s', U&'\\0061', x'ff', b'01', N'x'", "select $1, $2, $3, $4, $5, $6"],
    ["select $$it's$$, $a$ $b$ ' $a$, a$b$c", "select $1, $2, a$b$c"],
    ["select -1.5e-3, .5, 0x1F, 1_000, t1.a2", "select -$1, $2, $3, $4, t1.a2"],
    [`/*whosaw_token='ey.J'*/select "it's 5", a /* it's /* it's */ 5 */-- it's`, ` select "it's 5", a   `],
    ["select a -- it's\r, 'mia'", "select a  \r, $1"],
    ["select 1 as \u00a0e'a\\', 'mia'", "select $1 as \u00a0e$2, $3"],
  ])("%s", (text, without) => {
    expect(withoutLiterals(text)).toBe(without);
  });

  it("is made however deep it nests", () => {
    const deep = `select ${"(select max(a) || ".repeat(240)}'mia'${" from t)".repeat(240)}`;
    expect(withoutLiterals(deep)).toBe(deep.replace("'mia'", "$1"));
  });

  it("and of one that is a megabyte long", () => {
    expect(withoutLiterals(`select '${"it''s \\".repeat(150_000)}', 'mia'`)).toBe("select $1, $2");
  });
});

const pieces = [
  ..."' '' \" \\ \\' e' E' U&' x' n' $ $$ $a$ $1 $b -- /* */ \n \r . .5 1 1.5 0x1f 1e5 1_0 e a a1 é \u00a0 U& ; , ( ) + - * / @ :: =".split(
    " ",
  ),
  " ",
];
const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((all) => `select ${all.join("")}`);

/** Literals as the server's own scanner finds them; null for a text that it doesn't take. */
function scanned(text: string): readonly string[] | null {
  try {
    parseSync(text);
    const literal = /^(?:(?:[eEbBxXnN]|[uU]&)?'|\$(?!\d)|\.?\d)/;
    return scanSync(text).tokens.flatMap((token) => (literal.test(token.text) ? [token.text] : []));
  } catch {
    return null;
  }
}

describe("the scanner", () => {
  it("finds literals where the server's does, in texts that the grammar takes", () => {
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const theirs = scanned(text);
        if (theirs === null) return;
        taken++;
        const mine = [...lexemesOf(text)].filter(({ kind }) => kind === "literal");
        expect(mine.map((one) => one.text.replace(/^[nN]'/, "'"))).toEqual(theirs);
      }),
      { numRuns: 30_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it("loses nothing of a text", () => {
    fc.assert(fc.property(texts, (text) => [...lexemesOf(text)].map((one) => one.text).join("") === text));
  });
});
