/**
 * The schemas that the text of `search_path` names, as the server reads it (SplitIdentifierString): names between commas, folded to
 * lower case unless quoted, `"$user"` replaced by the current user's name. Null: the server would refuse the text.
 */
export function parseSearchPath(text: string, user: string): readonly string[] | null {
  const names: string[] = [];
  let rest = text.trimStart();
  if (rest === "") return names;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const bare = quoted === null ? /^[^\s,"]+/.exec(rest) : null;
    const found = quoted ?? bare;
    if (found === null) return null;
    const name = cut(quoted === null ? asciiLower(found[0]) : (quoted[1] ?? "").replaceAll('""', '"'));
    if (name === "" && quoted === null) return null;
    names.push(name === "$user" ? user : name);
    rest = rest.slice(found[0].length).trimStart();
    if (rest === "") return names;
    if (!rest.startsWith(",")) return null;
    rest = rest.slice(1).trimStart();
  }
}

/** Identifiers longer than this are cut by the server (NAMEDATALEN - 1), bytes. */
const nameBytesMax = 63;

function asciiLower(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function cut(name: string): string {
  return Buffer.byteLength(name) <= nameBytesMax
    ? name
    : Buffer.from(name)
        .subarray(0, nameBytesMax)
        .toString("utf8")
        .replace(/\uFFFD+$/, "");
}
