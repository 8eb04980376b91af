import { isStatementRefusal, type PlanContext, type StatementKind, type StatementRefusal } from "../plan.ts";
import { type Accepts, hiddenSettings, refusedSettings, settableSettings } from "./lists/settings.ts";
import { refused } from "./refusals.ts";
import { constantText, type Fields, fieldsOf, listOf, named, nameNodes, nameParts, textOf } from "./tree.ts";

/** The gateway's own setting: who really asks, as a signed token. It never reaches the server. */
export const actorTokenSetting = "whosaw.actor_token";

/** Settings' values are short; a signed token isn't. Characters. */
export const settingValueMax = 1_000;
export const actorTokenMax = 16_384;

/** Of a setting of an application's own, which may hold a token's claims. Characters. */
const ownValueMax = 16_384;

/** Schemas in one search_path. */
export const searchPathMax = 64;

/**
 * A value that may be given to a setting, in the form in which the server takes it; null where it may not. `search_path`'s are given as
 * the server would print them: names between commas, in double quotes where they need them.
 */
export function acceptedValue(name: string, value: string): string | null {
  if (value.length > settingValueMax || value.includes("\0")) return null;
  const accepts = settableSettings.get(name);
  return accepts === undefined ? null : taken(accepts, value);
}

function taken(accepts: Accepts, value: string): string | null {
  const word = value.trim().toLowerCase();
  switch (accepts.kind) {
    case "any":
      return value;
    case "boolean":
      return /^(on|off|true|false|yes|no|0|1|t|f|y|n)$/.test(word) ? value : null;
    case "number":
      return /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?\s*(us|ms|s|min|h|d|b|kb|mb|gb|tb)?$/.test(word) ? value : null;
    case "words":
      return accepts.words.includes(word) ? value : null;
    case "kilobytes":
      return kilobytes(word) <= accepts.max ? value : null;
    case "path":
      return pathAccepted(value) ? value : null;
    case "utf8":
      // An SQL_ASCII client takes bytes as they come, and those are UTF-8 then; libpq asks for it under LANG=C.
      return /^(utf-?8|unicode|sql_ascii)$/.test(word) ? "UTF8" : null;
  }
}

function kilobytes(word: string): number {
  const found = /^(\d+)\s*(b|kb|mb|gb|tb)?$/.exec(word);
  const unit = { b: 1 / 1024, kb: 1, mb: 1024, gb: 1_048_576, tb: 1_073_741_824 }[found?.[2] ?? "kb"];
  return found === null || unit === undefined ? Number.POSITIVE_INFINITY : Number(found[1]) * unit;
}

/** TOAST and other sessions' temporary tables are nobody's to look up names in. */
function pathAccepted(value: string): boolean {
  const names = value.split(",").map((name) => name.trim().replaceAll('"', "").toLowerCase());
  return names.length <= searchPathMax && !names.some((name) => /^pg_(toast|temp_|toast_temp)/.test(name));
}

/** Whether SHOW and current_setting may tell it. The server lets nobody make a setting of their own without a dot in its name. */
export function isShowable(name: string, { role }: PlanContext): boolean {
  const lower = name.toLowerCase();
  if (settableSettings.has(lower) || isOwn(lower, role)) return true;
  return /^[a-z_][a-z0-9_]*$/.test(lower) && !hiddenSettings.has(lower);
}

function settingRefusal(name: string, valueIsWrong: boolean): StatementRefusal {
  const reason = Object.hasOwn(refusedSettings, name) ? refusedSettings[name] : undefined;
  if (valueIsWrong && reason === undefined)
    return refused(
      "setting_value",
      `that value may not be given to the setting ${name} through the gateway.`,
      "Use a plain constant within the usual bounds.",
    );
  return refused(
    "setting",
    `the setting ${name} may not be changed through the gateway${reason === undefined ? "" : `: ${reason}`}.`,
    name.includes(".")
      ? "Settings of your application's own may be listed for the role, under `settings` in whosaw.yaml."
      : "Settings that change the form of answers, time limits and plans may be set.",
  );
}

