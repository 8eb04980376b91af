/** A piece of a statement: `other` is a word, an operator or a punctuation mark. */
export interface Lexeme {
  readonly kind: "literal" | "parameter" | "comment" | "space" | "other";
  readonly text: string;
}

/** No others: whatever isn't ASCII may stand in a name. */
const space = /[ \t\n\v\f\r]+/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const parameter = /\$\d+/y;
const dollars = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const number =
  /0[xX][\dA-Fa-f_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;
const prefix = /(?:[eEbBxXnN]|[uU]&)?(?=')/y;

/** On a later line a text goes on, as the same kind of text. */
const goesOn = /(?:[ \t\v\f]|--[^\n\r]*)*[\n\r](?:[ \t\n\v\f\r]|--[^\n\r]*[\n\r])*(?=')/y;

function found(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** Where a quoted text ends, whose opening mark stands at `at`. A doubled mark is one of the text's. */
function quotedEnd(text: string, at: number, escapes: boolean): number {
  const mark = text.charAt(at);
  const stops = escapes ? /['\\]/g : mark === '"' ? /"/g : /'/g;
  for (let from = at + 1; ;) {
    stops.lastIndex = from;
    const stop = stops.exec(text)?.index ?? text.length;
    if (stop >= text.length) return text.length;
    const pair = text.charAt(stop) === "\\" || text.charAt(stop + 1) === mark;
    if (!pair) return stop + 1;
    from = stop + 2;
  }
}

function textEnd(text: string, at: number, escapes: boolean): number {
  for (let from = at; ;) {
    const end = quotedEnd(text, from, escapes);
    const more = found(goesOn, text, end);
    if (more === null) return end;
    from = end + more.length;
  }
}

/** Comments stand within comments. */
function commentEnd(text: string, at: number): number {
  const marks = /\/\*|\*\//g;
  let depth = 0;
  for (marks.lastIndex = at; ;) {
    const mark = marks.exec(text);
    if (mark === null) return text.length;
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
}

function lexemeAt(text: string, at: number): Lexeme {
  const upTo = (kind: Lexeme["kind"], end: number): Lexeme => ({ kind, text: text.slice(at, end) });
  const of = (kind: Lexeme["kind"], pattern: RegExp): Lexeme | null => {
    const own = found(pattern, text, at);
    return own === null ? null : { kind, text: own };
  };
  const before = found(prefix, text, at);
  if (before !== null)
    return upTo("literal", textEnd(text, at + before.length, before.toLowerCase() === "e"));
  if (text.startsWith('"', at)) return upTo("other", quotedEnd(text, at, false));
  if (text.startsWith("/*", at)) return upTo("comment", commentEnd(text, at));
  if (text.startsWith("--", at)) return of("comment", /[^\n\r]*/y) ?? upTo("comment", text.length);
  const tag = found(dollars, text, at);
  if (tag !== null) {
    const end = text.indexOf(tag, at + tag.length);
    return upTo("literal", end < 0 ? text.length : end + tag.length);
  }
  return (
    of("space", space) ??
    of("other", word) ??
    of("parameter", parameter) ??
    of("literal", number) ??
    upTo("other", at + 1)
  );
}

/**
 * The pieces of a statement as the server's scanner cuts them (scan.l, standard_conforming_strings on). Together they are the text. Only
 * for one that the grammar has taken is it sure where literals end.
 */
export function* lexemesOf(text: string): Generator<Lexeme> {
  for (let at = 0; at < text.length;) {
    const lexeme = lexemeAt(text, at);
    at += lexeme.text.length;
    yield lexeme;
  }
}

/**
 * A statement without what may be a value: each literal is a parameter in its place, numbered after the client's own, and comments, which hold
 * anything, a signed token say, are left out. libpg-query's normalize leaves comments and the literals of EXECUTE, COPY and DDL in, and,
 * compiled by V8, runs out of stack on seven sub-selects in one another.
 */
export function withoutLiterals(text: string): string {
  const lexemes = [...lexemesOf(text)];
  let last = 0;
  for (const { kind, text: own } of lexemes)
    if (kind === "parameter") last = Math.max(last, Number(own.slice(1)));
  const kept = lexemes.map(({ kind, text: own }) =>
    kind === "literal" ? `$${++last}` : kind === "comment" ? " " : own,
  );
  return kept.join("");
}
