import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, connect, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../base/index.ts";
import { migrate } from "./migrate.ts";
import { openStore, type Store, StoreError, type StoreEvent, storeRefusal } from "./index.ts";

let folder: string;
let store: Store;
const events: StoreEvent[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "whosaw-store-"));
  const opened = await openStore({ data: join(folder, "data"), onEvent: (event) => events.push(event) });
  if (isRefusal(opened)) throw new Error(opened.what);
  store = opened;
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const failure = async (work: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`no StoreError: ${String(error)}`);
  return error;
};

describe("the store", () => {
  it("gives values back as they were put in, whatever they hold", async () => {
    const text = 'it\'s a \\ "tab\t" and a line\nend, 💥 {x:String} ${y} \\N';
    const rows = await store.query(
      "SELECT {text:String} AS text, {list:Array(String)} AS list, {number:UInt64} AS number",
      {
        text,
        list: [text, "b"],
        number: 7,
      },
    );
    expect(rows).toEqual([{ text, list: [text, "b"], number: 7 }]);
  });

  it("takes lists of many thousand customers as one parameter", async () => {
    const list = Array.from({ length: 50_000 }, (_, at) => `customer-${at}`);
    expect(await store.query("SELECT length({list:Array(String)}) AS n", { list })).toEqual([{ n: 50_000 }]);
  });

  it("streams more rows than fit into one answer, and stops when nobody reads on", async () => {
    let rows = 0;
    for await (const { n } of store.stream<{ n: number }>("SELECT number AS n FROM numbers(300000)"))
      rows += n >= 0 ? 1 : 0;
    expect(rows).toBe(300_000);
    let first = 0;
    for await (const row of store.stream<{ n: number }>("SELECT number AS n FROM numbers(1000000000000)")) {
      first += row.n;
      if (row.n === 3) break;
    }
    expect(first).toBe(6);
    expect(await store.query("SELECT 1 AS n")).toEqual([{ n: 1 }]);
  });

  it("fails a stream that breaks off half-way", async () => {
    let rows = 0;
    const error = await failure(
      (async (): Promise<void> => {
        for await (const _ of store.stream("SELECT throwIf(number = 900000) AS n FROM numbers(1000000)"))
          rows++;
      })(),
    );
    expect([error.kind, rows > 0]).toEqual(["connection", true]);
  });

  it("tells a wrong statement, too much memory and a lost engine apart", async () => {
    const wrong = await failure(store.query("SELECT nothing FROM nowhere"));
    expect([wrong.kind, wrong.code, storeRefusal(wrong)]).toEqual(["query", 60, null]);
    const large = await failure(
      store.query(
        "SELECT count() FROM (SELECT groupArray(number) FROM numbers(100000000))",
        {},
        { max_memory_usage: 50_000_000 },
      ),
    );
    expect(storeRefusal(large)).toMatchObject({ code: "refused" });
    // The setting was for that one query.
    expect(await store.query("SELECT length(groupArray(number)) AS n FROM numbers(20000000)")).toEqual([
      { n: 20_000_000 },
    ]);
  });

  it("reads no further ahead in a Parquet file than its memory allows", async () => {
    const [row] = await store.query<{ ahead: number; memory: number }>(
      "SELECT toUInt64(getSetting('input_format_parquet_memory_high_watermark')) AS ahead," +
        " toUInt64(getSetting('max_memory_usage')) AS memory",
    );
    expect(row?.ahead).toBeGreaterThan(0);
    expect(row?.ahead).toBeLessThan((row?.memory ?? 0) / 4);
  });

  it("survives its engine's death, says so, and keeps what was acknowledged", async () => {
    await store.insert("reports", [
      { customer: "c", time: "2020-01-01 00:00:00.000", knew: "", import: 9, line: 1 },
    ]);
    const waiting = failure(store.query("SELECT sleep(3)"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(store.enginePid() ?? 0, "SIGKILL");
    const lost = await waiting;
    expect(storeRefusal(lost)).toMatchObject({ code: "connection" });
    expect(await store.query("SELECT count() AS n FROM reports")).toEqual([{ n: 1 }]);
    expect(events.map(({ kind }) => kind)).toEqual(["engine-died", "engine-restarted"]);
  });

  it("lets a program end as it means to where the engine has to be killed at the end", async () => {
    const built = new URL("../../dist/store/index.js", import.meta.url).href;
    const program = `
      import { openStore } from ${JSON.stringify(built)};
      const store = await openStore({ data: ${JSON.stringify(join(folder, "stuck"))} });
      process.kill(store.enginePid(), "SIGSTOP");
      await store.close();
      process.exitCode = 3;`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([3, null]);
  }, 60_000);

  it("belongs to one process at a time, and names it", async () => {
    const second = await openStore({ data: join(folder, "data") });
    expect(second).toMatchObject({
      kind: "refusal",
      code: "refused",
      what: expect.stringContaining(`process ${process.pid}`) as string,
    });
  });

  it("applies a migration once, and refuses a schema that it doesn't know", async () => {
    const step = {
      number: 900,
      name: "later",
      why: "a test",
      statements: ["CREATE TABLE IF NOT EXISTS later (n UInt8) ENGINE = Memory"],
    };
    expect(await migrate(store, [step])).toBeNull();
    expect(await migrate(store, [{ ...step, statements: ["SELECT throwIf(1)"] }])).toBeNull();
    expect(await migrate(store, [])).toMatchObject({
      kind: "refusal",
      what: expect.stringContaining("number 900") as string,
    });
  });

  it("asks a server by its address as it asks its own engine", async () => {
    const { server, url } = await serveEngine();
    const remote = await openStore({ data: join(folder, "remote"), server: { url, database: "elsewhere" } });
    if (isRefusal(remote)) throw new Error(remote.what);
    expect(await remote.query("SELECT currentDatabase() AS name, {id:String} AS id", { id: "x'" })).toEqual([
      { name: "elsewhere", id: "x'" },
    ]);
    await remote.close();
    server.close();
    const gone = await openStore({ data: join(folder, "gone"), server: { url: "http://127.0.0.1:1" } });
    expect(gone).toMatchObject({ kind: "refusal", code: "connection" });
  });
});

/** The engine's socket behind a TCP port, as a ClickHouse server would be. */
async function serveEngine(): Promise<{ readonly server: Server; readonly url: string }> {
  const socket = readdirSync(tmpdir())
    .filter((name) => /^whosaw-[A-Za-z0-9]{6}$/.test(name))
    .map((name) => join(tmpdir(), name, `s${process.pid}`))
    .find((path) => existsSync(path));
  const server = createServer((client) => {
    const engine = connect(socket ?? "");
    client.pipe(engine).pipe(client);
    for (const end of [client, engine]) end.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A dead process that nobody has buried yet (state Z) does not run. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}

describe("a data directory", () => {
  it("whose name the engine would take for a pattern is refused", async () => {
    expect(await openStore({ data: join(folder, "a{1..9}") })).toMatchObject({
      kind: "refusal",
      code: "input",
    });
  });

  it("of a newer version is refused", async () => {
    const data = join(folder, "newer");
    mkdirSync(data);
    writeFileSync(join(data, "VERSION"), "99\n");
    expect(await openStore({ data })).toMatchObject({ kind: "refusal", todo: "upgrade whosaw" });
  });

  it("whose store is damaged is refused with what to do", async () => {
    const data = join(folder, "damaged");
    mkdirSync(join(data, "store"), { recursive: true });
    writeFileSync(join(data, "store", "metadata"), "not a folder");
    expect(await openStore({ data })).toMatchObject({
      kind: "refusal",
      todo: expect.stringContaining("delete") as string,
    });
  });

  it("left by a killed process is taken over, and its engine is gone", async () => {
    const data = join(folder, "left");
    const script = `
      const { openStore } = await import(${JSON.stringify(new URL("../../dist/store/index.js", import.meta.url).href)});
      const store = await openStore({ data: process.argv[1] });
      console.log(store.enginePid());
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, "--", data], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    const next = await openStore({ data });
    if (isRefusal(next)) throw new Error(next.what);
    expect(await next.query("SELECT 1 AS n")).toEqual([{ n: 1 }]);
    expect(isRunning(Number(line.toString()))).toBe(false);
    await next.close();
  });
});
