import { type Instant, parseInstant } from "../../../domain/index.ts";

/** How a column writes moments. */
export type TimeFormat =
  /** What the input tables take: RFC 3339, `YYYY-MM-DD HH:MM:SS` in UTC, epoch milliseconds. */
  | { readonly kind: "standard" }
  | { readonly kind: "epoch"; readonly unit: "s" | "ms" | "us" }
  /** `joda` is the same pattern for ClickHouse's parseDateTimeInJodaSyntax; `offset` is what the clock was ahead of UTC. */
  | {
      readonly kind: "pattern";
      readonly joda: string;
      readonly parts: readonly string[];
      readonly offset: string;
    };

const epochs: { readonly [text: string]: "s" | "ms" | "us" } = {
  "epoch s": "s",
  "epoch seconds": "s",
  "epoch ms": "ms",
  "epoch milliseconds": "ms",
  "epoch us": "us",
  "epoch microseconds": "us",
};

/** Longest first, so that `yyyy` is not read as two years. */
const tokenShape = /yyyy|yy|mmm|mm|m|dd|d|hh|h|sss|ss|s|tt|[^a-z]+/giy;

/** What a token stands for, as a pattern, and in Joda's letters. */
const tokens: { readonly [token: string]: { readonly shape: string; readonly joda: string } } = {
  year: { shape: "(?<year>\\d{4})", joda: "yyyy" },
  shortYear: { shape: "(?<shortYear>\\d{2})", joda: "yy" },
  month: { shape: "(?<month>\\d{1,2})", joda: "M" },
  monthName: { shape: "(?<monthName>[A-Za-z]{3})", joda: "MMM" },
  day: { shape: "(?<day>\\d{1,2})", joda: "d" },
  hour: { shape: "(?<hour>\\d{1,2})", joda: "H" },
  minute: { shape: "(?<minute>\\d{1,2})", joda: "m" },
  second: { shape: "(?<second>\\d{1,2})", joda: "s" },
  fraction: { shape: "(?<fraction>\\d{1,9})", joda: "SSS" },
  half: { shape: "(?<half>[AaPp][Mm])", joda: "a" },
};

const shortMonths = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * A format by its text: `standard`, `epoch s`, `epoch ms`, `epoch us`, or a pattern of d, m, yyyy (or yy, mmm), h, m, s, sss
 * and tt (am or pm), such as `d/m/yyyy hh:mm`. An `m` behind an hour is minutes. Null: no such format.
 */
export function parseTimeFormat(text: string, offset = "Z"): TimeFormat | null {
  const plain = text.trim().toLowerCase();
  if (plain === "standard" || plain === "rfc3339" || plain === "rfc 3339") return { kind: "standard" };
  const unit = epochs[plain];
  if (unit !== undefined) return { kind: "epoch", unit };
  const parts: string[] = [];
  tokenShape.lastIndex = 0;
  while (tokenShape.lastIndex < text.length) {
    const token = tokenShape.exec(text)?.[0];
    if (token === undefined) return null;
    const name = nameOf(token.toLowerCase(), parts);
    if (name in tokens && parts.includes(name)) return null;
    parts.push(name);
  }
  if (!["day", "hour"].every((part) => parts.includes(part))) return null;
  if (!parts.some((part) => part === "month" || part === "monthName")) return null;
  if (!parts.some((part) => part === "year" || part === "shortYear")) return null;
  const half = parts.includes("half");
  const joda = parts.map((part) => (part === "hour" && half ? "h" : (tokens[part]?.joda ?? part))).join("");
  return { kind: "pattern", joda, parts, offset };
}

function nameOf(token: string, before: readonly string[]): string {
  if (token === "yyyy") return "year";
  if (token === "yy") return "shortYear";
  if (token === "mmm") return "monthName";
  if (/^mm?$/.test(token)) return before.includes("hour") && !before.includes("minute") ? "minute" : "month";
  if (/^dd?$/.test(token)) return "day";
  if (/^hh?$/.test(token)) return "hour";
  if (token === "sss") return "fraction";
  if (/^ss?$/.test(token)) return "second";
  return token === "tt" ? "half" : token;
}

/** Reads a cell; what the format doesn't fit, or a day that the month doesn't have, is null. */
export function timeReader(format: TimeFormat): (cell: string) => Instant | null {
  if (format.kind === "standard") return parseInstant;
  if (format.kind === "epoch") return (cell) => fromEpoch(cell.trim(), format.unit);
  const shape = format.parts
    .map((part) => tokens[part]?.shape ?? part.replaceAll(/[^\w\s]/g, "\\$&"))
    .join("");
  const pattern = new RegExp(`^${shape}$`);
  return (cell) => {
    const found = pattern.exec(cell.trim())?.groups;
    return found === undefined ? null : fromParts(found, format.offset);
  };
}

function fromEpoch(cell: string, unit: "s" | "ms" | "us"): Instant | null {
  const [, whole, fraction = ""] = /^(\d{9,17})(?:\.(\d{1,9}))?$/.exec(cell) ?? [];
  if (whole === undefined) return null;
  if (unit === "us") return parseInstant(String(BigInt(whole) / 1000n));
  return parseInstant(unit === "ms" ? whole : `${whole}${fraction.slice(0, 3).padEnd(3, "0")}`);
}

function fromParts(found: { readonly [name: string]: string | undefined }, offset: string): Instant | null {
  const month = found["monthName"] === undefined ? found["month"] : monthNumber(found["monthName"]);
  // Two digits mean 1970 to 2069, as POSIX's strptime nearly has it.
  const short = Number(found["shortYear"] ?? 0);
  const year = found["year"] ?? String(short < 70 ? 2000 + short : 1900 + short);
  const hour = hourOf(Number(found["hour"] ?? 0), found["half"]);
  if (hour === null) return null;
  const clock = `${two(String(hour))}:${two(found["minute"])}:${two(found["second"])}.${found["fraction"] ?? "0"}`;
  return parseInstant(`${year}-${two(month)}-${two(found["day"])}T${clock}${offset}`);
}

function two(text: string | undefined): string {
  return (text ?? "0").padStart(2, "0");
}

function monthNumber(name: string): string {
  return String(shortMonths.indexOf(name.toLowerCase()) + 1);
}

function hourOf(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}
