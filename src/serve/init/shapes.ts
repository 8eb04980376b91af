/** What a column's sampled values look like. Counts only: no value leaves this file, but the words of a closed list (`words`). */
export interface Sample {
  /** Values that aren't null or empty. */
  readonly values: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly email: number;
  readonly phone: number;
  readonly network: number;
  readonly account: number;
  readonly person: number;
  /** Five words or more, or several lines. */
  readonly prose: number;
  readonly longest: number;
  /** The distinct values of a column that holds few and short ones: states and kinds, not people. */
  readonly words: readonly string[] | null;
}

const phoneForm = /^\+?[\d\s()./-]{7,24}$/;
const dateForm = /^\d{4}-\d\d-\d\d/;
const shapes: {
  readonly [shape in "email" | "phone" | "network" | "account" | "person" | "prose"]: (
    text: string,
  ) => boolean;
} = {
  email: (text) => /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(text),
  phone: (text) =>
    phoneForm.test(text) && !dateForm.test(text) && digitsOf(text) >= 7 && /[+\s()/-]|^0/.test(text),
  network: (text) =>
    /^(\d{1,3}\.){3}\d{1,3}(\/\d+)?$/.test(text) || /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}$/i.test(text),
  account: (text) => /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text.replaceAll(" ", "")) || isCard(text),
  person: (text) => /^\p{Lu}[\p{L}'’.-]+(?: \p{L}[\p{L}'’.-]*){1,3}$/u.test(text),
  prose: (text) => text.includes("\n") || text.trim().split(/\s+/).length >= 5,
};

/** Kinds and states: at most this many different ones, and short. */
const wordsMax = 20;
const wordCharactersMax = 32;

export function sampleOf(column: readonly (string | null)[]): Sample {
  const values = column.filter((value) => value !== null && value !== "").map(String);
  const distinct = new Set(values);
  const count = (is: (text: string) => boolean): number => values.filter(is).length;
  const closed =
    distinct.size <= wordsMax &&
    values.length >= distinct.size * 2 &&
    [...distinct].every(
      (value) => value.length <= wordCharactersMax && !shapes.email(value) && !shapes.phone(value),
    );
  return {
    values: values.length,
    nulls: column.length - values.length,
    distinct: distinct.size,
    email: count(shapes.email),
    phone: count(shapes.phone),
    network: count(shapes.network),
    account: count(shapes.account),
    person: count(shapes.person),
    prose: count(shapes.prose),
    longest: values.reduce((longest, value) => Math.max(longest, value.length), 0),
    words: closed ? [...distinct].toSorted() : null,
  };
}

function digitsOf(text: string): number {
  return text.replaceAll(/\D/g, "").length;
}

/** A payment card's number, by its check digit (ISO/IEC 7812, Luhn). */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "");
  if (!/^\d{13,19}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
