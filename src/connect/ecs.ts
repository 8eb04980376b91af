import { isIP } from "node:net";
import type { Action } from "../domain/index.ts";
import { type Exported, type ExportedSighting, type ExportedUnknown, rowName } from "./exported.ts";

/** The Elastic Common Schema whose fields are used; all of them are far older. */
const ecsVersion = "8.17.0";

/** ECS expects access and change of the category database; that a change was a deletion is said beside it. */
const types: { readonly [action in Action]: readonly string[] } = {
  read: ["access"],
  search: ["access"],
  export: ["access"],
  update: ["change"],
  delete: ["change", "deletion"],
};

/** One document, with the line's end: JSON Lines. ECS has no fields for a database's records: theirs are under `whosaw`. */
export function ecsLine(row: Exported): string {
  const address = isIP(row.ip) > 0 ? { ip: row.ip } : {};
  const document = {
    // Always with milliseconds: some date parsers take one form only.
    "@timestamp": new Date(row.time).toISOString(),
    ecs: { version: ecsVersion },
    event: {
      kind: "event",
      category: ["database"],
      type: types[row.action],
      action: `customer-${row.action}`,
      outcome: "success",
      id: rowName(row),
      module: "whosaw",
      dataset: "whosaw.sighting",
      ...(row.source === "" ? {} : { provider: row.source }),
    },
    user: { id: row.actor },
    ...(row.ip === "" ? {} : { source: { address: row.ip, ...address } }),
    related: { user: [row.actor], ...("ip" in address ? { ip: [address.ip] } : {}) },
    whosaw: {
      exposure_unknown: !row.known,
      action: row.action,
      fields: row.fields,
      ...(row.known ? seen(row) : notSaid(row)),
      ...(row.session === "" ? {} : { session: { id: row.session } }),
      import: { number: row.import, line: row.line },
      ...(row.receipt === null
        ? {}
        : { receipt: { log: row.receipt.log, entry: row.receipt.entry, line: row.line } }),
    },
  };
  return `${JSON.stringify(document)}\n`;
}

function seen({ customer, masked, ticket, class: named, explanation }: ExportedSighting): object {
  return {
    customer: { id: customer },
    masked,
    ...(ticket === "" ? {} : { ticket: { id: ticket } }),
    class: named,
    ...(explanation === null
      ? {}
      : { explanation: { kind: explanation.kind, ticket: { id: explanation.ticket } } }),
  };
}

function notSaid({ target, rowsMax }: ExportedUnknown): object {
  return {
    ...(target === "" ? {} : { target }),
    ...(rowsMax === 0 ? {} : { rows_max: rowsMax }),
  };
}