/** A setting of an application's own: whoever listed it for the role says that what stands in it may be read. */
function isOwn(name: string, { settings }: PlanContext["role"]): boolean {
  return name.includes(".") && name !== actorTokenSetting && settings?.has(name) === true;
}

/** What SET does, or why it isn't done. */
export function judgeSetting(
  name: string,
  value: string | null,
  local: boolean,
  { role }: PlanContext,
): StatementKind | StatementRefusal {
  const lower = name.toLowerCase();
  if (lower === actorTokenSetting) {
    if (value !== null && value.length > actorTokenMax) return settingRefusal(lower, true);
    return { kind: "set", name: lower, local, value };
  }
  // Back to the role of the login, which the session never left.
  if (lower === "role" || lower === "session_authorization")
    return value === null || (lower === "role" && value.toLowerCase() === "none")
      ? { kind: "set", name: lower, local, value: null }
      : settingRefusal(lower, false);
  if (isOwn(lower, role))
    return value !== null && (value.length > ownValueMax || value.includes("\0"))
      ? settingRefusal(lower, true)
      : { kind: "set", name: lower, local, value };
  if (!settableSettings.has(lower)) return settingRefusal(lower, false);
  // The login's own value of these has been through the same list, and the server's is the safe one.
  if (value === null) return { kind: "set", name: lower, local, value: null };
  const accepted = acceptedValue(lower, value);
  return accepted === null
    ? settingRefusal(lower, true)
    : { kind: "set", name: lower, local, value: accepted };
}

/** SET, RESET, SET LOCAL, SET TRANSACTION. */
export function judgeSet(fields: Fields, context: PlanContext): StatementKind | StatementRefusal {
  const name = textOf(fields["name"]).toLowerCase();
  const local = fields["is_local"] === true;
  switch (textOf(fields["kind"])) {
    case "VAR_RESET_ALL":
      return { kind: "set", name: "all", local: false, value: null };
    case "VAR_RESET":
    case "VAR_SET_DEFAULT":
      return judgeSetting(name, null, local, context);
    case "VAR_SET_VALUE": {
      const value = settingText(name, listOf(fields["args"]));
      return value === null ? settingRefusal(name, true) : judgeSetting(name, value, local, context);
    }
    case "VAR_SET_MULTI":
      return judgeTransactionModes(name, fields, context);
    default:
      return refused(
        "set_from_current",
        "SET FROM CURRENT belongs to functions, which aren't made through the gateway.",
        "Use SET name = value.",
      );
  }
}

function judgeTransactionModes(
  name: string,
  fields: Fields,
  context: PlanContext,
): StatementKind | StatementRefusal {
  if (name !== "transaction" && name !== "session characteristics")
    return refused(
      "transaction_snapshot",
      "another session's snapshot can't be taken over through the gateway.",
      "Read in one transaction instead.",
    );
  for (const mode of listOf(fields["args"])) {
    const { defname, arg } = fieldsOf(named(mode)?.fields);
    const judged = judgeSetting(textOf(defname), constantText(arg) ?? "", name === "transaction", context);
    if (isStatementRefusal(judged)) return judged;
  }
  return { kind: "other" };
}

/** The text that the server would make of SET's values (ExtractSetVariableArgs); null if one of them is no constant. */
function settingText(name: string, args: readonly unknown[]): string | null {
  const texts = args.map((arg) =>
    name === "timezone" ? (intervalText(arg) ?? constantText(arg)) : constantText(arg),
  );
  if (texts.length === 0 || texts.includes(null)) return null;
  return texts
    .map((text) => (name === "search_path" ? quotedIdentifier(text ?? "") : (text ?? "")))
    .join(", ");
}

