import { generateKeyPairSync, randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { exportJWK, SignJWT } from "jose";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ActorTokenOptions, GatewayEvent } from "../../../src/capture/index.ts";
import type { Role } from "../../../src/policy/index.ts";
import { say } from "../bytes.ts";
import { dial, join } from "../client.ts";
import { type Postgres, startPostgres } from "../postgres.ts";
import { wideRole } from "../protection.ts";
import { type GatewayWish, type RunningGateway, startThrough, throughConfig } from "../through.ts";

/** An application's pool that acts for people: who is blamed for what, whatever becomes of transactions, tokens and configurations. */
const key = generateKeyPairSync("ed25519");
let postgres: Postgres;
let gateway: RunningGateway;
let wish: GatewayWish;
const events: GatewayEvent[] = [];
/** What is done while somebody logs in: their proof was right, and they were told so. */
let meanwhile: (() => Promise<unknown>) | null = null;

const masked: Role = { ...wideRole, show: { ...wideRole.show, contact: "masked" } };

beforeAll(async () => {
  postgres = await startPostgres({ customers: 20, agents: 5 });
  const published = { ...(await exportJWK(key.publicKey)), kid: "k1", alg: "EdDSA" };
  const tokens: ActorTokenOptions = {
    keys: { kind: "inline", text: JSON.stringify({ keys: [published] }) },
    issuer: "deskapp",
    audience: "whosaw",
    algorithms: ["EdDSA"],
    lifeMax: 600_000,
    clockTolerance: 0,
    use: "life",
  };
  wish = {
    postgres,
    roles: { desk_lead: wideRole },
    others: [{ ...wideRole, name: "other" }],
    pools: { desk_lead: tokens },
    record: async (said) => {
      events.push(...said);
      if (said.some(({ kind }) => kind === "login")) await meanwhile?.();
      return null;
    },
  };
  gateway = await startThrough(wish);
}, 60_000);

beforeEach(() => {
  events.length = 0;
});

afterAll(async () => {
  await gateway.stop();
  await postgres.stop();
});

const tokenFor = async (
  actor: string,
  claims: Record<string, unknown> = {},
  seconds = 300,
): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
    .setIssuer("deskapp")
    .setAudience("whosaw")
    .setSubject(actor)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(key.privateKey);

