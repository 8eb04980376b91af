import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { isRefusal, type Refusal } from "../../base/index.ts";
import { isSealedText, openSealing, sealedTextBytesMax, type SealedText, type Sealing } from "./sealing.ts";
import { Unsealed } from "./unsealed.ts";
import { xaesKey, xaesOpen, xaesSeal } from "./xaes.ts";

const made: string[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((dir) => rm(dir, { recursive: true, force: true })));
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "whosaw-people-"));
  made.push(dir);
  return dir;
}

function good<Value>(value: Value | Refusal): Value {
  if (isRefusal(value)) throw new Error(value.what);
  return value;
}

async function opened(dir: string): Promise<Sealing> {
  return good(await openSealing(dir));
}

async function read(sealing: Sealing, sealed: SealedText): Promise<string> {
  const text = good(await sealing.open(sealed));
  return text instanceof Unsealed ? text.reveal() : text;
}

async function filesOf(dir: string): Promise<readonly string[]> {
  const all = await readdir(join(dir, "keys/people"), { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

describe("XAES-256-GCM", () => {
  // C2SP's own vectors: the doubling of the subkey carries in the second and not in the first.
  it.each([
    [1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
    [3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
  ])("gives what the specification gives for a key of bytes %i", (byte, additional, expected) => {
    const key = xaesKey(Buffer.alloc(32, byte));
    const nonce = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");
    const bound = Buffer.from(additional);
    const sealed = xaesSeal(key, nonce, { text: Buffer.from("XAES-256-GCM"), additional: bound });
    expect(sealed.toString("hex")).toBe(`${nonce.toString("hex")}${expected}`);
    const text = sealed.subarray(nonce.length);
    expect(xaesOpen(key, nonce, { text, additional: bound })?.toString()).toBe("XAES-256-GCM");
  });
});

describe("a person's sealed text", () => {
  it("is opened by whoever holds the keys, in another process too", async () => {
    const dir = await folder();
    const sealed = good(await (await opened(dir)).seal("customer:c-1", "A man from “support” called. 电话"));
    expect(isSealedText(JSON.parse(JSON.stringify(sealed)) as SealedText)).toBe(true);
    expect(await read(await opened(dir), sealed)).toBe("A man from “support” called. 电话");
  });

  it("says neither the text nor the person, and twice the same text looks different", async () => {
    const dir = await folder();
    const sealing = await opened(dir);
    const [one, two] = [
      good(await sealing.seal("customer:c-1", "called at noon")),
      good(await sealing.seal("customer:c-1", "called at noon")),
    ];
    expect(one.key).toBe(two.key);
    expect(one.sealed).not.toBe(two.sealed);
    expect(JSON.stringify(one)).not.toContain("noon");
    const names = await filesOf(dir);
    expect(names.join(" ")).not.toContain("c-1");
    for (const name of names) expect((await stat(name)).mode & 0o777, name).toBe(0o600);
  });

  it("has a nonce of its own, in however many sealings", async () => {
    const sealing = await opened(await folder());
    const nonces = new Set<string>();
    for (let at = 0; at < 1000; at++) {
      const { sealed } = good(await sealing.seal("customer:c-1", "called at noon"));
      nonces.add(Buffer.from(sealed, "base64").toString("hex", 0, 24));
    }
    expect(nonces.size).toBe(1000);
  });

  it("is gone once the person is shredded, and nobody else's is", async () => {
    const dir = await folder();
    const sealing = await opened(dir);
    const gone = good(await sealing.seal("customer:c-1", "first"));
    const stays = good(await sealing.seal("actor:c-1", "second"));
    expect(await sealing.shred("customer:c-1")).toBe(true);
    expect(await sealing.shred("customer:c-1")).toBe(false);
    expect(await sealing.open(gone)).toBe("shredded");
    expect(await read(sealing, stays)).toBe("second");
    expect((await filesOf(dir)).some((name) => name.endsWith(sealing.holderOf("customer:c-1")))).toBe(false);
  });

  it("stays shredded when the person comes back under a new key", async () => {
    const sealing = await opened(await folder());
    const before = good(await sealing.seal("actor:a", "before"));
    await sealing.shred("actor:a");
    const after = good(await sealing.seal("actor:a", "after"));
    expect(after.key.slice(0, 32)).toBe(before.key.slice(0, 32));
    expect(await sealing.open(before)).toBe("shredded");
    expect(await read(sealing, after)).toBe("after");
  });

  it("is refused when a bit of it was turned, or it was given another key's name", async () => {
    const sealing = await opened(await folder());
    const sealed = good(await sealing.seal("customer:c-1", "words"));
    const other = good(await sealing.seal("customer:c-2", "words"));
    const bytes = Buffer.from(sealed.sealed, "base64");
    for (const at of [0, 23, 24, bytes.length - 1]) {
      const turned = Buffer.from(bytes);
      turned[at] = (turned[at] ?? 0) ^ 1;
      expect(await sealing.open({ ...sealed, sealed: turned.toString("base64") })).toMatchObject({
        code: "verification",
      });
    }
    expect(await sealing.open({ ...sealed, key: other.key })).toMatchObject({ code: "verification" });
    expect(await sealing.open({ ...sealed, key: "../../log.key" })).toMatchObject({ code: "input" });
    expect(await sealing.open({ ...sealed, sealed: "" })).toMatchObject({ code: "verification" });
  });

  it("does not print, log or serialize once it is open", async () => {
    const sealing = await opened(await folder());
    const text = good(await sealing.open(good(await sealing.seal("customer:c-1", "secret words"))));
    expect(
      `${String(text)}${JSON.stringify({ text })}${inspect({ text }, { showHidden: true })}`,
    ).not.toContain("secret");
  });

  it("may have as many bytes as the limit and not one more", async () => {
    const sealing = await opened(await folder());
    const longest = "x".repeat(sealedTextBytesMax);
    expect(await read(sealing, good(await sealing.seal("actor:a", longest)))).toBe(longest);
    expect(await sealing.seal("actor:a", `${longest}x`)).toMatchObject({ code: "input" });
  });
});

describe("the keys of people", () => {
  it("are made once, however many ask at once and in whatever process", async () => {
    const dir = await folder();
    const [one, two] = [await opened(dir), await opened(dir)];
    const sealed = await Promise.all(
      Array.from({ length: 40 }, async (_, at) =>
        good(await (at % 2 === 0 ? one : two).seal("actor:a", `${at}`)),
      ),
    );
    expect(new Set(sealed.map(({ key }) => key)).size).toBe(1);
    expect((await filesOf(dir)).length).toBe(2);
    const third = await opened(dir);
    for (const [at, text] of sealed.entries()) expect(await read(third, text)).toBe(`${at}`);
  });

  it("are refused when others may read them, or when they are no keys", async () => {
    const dir = await folder();
    const sealed = good(await (await opened(dir)).seal("actor:a", "text"));
    const path = (await filesOf(dir)).find((name) => !name.endsWith("names.key")) ?? "";
    await chmod(path, 0o640);
    expect(await (await opened(dir)).open(sealed)).toMatchObject({ code: "refused" });
    await chmod(path, 0o600);
    await writeFile(path, (await readFile(path, "latin1")).slice(0, -4));
    expect(await (await opened(dir)).open(sealed)).toMatchObject({ code: "input" });
    expect(await (await opened(dir)).seal("actor:a", "text")).toMatchObject({ code: "input" });
  });

  it("are not named anew when the key of names is lost: a shredding would then shred nothing", async () => {
    const dir = await folder();
    good(await (await opened(dir)).seal("actor:a", "text"));
    await rm(join(dir, "keys/people/names.key"));
    expect(await openSealing(dir)).toMatchObject({ code: "input" });
  });

  it("that can't be written are a refusal, and nothing is sealed", async () => {
    const dir = await folder();
    const sealing = await opened(dir);
    const holder = sealing.holderOf("actor:a");
    await writeFile(join(dir, "keys/people", holder.slice(0, 2)), "in the way");
    expect(await sealing.seal("actor:a", "text")).toMatchObject({ kind: "refusal", code: "input" });
  });
});
