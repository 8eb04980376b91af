import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { importPaths } from "../../src/capture/index.ts";
import { openLoader, openStore, type Store } from "../../src/store/index.ts";
import { type Kit, openKit } from "./kit.ts";

/** The kit's engine behind a TCP port: a server that, for all the store knows, can't see this machine's files. */
async function serve(): Promise<Server> {
  const socket = readdirSync(tmpdir())
    .map((name) => join(tmpdir(), name, `s${process.pid}`))
    .find((path) => existsSync(path));
  const server = createServer((client) => {
    const engine = connect(socket ?? "/nowhere");
    client.pipe(engine).pipe(client);
    for (const end of [client, engine]) end.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("a store on a server", () => {
  let kit: Kit;
  let server: Server;
  let remote: Store;
  beforeAll(async () => {
    kit = await openKit();
    server = await serve();
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const opened = await openStore({
      data: join(kit.folder, "remote"),
      server: { url, database: "elsewhere" },
    });
    if (isRefusal(opened)) throw new Error(opened.what);
    remote = opened;
  });
  afterAll(async () => {
    await remote.close();
    server.close();
    await kit.close();
  });

  it("gets the same rows from the same file as the embedded one", async () => {
    const lines = Array.from({ length: 5000 }, (_, at) =>
      at % 50 === 0
        ? `nope,a,c,`
        : `2019-05-01 10:00:00.${100 + (at % 900)},a-${at % 3},c-${at},${at % 2 === 0 ? "email;name" : " name"}`,
    );
    const path = kit.write("accesses.csv", ["time,actor,customer,fields", ...lines].join("\n"));
    const here = await kit.import(path);
    const there = await importPaths([path], {
      loader: openLoader(remote),
      staging: join(remote.data, "staging"),
      rejected: join(remote.data, "rejected"),
      clock: Date.now,
      onProgress: () => undefined,
    });
    expect(there).toMatchObject({
      tables: [{ read: here.read, imported: here.imported, rejected: here.rejected }],
    });
    const sum = "SELECT count() AS rows, toString(sum(cityHash64(* EXCEPT import))) AS sum FROM sightings";
    expect(await remote.query(sum)).toEqual(await kit.store.query(sum));
  });
});
