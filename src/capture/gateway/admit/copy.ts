import type { StatementKind, StatementRefusal } from "../plan.ts";
import { refused } from "./refusals.ts";
import { constantText, type Fields, fieldsOf, listOf, named, textOf } from "./tree.ts";

/** Options that only say how lines are written or read, and FREEZE, which the server takes for a table of the same transaction only. */
const knownOptions: ReadonlySet<string> = new Set(
  `format delimiter null default header quote escape encoding freeze force_quote force_not_null force_null on_error reject_limit
  log_verbosity`.split(/\s+/),
);

const formats: ReadonlySet<string> = new Set(["text", "csv", "binary"]);

/** COPY between a table and the client. Files and programs are the server's. */
export function judgeCopy(fields: Fields): StatementKind | StatementRefusal {
  if (fields["is_program"] === true || textOf(fields["filename"]) !== "")
    return refused(
      "copy_file",
      "COPY reads from STDIN and writes to STDOUT only; files and programs are the server's own.",
      "Use psql's \\copy, which sends the rows through the gateway.",
    );
  const options = readOptions(fields);
  if (options === null) return optionRefusal();
  if (fields["is_from"] === true) return { kind: "copy_in" };
  const format = options.get("format") ?? "text";
  const csv = format === "csv";
  const quote = options.get("quote") ?? '"';
  return {
    kind: "copy_out",
    format: format === "binary" || format === "csv" ? format : "text",
    delimiter: options.get("delimiter") ?? (csv ? "," : "\t"),
    quote,
    escape: options.get("escape") ?? quote,
    nullText: options.get("null") ?? (csv ? "" : "\\N"),
    header: !/^(false|off|0)$/i.test(options.get("header") ?? "false"),
  };
}

/** Null: an option isn't known, comes twice, or is given something that isn't understood. */
function readOptions(fields: Fields): ReadonlyMap<string, string> | null {
  const options = new Map<string, string>();
  for (const item of listOf(fields["options"])) {
    const option = fieldsOf(named(item)?.fields);
    const name = textOf(option["defname"]);
    if (!knownOptions.has(name) || options.has(name)) return null;
    // An option without a value is switched on; lists of columns have no text.
    const text = "arg" in option ? (constantText(option["arg"]) ?? "") : "true";
    if (name === "format" && !formats.has(text)) return null;
    if (name === "encoding" && !/^(utf-?8|unicode)$/i.test(text)) return null;
    options.set(name, text);
  }
  return options;
}

function optionRefusal(): StatementRefusal {
  return refused(
    "copy_option",
    "COPY has an option that isn't taken through the gateway.",
    "Formats text, csv and binary in UTF-8, with their usual options, are.",
  );
}
