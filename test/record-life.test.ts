import { chmod, cp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal, refusal } from "../src/base/index.ts";
import { openReader, openRecorder, openSealing, queueEntriesMax } from "../src/record/index.ts";
import {
  formatSignerKey,
  leafHash,
  parseProofFile,
  parseVerifierKey,
  signerFromSeed,
  verifyInclusion,
} from "../src/tlog/index.ts";
import { verifyLog } from "../src/verify/index.ts";
import {
  agreedBy,
  approvers,
  byPlaces,
  copyOf,
  eraseByTwo,
  filesBelow,
  folder,
  good,
  logOf,
  opened,
  record,
  registerTwo,
  sighting,
} from "./record-fixture.ts";

const made: string[] = [];
afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));

async function fresh(): Promise<string> {
  const dir = await folder();
  made.push(dir);
  return dir;
}

async function log(size: number): Promise<string> {
  const dir = await logOf(size);
  made.push(dir);
  return dir;
}

describe("what the log keeps", () => {
  it("is read back as it was said, in order, with the recorder's time", async () => {
    const dir = await log(530);
    const reader = good(await openReader(dir));
    const seen = [];
    for await (const bundle of reader.entries(250, 520)) seen.push(...bundle);
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: 270 }, (_, at) => 250 + at));
    expect(seen[0]?.entry).toEqual(sighting(250));
    expect(seen[0]?.recorded).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await reader.entry(529)).toMatchObject({ index: 529, entry: sighting(529) });
    expect(await reader.entry(530)).toBeNull();
  });

  it("is proved entry by entry, and the receipt's hash is the proof's", async () => {
    const dir = await fresh();
    const recorder = await opened(dir);
    const receipts = await record(recorder, 0, 300);
    await recorder.close();
    const reader = good(await openReader(dir));
    for (const index of [0, 255, 256, 299]) {
      const proved = await reader.prove(index);
      const proof = parseProofFile(proved?.proof ?? "");
      if (proved === null || proof === null) throw new Error("no proof");
      const leaf = leafHash(Buffer.from(proved.leaf));
      const { size, root } = proof.checkpoint;
      expect(verifyInclusion({ leaf, index: proof.index, size, root }, proof.path)).toBe(true);
      expect(Buffer.from(leaf).toString("base64")).toBe(receipts[index]?.leafHash);
    }
    expect(await reader.prove(300)).toBeNull();
  });
});

describe("what the recorder refuses", () => {
  it("entries without a kind, without a time, of the log's own kinds, too long, or not JSON", async () => {
    const recorder = await opened(await fresh());
    const time = "2026-01-31T09:30:00Z";
    for (const said of [
      { kind: "", time },
      { kind: "log.gap", time },
      { kind: "sighting", time: "yesterday" },
      { kind: "sighting", time, note: "x".repeat(262_144) },
      { kind: "sighting", time, note: "\ud800" },
      { kind: "sighting", time, n: Number.NaN },
    ])
      expect(await recorder.append(said)).toMatchObject({ kind: "refusal", code: "input" });
    expect(recorder.status().size).toBe(0);
    await recorder.close();
  });

  it("what comes when the queue is full, and takes up again when it has room", async () => {
    const recorder = await opened(await fresh());
    const all = Array.from({ length: queueEntriesMax + 1 }, (_, n) => recorder.append(sighting(n)));
    const answers = await Promise.all(all);
    expect(answers.filter(isRefusal).length).toBe(1);
    expect(answers.at(-1)).toMatchObject({
      kind: "refusal",
      what: expect.stringMatching(/too many entries/),
    });
    expect(isRefusal(await recorder.append(sighting(1)))).toBe(false);
    await recorder.close();
    expect(await recorder.append(sighting(2))).toMatchObject({ kind: "refusal", what: "the log is closed" });
  });

  it("to go on when the clock goes backwards, while running and across a restart", async () => {
    const dir = await fresh();
    let now = Date.UTC(2026, 0, 31);
    const recorder = await opened(dir, { clock: () => now });
    await record(recorder, 0, 3);
    now -= 1;
    expect(await recorder.append(sighting(3))).toMatchObject({
      what: expect.stringMatching(/clock went backwards/),
    });
    now += 2;
    expect(await recorder.append(sighting(3))).toMatchObject({
      what: expect.stringMatching(/clock went backwards/),
    });
    await recorder.close();
    const early = await opened(dir, { clock: () => now - 10 });
    expect(await early.append(sighting(3))).toMatchObject({
      what: expect.stringMatching(/clock went backwards/),
    });
    await early.close();
    const fine = await opened(dir, { clock: () => now });
    expect((await record(fine, 3, 4))[0]?.index).toBe(3);
    await fine.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, size: 4 });
  });

  it("a log whose key has signed more than it holds: one put back from a copy", async () => {
    const dir = await log(300);
    const copy = await copyOf(dir);
    made.push(copy);
    const recorder = await opened(dir);
    await record(recorder, 300, 400);
    await recorder.close();
    await rm(join(dir, "log"), { recursive: true });
    await cp(join(copy, "log"), join(dir, "log"), { recursive: true });
    expect(await openRecorder(dir)).toMatchObject({ kind: "refusal", code: "verification" });
  });

  it("to sign once somebody else has signed with its key", async () => {
    const dir = await log(3);
    const recorder = await opened(dir);
    await record(recorder, 3, 4);
    const text = await readFile(join(dir, "log/checkpoint"), "utf8");
    await writeFile(join(dir, "keys/log.signed"), text.replace("3", "9"));
    expect(await recorder.checkpoint()).toMatchObject({ kind: "refusal", code: "verification" });
    expect(await recorder.append(sighting(4))).toMatchObject({ kind: "refusal" });
    await recorder.close();
  });

  it("a key that others can read, and a log whose tiles were changed", async () => {
    const dir = await log(300);
    await chmod(join(dir, "keys/log.key"), 0o644);
    expect(await openRecorder(dir)).toMatchObject({
      kind: "refusal",
      what: expect.stringMatching(/read by others/),
    });
    await chmod(join(dir, "keys/log.key"), 0o600);
    await writeFile(join(dir, "log/tile/0/001.p/44"), Buffer.alloc(44 * 32));
    expect(await openRecorder(dir)).toMatchObject({ kind: "refusal", code: "verification" });
  });
});

