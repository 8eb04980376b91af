import { scanSync } from "libpg-query";
import { parseTicketId } from "../../../../domain/index.ts";
import { tokenCharsMax } from "./tokenChecker.ts";

/** Characters of a statement whose last comment is looked for: the scanner reads all of it. Longer ones put the comment first. */
export const trailingCommentCharsMax: number = 256 * 1024;

/** What an application says about a statement in a sqlcommenter comment (google.github.io/sqlcommenter/spec). */
export interface CommentClaims {
  readonly kind: "comment";
  /** `whosaw_token`: to be checked; it says nothing until it was. */
  readonly token: string | null;
  /** `ticket`: anyone who can write SQL can write it. */
  readonly ticket: string | null;
}

/** A comment that means to name somebody and can't be read, or two of them: the statement is refused, not attributed to the pool. */
export interface MalformedComment {
  readonly kind: "malformed_comment";
}

const malformed: MalformedComment = { kind: "malformed_comment" };

/** The server's own white space (scan.l). No literal can begin before a comment that only space precedes. */
const leading = /^[ \t\n\r\f\v]*\/\*([^]*?)\*\//;
const trailing = /\*\/[ \t\n\r\f\v;]*$/;

/**
 * Reads the sqlcommenter comment at the very start or the very end of a statement's text; null if neither names a token or ticket.
 * Whether the end is a comment, and not the inside of a literal, is the server's own scanner's word: `actorTokens` loads it.
 */
export function tokenInComment(sql: string): CommentClaims | MalformedComment | null {
  if (!sql.includes("whosaw_token") && !sql.includes("ticket")) return null;
  const first = claimsOf(leading.exec(sql)?.[1] ?? null);
  const last = claimsOf(trailingComment(sql));
  // Two of them could be two people's.
  if (first !== null && last !== null) return malformed;
  return first ?? last;
}

/** The text inside the last comment; null if the statement doesn't end in one; "" if it is the first comment too. */
function trailingComment(sql: string): string | null {
  if (!trailing.test(sql)) return null;
  const begun = sql.lastIndexOf("/*");
  const inside = begun < 0 ? "" : sql.slice(begun);
  if (!inside.includes("whosaw_token") && !inside.includes("ticket")) return null;
  if (sql.length > trailingCommentCharsMax) return unreadable;
  const comment = lastComment(sql);
  return comment === null || sql.trimStart().startsWith(comment) ? null : comment.slice(2, -2);
}

/** Stands for a comment that should have been read: no key, so it is malformed. */
const unreadable = "whosaw_token";

/** The statement's last token if it is a comment, `;` aside. */
function lastComment(sql: string): string | null {
  try {
    // Control characters break the scanner's answer; a space in their place ends no token that they don't.
    const text = sql.replaceAll(/[\x00-\x08\x0e-\x1f\x7f]/g, " ");
    const tokens = scanSync(text).tokens.filter(({ tokenName }) => tokenName !== "ASCII_59");
    const last = tokens.at(-1);
    if (last?.tokenName !== "C_COMMENT") return null;
    // The scanner counts bytes.
    return Buffer.from(sql).subarray(last.start, last.end).toString();
  } catch {
    return `/*${unreadable}*/`;
  }
}

const pair = /[ \t\n\r]*([^=',\s]+)[ \t]*=[ \t]*'((?:[^'\\]|\\.)*)'[ \t\n\r]*(,|$)/y;

/** `key='value'` between commas, both URL-encoded, a quote inside as \'. Other keys are others' business. */
function claimsOf(comment: string | null): CommentClaims | MalformedComment | null {
  if (comment === null || !/whosaw_token|ticket *=/.test(comment)) return null;
  if (comment.includes("/*")) return malformed;
  const named = new Map<string, string>();
  const text = comment.trim();
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    const key = decoded(found?.[1] ?? "");
    const value = decoded((found?.[2] ?? "").replaceAll("\\'", "'"));
    if (found === null || key === null || value === null || named.has(key)) return comments(comment);
    named.set(key, value);
  }
  const token = named.get("whosaw_token") ?? null;
  const ticket = named.get("ticket") ?? null;
  if (token === null && ticket === null) return null;
  const readable = token === null || (token !== "" && token.length <= tokenCharsMax);
  return readable && (ticket === null || parseTicketId(ticket) !== null)
    ? { kind: "comment", token, ticket }
    : malformed;
}

/** Prose that happens to say "ticket =" is only prose; a token that can't be read is not. */
function comments(comment: string): MalformedComment | null {
  return comment.includes("whosaw_token") ? malformed : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
