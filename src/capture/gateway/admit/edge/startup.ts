import type { StartupParameter } from "../../../../wire/index.ts";
import { type StatementRefusal, statementRefusal } from "../../plan.ts";
import { acceptedValue, settingValueMax } from "../settings.ts";

/** The settings of a session, by lower-case name, as they are passed to the server. client_encoding is always among them, and UTF8. */
export interface AdmittedStartup {
  readonly kind: "startup";
  readonly parameters: ReadonlyMap<string, string>;
}

/** Parameters of one login. PostgreSQL has no bound but the packet's 10,000 bytes; psql sends 5, JDBC 7. */
export const startupParametersMax = 64;

/** Who logs in where: the login's own business, and none of the settings'. */
const notSettings: ReadonlySet<string> = new Set(["user", "database"]);

/**
 * The parameters of a StartupMessage, each on the list of settings that SET takes as well. A name that comes twice is refused, because the
 * server takes the last of two and others the first; so is a login for replication, and a protocol option that nobody knows.
 */
export function admitStartup(parameters: readonly StartupParameter[]): AdmittedStartup | StatementRefusal {
  if (parameters.length > startupParametersMax)
    return startupRefusal("startup_too_many", "too many parameters");
  const seen = new Set<string>();
  const settings = new Map<string, string>();
  for (const { name, value } of parameters) {
    // The server compares settings' names without regard to case, and so must whoever looks for duplicates.
    const lower = name.toLowerCase();
    if (seen.has(lower)) return startupRefusal("startup_duplicate", "a parameter comes twice");
    seen.add(lower);
    if (notSettings.has(name)) continue;
    if (name === "replication") {
      if (!/^(false|off|no|0|f|n)$/i.test(value))
        return startupRefusal("startup_replication", "replication connections don't pass the gateway");
      continue;
    }
    const pairs = name === "options" ? readOptions(value) : [[lower, value] as const];
    const wrong = pairs === null ? "options" : takeSettings(pairs, settings);
    if (wrong !== null)
      return startupRefusal("startup_parameter", `the parameter ${wrong} may not be set so at login`);
  }
  settings.set("client_encoding", "UTF8");
  return { kind: "startup", parameters: settings };
}

/** The name of the first setting that may not be set, or that was set already. */
function takeSettings(
  pairs: readonly (readonly [string, string])[],
  settings: Map<string, string>,
): string | null {
  for (const [name, value] of pairs) {
    const accepted = acceptedValue(name, value);
    if (accepted === null || settings.has(name)) return name.slice(0, 64);
    settings.set(name, accepted);
  }
  return null;
}

/**
 * `-c name=value -c name=value`, also `-cname=value` and `--name=value`: words between blanks, a backslash before what is meant as it
 * stands (pg_split_opts). Null for any other option of the server's command line.
 */
function readOptions(text: string): readonly (readonly [string, string])[] | null {
  if (text.length > settingValueMax * 4 || /(?:^|[^\\])(?:\\\\)*\\$/.test(text)) return null;
  const words = [...text.matchAll(/(?:\\.|[^\\\s])+/gs)].map(([word]) => word.replaceAll(/\\(.)/gs, "$1"));
  const pairs: [string, string][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "-c") at += 1;
    const setting = word === "-c" ? words[at] : /^(?:-c|--)(.*)$/s.exec(word)?.[1];
    const found = setting === undefined ? null : /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(setting);
    if (found === null) return null;
    // The server reads a dash in such a name as an underscore (ParseLongOption).
    pairs.push([(found[1] ?? "").replaceAll("-", "_").toLowerCase(), found[2] ?? ""]);
  }
  return pairs;
}

/** SQLSTATE 08004: the server rejected the connection. */
function startupRefusal(rule: string, why: string): StatementRefusal {
  return statementRefusal({
    code: "08004",
    rule,
    message: `whosaw: ${why}.`,
    hint: "Connect with user, database, application_name and settings that SET takes through the gateway.",
  });
}
