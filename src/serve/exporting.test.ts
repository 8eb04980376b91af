import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal, type Refusal, seededRandom } from "../base/index.ts";
import { hasSchema, openOcsfSchema } from "../connect/ocsf-schema.testing.ts";
import { type ActorId, type CustomerId, type Instant, parseInstant } from "../domain/index.ts";
import { openReader, openRecorder, type Said } from "../record/index.ts";
import type { ExportAnswer, ExportFormat, ExportWish } from "./exporting.ts";
import { always, type Desk, openDesk } from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-export-"));
const small = resolve(import.meta.dirname, "../../testdata/small-desk");
const everything = { ...always, actor: null, customer: null };

function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(`${value.code}: ${value.what}`);
  return value;
}

async function openEmpty(name: string): Promise<Desk> {
  return good(await openDesk({ data: join(root, name), clock: Date.now, onEvent: () => undefined }));
}

const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const csv = (header: string, rows: readonly (readonly string[])[]): string =>
  `${[header, ...rows.map((row) => row.map(cell).join(","))].join("\n")}\n`;

/** Random work and reads: tickets with and without assignees, searches before reads, equal reads, masks, texts that must be quoted. */
function writeDesk(folder: string): void {
  const random = seededRandom(20);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const at = (minutes: number): string =>
    new Date(Date.UTC(2019, 4, 1) + minutes * 60_000 + below(1000)).toISOString();
  const actors = ["ann", "ben", 'c"y', "d,d", "ünal", "sync"];
  const customers = Array.from({ length: 12 }, (_, n) => (n === 0 ? 'x "0", y' : `c-${n}`));
  const tickets = Array.from({ length: 20 }, (_, n) => {
    const opened = below(20_000);
    const assignee = pick(["", pick(actors.slice(0, 3)), "ann;ben"]);
    // Those reads are work for some customers, and what was found on the way to them is a bystander.
    if (n < 3) return [`r-${n}`, `c-${n + 1}`, at(0), "", "sync"];
    return [`r-${n}`, pick(customers), at(opened), pick(["", at(opened + below(3_000))]), assignee];
  });
  const reads = Array.from({ length: 200 }, () => {
    const action = pick(["read", "search", "search", "export", "update", "delete"]);
    // The last actor reads often and within few hours, so that cutting by the hour has something to cut.
    const actor = random() < 0.4 ? "sync" : pick(actors);
    return [
      actor === "sync" ? at(below(400)) : at(below(20_000)),
      actor,
      pick(customers),
      pick(["", "name", "email;name"]),
      pick(["", "card"]),
      action,
      pick(["", `r-${below(20)}`]),
      pick(["", "s1"]),
      pick(["", "192.0.2.1", "2001:db8::1"]),
      pick(["", "desk"]),
    ];
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tickets.csv"), csv("id,customer,opened,closed,assignee", tickets));
  const header = "time,actor,customer,fields,masked,action,ticket,session,ip,source";
  writeFileSync(join(folder, "accesses.csv"), csv(header, [...reads, ...reads.slice(0, 5)]));
}

const foreign = (time: string, more: object): string =>
  JSON.stringify({
    class_uid: 6001,
    class_name: "Web Resources Activity",
    activity_id: 5,
    type_uid: 600105,
    severity_id: 1,
    category_uid: 6,
    time: Date.parse(time),
    metadata: { version: "1.5.0", product: { name: "Example Desk" } },
    actor: { user: { uid: "agent-ben" }, session: { uid: "s9" } },
    src_endpoint: { ip: "192.0.2.11" },
    ...more,
  });

/** Events of another system that say which customer they showed, and one that doesn't. */
function foreignLog(): string {
  return [
    foreign("2019-07-01T11:00:00Z", {
      web_resources: [{ type: "directory" }],
      web_resources_result: [{ type: "customer" }],
    }),
    foreign("2019-07-01T12:00:00Z", {
      web_resources: [
        { type: "customer", uid: "c-1", data: { fields: ["phone"], masked: ["card"] } },
        { type: "customer", uid: "c-2" },
      ],
    }),
    foreign("2019-07-04T12:00:00Z", { web_resources: [{ type: "customer", name: "some body" }] }),
    "",
  ].join("\n");
}

let desk: Desk;
let number = 0;

beforeAll(async () => {
  desk = await openEmpty("desk");
  writeDesk(join(root, "random"));
  writeFileSync(join(root, "other.jsonl"), foreignLog());
  good(await desk.importPaths([small], {}));
  good(await desk.importPaths([join(root, "random")], {}));
  good(await desk.importPaths([join(root, "other.jsonl")], { as: "accesses", format: "ocsf" }));
});

afterAll(async () => {
  await desk.close();
  rmSync(root, { recursive: true, force: true });
});

async function exportTo(
  format: ExportFormat,
  more: Partial<ExportWish> = {},
): Promise<ExportAnswer & { file: string }> {
  const file = join(root, `out-${number++}.${format}`);
  const to = { file, overwrite: false };
  return good(await desk.exportSightings({ format, filter: everything, to, ...more }));
}

type Row = { readonly [column: string]: string | number };

const shared = "time, actor, customer, action, fields, masked, ticket, session, ip";
const unknownShared = "time, actor, action, target, session, ip";

async function all(of: Desk, table: string, columns: string): Promise<readonly Row[]> {
  return of.store.query<Row>(`SELECT ${columns} FROM ${table} ORDER BY ALL`);
}

/** An ECS document, as far as the tests look. */
interface Told {
  readonly "@timestamp": string;
  readonly event: { readonly id: string };
  readonly user: { readonly id: string };
  readonly whosaw: {
    readonly customer?: { readonly id: string };
    readonly class?: string;
    readonly explanation?: { readonly kind: string; readonly ticket: { readonly id: string } };
    readonly receipt?: object;
  };
}

const lines = (file: string): readonly string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");

const told = (file: string): readonly Told[] => lines(file).map((line) => JSON.parse(line) as Told);

const known = (file: string): readonly Told[] =>
  told(file).filter(({ whosaw }) => whosaw.customer !== undefined);

async function again(format: "ocsf" | "csv" | "parquet"): Promise<Desk> {
  const { file } = await exportTo(format);
  const other = await openEmpty(`again-${format}`);
  const { tables } = good(await other.importPaths([file], { as: "accesses", format }));
  expect(tables).toMatchObject([{ rejected: 0, ignored: 0, duplicates: 0 }]);
  return other;
}

async function lastEntry(): Promise<Said | null> {
  const reader = good(await openReader(desk.data));
  return (await reader.entry(reader.size - 1))?.entry ?? null;
}

const gone = (): never => {
  throw new Error("nobody listens");
};

describe("an export", () => {
  it("holds every sighting and every exposure unknown, in the order of time", async () => {
    const { file, sightings, exposureUnknown } = await exportTo("ecs");
    const [held] = await desk.store.query<{ sightings: number }>(
      "SELECT count() AS sightings FROM sightings",
    );
    const rows = told(file);
    expect({ sightings, exposureUnknown }).toEqual({ sightings: held?.sightings, exposureUnknown: 2 });
    expect(rows).toHaveLength(sightings + exposureUnknown);
    const times = rows.map((row) => row["@timestamp"]);
    expect(times).toEqual([...times].sort());
    const ids = rows.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("gives each sighting the class, the reason and the receipt that the customer's own answer gives", async () => {
    const { file } = await exportTo("ecs");
    const found = told(file)
      .filter(({ whosaw }) => whosaw.customer !== undefined)
      .map(({ "@timestamp": time, user, whosaw: { customer, class: named, explanation, receipt } }) =>
        JSON.stringify([
          Date.parse(time),
          user.id,
          customer?.id,
          named,
          explanation?.kind,
          explanation?.ticket.id,
          receipt,
        ]),
      );
    const customers = await desk.store.query<{ customer: string }>("SELECT DISTINCT customer FROM sightings");
    const expected: string[] = [];
    const classes = new Set<string>();
    for (const { customer } of customers) {
      const { sightings } = await desk.whoSaw(customer as CustomerId, always);
      for (const { time, actor, explained, bystander, explanation, receipt, origin } of sightings) {
        const named = explained ? "explained" : bystander ? "bystander" : "unexplained";
        classes.add(named);
        const place =
          receipt === null ? undefined : { log: receipt.log, entry: receipt.index, line: origin?.line };
        expected.push(
          JSON.stringify([
            parseInstant(time),
            actor,
            customer,
            named,
            explanation?.kind,
            explanation?.ticket,
            place,
          ]),
        );
      }
    }
    expect(classes.size).toBe(3);
    expect(expected.some((row) => row.includes('"log"'))).toBe(true);
    expect(found.sort()).toEqual(expected.sort());
  });

  it("is the same to the byte whether all, some actors' or some hours' sightings are classed at once", async () => {
    const whole = await exportTo("csv");
    const sliced = await exportTo("csv", { sightingsPerSlice: 20 });
    expect(sliced.sha256).toBe(whole.sha256);
  });

  it("of a span, an actor or a customer holds just theirs, with the classes that the whole export gives", async () => {
    const whole = known((await exportTo("ecs")).file);
    const since = parseInstant("2019-05-01T02:00:00Z") as Instant;
    const until = parseInstant("2019-05-09T10:00:00Z") as Instant;
    const wishes = [
      { ...everything, since, until },
      { ...everything, actor: "ann" as ActorId },
      { ...everything, customer: "c-3" as CustomerId, since },
      { ...everything, customer: "c-3" as CustomerId, actor: "sync" as ActorId },
      // Ends between a search and the read that it was for.
      {
        ...everything,
        actor: "agent-ann" as ActorId,
        until: parseInstant("2019-07-01T09:01:00Z") as Instant,
      },
    ];
    for (const filter of wishes) {
      const { file, sightings } = await exportTo("ecs", { filter, sightingsPerSlice: 100 });
      const expected = whole.filter(({ "@timestamp": time, user, whosaw }) => {
        const moment = Date.parse(time);
        return (
          moment >= filter.since &&
          moment <= filter.until &&
          (filter.actor === null || user.id === filter.actor) &&
          (filter.customer === null || whosaw.customer?.id === filter.customer)
        );
      });
      expect(expected.length).toBeGreaterThan(1);
      expect(sightings).toBe(expected.length);
      expect(known(file)).toEqual(expected);
    }
  });

  it("of a customer counts the exposures unknown that the customer's own answer counts", async () => {
    const customer = "c-4" as CustomerId;
    const { exposureUnknown } = await exportTo("ocsf", { filter: { ...everything, customer } });
    expect(exposureUnknown).toBe((await desk.whoSaw(customer, always)).exposureUnknown);
    expect(exposureUnknown).toBe(2);
  });

  it("of nothing is a file of nothing", async () => {
    const filter = { ...everything, actor: "nobody" as ActorId };
    expect(await exportTo("ecs", { filter })).toMatchObject({ sightings: 0, exposureUnknown: 0, bytes: 0 });
    const { file } = await exportTo("csv", { filter });
    expect(readFileSync(file, "utf8").split("\n")).toHaveLength(2);
    expect((await exportTo("parquet", { filter })).bytes).toBeGreaterThan(0);
  });

  it.skipIf(!hasSchema)("as OCSF is valid to the last event (skipped without the schema)", async () => {
    const faultsOf = openOcsfSchema();
    const { file, sightings, exposureUnknown } = await exportTo("ocsf");
    const events = lines(file);
    expect(events).toHaveLength(sightings + exposureUnknown);
    expect(events.flatMap((event) => faultsOf(JSON.parse(event)))).toEqual([]);
  });
});

describe("an export that is imported again", () => {
  it("as OCSF gives the same sightings and exposures unknown, but for the source and an unknown's bound and fields", async () => {
    const other = await again("ocsf");
    expect(await all(other, "sightings", shared)).toEqual(await all(desk, "sightings", shared));
    expect(await all(other, "unknown_exposures", unknownShared)).toEqual(
      await all(desk, "unknown_exposures", unknownShared),
    );
    await other.close();
  });

  it.each(["csv", "parquet"] as const)("as %s gives the same sightings, their source too", async (format) => {
    const other = await again(format);
    expect(await all(other, "sightings", `${shared}, source`)).toEqual(
      await all(desk, "sightings", `${shared}, source`),
    );
    await other.close();
  });
});

describe("the log", () => {
  it("tells of an export: who, what of, how much, and the digest of the very file", async () => {
    const filter = { ...everything, actor: "ann" as ActorId, since: parseInstant("2019-05-02") as Instant };
    const answer = await exportTo("ocsf", { filter });
    const bytes = readFileSync(answer.file);
    expect(answer.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(answer.bytes).toBe(bytes.length);
    const { receipt, ...rest } = answer;
    const reader = good(await openReader(desk.data));
    expect((await reader.entry(receipt.index))?.entry).toMatchObject({
      kind: "export",
      ...rest,
      filter: { from: "2019-05-02T00:00:00Z", to: null, actor: "ann", customer: null },
      by: expect.stringMatching(/./) as string,
    });
  });

  it("tells of what went to standard output before any of it went there", async () => {
    let text = "";
    const write = (piece: string): void => void (text += piece);
    const answer = good(await desk.exportSightings({ format: "csv", filter: everything, to: { write } }));
    expect(answer).toMatchObject({ file: "-", sha256: createHash("sha256").update(text).digest("hex") });
    await expect(
      desk.exportSightings({ format: "ecs", filter: everything, to: { write: gone } }),
    ).rejects.toThrow("nobody listens");
    expect(await lastEntry()).toMatchObject({ kind: "export", format: "ecs", file: "-" });
    expect(readdirSync(join(desk.data, "staging"))).toEqual([]);
  });

  it("that can't be written leaves no export behind", async () => {
    const recorder = good(await openRecorder(desk.data, {}));
    const file = join(root, "unrecorded.csv");
    const answer = await desk.exportSightings({
      format: "csv",
      filter: everything,
      to: { file, overwrite: false },
    });
    await recorder.close();
    expect(isRefusal(answer)).toBe(true);
    expect(readdirSync(root).filter((name) => name.startsWith("unrecorded"))).toEqual([]);
  });
});

describe("the file of an export", () => {
  it("is for its owner's eyes only, and nothing else is left", async () => {
    const { file } = await exportTo("parquet");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(
      await desk.store.query("SELECT name FROM system.tables WHERE startsWith(name, 'exporting_')"),
    ).toEqual([]);
  });

  it("does not replace another unless told to, and then as its owner's only", async () => {
    const file = join(root, "there.csv");
    writeFileSync(file, "mine", { mode: 0o644 });
    const wish = { format: "csv", filter: everything } as const;
    expect(await desk.exportSightings({ ...wish, to: { file, overwrite: false } })).toMatchObject({
      code: "refused",
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
    good(await desk.exportSightings({ ...wish, to: { file, overwrite: true } }));
    expect(readFileSync(file, "utf8")).toMatch(/^time,actor,customer/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is never a folder, a device, or in a folder that is not there", async () => {
    const wish = { format: "ecs", filter: everything } as const;
    for (const file of [root, "/dev/null", join(root, "no/such/file")])
      expect(await desk.exportSightings({ ...wish, to: { file, overwrite: true } })).toMatchObject({
        code: "input",
      });
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  it("is not written through a link that somebody laid in its way", async () => {
    const victim = join(root, "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, join(root, "laid.csv.part"));
    const to = { file: join(root, "laid.csv"), overwrite: false };
    good(await desk.exportSightings({ format: "csv", filter: everything, to }));
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });

  it("is Parquet only where bytes can go", async () => {
    const to = { write: (): void => undefined };
    expect(await desk.exportSightings({ format: "parquet", filter: everything, to })).toMatchObject({
      code: "usage",
    });
  });
});
