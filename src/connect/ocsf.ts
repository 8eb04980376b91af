import { isIP } from "node:net";
import type { Json } from "../base/index.ts";
import type { Action } from "../domain/index.ts";
import { attested } from "./attestation.ts";
import { type Exported, type ExportedSighting, type ExportedUnknown, rowName } from "./exported.ts";

type Members = { readonly [name: string]: Json };

/** The schema that every event is written to and tested against. */
const ocsfVersion = "1.5.0";

/**
 * Web Resources Activity. Datastore Activity (6005) has no place for the records it read, demands a source address that many
 * logs don't have, and knows no export; here each customer is a resource, and each action has an activity of its own.
 */
const classUid = 6001;
const activities: { readonly [action in Action]: { readonly id: number; readonly name: string } } = {
  read: { id: 2, name: "Read" },
  update: { id: 3, name: "Update" },
  delete: { id: 4, name: "Delete" },
  search: { id: 5, name: "Search" },
  export: { id: 7, name: "Export" },
};

/** A name with a space is no id to anybody who reads the event back, and the schema wants a uid or a name. */
const notNamed = "not named by the source";

/** One OCSF event, with the line's end: JSON Lines. */
export function ocsfLine(row: Exported): string {
  const uid = rowName(row);
  const event = {
    ...classed(row.action),
    severity_id: 1,
    severity: "Informational",
    status_id: 1,
    status: "Success",
    time: row.time,
    metadata: {
      version: ocsfVersion,
      uid,
      // In this class the actor belongs to the profile "host".
      profiles: ["host"],
      product: { name: "whosaw", vendor_name: "whosaw" },
      ...(row.source === "" ? {} : { log_name: row.source }),
    },
    actor: { user: { uid: row.actor }, ...(row.session === "" ? {} : { session: { uid: row.session } }) },
    ...(row.ip === "" ? {} : { src_endpoint: isIP(row.ip) > 0 ? { ip: row.ip } : { name: row.ip } }),
    ...(row.known ? seen(row) : notSaid(row)),
    unmapped: { whosaw: own(row) },
  };
  const { receipt } = row;
  return `${JSON.stringify(receipt === null ? event : attested(event, uid, receipt))}\n`;
}

function classed(action: Action): Members {
  const { id, name } = activities[action];
  return {
    category_uid: 6,
    category_name: "Application Activity",
    class_uid: classUid,
    class_name: "Web Resources Activity",
    activity_id: id,
    activity_name: name,
    type_uid: classUid * 100 + id,
    type_name: `Web Resources Activity: ${name}`,
  };
}

/** The customer, and the ticket that the read named, as resources; why it was work, as an enrichment of the customer's uid. */
function seen(row: ExportedSighting): Members {
  const { customer, ticket, explanation } = row;
  return {
    web_resources: [
      { type: "customer", uid: customer, ...shown(row) },
      ...(ticket === "" ? [] : [{ type: "ticket", uid: ticket }]),
    ],
    enrichments: [
      {
        name: "web_resources.uid",
        value: customer,
        type: "explanation",
        provider: "whosaw",
        data: { class: row.class, ...(explanation === null ? {} : { explanation }) },
      },
    ],
  };
}

function shown({ fields, masked }: { fields: readonly string[]; masked: readonly string[] }): Members {
  return fields.length + masked.length === 0 ? {} : { data: { fields, masked } };
}

function notSaid({ target, fields }: ExportedUnknown): Members {
  const customers = { type: "customer", name: `customers ${notNamed}`, ...shown({ fields, masked: [] }) };
  return {
    status_detail: "exposure unknown: the source does not say which customers were shown",
    web_resources: target === "" ? [customers] : [{ type: target, name: `records ${notNamed}` }],
    ...(target === "" ? {} : { web_resources_result: [customers] }),
  };
}

/** What OCSF has no attribute for. */
function own(row: Exported): Members {
  return {
    exposure_unknown: !row.known,
    import: row.import,
    line: row.line,
    ...(row.known || row.rowsMax === 0 ? {} : { rows_max: row.rowsMax }),
    ...(row.receipt === null ? {} : { receipt: { log: row.receipt.log, entry: row.receipt.entry } }),
  };
}
