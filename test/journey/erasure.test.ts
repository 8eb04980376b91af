import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/base/index.ts";
import { openReader, openSealing, type SealedText } from "../../src/record/index.ts";
import { whosawOn } from "../whosaw.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "whosaw-erasure-"));
const data = join(folder, "data");
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

const whosaw = whosawOn(data, { cwd: folder, env: { WHOSAW_PASSPHRASE: "correct horse" } });

/** The document a command prints, and the code it must end with. */
function asked(status: number, ...words: readonly string[]): unknown {
  const ran = whosaw("--json", ...words);
  expect(ran.status, `${words.join(" ")}\n${ran.stdout}${ran.stderr}`).toBe(status);
  return JSON.parse(ran.stdout);
}

const indexOf = (answer: unknown): string =>
  String((answer as { readonly proposal: { readonly index: number } }).proposal.index);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

beforeAll(() => {
  expect(whosaw("import", join(root, "testdata/small-desk")).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("erasing, at the command line", () => {
  it("is refused while the log knows nobody who may approve, and says how to begin", () => {
    const ran = whosaw("erase", "--kind", "import", "--reason", "retention");
    expect(ran.status).toBe(6);
    expect(ran.stderr).toContain("whosaw approver");
  });

  it("takes two approvers as they come, and a third only if two agree", () => {
    for (const name of ["anna", "bruno"]) {
      expect(whosaw("approver", name, "--new", `${name}.pem`).status).toBe(0);
      expect(statSync(join(folder, `${name}.pem`)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(folder, `${name}.pem`), "utf8")).toContain("ENCRYPTED PRIVATE KEY");
    }
    expect(whosaw("approver", "anna-again", "--public", "anna.pem").status).toBe(6);
    const id = indexOf(asked(6, "approver", "clara", "--new", "clara.pem"));
    expect(asked(6, "approve", id, "--key", "clara.pem")).toMatchObject({ error: { code: "refused" } });
    asked(6, "approve", id, "--key", "anna.pem");
    asked(6, "approve", id, "--key", "anna.pem");
    asked(0, "approve", id, "--key", "bruno.pem");
    const { approvers } = asked(0, "approver") as { approvers: readonly { readonly name: string }[] };
    expect(approvers.map(({ name }) => name)).toEqual(["anna", "bruno", "clara"]);
  });

  it("erases a class of entries by age once two have agreed, and verify says how much and by whom", () => {
    const before = asked(0, "customer", "c-1") as { readonly sightings: readonly unknown[] };
    expect(before.sightings.length).toBe(4);
    const kept = readdirSync(join(data, "files")).length;
    const reason = "retention: kept for two years";
    expect(whosaw("erase", "--kind", "import", "--before", "2000-01-01", "--reason", reason).status).toBe(3);
    const id = indexOf(
      asked(
        6,
        "erase",
        "--kind",
        "import",
        "--before",
        "2100-01-01",
        "--reason",
        reason,
        "--key",
        "anna.pem",
      ),
    );
    expect(whosaw("approve").stdout).toContain(`Proposal ${id}`);
    expect(asked(6, "approve", id)).toMatchObject({ missing: 1, carriedOut: null });
    expect(asked(0, "verify")).toMatchObject({ ok: true, erased: 0 });
    const done = asked(0, "approve", id, "--key", "clara.pem");
    expect(done).toMatchObject({ carriedOut: { erased: kept }, filesRemoved: kept, rebuilt: 0 });
    expect(readdirSync(join(data, "files"))).toEqual([]);
    expect(asked(0, "verify", "--thorough")).toMatchObject({ ok: true, erased: kept });
    const text = whosaw("verify").stdout;
    expect(text).toContain(`${kept} entries were erased`);
    expect(text).toContain("anna, clara");
    expect(text).toContain(reason);
    expect(asked(0, "customer", "c-1")).toMatchObject({ sightings: [] });
  });

  it("leaves what other files said too, as a store built anew has it, even of a file that was not kept", async () => {
    const reads =
      "time,actor,customer\n2026-02-01T10:00:00Z,agent-ann,d-1\n2026-02-01T11:00:00Z,agent-ann,d-2\n";
    const later =
      "time,actor,customer\n2026-02-01T11:00:00Z,agent-ann,d-2\n2026-02-02T10:00:00Z,agent-ann,d-3\n";
    const tickets = "id,customer,opened,assignee\n";
    asked(0, "import", file("reads.csv", reads), "--as", "accesses");
    asked(0, "import", file("later.csv", later), "--as", "accesses");
    asked(0, "import", file("t1.csv", `${tickets}t-1,d-3,2026-02-01,agent-ann\n`), "--as", "tickets");
    asked(0, "import", file("t2.csv", `${tickets}t-1,d-3,2026-02-01,agent-ben\n`), "--as", "tickets");
    const unkept = "time,actor,customer\n2026-02-03T10:00:00Z,agent-ann,d-4\n";
    asked(0, "import", file("unkept.csv", unkept), "--as", "accesses", "--no-keep");
    const seen = (customer: string): readonly { readonly explained: boolean }[] =>
      (asked(0, "customer", customer) as { sightings: readonly { readonly explained: boolean }[] }).sightings;
    expect(seen("d-3")).toMatchObject([{ explained: false }]);
    const reader = await openReader(data);
    if (isRefusal(reader)) throw new Error(reader.what);
    const entries = new Map<unknown, string>();
    for await (const bundle of reader.entries())
      for (const { index, entry } of bundle) if (entry !== null) entries.set(entry["file"], String(index));
    const entryOf = (name: string): string => entries.get(name) ?? "";
    for (const name of ["reads.csv", "t2.csv"]) {
      const proposed = asked(6, "erase", "--entries", entryOf(name), "--reason", "slip", "--key", "anna.pem");
      expect(asked(0, "approve", indexOf(proposed), "--key", "bruno.pem")).toMatchObject({
        storeStays: null,
      });
    }
    expect(seen("d-1")).toEqual([]);
    expect(seen("d-2")).toHaveLength(1);
    // The ticket is as the file says that stayed: ann's, and so the read is her work.
    expect(seen("d-3")).toMatchObject([{ explained: true }]);
    expect(seen("d-4")).toHaveLength(1);
    expect(existsSync(join(data, "mending.json"))).toBe(false);
  }, 240_000);

  it.skipIf(!hasOpenssl)(
    `shreds one person's sealed texts, with a signature made by openssl on another machine${hasOpenssl ? "" : " (skipped: no openssl)"}`,
    async () => {
      const sealing = await openSealing(data);
      if (isRefusal(sealing)) throw new Error(sealing.what);
      const sealed = (await sealing.seal("customer:c-1", "He called at noon.")) as SealedText;
      const other = (await sealing.seal("customer:c-2", "So did she.")) as SealedText;
      const id = indexOf(
        asked(6, "erase", "--customer", "c-1", "--reason", "asked for it", "--key", "anna.pem"),
      );
      writeFileSync(join(folder, "proposal"), whosaw("approve", id, "--print").stdout);
      const signed = spawnSync(
        "openssl",
        [
          "pkeyutl",
          "-sign",
          "-rawin",
          "-inkey",
          "bruno.pem",
          "-passin",
          "pass:correct horse",
          "-in",
          "proposal",
          "-out",
          "agreed",
        ],
        { cwd: folder, encoding: "utf8" },
      );
      expect(signed.status, signed.stderr).toBe(0);
      expect(asked(0, "approve", id, "--signature", "agreed")).toMatchObject({
        carriedOut: { shredded: true },
      });
      const again = await openSealing(data);
      if (isRefusal(again)) throw new Error(again.what);
      expect(await again.open(sealed)).toBe("shredded");
      expect(await again.open(other)).not.toBe("shredded");
      expect(asked(0, "verify")).toMatchObject({
        ok: true,
        shreddings: [{ reason: "asked for it", approvedBy: ["anna", "bruno"] }],
      });
      expect(asked(6, "approve", id, "--signature", "agreed")).toMatchObject({ error: { code: "refused" } });
    },
  );

  it.each([
    [["erase", "--reason", "x"], 2],
    [["erase", "--kind", "import", "--customer", "c-1", "--reason", "x"], 2],
    [["erase", "--before", "soon", "--reason", "x"], 2],
    [["erase", "--kind", "log.approval", "--reason", "x"], 6],
    [["erase", "--entries", "5-3", "--reason", "x"], 2],
    [["erase", "--entries", "999999", "--reason", "x"], 3],
    [["erase", "--kind", "import"], 2],
    [["approve", "0", "--key", "anna.pem"], 3],
    [["approve", "0", "--key", "nowhere.pem"], 3],
    [["approver", "dora"], 2],
    [["approver", "dora", "--remove"], 3],
  ])("%j ends with %i", (words, status) => {
    const ran = whosaw(...words);
    expect(ran.status, ran.stderr).toBe(status);
  });
});

describe("rotate-key, at the command line", () => {
  it("prints the new key; the old one still verifies the log, and a stranger's does not", () => {
    const old = join(folder, "old.vkey");
    writeFileSync(old, readFileSync(join(data, "keys/log.vkey")));
    const ran = whosaw("rotate-key");
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout.trim()).toBe(readFileSync(join(data, "keys/log.vkey"), "utf8").trim());
    expect(ran.stdout.trim()).not.toBe(readFileSync(old, "utf8").trim());
    expect(asked(0, "verify", "--key", old)).toMatchObject({ ok: true });
    expect(existsSync(join(data, "keys/log.key.next"))).toBe(false);
  });
});
