import * as fc from "fast-check";
import { loadModule, parseSync } from "libpg-query";
import { beforeAll, describe, expect, it } from "vitest";
import { tokenInComment, trailingCommentCharsMax } from "./tokenInComment.ts";

beforeAll(() => loadModule());

const token = (text: string, ticket: string | null = null): unknown => ({
  kind: "comment",
  token: text,
  ticket,
});
const malformed = { kind: "malformed_comment" };

describe("who a statement's comment says is reading", () => {
  it("is read at the very start and at the very end, URL-decoded, among other keys", () => {
    expect(tokenInComment("/*whosaw_token='a.b-c_d',ticket='T%20123'*/ select 1")).toEqual(
      token("a.b-c_d", "T 123"),
    );
    expect(tokenInComment("select 1 /*db_driver='pg',ticket='O\\'Neil',whosaw_token='x.y'*/;\n")).toEqual(
      token("x.y", "O'Neil"),
    );
    expect(tokenInComment("/* ticket='T1' */ select 1")).toEqual({
      kind: "comment",
      token: null,
      ticket: "T1",
    });
  });

  it("is not read inside a literal, a quoted name, a line comment or the middle of the text", () => {
    for (const sql of [
      "select '/*whosaw_token=''x''*/'",
      "select 'a' || '/*whosaw_token=\\'x\\'*/'",
      "select $$ /*whosaw_token='x'*/ $$",
      "select $a$ /*whosaw_token='x'*/ $a$ ;",
      "select 1 as \"/*whosaw_token='x'*/\"",
      "select 1 -- /*whosaw_token='x'*/",
      "select E'\\'/*whosaw_token=\\'x\\'*/'",
      "select 1; /*whosaw_token='x'*/ select 2",
      "select 'whosaw_token' /* why not */",
      "select 1 /* no ticket = no entry */",
      "select whosaw_token from t",
    ])
      expect([sql, tokenInComment(sql)]).toEqual([sql, null]);
  });

  it("is refused, not overlooked, when it can't be read or could be two people's", () => {
    for (const sql of [
      "/*whosaw_token='x',whosaw_token='y'*/ select 1",
      "/*whosaw_token='x'*/ select 1 /*whosaw_token='y'*/",
      "/*whosaw_token=x*/ select 1",
      "select $$ /*whosaw_token='x'*/",
      "/*whosaw_token='%E0%A4%A'*/ select 1",
      "/*whosaw_token=''*/ select 1",
      "/* a /* whosaw_token='x' */ */ select 1",
      "select 1 /* /* */ whosaw_token='x' */",
      "/*whosaw_token='x',ticket='%00'*/ select 1",
      `select '${"x".repeat(trailingCommentCharsMax)}' /*whosaw_token='x'*/`,
    ])
      expect([sql.slice(0, 60), tokenInComment(sql)]).toEqual([sql.slice(0, 60), malformed]);
  });

  it("is found behind a literal with control characters in it, and at the longest length", () => {
    expect(tokenInComment("select '\u0001\u007f\t\\ é🎉' /*whosaw_token='x'*/")).toEqual(token("x"));
    const comment = " /*whosaw_token='x'*/";
    const sql = `select '${"y".repeat(trailingCommentCharsMax - comment.length - 9)}'${comment}`;
    expect(sql.length).toBe(trailingCommentCharsMax);
    expect(tokenInComment(sql)).toEqual(token("x"));
  });

  it("is only found where the server's grammar, too, sees a comment", () => {
    const pieces = [
      "'",
      "''",
      "$$",
      "$a$",
      "--",
      "\n",
      "/*",
      "*/",
      " e'",
      "\\",
      '"',
      "a",
      " ",
      "U&'",
      ";",
      "$1",
    ];
    const comment = "/*whosaw_token='x'*/";
    let found = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
        const before = `select 1 ${parts.join("")}`;
        const claims = tokenInComment(before + comment);
        const whole = tree(before + comment);
        if (claims?.kind !== "comment" || whole === null) return;
        found++;
        // A comment is white space: without it the server would read the same statement.
        expect(whole).toBe(tree(`${before} `));
      }),
      { numRuns: 4_000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});

/** The parsed statement without its length; null if the server would refuse it. */
function tree(sql: string): string | null {
  try {
    return JSON.stringify(parseSync(sql)).replaceAll(/,?"stmt_len":\d+/g, "");
  } catch {
    return null;
  }
}
