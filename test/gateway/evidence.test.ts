import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { unzipSync, zipSync } from "fflate";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asOwner, type Postgres, startPostgres } from "./postgres.ts";
import { type ServedDesk, serveDesk } from "./serving.ts";

const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);

let postgres: Postgres;
let desk: ServedDesk;
let serving: ChildProcess;
let folder = "";

beforeAll(async () => {
  postgres = await startPostgres({ customers: 50, agents: 2, markers: false });
  await asOwner(postgres, [`create role desk_control login password '${postgres.agent.password}'`]);
  desk = await serveDesk(postgres);
  serving = await desk.start();
  folder = join(dirname(desk.data), "away");
  mkdirSync(folder);
  const lead = await desk.as("lead-1");
  for (const customer of [3, 4, 5])
    await lead.query("select name, email from customers where id = $1", [customer]);
  await lead.query("select count(*) from customers where email like 'a%'");
  await lead.end();
}, 60_000);

afterAll(async () => {
  await desk.remove();
  await postgres.stop();
});

const archive = (): string => join(folder, "lead.zip");
const trusted = (): string => join(folder, "trusted.vkey");

/** With the archive and the key alone: no data directory is named that exists. */
function verify(path: string): { readonly status: number | null; readonly stdout: string } {
  const words = ["--data", join(folder, "nowhere"), "--json", "verify", path, "--key", trusted()];
  return spawnSync(process.execPath, ["bin/whosaw", ...words], { encoding: "utf8" });
}

/** The bundle with one bit of one of its files changed. */
function spoiled(name: string): string {
  const files = unzipSync(readFileSync(archive()));
  const path = Object.keys(files).find((one) => one.startsWith(name)) ?? "";
  const bytes = Buffer.from(files[path] ?? "");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  const file = join(folder, "spoiled.zip");
  writeFileSync(file, zipSync({ ...files, [path]: bytes }));
  return file;
}

describe("evidence of what was read through the gateway", () => {
  it("is taken while serve runs, and verifies offline: each sighting by its own entry", () => {
    const made = desk.ask("evidence", "--actor", "lead-1", "--reason", "case 7", "--out", archive());
    expect(made.status, made.stderr).toBe(0);
    expect(made.json).toMatchObject({ actor: "lead-1", customers: 3, sightings: 3, entries: 3, unproved: 0 });
    copyFileSync(join(desk.data, "keys/log.vkey"), trusted());
    const checked = verify(archive());
    expect(checked.status, checked.stdout).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, entries: 4, problems: [] });
    const files = unzipSync(readFileSync(archive()));
    const told = Object.entries(files)
      .filter(([path]) => /^entries\/\d+\.json$/.test(path))
      .map(([, bytes]) => JSON.parse(Buffer.from(bytes).toString()) as { entry: Record<string, unknown> });
    expect(told.map(({ entry }) => [entry["kind"], entry["actor"]])).toEqual(
      Array.from({ length: 3 }, () => ["sighting", "lead-1"]),
    );
    expect(verify(spoiled("entries/")).status).toBe(5);
  });

  it.skipIf(executable === undefined)(
    `verifies in the browser, by the page that it brings along${executable === undefined ? " (skipped: no chromium here)" : ""}`,
    async () => {
      const page = join(folder, "verify.html");
      writeFileSync(page, unzipSync(readFileSync(archive()))["verify.html"] ?? "");
      const browser = await chromium.launch({ executablePath: executable ?? "", args: ["--no-sandbox"] });
      try {
        expect(await verdict(browser, page, archive())).toMatch(/^Nothing is wrong\. 4 entries/);
        expect(await verdict(browser, page, spoiled("entries/"))).not.toMatch(/Nothing is wrong/);
        expect(await verdict(browser, page, spoiled("sightings.csv"))).not.toMatch(/Nothing is wrong/);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );

  it("is asked for on record: who watches is in the log of the running serve", () => {
    expect(desk.ask("customer", "3").status).toBe(0);
    expect(desk.ask("scope", "--actor", "lead-1").status).toBe(0);
    const { status, json } = desk.ask("questions");
    expect(status).toBe(0);
    expect(json["questions"]).toMatchObject([
      { command: "customer", by: userInfo().username, asked: { customer: "3", from: null, to: null } },
      { command: "scope", asked: { actor: "lead-1", list: false, unexplained: false } },
    ]);
  });

  it("is told of beside what names no customer: a count that a field decided", () => {
    expect(desk.ask("customer", "3").json).toMatchObject({
      sightings: [{ actor: "lead-1" }],
      probes: 1,
      probesBy: [{ actor: "lead-1", probes: 1 }],
    });
    expect(desk.ask("actor", "lead-1").json).toMatchObject({
      sightings: 3,
      probes: 1,
      probesOf: [{ table: "public.customers", fields: ["email"], probes: 1 }],
    });
  });

  it("of an actor whom nobody knows is refused, and leaves no archive and no entry", () => {
    const out = join(folder, "nobody.zip");
    const made = desk.ask("evidence", "--actor", "nobody", "--out", out);
    expect(made).toMatchObject({ status: 3, json: { error: { code: "input" } } });
    expect(made.stderr).toContain("names an actor nobody");
    expect(existsSync(out)).toBe(false);
  });
});

async function verdict(browser: Browser, page: string, bundle: string): Promise<string> {
  const tab = await browser.newPage();
  await tab.goto(pathToFileURL(page).href);
  await tab.getByLabel("The log's public key").fill(readFileSync(trusted(), "utf8").trim());
  await tab.getByLabel("The bundle as a .zip file").setInputFiles(bundle);
  const status = tab.getByRole("status");
  await status.filter({ hasNotText: /Checking|No bundle/ }).waitFor();
  const text = (await status.textContent()) ?? "";
  await tab.close();
  return text;
}

describe("a store that is built anew of a gateway's log alone", () => {
  it("says what it was built of", async () => {
    const gone = once(serving, "exit");
    serving.kill("SIGTERM");
    await gone;
    const rebuilt = desk.ask("rebuild");
    expect(rebuilt.status, rebuilt.stderr).toBe(0);
    expect(rebuilt.json).toEqual({ imports: 0, sightings: 3, gateway: { entries: 3, sightings: 3 } });
    const said = spawnSync(process.execPath, ["bin/whosaw", "--data", desk.data, "rebuild"], {
      encoding: "utf8",
    });
    expect(said.stdout).toContain("from 3 of the gateway's entries (3 sightings): 3 sightings");
  });
});