async function enter(): Promise<Client> {
  const { host, port, database } = gateway.address;
  const { user, password } = postgres.lead;
  const client = new Client({ host, port, database, user, password });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Who is on record for the statements, one after the other; of those that fail nothing. */
async function blamed(client: Client, statements: readonly string[]): Promise<readonly string[]> {
  for (const sql of statements) await client.query(sql).catch(() => undefined);
  return events.flatMap((event) => (event.kind === "sighting" ? [event.reader.actor] : []));
}

const read = "select name from customers where id = 1";

describe("whoever a token named in a transaction", () => {
  it.each<readonly [string, readonly string[], readonly string[]]>([
    ["stays named when it commits", ["begin", "SET anna", "commit", read], ["anna"]],
    [
      "is forgotten when it is rolled back",
      ["SET ben", "begin", "SET anna", read, "rollback", read],
      ["anna", "ben"],
    ],
    ["is forgotten when it fails", ["SET ben", "begin", "SET anna", "select 1/0", "commit", read], ["ben"]],
    [
      "is forgotten with its savepoint",
      ["begin", "SET ben", "savepoint s", "SET anna", read, "rollback to s", read, "commit", read],
      ["anna", "ben", "ben"],
    ],
    [
      "stays when its savepoint is released",
      ["begin", "savepoint s", "SET anna", "release s", "commit", read],
      ["anna"],
    ],
    ["was only named for it", ["SET ben", "begin", "LOCAL anna", read, "commit", read], ["anna", "ben"]],
    [
      "is forgotten, where it was named for it, with its savepoint",
      ["begin", "LOCAL ben", "savepoint s", "LOCAL anna", read, "rollback to s", read, "commit", read],
      ["anna", "ben", "desk_lead"],
    ],
    [
      "isn't named in the one chained to it",
      ["begin", "LOCAL anna", read, "commit and chain", read, "commit"],
      ["anna", "desk_lead"],
    ],
    [
      "isn't named in the one chained to one that was rolled back",
      ["SET ben", "begin", "SET anna", read, "rollback and chain", read, "commit"],
      ["anna", "ben"],
    ],
    [
      "is named again when forgetting them is rolled back",
      ["SET anna", "begin", "reset whosaw.actor_token", read, "rollback", read],
      ["desk_lead", "anna"],
    ],
    [
      "is named again when RESET ALL is rolled back",
      ["SET anna", "begin", "reset all", read, "rollback", read],
      ["desk_lead", "anna"],
    ],
    [
      "stays named over DISCARD PLANS, and not over DISCARD ALL",
      ["SET anna", "discard plans", read, "discard all", read],
      ["anna", "desk_lead"],
    ],
    ["isn't named by a SET LOCAL outside of one", ["LOCAL anna", read], ["desk_lead"]],
    [
      "is named by set_config as by SET",
      ["begin", "CONFIG anna", read, "rollback", read],
      ["anna", "desk_lead"],
    ],
  ])("%s", async (_, statements, actors) => {
    const client = await enter();
    const said: string[] = [];
    for (const statement of statements) {
      const [how, actor] = statement.split(" ");
      const token = await tokenFor(actor ?? "");
      said.push(
        how === "SET"
          ? `set whosaw.actor_token = '${token}'`
          : how === "LOCAL"
            ? `set local whosaw.actor_token = '${token}'`
            : how === "CONFIG"
              ? `select set_config('whosaw.actor_token', '${token}', false)`
              : statement,
      );
    }
    expect(await blamed(client, said)).toEqual(actors);
    await client.end();
  });
});

const set = (token: string, local = false): string =>
  `set ${local ? "local " : ""}whosaw.actor_token = '${token}'`;
const extended = (sql: string): readonly Buffer[] => [say.parse(sql), say.bind(), say.execute()];
const seenBy = (): readonly string[] =>
  events.flatMap((event) => (event.kind === "sighting" ? [event.reader.actor] : []));

describe("whoever a token named, and the client doesn't wait to hear", () => {
  it("isn't blamed for what comes behind a rollback in the same text", async () => {
    const client = await join(gateway.address, postgres.lead);
    await client.query(set(await tokenFor("ben")));
    for (const end of ["rollback", "rollback to s"]) {
      await client.query("begin; savepoint s");
      await client.query(set(await tokenFor("anna")));
      expect((await client.query(`${end}; ${read}`)).errors).toEqual(["42501"]);
      await client.query("rollback");
    }
    expect((await client.query(`begin; ${read}; commit; ${read}`)).errors).toEqual([]);
    expect(seenBy()).toEqual(["ben", "ben"]);
    await client.end();
  });

  it("isn't blamed for what comes behind a rollback in the same pipeline", async () => {
    const client = await join(gateway.address, postgres.lead);
    const [anna, ben] = [await tokenFor("anna"), await tokenFor("ben")];
    const statements = [
      "begin",
      set(ben),
      "savepoint s",
      set(anna),
      read,
      "rollback to s",
      read,
      "rollback",
      read,
    ];
    const { errors } = await client.pipeline([...statements.flatMap(extended), say.sync()]);
    expect([errors, seenBy()]).toEqual([[], ["anna", "ben", "desk_lead"]]);
    await client.end();
  });

  it("isn't blamed for what a portal shows that was bound before the rollback", async () => {
    const client = await join(gateway.address, postgres.lead);
    const anna = await tokenFor("anna");
    const bound = [say.parse(read, "one"), say.bind({ portal: "p", statement: "one" })];
    const steps = [...extended("begin"), ...bound, ...extended("savepoint s"), ...extended(set(anna))];
    const { errors } = await client.pipeline([
      ...steps,
      ...extended("rollback to s"),
      say.execute("p"),
      say.sync(),
    ]);
    expect([errors, seenBy()]).toEqual([[], ["desk_lead"]]);
    await client.end();
  });

  it("is blamed for nothing in a transaction that begins behind a SET LOCAL of its own", async () => {
    const client = await join(gateway.address, postgres.lead);
    const anna = await tokenFor("anna");
    const answer = await client.pipeline([set(anna, true), "begin", read].map(say.query), 3);
    expect([answer.errors, seenBy()]).toEqual([[], ["desk_lead"]]);
    await client.end();
  });

  it("is blamed for what follows in one packet, and whoever is named next for what follows that", async () => {
    const client = await join(gateway.address, postgres.lead);
    const texts = [
      set(await tokenFor("anna")),
      read,
      set(await tokenFor("ben")),
      read,
      set("no token"),
      read,
    ];
    const { errors } = await client.pipeline(texts.map(say.query), 6);
    expect([errors, seenBy()]).toEqual([["28000"], ["anna", "ben", "ben"]]);
    await client.end();
  });
});

const setting = (step: string, name: string, valueOf: (actor: string) => string): string => {
  const [verb, , actor = ""] = step.split(" ");
  if (verb === "reset") return `reset ${name}`;
  return `set ${verb === "local" ? "local " : ""}${name} = '${valueOf(actor)}'`;
};

describe("whoever is blamed", () => {
  const steps =
    "begin;commit;rollback;savepoint s;release s;rollback to s;commit and chain;rollback and chain;select 1/0;reset all;discard all;reset ACTOR;set ACTOR anna;set ACTOR ben;set ACTOR cleo;local ACTOR anna;local ACTOR ben;read;read;read".split(
      ";",
    );
  const said = fc.array(
    fc.record({
      step: fc.constantFrom(...steps),
      how: fc.constantFrom("query" as const, "extended" as const, "synced" as const),
    }),
    { minLength: 3, maxLength: 16 },
  );
  const readies = { query: 2, extended: 0, synced: 1 };
  type Said = readonly { readonly step: string; readonly how: keyof typeof readies }[];

  const messages = (all: Said, sqlOf: (step: string) => string): readonly Buffer[] =>
    all.flatMap(({ step, how }) => {
      // After an error a simple query, too, is skipped to the next Sync.
      if (how === "query") return [say.sync(), say.query(sqlOf(step))];
      return [...extended(sqlOf(step)), ...(how === "synced" ? [say.sync()] : [])];
    });

  it("is whom the server's own transactions have left in a setting, whatever is said in whatever pieces", async () => {
    const tokens = new Map<string, string>();
    for (const actor of ["anna", "ben", "cleo"]) tokens.set(actor, await tokenFor(actor));
    await fc.assert(
      fc.asyncProperty(said, async (all) => {
        events.length = 0;
        const bare = await join(postgres, postgres.lead);
        const through = await join(gateway.address, postgres.lead);
        await bare.query("set app.actor = ''");
        const syncs = all.reduce((sum, { how }) => sum + readies[how], 1);
        const told = await bare.pipeline(
          [
            ...messages(all, (step) => {
              if (step === "read") return "select 'read', current_setting('app.actor')";
              return step.includes("ACTOR") ? setting(step, "app.actor", (actor) => actor) : step;
            }),
            say.sync(),
          ],
          syncs,
        );
        await through.pipeline(
          [
            ...messages(all, (step) => {
              if (step === "read") return read;
              if (!step.includes("ACTOR")) return step;
              return setting(step, "whosaw.actor_token", (actor) => tokens.get(actor) ?? "");
            }),
            say.sync(),
          ],
          syncs,
        );
        const meant = told.rows.map(([, actor]) => (actor === "" ? "desk_lead" : actor));
        expect(seenBy(), all.map(({ step, how }) => `${how} ${step}`).join(" | ")).toEqual(meant);
        await Promise.all([bare.end(), through.end()]);
      }),
      { numRuns: 60, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);
});

describe("a configuration that changes", () => {
  it("narrows what sessions, tokens and prepared statements see that were there before it", async () => {
    const client = await enter();
    const token = await tokenFor("anna");
    const email = "select email from customers where id = 2";
    const named = { name: "one", text: `${email} /*whosaw_token='${token}'*/` };
    const [before] = (await client.query<{ email: string }>(named)).rows;
    await client.query(`set whosaw.actor_token = '${token}'`);
    await gateway.gateway.reload(await throughConfig({ ...wish, roles: { desk_lead: masked } }));
    const asked = [named, email, `${email} /*whosaw_token='${await tokenFor("ben")}'*/`];
    for (const query of asked) {
      const [now] = (await client.query<{ email: string }>(query as string)).rows;
      expect(now?.email).toMatch(/^\*/);
      expect(now?.email).not.toBe(before?.email);
    }
    await client.query(`set whosaw.actor_token = '${await tokenFor("cleo")}'`);
    expect((await client.query<{ email: string }>(email)).rows[0]?.email).toMatch(/^\*/);
    await gateway.gateway.reload(await throughConfig(wish));
    await client.end();
  });

  it("doesn't make a token good again that was good once", async () => {
    const once = Object.entries(wish.pools ?? {}).map(
      ([name, tokens]) => [name, { ...tokens, use: "once" }] as const,
    );
    const pools = Object.fromEntries(once);
    const client = await enter();
    const show = set(await tokenFor("anna"));
    for (const refused of [null, "28000", "28000"]) {
      await gateway.gateway.reload(await throughConfig({ ...wish, pools }));
      const said = await client.query(show).then(
        () => null,
        (error: { code?: string }) => error.code,
      );
      expect(said).toBe(refused);
    }
    await gateway.gateway.reload(await throughConfig(wish));
    await client.end();
  });

  it("ends the sessions of users who are gone, or have another role, actor or login at the server", async () => {
    const changes: readonly Pick<GatewayWish, "roles" | "others">[] = [
      { roles: { desk_agent: wideRole } },
      { roles: { desk_lead: { ...wideRole, name: "narrow" } }, others: [wideRole] },
      { roles: { desk_lead: { ...wideRole, upstream: "desk_agent" } } },
    ];
    for (const change of changes) {
      const client = await enter();
      await gateway.gateway.reload(await throughConfig({ ...wish, ...change }));
      await expect(client.query(read)).rejects.toThrow();
      await gateway.gateway.reload(await throughConfig(wish));
    }
  });

  it("ends the sessions in which a token named a role that is gone", async () => {
    const client = await enter();
    await client.query(`set whosaw.actor_token = '${await tokenFor("anna", { role: "other" })}'`);
    await gateway.gateway.reload(await throughConfig({ ...wish, others: [] }));
    expect(await blamed(client, [read])).toEqual([]);
    await gateway.gateway.reload(await throughConfig(wish));
  });
});

describe("somebody who is logging in", () => {
  it.each<readonly [string, () => Promise<unknown>, () => unknown]>([
    [
      "isn't let in who is suspended meanwhile",
      () => gateway.gateway.suspend("desk_lead"),
      () => gateway.gateway.restore("desk_lead"),
    ],
    [
      "isn't let in whom a new configuration takes away meanwhile",
      async () => gateway.gateway.reload(await throughConfig({ ...wish, roles: { desk_agent: wideRole } })),
      async () => gateway.gateway.reload(await throughConfig(wish)),
    ],
  ])("%s", async (_, act, back) => {
    meanwhile = act;
    const client = await dial(gateway.address);
    const { errors } = await client.login(postgres.lead, gateway.address.database, []);
    expect(errors).toEqual(["28000"]);
    expect(await client.listen(1_500)).toMatchObject({ messages: [], closed: true });
    expect(events.map(({ kind }) => kind)).toEqual(["login", "logout"]);
    meanwhile = null;
    await back();
  });
});

describe("a token's end", () => {
  it("ends what a portal bound before it still had to show", async () => {
    const client = await join(gateway.address, postgres.lead);
    await client.query("begin");
    const token = await tokenFor("anna", {}, 3);
    expect((await client.query(`set local whosaw.actor_token = '${token}'`)).errors).toEqual([]);
    const some = [say.execute("p", 5), say.sync()];
    const bound = [say.parse("select name from customers order by id"), say.bind({ portal: "p" })];
    expect((await client.pipeline([...bound, ...some])).rows).toHaveLength(5);
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    expect(await client.pipeline(some)).toMatchObject({ rows: [], errors: ["28000"] });
    await client.end();
  }, 20_000);
});

describe("an actor who is suspended", () => {
  it("gets no more rows of a statement whose comment names them", async () => {
    const client = await enter();
    const rows =
      "select name, repeat('x', 1000) as much, pg_sleep(0.01) from customers, generate_series(1, 10000) where id = 1";
    const running = client.query(`${rows} /*whosaw_token='${await tokenFor("anna")}'*/`).then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(() => events.some(({ kind }) => kind === "sighting")).toBe(true);
    const cut = await gateway.gateway.suspend("anna");
    expect(cut.ended).toBe(1);
    expect(await running).toBe("cut");
    gateway.gateway.restore("anna");
  }, 30_000);
});
