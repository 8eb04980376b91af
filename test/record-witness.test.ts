import { readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  openReader,
  openWitness,
  requestBytesMax,
  witnessServer,
  type AskWitness,
  type Witness,
} from "../src/record/index.ts";
import {
  formatAddCheckpoint,
  formatCheckpoint,
  formatVerifierKey,
  parseCheckpoint,
  parseSignerKey,
  signCheckpoint,
  signerFromSeed,
  type Checkpoint,
} from "../src/tlog/index.ts";
import { verifyLog } from "../src/verify/index.ts";
import { folder, good, logOf, opened, record } from "./record-fixture.ts";

const made: string[] = [];
afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));

async function witnessOf(logs: readonly string[], name = "witness.example/council"): Promise<Witness> {
  const dir = await folder();
  made.push(dir);
  return good(await openWitness(dir, { name, logs }));
}

async function log(
  size: number,
): Promise<{ readonly dir: string; readonly key: string; readonly head: Checkpoint }> {
  const dir = await logOf(size);
  made.push(dir);
  const head = parseCheckpoint(await readFile(join(dir, "log/checkpoint"), "utf8"));
  if (head === null) throw new Error("no checkpoint");
  return { dir, head, key: (await readFile(join(dir, "keys/log.vkey"), "utf8")).trim() };
}

async function grown(dir: string, from: number, to: number): Promise<Checkpoint> {
  const recorder = await opened(dir);
  await record(recorder, from, to);
  const head = good(await recorder.checkpoint());
  await recorder.close();
  return head;
}

describe("a witness", () => {
  it("cosigns what begins with all it has cosigned, and says where it stands otherwise", async () => {
    const { dir, key, head } = await log(300);
    const witness = await witnessOf([key]);
    const ask = (old: number, checkpoint: Checkpoint, proof: readonly Uint8Array[] = []) =>
      witness.addCheckpoint(formatAddCheckpoint({ old, proof, checkpoint }));
    expect(await ask(0, head)).toMatchObject({
      status: 200,
      body: expect.stringMatching(/^— witness\.example\/council /),
    });
    const next = await grown(dir, 300, 700);
    const proof = await good(await openReader(dir)).proveFrom(300);
    expect(await ask(0, next)).toEqual({ status: 409, type: "text/x.tlog.size", body: "300\n" });
    expect(await ask(300, next)).toMatchObject({ status: 422 });
    expect(await ask(300, next, proof.toReversed())).toMatchObject({ status: 422 });
    expect(await ask(800, next, proof)).toMatchObject({ status: 400 });
    expect(await ask(300, next, proof)).toMatchObject({ status: 200 });
    expect(await ask(300, next, proof)).toMatchObject({ status: 409, body: "700\n" });
    expect(await ask(700, next)).toMatchObject({ status: 200 });
    expect(await ask(300, head)).toMatchObject({ status: 409 });
    witness.close();
  });

  it("refuses a second history under the same key, strangers, unsigned checkpoints and what it can't read", async () => {
    const { dir, key, head } = await log(40);
    const witness = await witnessOf([key]);
    const signer = parseSignerKey(await readFile(join(dir, "keys/log.key"), "utf8"));
    if (signer === null) throw new Error("no key");
    const send = (old: number, checkpoint: Checkpoint) =>
      witness.addCheckpoint(formatAddCheckpoint({ old, proof: [], checkpoint }));
    expect((await send(0, head)).status).toBe(200);
    expect((await send(40, signCheckpoint({ ...head, root: Buffer.alloc(32, 1) }, [signer]))).status).toBe(
      409,
    );
    const stranger = signerFromSeed("log.example/stranger", Buffer.alloc(32, 8));
    expect(
      (await send(0, signCheckpoint({ ...head, origin: "log.example/stranger" }, [stranger]))).status,
    ).toBe(404);
    expect(
      (await send(40, signCheckpoint(head, [signerFromSeed(head.origin, Buffer.alloc(32, 8))]))).status,
    ).toBe(403);
    expect((await witness.addCheckpoint("old 0\n")).status).toBe(400);
    witness.close();
  });

  it("remembers over a restart, and refuses rather than forget when its memory is damaged", async () => {
    const { key, head } = await log(9);
    const dir = await folder();
    made.push(dir);
    const first = good(await openWitness(dir, { name: "witness.example/council", logs: [key] }));
    expect(await openWitness(dir, { logs: [key] })).toMatchObject({ kind: "refusal" });
    await first.addCheckpoint(formatAddCheckpoint({ old: 0, proof: [], checkpoint: head }));
    first.close();
    const second = good(await openWitness(dir, { logs: [key] }));
    expect(second.key).toEqual(first.key);
    const again = formatAddCheckpoint({ old: 0, proof: [], checkpoint: head });
    expect(await second.addCheckpoint(again)).toMatchObject({ status: 409, body: "9\n" });
    const { filesBelow } = await import("./record-fixture.ts");
    for (const path of await filesBelow(join(dir, "witness")))
      if (path.endsWith("checkpoint")) await writeFile(path, "x");
    expect(await second.addCheckpoint(again)).toMatchObject({ status: 500 });
    second.close();
  });
});