const nobody = (): Promise<boolean> => Promise.resolve(false);

describe("erasure", () => {
  it("takes entries and salts out, leaves every proof valid, and says who and how many", async () => {
    const dir = await log(700);
    const before = good(await openReader(dir));
    const kept = await before.prove(20);
    const recorder = await opened(dir);
    expect(await eraseByTwo(recorder, byPlaces({ from: 10, to: 13 }, { from: 600, to: 690 }))).toBe(93);
    await record(recorder, 706, 900);
    await recorder.close();
    const verdict = await verifyLog(dir, { thorough: true });
    expect(verdict).toMatchObject({ ok: true, erased: 93, size: 900 });
    expect(verdict.erasures[0]).toEqual({
      index: 705,
      proposal: 702,
      from: 10,
      to: 13,
      reason: "retention",
      approvedBy: ["approver-21", "approver-22"],
    });
    const reader = good(await openReader(dir));
    expect(await reader.entry(11)).toEqual({ index: 11, recorded: null, entry: null });
    expect(await reader.prove(11)).toBeNull();
    expect((await reader.prove(20))?.leaf).toBe(kept?.leaf);
    for (const path of await filesBelow(dir))
      expect((await readFile(path)).includes('"customer":"c-11"'), path).toBe(false);
  });

  it("needs two people, entries that exist, and leaves the log's own statements alone", async () => {
    const recorder = await opened(await log(20));
    await registerTwo(recorder);
    const { decisions } = recorder;
    const proposal = good(await decisions.propose(byPlaces({ from: 0, to: 2 }), "root"));
    const [one, two] = approvers.map((approver) => agreedBy(recorder, approver, proposal));
    expect(await decisions.carryOut(proposal.index, nobody)).toMatchObject({ code: "refused" });
    expect(good(await decisions.approve(proposal.index, one ?? "")).missing).toBe(1);
    expect(good(await decisions.approve(proposal.index, one ?? "")).missing).toBe(1);
    expect(await decisions.carryOut(proposal.index, nobody)).toMatchObject({ code: "refused" });
    const other = good(await decisions.propose(byPlaces({ from: 0, to: 3 }), "root"));
    expect(await decisions.approve(other.index, two ?? "")).toMatchObject({ code: "refused" });
    expect(good(await decisions.approve(proposal.index, two ?? "")).missing).toBe(0);
    expect(good(await decisions.carryOut(proposal.index, nobody)).erased).toBe(2);
    expect(await decisions.propose(byPlaces({ from: 5, to: 51 }), "root")).toMatchObject({ code: "input" });
    expect(await decisions.propose(byPlaces({ from: 20, to: 22 }), "root")).toMatchObject({
      what: expect.stringMatching(/no entry/),
    });
    await recorder.close();
  });

  it("that a crash cut short is finished at the next start; one the log doesn't tell of is not begun", async () => {
    const dir = await log(40);
    const recorder = await opened(dir);
    await eraseByTwo(recorder, byPlaces({ from: 3, to: 5 }));
    await recorder.close();
    await writeFile(join(dir, "log/erasing"), JSON.stringify({ after: 40, stretches: [{ from: 3, to: 5 }] }));
    await (await opened(dir)).close();
    await writeFile(join(dir, "log/erasing"), JSON.stringify({ after: 40, stretches: [{ from: 8, to: 9 }] }));
    await (await opened(dir)).close();
    await expect(stat(join(dir, "log/erasing"))).rejects.toThrow(/ENOENT/);
    expect(await verifyLog(dir)).toMatchObject({ ok: true, erased: 2 });
  });
});

