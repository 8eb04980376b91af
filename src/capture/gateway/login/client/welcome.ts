import { encodeBackend, Writer } from "../../../../wire/index.ts";
import type { CancelKey } from "./cancelKeys.ts";

/** What PostgreSQL 14 to 18 report at login, and no more: a setting that an attacker made up could hold a customer's value. */
const reported: ReadonlySet<string> = new Set([
  "client_encoding",
  "DateStyle",
  "default_transaction_read_only",
  "in_hot_standby",
  "integer_datetimes",
  "IntervalStyle",
  "scram_iterations",
  "search_path",
  "server_encoding",
  "server_version",
  "standard_conforming_strings",
  "TimeZone",
]);

/** What the client is told when its session begins. */
export interface Welcome {
  readonly user: string;
  readonly applicationName: string;
  /** As the server told them. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly cancelKey: CancelKey;
}

/**
 * ParameterStatus, BackendKeyData and ReadyForQuery. The client hears its own name and application, never those of the login
 * at the server, which it shares with others.
 */
export function welcomeBytes(welcome: Welcome): Buffer {
  const to = new Writer();
  const told = new Map([...welcome.parameters].filter(([name]) => reported.has(name)));
  told.set("application_name", welcome.applicationName);
  told.set("is_superuser", "off");
  told.set("session_authorization", welcome.user);
  for (const [name, value] of told)
    encodeBackend({ from: "backend", kind: "ParameterStatus", name, value }, to);
  const { processId, key } = welcome.cancelKey;
  encodeBackend({ from: "backend", kind: "BackendKeyData", processId, key }, to);
  encodeBackend({ from: "backend", kind: "ReadyForQuery", status: "idle" }, to);
  return to.take();
}