describe("a log with witnesses", () => {
  it("has its checkpoints cosigned over HTTP, catches up a witness that was away, and the verifier counts them", async () => {
    const { dir, key } = await log(5);
    const witness = await witnessOf([key]);
    const vkey = formatVerifierKey(witness.key);
    const server = witnessServer(witness, vkey);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const witnesses = {
      addresses: [{ url: `http://127.0.0.1:${port}`, key: vkey }],
      needed: 1,
      alarmMillis: 60_000,
    };
    const recorder = await opened(dir, { witnesses });
    for (const from of [5, 300, 600]) {
      await record(recorder, from, from + 290);
      good(await recorder.checkpoint());
    }
    await recorder.close();
    expect(recorder.status().witnesses).toMatchObject({
      size: 875,
      names: ["witness.example/council"],
      alarm: false,
    });
    const policy = { keys: [vkey], needed: 1 };
    expect(await verifyLog(dir, { key, witnesses: policy })).toMatchObject({
      ok: true,
      witnesses: ["witness.example/council"],
    });
    expect((await verifyLog(dir, { key, witnesses: { ...policy, needed: 2 } })).problems).toMatchObject([
      { code: "cosignature_missing" },
    ]);
    // The log goes on while nobody asks this witness, and is taken up where the witness stands.
    await grown(dir, 875, 1200);
    const again = await opened(dir, { witnesses });
    await again.close();
    expect(await verifyLog(dir, { key, witnesses: policy })).toMatchObject({ ok: true, size: 1200 });
    expect(await post(port, "/add-checkpoint", "x".repeat(requestBytesMax + 1)).catch(() => 413)).toBe(413);
    expect(await post(port, "/other", "x")).toBe(404);
    await new Promise((resolve) => server.close(resolve));
    witness.close();
  });

  it("records on when its witness is away, raises the alarm after a while, once, and takes a wrong cosignature for none", async () => {
    const { dir } = await log(5);
    let now = Date.UTC(2027, 0, 1);
    const alarms: number[] = [];
    const answers: Awaited<ReturnType<AskWitness>>[] = [
      { status: 200, body: "— witness.example/council AAAAAAAA\n" },
      { status: 500, body: "" },
    ];
    const ask: AskWitness = async () => answers.shift() ?? Promise.reject(new Error("away"));
    const key = formatVerifierKey(
      signerFromSeed("witness.example/council", Buffer.alloc(32, 6), "cosignature").verifier,
    );
    const onAlarm = (): void => void alarms.push(now);
    const witnesses = {
      addresses: [{ url: "http://witness.example", key }],
      needed: 1,
      alarmMillis: 5000,
      ask,
      onAlarm,
    };
    const recorder = await opened(dir, { clock: () => now, witnesses });
    for (const [at, step] of [1000, 1000, 4000, 1000].entries()) {
      now += step;
      expect((await record(recorder, at, at + 1))[0]?.index).toBe(5 + at);
      good(await recorder.checkpoint());
      await new Promise(setImmediate);
    }
    expect(recorder.status().witnesses).toMatchObject({ size: null, names: [], alarm: true });
    expect(alarms.length).toBe(1);
    await recorder.close();
    expect(await verifyLog(dir)).toMatchObject({ ok: true, size: 9 });
    expect(
      formatCheckpoint(
        parseCheckpoint(await readFile(join(dir, "log/checkpoint"), "utf8")) ?? (await log(1)).head,
      ),
    ).not.toMatch(/council/);
  });
});

function post(port: number, path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", path, method: "POST" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
