import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { parseMap } from "../../src/capture/index.ts";
import { openLoader, type Store } from "../../src/store/index.ts";
import { type Kit, openKit, rejectedLines } from "./kit.ts";

const header = "time,actor,customer,fields,action,ticket";
const lines = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => {
    const second = new Date(Date.UTC(2019, 4, 1) + (from + at) * 1000).toISOString();
    return `${second},agent-${(from + at) % 7},c-${(from + at) % 31},name;email,read,t-${(from + at) % 3}`;
  });
const file = (rows: readonly string[], head = header): string => `${[head, ...rows].join("\n")}\n`;

const auditLine = (statement: string, at: number): string =>
  `2019-05-01 10:00:0${at}.000 UTC,"amy","desk",7,"192.0.2.1:1",5cc.7,${at},"SELECT",2019-05-01 09:00:00 UTC,3/1,0,LOG,00000,"AUDIT: SESSION,${at},1,READ,SELECT,TABLE,public.customers,""${statement}"",<none>",,,,,,,,,"psql","client backend",,0`;

// The reading half alone, in a process of its own: ten times the text may not take even twice the memory.
const peakMemory = (megabytes: number): number => {
  const script = `
    const { cutPieces } = await import(${JSON.stringify(new URL("../../dist/capture/logs/pieces.js", import.meta.url).href)});
    const line = Buffer.from('2019-05-01 10:00:00,"agent-1",c-1,name,read,t-1\\n'.repeat(20000));
    async function* text() { for (let sent = 0; sent < ${megabytes} << 20; sent += line.length) yield line; }
    let lines = 0;
    for await (const piece of cutPieces(text(), { delimiter: ",", cells: 6, pieceBytes: 4 << 20, offset: 0, line: 1 })) lines += piece.lines;
    console.log(process.resourceUsage().maxRSS);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return Number(run.stdout);
};

describe("an import", () => {
  let kit: Kit;
  beforeAll(async () => {
    kit = await openKit();
  });
  afterAll(async () => kit.close());
  beforeEach(async () => kit.empty());

  const count = async (table = "sightings"): Promise<number> => {
    const merged = ["sightings", "unknown_exposures"].includes(table) ? "" : "FINAL";
    const [row] = await kit.store.query<{ n: number }>(`SELECT count() AS n FROM ${table} ${merged}`);
    return row?.n ?? -1;
  };

  it("takes every row once, and the same file again not at all", async () => {
    const path = kit.write("accesses.csv", file(lines(100)));
    expect(await kit.import(path)).toMatchObject({ read: 100, imported: 100, duplicates: 0, rejected: 0 });
    expect(await kit.import(path)).toMatchObject({ read: 100, imported: 0, duplicates: 100, rejected: 0 });
    expect(await count()).toBe(100);
  });

  it("counts the rows that an overlapping file repeats, copy by copy", async () => {
    await kit.import(kit.write("accesses.csv", file([...lines(50), ...lines(1)])));
    const second = kit.write(
      "accesses-2.csv",
      file([...lines(1), ...lines(1), ...lines(1), ...lines(30, 40)]),
    );
    // Two copies of the first row are there and three come; ten rows of thirty are there.
    expect(await kit.import(second)).toMatchObject({ read: 33, imported: 21, duplicates: 12 });
    expect(await count()).toBe(72);
  });

  it("knows the same rows again in another format and another order of columns", async () => {
    await kit.import(kit.write("accesses.csv", file(lines(40))));
    const json = lines(40).map((line) => {
      const [time, actor, customer, , action, ticket] = line.split(",");
      return JSON.stringify({
        customer,
        fields: ["email", "name"],
        ticket,
        action,
        actor,
        time: Date.parse(time ?? ""),
      });
    });
    expect(await kit.import(kit.write("accesses.ndjson", json.join("\n")))).toMatchObject({
      imported: 0,
      duplicates: 40,
    });
    const parquet = join(kit.folder, "accesses.parquet");
    await kit.store.command(
      "INSERT INTO FUNCTION file({path:String}, 'Parquet') SELECT customer, splitByChar(';', fields) AS Fields, time, actor, action, ticket FROM sightings",
      { path: parquet },
    );
    expect(await kit.import(parquet)).toMatchObject({ imported: 0, duplicates: 40, rejected: 0 });
  });

  it("reads a header in any case, quoted, marked, behind CRLF and with another delimiter", async () => {
    const rows = lines(5).map((line) => line.replaceAll(";", "/").replaceAll(",", ";"));
    const text = `\uFEFF"Time";"ACTOR";"Customer";Fields;action;ticket\r\n${rows.join("\r\n")}\r\n`;
    expect(await kit.import(kit.write("accesses.csv", text))).toMatchObject({ read: 5, imported: 5 });
  });

  it("says which column is missing and what was found", async () => {
    const path = kit.write("accesses.csv", file([], "when,actor,customer"));
    expect(await kit.refuse(path)).toMatch(
      /input: .*accesses\.csv: accesses needs time; found when, actor, customer; .*--map/,
    );
  });

  it("takes renamed columns and constants from a map", async () => {
    const path = kit.write("export.csv", "when,who,record\n2019-05-01,a,c\n");
    const map = parseMap(
      "table: accesses\ncolumns: { time: when, actor: who, customer: record }\nconstants: { source: crm }\n",
    );
    if (isRefusal(map)) throw new Error(map.what);
    expect(await kit.import(path, { map })).toMatchObject({ imported: 1 });
    expect(await kit.store.query("SELECT actor, customer, source FROM sightings")).toEqual([
      { actor: "a", customer: "c", source: "crm" },
    ]);
  });

  it("reads cells by a map that says how, one row at a time, and names the rows that it can't", async () => {
    const text =
      '"Seen";Who;"Record";What\n"1/3/2019 09:05";a;c;Viewed\n"31/2/2019 09:05";a;c;Viewed\n?;a;c;Viewed\n1/3/2019 09:06;a;c;Ping\n';
    const map = parseMap(
      "table: accesses\ndelimiter: ;\ntimeFormat: d/m/yyyy hh:mm\nnull: '?'\nskip: [{ column: What, is: Ping }]\n" +
        "columns: { time: Seen, actor: Who, customer: Record, action: { from: What, values: { Viewed: read } } }\n",
    );
    if (isRefusal(map)) throw new Error(map.what);
    const answer = await kit.import(kit.write("foreign.csv", text), { map });
    expect(answer).toMatchObject({ read: 4, imported: 1, rejected: 2, ignored: 1 });
    expect(await kit.store.query("SELECT toString(time) AS time, action FROM sightings")).toEqual([
      { time: "2019-03-01 09:05:00.000", action: "read" },
    ]);
    expect(rejectedLines(answer).map(({ line }) => line)).toEqual([3, 4]);
  });

  it("names each bad line by its number and reason, in a file that only its owner may read", async () => {
    const bad = ["nope,a,c,,,", "2019-05-01,,c,,,", "2019-05-01,a,c,,steal,", "2019-05-01,a,c"];
    const answer = await kit.import(kit.write("accesses.csv", file([...lines(2), ...bad])));
    expect(answer).toMatchObject({ read: 6, imported: 2, rejected: 4 });
    expect(rejectedLines(answer).map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      "4 time is no time that whosaw reads",
      "5 actor is empty",
      "6 action is none of read, search, export, update, delete",
      "7 3 cells where the header names 6",
    ]);
    expect(statSync(answer.rejectedFile ?? "").mode & 0o777).toBe(0o600);
  });

  it("keeps the rejected lines of two files with one name apart", async () => {
    const answers = [];
    for (const name of ["january", "february"]) {
      mkdirSync(join(kit.folder, name), { recursive: true });
      const path = kit.write(join(name, "accesses.csv"), file([`${name},a,c,,,`]));
      answers.push(await kit.import(path));
    }
    const texts = answers.map((answer) => rejectedLines(answer).map(({ text }) => text));
    expect(texts).toEqual([["january,a,c,,,"], ["february,a,c,,,"]]);
  });

  it("refuses what is no table, and says what to do", async () => {
    expect(await kit.refuse(join(kit.folder, "absent.csv"))).toMatch(/absent\.csv does not exist/);
    expect(await kit.refuse(kit.write("accesses.csv", ""))).toMatch(/is empty/);
    expect(await kit.refuse(kit.write("stuff.csv", file([])))).toMatch(
      /named like no input table; say with --as/,
    );
    expect(await kit.refuse(kit.write("accesses.csv", Buffer.alloc(5000)))).toMatch(/is no text/);
    expect(await kit.refuse(kit.write("accesses.csv", "x"), { format: "avro" })).toMatch(/no format avro/);
    expect(await kit.refuse(kit.write("accesses.parquet", "no parquet at all"))).toMatch(
      /is no Parquet file/,
    );
    expect(await kit.refuse(kit.write("accesses.parquet", "PAR1 and nothing"))).toMatch(
      /no whole Parquet file/,
    );
    mkdirSync(join(kit.folder, "void"), { recursive: true });
    expect(await kit.refuse(join(kit.folder, "void"))).toMatch(/holds no input table/);
  });

  it("blames a Parquet file for its own damage, and for nothing else", async () => {
    const path = join(kit.folder, "large", "accesses.parquet");
    mkdirSync(join(kit.folder, "large"), { recursive: true });
    await kit.store.command(
      `INSERT INTO FUNCTION file({path:String}, 'Parquet') SELECT toDateTime64('2019-05-01', 3, 'UTC') + number AS time,
         concat('agent-', toString(number % 7)) AS actor, concat('c-', toString(number)) AS customer, 'name' AS fields,
         'read' AS action, '' AS ticket FROM numbers(400000)`,
      { path },
    );
    const little: Store = {
      ...kit.store,
      command: async (sql, params, settings) =>
        kit.store.command(sql, params, { ...settings, max_memory_usage: 20_000_000 }),
    };
    await expect(kit.import(path, { loader: openLoader(little) })).rejects.toMatchObject({
      name: "StoreError",
      code: 241,
    });
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, 1000, 60_000));
    expect(await kit.refuse(path)).toMatch(/is damaged; nothing of it was imported/);
  });

  it("takes a header without rows as no rows", async () => {
    expect(await kit.import(kit.write("accesses.csv", header))).toMatchObject({ read: 0, imported: 0 });
  });

  it("reads gzip and zstd by their first bytes, and nothing of an archive that is cut off", async () => {
    const packed = gzipSync(file(lines(3000)));
    expect(await kit.import(kit.write("accesses.csv", packed))).toMatchObject({ imported: 3000 });
    const cut = kit.write("accesses.csv.gz", gzipSync(file(lines(3000, 5000))).subarray(0, -2000));
    expect(await kit.refuse(cut)).toMatch(/is damaged: .*nothing of it was imported/);
    expect(await count()).toBe(3000);
    const zstd = join(kit.folder, "accesses-z.csv");
    await kit.store.command(
      "INSERT INTO FUNCTION file({path:String}, 'CSVWithNames', 'time String, actor String, customer String', 'zstd') SELECT '2020-01-01 00:00:00', 'a', toString(number) FROM numbers(2000)",
      { path: zstd },
    );
    expect(await kit.import(zstd)).toMatchObject({ imported: 2000 });
  });

  it("keeps the later of two rows about one customer, ticket or actor", async () => {
    await kit.import(
      kit.write("customers.csv", "id,language,plan,email\nc1,en,gold,x@example.org\nc2,fr,,\n"),
    );
    const answer = await kit.import(
      kit.write("customers.csv", "id,language,plan\nc1,en,gold\nc2,de,\nc2,de,\nc3,,\n"),
    );
    expect(answer).toMatchObject({ read: 4, imported: 2, duplicates: 2 });
    expect(await kit.store.query("SELECT id, language, segments FROM customers FINAL ORDER BY id")).toEqual([
      { id: "c1", language: "en", segments: { plan: "gold" } },
      { id: "c2", language: "de", segments: {} },
      { id: "c3", language: "", segments: {} },
    ]);
  });

  it("keeps further members of a customer in JSON, each line its own", async () => {
    const text = '{"id":"j1","plan":"gold"}\n{"id":"j2","region":"north","created":"2019-01-01"}\n';
    expect(await kit.import(kit.write("customers.jsonl", text))).toMatchObject({ imported: 2 });
    expect(
      await kit.store.query("SELECT id, segments FROM customers FINAL WHERE startsWith(id, 'j') ORDER BY id"),
    ).toEqual([
      { id: "j1", segments: { plan: "gold" } },
      { id: "j2", segments: { region: "north" } },
    ]);
  });

  it("takes a folder by file names", async () => {
    const folder = join(kit.folder, "desk");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "tickets.csv"), "id,customer,opened,closed,assignee\nt1,c1,2019-05-01,,b;a\n");
    writeFileSync(
      join(folder, "ticket_events.csv"),
      "time,ticket,actor,event\n2019-05-01,t1,a,called\n2019-05-01,t1,a,called\n",
    );
    writeFileSync(join(folder, "actors.csv"), "id,kind,home_ip\na,person,192.0.2.1\n");
    writeFileSync(
      join(folder, "reports.csv"),
      "customer,time,knew,note\nc1,2019-08-01,email;name,they knew my name\n",
    );
    writeFileSync(join(folder, "notes.txt"), "nothing");
    await kit.import(folder);
    expect(await kit.store.query("SELECT id, assignee, closed FROM tickets FINAL")).toEqual([
      { id: "t1", assignee: "a;b", closed: null },
    ]);
    expect(await count("ticket_events")).toBe(1);
    expect(await kit.store.query("SELECT customer, knew FROM reports FINAL")).toEqual([
      { customer: "c1", knew: "email;name" },
    ]);
  });

  it("rejects one line that is longer than a record may be and goes on behind it", async () => {
    const text = file([...lines(2), `2019-05-01,a,${"x".repeat(3 << 20)},,,`, ...lines(2, 2)]);
    const answer = await kit.import(kit.write("accesses.csv", text));
    expect(answer).toMatchObject({ imported: 4, rejected: 1 });
    expect(rejectedLines(answer)[0]?.line).toBe(4);
  });

  it("reads pgaudit's log as sightings and exposure unknown", async () => {
    const path = kit.write(
      "audit.csv",
      `${auditLine("select * from customers where id = 42", 1)}\n${auditLine("select * from customers", 2)}\n`,
    );
    const answer = await kit.import(path, { format: "pgaudit" });
    expect(answer).toMatchObject({ imported: 2, exposureUnknown: 1, rejected: 0 });
    expect(await kit.store.query("SELECT actor, customer FROM sightings")).toEqual([
      { actor: "amy", customer: "42" },
    ]);
    expect(await count("unknown_exposures")).toBe(1);
  });
});

describe("the memory of an import", () => {
  it("stays the same while the file grows", () => {
    const [small, large] = [peakMemory(20), peakMemory(200)];
    expect(small).toBeGreaterThan(0);
    expect(large).toBeLessThan(2 * small);
  });
});
