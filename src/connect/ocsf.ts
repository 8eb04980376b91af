import { isIP } from "node:net";
import type { Action } from "../domain/index.ts";
import { attested } from "./attestation.ts";
import { type Exported, type ExportedSighting, type ExportedUnknown, rowName } from "./exported.ts";

/** The schema that every event is written to and tested against. */
const ocsfVersion = "1.5.0";

/**
 * Web Resources Activity. Datastore Activity (6005) has no place for the records it read, demands a source address that many
 * logs don't have, and knows no export; here each customer is a resource, and each action has an activity of its own.
 */
const classUid = 6001;
const className = "Web Resources Activity";
const activities: { readonly [action in Action]: { readonly id: number; readonly name: string } } = {
  read: { id: 2, name: "Read" },
  update: { id: 3, name: "Update" },
  delete: { id: 4, name: "Delete" },
  search: { id: 5, name: "Search" },
  export: { id: 7, name: "Export" },
};

/** A name with a space is no id to anybody who reads the event back, and the schema wants a uid or a name. */
const notNamed = "not named by the source";

/**
 * One OCSF event, with the line's end: JSON Lines. Every object below has its members in the order of their names and leaves out
 * what is undefined, so that the text is RFC 8785's already, and its fingerprint needs no second writing.
 */
export function ocsfLine(row: Exported): string {
  const uid = rowName(row);
  const text = JSON.stringify(eventOf(row, uid));
  return `${row.receipt === null ? text : attested(text, uid, row.receipt)}\n`;
}

function eventOf(row: Exported, uid: string): object {
  const { id, name } = activities[row.action];
  const resources = row.known ? seen(row) : notSaid(row);
  return {
    activity_id: id,
    activity_name: name,
    actor: { session: row.session === "" ? undefined : { uid: row.session }, user: { uid: row.actor } },
    category_name: "Application Activity",
    category_uid: 6,
    class_name: className,
    class_uid: classUid,
    enrichments: row.known ? [reasonOf(row)] : undefined,
    metadata: {
      log_name: orNone(row.source),
      product: { name: "whosaw", vendor_name: "whosaw" },
      // In this class the actor belongs to the profile "host".
      profiles: ["host"],
      uid,
      version: ocsfVersion,
    },
    severity: "Informational",
    severity_id: 1,
    src_endpoint: row.ip === "" ? undefined : isIP(row.ip) > 0 ? { ip: row.ip } : { name: row.ip },
    status: "Success",
    status_detail: row.known
      ? undefined
      : "exposure unknown: the source does not say which customers were shown",
    status_id: 1,
    time: row.time,
    type_name: `${className}: ${name}`,
    type_uid: classUid * 100 + id,
    unmapped: { whosaw: own(row) },
    web_resources: resources.touched,
    web_resources_result: resources.found,
  };
}

interface Resources {
  readonly touched: readonly object[];
  readonly found?: readonly object[];
}

/** The customer, and the ticket that the read named. */
function seen(row: ExportedSighting): Resources {
  const customer = { data: shown(row.fields, row.masked), type: "customer", uid: row.customer };
  return { touched: row.ticket === "" ? [customer] : [customer, { type: "ticket", uid: row.ticket }] };
}

/** What was asked is named, and what was found is customers without a uid. */
function notSaid({ target, fields }: ExportedUnknown): Resources {
  const customers = { data: shown(fields, []), name: `customers ${notNamed}`, type: "customer" };
  return target === ""
    ? { touched: [customers] }
    : { touched: [{ name: `records ${notNamed}`, type: target }], found: [customers] };
}

function shown(fields: readonly string[], masked: readonly string[]): object | undefined {
  return fields.length + masked.length === 0 ? undefined : { fields, masked };
}

/** Why the read was work, or that nothing says so: known of the customer's uid, not part of what happened. */
function reasonOf({ customer, class: named, explanation }: ExportedSighting): object {
  return {
    data: {
      class: named,
      explanation: explanation === null ? undefined : { kind: explanation.kind, ticket: explanation.ticket },
    },
    name: "web_resources.uid",
    provider: "whosaw",
    type: "explanation",
    value: customer,
  };
}

/** What OCSF has no attribute for. */
function own(row: Exported): object {
  return {
    exposure_unknown: !row.known,
    import: row.import,
    line: row.line,
    receipt: row.receipt === null ? undefined : { entry: row.receipt.entry, log: row.receipt.log },
    rows_max: row.known || row.rowsMax === 0 ? undefined : row.rowsMax,
  };
}

function orNone(text: string): string | undefined {
  return text === "" ? undefined : text;
}
