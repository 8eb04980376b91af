import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { parseMap } from "../../src/capture/index.ts";
import { proposeMapFor } from "../../src/serve/index.ts";
import { type Kit, openKit, rejectedLines } from "./kit.ts";

/**
 * Real logs, imported: what comes in, what is exposure unknown, what is no read, what is rejected and why. They lie beside the
 * repository where they are present, or where WHOSAW_SHARED_DATA says; without them these tests are skipped.
 */
const shared = process.env["WHOSAW_SHARED_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data");
const without = existsSync(shared)
  ? ""
  : ` (skipped: no real logs in ${shared.split("/").slice(-2).join("/")})`;

let kit: Kit;
beforeAll(async () => {
  if (without === "") kit = await openKit();
});
afterAll(async () => {
  if (without === "") await kit.close();
});

interface Expected {
  readonly file: string;
  readonly format: string;
  readonly read: number;
  readonly sightings: number;
  readonly exposureUnknown: number;
  readonly ignored: number;
}

const account = { vendor: { tables: [{ table: "account", key: "id" }] } };

const fixtures: readonly (Expected & { readonly options?: typeof account })[] = [
  // PostgreSQL's own regression suite of pgaudit; its only table like a customer's is called account.
  {
    file: "pgaudit/pgaudit-1.7-regress.csv",
    format: "pgaudit",
    read: 495,
    sightings: 3,
    exposureUnknown: 22,
    ignored: 470,
    options: account,
  },
  {
    file: "pgaudit/pgaudit-1.7-regress.jsonl",
    format: "pgaudit",
    read: 495,
    sightings: 3,
    exposureUnknown: 22,
    ignored: 470,
    options: account,
  },
  {
    file: "salesforce/labelled-events.jsonl",
    format: "salesforce",
    read: 21,
    sightings: 0,
    exposureUnknown: 4,
    ignored: 17,
  },
  {
    file: "salesforce/sample_log_lines.csv",
    format: "salesforce",
    read: 2,
    sightings: 0,
    exposureUnknown: 0,
    ignored: 2,
  },
  {
    file: "salesforce/sample_log_lines.json",
    format: "salesforce",
    read: 2,
    sightings: 0,
    exposureUnknown: 0,
    ignored: 2,
  },
  {
    file: "zendesk/list_access_logs_response.json",
    format: "zendesk",
    read: 2,
    sightings: 0,
    exposureUnknown: 2,
    ignored: 0,
  },
  {
    file: "zendesk/webhook_access_log_created.json",
    format: "zendesk",
    read: 1,
    sightings: 0,
    exposureUnknown: 1,
    ignored: 0,
  },
  {
    file: "zendesk/labelled-events.jsonl",
    format: "zendesk",
    read: 18,
    sightings: 0,
    exposureUnknown: 0,
    ignored: 18,
  },
];

describe("a real log", () => {
  for (const { file, format, options, ...counts } of fixtures) {
    it.skipIf(without !== "")(`${file} is imported without a rejected record${without}`, async () => {
      await kit.empty();
      const answer = await kit.import(join(shared, file), { format, ...options });
      expect(answer).toMatchObject({
        read: counts.read,
        rejected: 0,
        ignored: counts.ignored,
        exposureUnknown: counts.exposureUnknown,
      });
      expect(answer.imported).toBe(counts.sightings + counts.exposureUnknown);
    });
  }

  it.skipIf(without !== "")(
    `of a help desk is imported by the map that is proposed for it, unchanged; updates without a caller are rejected${without}`,
    async () => {
      await kit.empty();
      const path = join(shared, "incident-log/incident_event_log.csv.gz");
      const yaml = await proposeMapFor(path);
      if (isRefusal(yaml)) throw new Error(yaml.what);
      const map = parseMap(yaml);
      if (isRefusal(map)) throw new Error(map.what);
      const answer = await kit.import(path, { map });
      expect(answer).toMatchObject({ read: 141_712, imported: 141_683, rejected: 29, ignored: 0 });
      expect(new Set(rejectedLines(answer).map(({ reason }) => reason))).toEqual(
        new Set(["customer is empty"]),
      );
      const [seen] = await kit.store.query<{ customers: number; actors: number; busiest: number }>(
        "SELECT uniqExact(customer) AS customers, uniqExact(actor) AS actors," +
          " uniqExactIf(customer, actor = 'Updated by 908') AS busiest FROM sightings",
      );
      expect(seen).toEqual({ customers: 5_244, actors: 846, busiest: 5_242 });
    },
  );
});
