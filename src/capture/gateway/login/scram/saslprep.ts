/**
 * SASLprep (RFC 4013), as PostgreSQL does it (saslprep.c): a password that it forbids, or that isn't UTF-8, is used as it is.
 * Characters that Unicode 3.2 had not assigned are left to NFKC of today's Unicode, which leaves nearly all of them as they are.
 */
const asciiOnly = /^[\x00-\x7f]*$/;
/** Tables C.1.2 and B.1 of RFC 3454: spaces that become U+0020, and characters that become nothing. */
const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
const mappedToNothing =
  /\u00ad|\u034f|\u1806|\u180b|\u180c|\u180d|\u200c|\u200d|\u2060|[\ufe00-\ufe07]|[\ufe08-\ufe0f]|\ufeff/gu;
/** Tables C.2 to C.9: controls, private use, surrogates, non-characters, and what only looks like nothing. */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\ufffd\u2ff0-\u2ffb\u200e\u200f\u202a-\u202e\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]|\u0340|\u0341/u;
/** Tables D.1 and D.2, nearly: the scripts that run from right to left, and every other letter. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;
const ends =
  /^[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}](?:.*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}])?$/su;
const leftToRight =
  /(?![\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}])\p{Alphabetic}/u;

export function preparedPassword(password: string): string {
  if (asciiOnly.test(password)) return password;
  const prepared = password.replace(otherSpaces, " ").replace(mappedToNothing, "").normalize("NFKC");
  if (prepared === "" || prohibited.test(prepared)) return password;
  if (rightToLeft.test(prepared)) {
    if (!ends.test(prepared) || leftToRight.test(prepared)) return password;
  }
  return prepared;
}
