/** Settings that PostgreSQL reports (GUC_REPORT, 14 to 18). Every one holds a constant that has been through the gateway's lists. */
const reported: ReadonlySet<string> = new Set(
  `application_name client_encoding DateStyle default_transaction_read_only in_hot_standby integer_datetimes IntervalStyle is_superuser
  scram_iterations search_path server_encoding server_version session_authorization standard_conforming_strings TimeZone`.split(
    /\s+/,
  ),
);

/** Whether a ParameterStatus of this name may be passed on. */
export function isAllowedParameterStatus(name: string): boolean {
  return reported.has(name);
}

/** Words of a command tag (cmdtaglist.h), then the numbers that INSERT, SELECT and their like end in. The server cuts at 64 bytes. */
const tagForm = /^[A-Z]{2,24}( [A-Z]{2,24}){0,5}( \d{1,10})?( \d{1,20})?$/;

/** Whether a CommandComplete's tag is one of the server's: words and counts, and nothing else. */
export function isCommandTag(tag: string): boolean {
  return tag.length <= 64 && tagForm.test(tag);
}