/** SET TIME ZONE INTERVAL '+02:00' HOUR TO MINUTE. */
function intervalText(arg: unknown): string | null {
  const cast = named(arg);
  if (cast?.kind !== "TypeCast") return null;
  const names = nameParts(fieldsOf(cast.fields["typeName"])["names"]);
  return names?.at(-1) === "interval" ? constantText(cast.fields["arg"]) : null;
}

function quotedIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/**
 * SELECT set_config('name', 'value', false) on its own, as pg_dump and pools write SET; also pg_dump's form that takes the name from
 * pg_settings so that an older server, which doesn't know it, sets nothing. Null: the statement isn't of this form.
 */
export function settingCall(
  fields: Fields,
  context: PlanContext,
): {
  readonly call: Fields;
  /** The call of the server's own set_config with the value that was accepted. */
  readonly instead: Fields;
  readonly does: StatementKind | StatementRefusal;
} | null {
  const targets = listOf(fields["targetList"]);
  const call = named(named(targets[0])?.fields["val"]);
  if (call?.kind !== "FuncCall" || targets.length !== 1) return null;
  const parts = nameParts(call.fields["funcname"]) ?? [];
  if (parts.at(-1) !== "set_config" || !["", "pg_catalog"].includes(parts.at(-2) ?? "")) return null;
  const plain = Object.keys(fields).every((field) =>
    ["targetList", "limitOption", "op", "fromClause", "whereClause"].includes(field),
  );
  const [nameArg, valueArg, localArg] = listOf(call.fields["args"]);
  const name = plain ? (constantText(nameArg) ?? nameFromSettings(fields, nameArg)) : null;
  if (name === null || (constantText(nameArg) !== null && "fromClause" in fields)) return null;
  if (constantText(nameArg) !== null && "whereClause" in fields) return null;
  const value = constantText(valueArg);
  const local = constantText(localArg);
  if (local === null) return null;
  const funcname = nameNodes(["pg_catalog", "set_config"]);
  if (value === null) {
    // What is bound comes from the client, as a constant does; nothing else of the session hangs on a setting of an application's own.
    const own = isParameter(valueArg) && isOwn(name.toLowerCase(), context.role);
    return own ? { call: call.fields, instead: { ...call.fields, funcname }, does: { kind: "rows" } } : null;
  }
  const does = judgeSetting(name, value, /^(t|true|on|1|yes)$/i.test(local), context);
  const accepted = !isStatementRefusal(does) && does.kind === "set" ? does.value : null;
  const args = [nameArg, { A_Const: { sval: { sval: accepted ?? value } } }, localArg];
  return { call: call.fields, instead: { ...call.fields, funcname, args }, does };
}

/** `$1`, or `$1::text`. */
function isParameter(arg: unknown): boolean {
  const node = named(arg);
  return node?.kind === "ParamRef" || (node?.kind === "TypeCast" && isParameter(node.fields["arg"]));
}

function nameFromSettings(fields: Fields, nameArg: unknown): string | null {
  const from = listOf(fields["fromClause"]);
  const relation = named(from[0])?.fields;
  const test = named(fields["whereClause"]);
  const isSettings =
    from.length === 1 &&
    relation?.["relname"] === "pg_settings" &&
    ["", "pg_catalog"].includes(textOf(relation["schemaname"]));
  if (!isSettings || test?.kind !== "A_Expr" || !isNameColumn(nameArg) || !isNameColumn(test.fields["lexpr"]))
    return null;
  return nameParts(test.fields["name"])?.at(-1) === "=" ? constantText(test.fields["rexpr"]) : null;
}

function isNameColumn(value: unknown): boolean {
  const column = named(value);
  return column?.kind === "ColumnRef" && nameParts(column.fields["fields"])?.join(".") === "name";
}

/** SHOW. */
export function judgeShow(fields: Fields, context: PlanContext): StatementKind | StatementRefusal {
  return isShowable(textOf(fields["name"]), context)
    ? { kind: "rows" }
    : refused(
        "setting_read",
        "only the server's own settings may be shown through the gateway.",
        "Settings with a dot in their name belong to somebody else and may hold anything.",
      );
}
