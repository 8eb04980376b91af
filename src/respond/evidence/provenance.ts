import { createHash } from "node:crypto";
import type { Json } from "../../base/index.ts";
import type { EvidenceAttachment, EvidenceFacts, EvidenceImport } from "./facts.ts";

/** A JSON-LD document: CASE 1.x on UCO 1.x (caseontology.org, unifiedcyberontology.org). */
export interface Provenance {
  readonly "@context": Json;
  readonly "@graph": readonly Json[];
}

type Node = { readonly [member: string]: Json };

/** A node that has a name and a type of its own. */
type Named = Node & { readonly "@id": string; readonly "@type": string };

const context = {
  "case-investigation": "https://ontology.caseontology.org/case/investigation/",
  "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
  "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
  "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
  "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
  "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
  "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
  "uco-vocabulary": "https://ontology.unifiedcyberontology.org/uco/vocabulary/",
  xsd: "http://www.w3.org/2001/XMLSchema#",
} as const;

/**
 * Who took what out of which log, when and why, and from which files the log had it. Exhibits: the imported files are numbered by
 * the log's entries, what was made of them by the export; all under one root number, which only this export has.
 */
export function provenance(facts: EvidenceFacts): Provenance {
  const id = idsOf(facts);
  const root = rootExhibit(facts);
  const told = facts.imports.flatMap((one) => (one.told === null ? [] : [{ ...one, told: one.told }]));
  const nodes = [
    ...told.flatMap((one) => importNodes(one, { id, root })),
    ...exportNodes(facts, told, { id, root }),
  ];
  const investigation: Node = {
    "@id": id("investigation", root),
    "@type": "case-investigation:Investigation",
    "uco-core:name": `Reads of customers' records by the account ${facts.actor}`,
    ...(facts.reason === null ? {} : { "uco-core:description": facts.reason }),
    "case-investigation:focus": "Who saw which customer's record",
    "uco-core:object": nodes
      .filter((node) => node["@type"].startsWith("case-investigation:"))
      .map((node) => refer(node["@id"])),
  };
  return { "@context": context, "@graph": [investigation, ...nodes, ...identities(facts, id)] };
}

type Ids = (type: string, ...name: readonly string[]) => string;

/** Equal facts have equal ids, so that two documents about one import can be laid together. */
function idsOf({ log }: EvidenceFacts): Ids {
  return (type, ...name) => `urn:uuid:${uuid(log.key, type, ...name)}`;
}

/** RFC 9562 version 8: made of a digest. */
function uuid(...name: readonly string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(name)).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

interface Naming {
  readonly id: Ids;
  readonly root: string;
}

type ToldImport = EvidenceImport & { readonly told: NonNullable<EvidenceImport["told"]> };

function importNodes({ index, recorded, told }: ToldImport, { id, root }: Naming): readonly Named[] {
  const place = String(index);
  const file = id("file", told.sha256, told.file);
  return [
    fileNode(file, { path: told.file, bytes: told.bytes, sha256: told.sha256 }),
    {
      "@id": id("import", place),
      "@type": "case-investigation:InvestigativeAction",
      "uco-core:name": "imported a log",
      "uco-core:description": `Entry ${index} of the log tells of it: ${told.imported} of ${told.read} records taken, ${told.rejected} rejected.`,
      ...(recorded === null ? {} : { "uco-action:endTime": moment(recorded) }),
      "uco-action:performer": refer(id("identity", told.by)),
      "uco-action:instrument": refer(id("tool", "whosaw")),
      "uco-action:object": refer(file),
      "uco-action:result": refer(id("exhibit", place)),
    },
    {
      "@id": id("exhibit", place),
      "@type": "case-investigation:ProvenanceRecord",
      "uco-core:description": `The file as it was imported; its digest stands in entry ${index} of the log.`,
      "case-investigation:exhibitNumber": importExhibit(root, index),
      "case-investigation:rootExhibitNumber": root,
      "uco-core:object": refer(file),
    },
  ];
}

function exportNodes(
  facts: EvidenceFacts,
  told: readonly ToldImport[],
  { id, root }: Naming,
): readonly Named[] {
  const sources = told.map(({ index }) => refer(id("exhibit", String(index))));
  const action = id("export", root);
  const made = facts.attachments.flatMap((file, at) => {
    const record = id("exhibit", root, file.path);
    const content = id("file", file.sha256, file.path);
    return [
      fileNode(content, file),
      {
        "@id": record,
        "@type": "case-investigation:ProvenanceRecord",
        "uco-core:description": `${file.path} of this bundle`,
        "case-investigation:exhibitNumber": `${root}/${at + 1}`,
        "case-investigation:rootExhibitNumber": root,
        "case-investigation:wasDerivedFrom": sources,
        "uco-core:object": refer(content),
      },
    ];
  });
  return [
    {
      "@id": action,
      "@type": "case-investigation:InvestigativeAction",
      "uco-core:name": "exported evidence",
      "uco-core:description": exportText(facts),
      "uco-action:endTime": moment(facts.exported),
      "uco-action:performer": refer(id("identity", facts.by)),
      "uco-action:instrument": refer(id("tool", "whosaw")),
      "uco-action:object": sources,
      "uco-action:result": made
        .filter((node) => node["@type"] === "case-investigation:ProvenanceRecord")
        .map((node) => refer(node["@id"])),
      "case-investigation:wasInformedBy": told.map(({ index }) => refer(id("import", String(index)))),
    },
    ...made,
  ];
}

function exportText({ actor, from, to, reason, log }: EvidenceFacts): string {
  return [
    `What the account ${actor} saw, from ${from ?? "the first record"} to ${to ?? "the last"},`,
    `taken out of the log ${log.name} of ${log.size} entries.`,
    reason === null ? "No reason was given." : `Reason given: ${reason}`,
  ].join(" ");
}

/** The number that the report prints beside an import. */
export function importExhibit(root: string, index: number): string {
  return `${root}/entry-${index}`;
}

/** The root exhibit number of an export. */
export function rootExhibit({ log, exported, actor }: EvidenceFacts): string {
  return `whosaw-${uuid(log.key, exported, actor).slice(0, 8)}`;
}

function fileNode(name: string, { path, bytes, sha256 }: EvidenceAttachment): Named {
  return {
    "@id": name,
    "@type": "uco-observable:File",
    "uco-core:hasFacet": [
      {
        "@id": `${name}#name`,
        "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": path,
        "uco-observable:sizeInBytes": bytes,
      },
      {
        "@id": `${name}#content`,
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:hash": {
          "@id": `${name}#sha256`,
          "@type": "uco-types:Hash",
          "uco-types:hashMethod": { "@type": "uco-vocabulary:HashNameVocab", "@value": "SHA256" },
          "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": sha256 },
        },
      },
    ],
  };
}

function identities(facts: EvidenceFacts, id: Ids): readonly Node[] {
  const names = new Set([facts.by, ...facts.imports.flatMap(({ told }) => (told === null ? [] : [told.by]))]);
  return [
    {
      "@id": id("tool", "whosaw"),
      "@type": "uco-tool:Tool",
      "uco-core:name": "whosaw",
      "uco-tool:version": facts.version,
    },
    ...[...names].map((name) => ({
      "@id": id("identity", name),
      "@type": "uco-identity:Identity",
      "uco-core:name": name,
      "uco-core:description": "The account of the operating system that ran the command.",
    })),
  ];
}

function refer(id: string): Node {
  return { "@id": id };
}

function moment(time: string): Node {
  return { "@type": "xsd:dateTime", "@value": time };
}