describe("the shredding of a person's key", () => {
  it("that a crash cut short is finished at the next start; one the log doesn't tell of is not begun", async () => {
    const dir = await log(20);
    const sealing = good(await openSealing(dir));
    const person = "customer:c-1" as const;
    const sealed = good(await sealing.seal(person, "called at noon"));
    const other = good(await sealing.seal("customer:c-2", "called at one"));
    const holder = sealing.holderOf(person);
    const recorder = await opened(dir);
    await registerTwo(recorder);
    const order = { do: "shred", person, holder, reason: "asked for it" } as const;
    const { decisions } = recorder;
    const proposal = good(await decisions.propose(order, "root"));
    for (const approver of approvers)
      good(await decisions.approve(proposal.index, agreedBy(recorder, approver, proposal)));
    // The machine stops where the key would be destroyed.
    const stopped = refusal("refused", "power", "");
    expect(await decisions.carryOut(proposal.index, () => Promise.resolve(stopped))).toBe(stopped);
    await recorder.close();
    expect(await good(await openSealing(dir)).open(sealed)).not.toBe("shredded");
    await (await opened(dir)).close();
    const again = good(await openSealing(dir));
    expect(await again.open(sealed)).toBe("shredded");
    const untold = { holder: again.holderOf("customer:c-2"), after: 20 };
    await writeFile(join(dir, "log/shredding"), JSON.stringify(untold));
    await (await opened(dir)).close();
    expect(await good(await openSealing(dir)).open(other)).not.toBe("shredded");
    await expect(stat(join(dir, "log/shredding"))).rejects.toThrow(/ENOENT/);
    expect(await verifyLog(dir)).toMatchObject({ ok: true, shreddings: [{ holder }] });
  });
});

describe("who may approve, and what was proposed", () => {
  it("is read from the log, whatever became of the file that remembers where it stands", async () => {
    const dir = await log(300);
    const recorder = await opened(dir);
    await registerTwo(recorder);
    const proposal = good(await recorder.decisions.propose(byPlaces({ from: 0, to: 2 }), "root"));
    const before = good(await recorder.decisions.ledger());
    for (const text of ["", "{}", '{"readTo":9999999,"indexes":[]}', "null"]) {
      await writeFile(join(dir, "log/decisions"), text);
      expect(good(await recorder.decisions.ledger()), text).toEqual(before);
    }
    await rm(join(dir, "log/decisions"));
    expect(good(await recorder.decisions.proposal(proposal.index))).toEqual(proposal);
    await recorder.close();
  });
});

describe("a hand-over of keys", () => {
  it("is followed from the old key and from the new one, and the log goes on", async () => {
    const dir = await log(300);
    const old = await readFile(join(dir, "keys/log.vkey"), "utf8");
    const recorder = await opened(dir);
    good(await recorder.rotateKey());
    await record(recorder, 301, 320);
    good(await recorder.rotateKey());
    await recorder.close();
    const again = await opened(dir);
    await record(again, 321, 330);
    await again.close();
    const now = await readFile(join(dir, "keys/log.vkey"), "utf8");
    expect(now).not.toBe(old);
    expect(await verifyLog(dir, { key: old })).toMatchObject({ ok: true, size: 330 });
    expect(await verifyLog(dir, { key: now })).toMatchObject({ ok: true, size: 330 });
    expect((await stat(join(dir, "keys/log.key"))).mode & 0o777).toBe(0o600);
  });

  it("that a crash cut short is finished at the next start", async () => {
    const dir = await log(30);
    const old = await readFile(join(dir, "keys/log.vkey"), "utf8");
    const seed = Buffer.alloc(32, 5);
    const next = signerFromSeed(parseVerifierKey(old)?.name ?? "", seed);
    await writeFile(join(dir, "keys/log.key.next"), formatSignerKey(next, seed), { mode: 0o600 });
    await (await opened(dir)).close();
    expect(await verifyLog(dir, { key: old })).toMatchObject({ ok: true, size: 31 });
    await expect(stat(join(dir, "keys/log.key.next"))).rejects.toThrow(/ENOENT/);
  });
});
