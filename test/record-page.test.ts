import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32, deflateRawSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBundle, openWitness } from "../src/record/index.ts";
import { formatVerifierKey } from "../src/tlog/index.ts";
import { verifyBundle } from "../src/verify/index.ts";
import { folder, good, logOf, opened, record } from "./record-fixture.ts";

const executable = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const page = join(import.meta.dirname, "../src/verify/page.html");
const made: string[] = [];
let browser: Browser | null = null;
let files: ReadonlyMap<string, Uint8Array> = new Map();
let key = "";
let witnessKey = "";

beforeAll(async () => {
  if (executable === undefined) return;
  const [dir, witnessDir] = [await logOf(300), await folder()];
  made.push(dir, witnessDir);
  const before = await opened(dir);
  key = before.key;
  good(await before.rotateKey());
  const logs = [key, before.key];
  await before.close();
  const witness = good(await openWitness(witnessDir, { name: "witness.example/council", logs }));
  witnessKey = formatVerifierKey(witness.key);
  const ask = (_: string, body: string): ReturnType<typeof witness.addCheckpoint> =>
    witness.addCheckpoint(body);
  const addresses = [{ url: "http://witness.example", key: witnessKey }];
  const recorder = await opened(dir, { witnesses: { addresses, needed: 1, alarmMillis: 1000, ask } });
  await record(recorder, 301, 310);
  const order = {
    entries: [3, 255, 256, 305],
    files: new Map([["report.html", Buffer.from("<p>agent-3 read c-3</p>")]]),
    said: { kind: "export", time: "2026-01-31T10:00:00Z", by: "agent-1" } as const,
  };
  files = good(await makeBundle(dir, recorder, order)).files;
  await recorder.close();
  witness.close();
  browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser?.close();
  made.forEach((dir) => rmSync(dir, { recursive: true, force: true }));
});

async function tabOpened(): Promise<Page> {
  if (browser === null) throw new Error("no browser");
  const tab = await browser.newPage();
  await tab.goto(pathToFileURL(page).href);
  return tab;
}

async function verdictOf(
  changed: ReadonlyMap<string, Uint8Array>,
  fields: { readonly key?: string; readonly witnesses?: string } = {},
): Promise<{ readonly verdict: string; readonly codes: readonly string[] }> {
  const dir = await folder();
  made.push(dir);
  for (const [path, bytes] of changed) {
    mkdirSync(dirname(join(dir, "bundle", path)), { recursive: true });
    writeFileSync(join(dir, "bundle", path), bytes);
  }
  const tab = await tabOpened();
  await tab.getByLabel("The log's public key").fill(fields.key ?? key);
  await tab.getByLabel("Witnesses' public keys").fill(fields.witnesses ?? "");
  await tab.getByLabel("or as a folder").setInputFiles(join(dir, "bundle"));
  return settled(tab);
}

async function settled(tab: Page): Promise<{ readonly verdict: string; readonly codes: readonly string[] }> {
  const status = tab.getByRole("status");
  await status.filter({ hasNotText: /Checking|No bundle/ }).waitFor();
  const codes = await tab.locator("#problems tbody tr td:first-child").allTextContents();
  const verdict = (await status.textContent()) ?? "";
  await tab.close();
  return { verdict, codes };
}

function flip(bytes: Uint8Array | undefined, at: number): Uint8Array {
  const copy = Buffer.from(bytes ?? Buffer.of());
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** A .zip of deflated files below one folder, as archivers make it. */
function zipped(all: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of all) {
    const [name, packed] = [Buffer.from(`bundle/${path}`), deflateRawSync(bytes)];
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(8, 8);
    head.writeUInt32LE(crc32(bytes), 14);
    head.writeUInt32LE(packed.length, 18);
    head.writeUInt32LE(bytes.length, 22);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    head.copy(entry, 6, 4, 28);
    entry.writeUInt32LE(offset, 42);
    parts.push(head, name, packed);
    directory.push(entry, name);
    offset += head.length + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(all.size, 8);
  end.writeUInt16LE(all.size, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

describe.skipIf(executable === undefined)(
  `the verifier's page in a browser${executable === undefined ? " (skipped: no chromium here)" : ""}`,
  () => {
    it("verifies a bundle from a folder or an archive, from the key before a hand-over, with its witness", async () => {
      const fromFolder = await verdictOf(files, { witnesses: witnessKey });
      expect(fromFolder).toMatchObject({
        verdict: expect.stringMatching(/^Nothing is wrong\. 6 entries/),
        codes: [],
      });
      const dir = await folder();
      made.push(dir);
      writeFileSync(join(dir, "bundle.zip"), zipped(files));
      const tab = await tabOpened();
      await tab.getByLabel("The log's public key").fill(key);
      await tab.getByLabel("The bundle as a .zip file").setInputFiles(join(dir, "bundle.zip"));
      expect(await settled(tab)).toMatchObject({ verdict: fromFolder.verdict, codes: [] });
    });

    it("says so when no key was given", async () => {
      const { verdict } = await verdictOf(files, { key: "" });
      expect(verdict).toMatch(/agrees with itself/);
    });

    it("names each attack by the code that the command line gives", async () => {
      const attacks: readonly ((all: Map<string, Uint8Array>) => unknown)[] = [
        (all) => all.set("report.html", Buffer.from("<p>agent-4 read c-3</p>")),
        (all) => all.set("entries/3.json", flip(files.get("entries/3.json"), 50)),
        (all) => all.set("entries/255.leaf.json", flip(files.get("entries/255.leaf.json"), 100)),
        (all) => all.set("export.tlog-proof", flip(files.get("export.tlog-proof"), 40)),
        (all) => all.set("export.json", files.get("entries/3.json") ?? Buffer.of()),
        (all) => all.delete("entries/256.json"),
        (all) => all.delete("SHA256SUMS"),
        (all) => all.set("report-corrected.html", Buffer.from("<p>agent-4 read c-3</p>")),
      ];
      for (const [at, attack] of attacks.entries()) {
        const changed = new Map(files);
        attack(changed);
        const mine = await verifyBundle((path) => changed.get(path) ?? null, {
          key,
          paths: [...changed.keys()],
        });
        const { codes, verdict } = await verdictOf(changed);
        expect([...codes].sort(), String(at)).toEqual(mine.problems.map(({ code }) => code).sort());
        expect(verdict).toMatch(/does not verify/);
      }
    });

    it("refuses another log's key and a witness that did not cosign", async () => {
      const other = await logOf(2, "log.example/other");
      made.push(other);
      const recorder = await opened(other);
      expect((await verdictOf(files, { key: recorder.key })).codes).toContain("origin_differs");
      await recorder.close();
      expect((await verdictOf(files, { witnesses: key })).codes).toEqual(
        expect.arrayContaining(["cosignature_missing"]),
      );
    });
  },
);
