import { EventEmitter } from "node:events";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../base/index.ts";
import { type Configuration, type GatewayConfiguration, readConfiguration } from "./index.ts";
import { type Reloaded, watchConfiguration } from "./watch.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verifier =
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

const whole = `
gateway:
  listen: 127.0.0.1:6432
  upstream:
    server: /var/run/postgresql/.s.PGSQL.5432
    databases: { desk: desk_production }
    logins:
      whosaw_control: { passwordFile: control.password }
      whosaw_support: { password: correct horse }
    control: { login: whosaw_control, database: desk_production }
  limits: { sessions: 50 }
  workers: 2
protect:
  public.customers:
    key: id
    fields:
      email: { class: contact, mask: domain }
      name: identifier
      country: none
  public.messages:
    key: ticket_id -> public.tickets.id -> customer_id
tickets:
  table: public.tickets
  id: id
  customer: customer_id
  assignee: assignee_id -> public.staff.id -> login
  closed: closed_at
roles:
  support:
    upstream: whosaw_support
    show: { identifier: plain, contact: masked, content: plain }
    ticketBound: true
    quotas: { contact: { hour: 30, day: 120 } }
    hours: { days: [mon, fri], from: "08:00", until: "18:30", timeZone: Europe/Berlin }
    rowsMax: 500
    aggregates: { allow: true }
    functions: [public.ticket_number]
    channels: [jobs]
    settings: [App.tenant]
users:
  ann: { actor: agent-0417, role: support, scram: "${verifier}", validUntil: "2030-01-01T00:00:00Z" }
pools:
  deskapp:
    role: support
    scram: "${verifier}"
    tokens: { keys: { url: "https://id.example.com/jwks.json" }, issuer: "https://id.example.com", audience: whosaw }
`;

writeFileSync(join(folder, "control.password"), "from a file\n");

function write(text: string, name = "whosaw.yaml"): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function gatewayOf(configuration: Configuration): GatewayConfiguration {
  if (configuration.gateway === undefined) throw new Error("there is a gateway section");
  return configuration.gateway;
}

function line(text: string): number {
  return whole.split("\n").findIndex((each) => each.includes(text)) + 1;
}

function secured(key: string): string {
  return whole.replace(
    "127.0.0.1:6432",
    `0.0.0.0:6432\n  tls: { certificate: { cert: a.crt, key: ${key} } }`,
  );
}

function makeCertificate(name: string): void {
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
  ];
  const files = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)];
  execFileSync("openssl", [...args, "-subj", "/CN=gateway.example.com", ...files], { stdio: "pipe" });
}

describe("whosaw.yaml", () => {
  it("becomes the gateway's options, protection and roles", () => {
    const read = readConfiguration(write(whole));
    if (isRefusal(read)) throw new Error(read.what);
    const { login, control, protection, roles, workers } = gatewayOf(read);
    expect({ workers, control }).toEqual({
      workers: 2,
      control: { login: "whosaw_control", database: "desk_production", revoker: null },
    });
    expect(login.listen).toEqual({ kind: "tcp", host: "127.0.0.1", port: 6432 });
    expect(login.upstream.logins.get("whosaw_control")?.password).toBe("from a file");
    expect(login.upstream).toMatchObject({ tls: "disable", connectTimeMax: 10_000 });
    expect(login.limits).toMatchObject({ sessionsMax: 50, handshakesMax: 200 });
    expect(login.users.get("ann")).toMatchObject({
      actor: "agent-0417",
      pool: null,
      validUntil: Date.UTC(2030),
    });
    expect(login.users.get("deskapp")?.pool).toMatchObject({ use: "session", lifeMax: 600_000 });
    expect(protection.tables.get("public.customers")?.fields.get("email")).toEqual({
      class: "contact",
      mask: "domain",
    });
    expect(protection.tables.get("public.customers")?.fields.get("name")).toEqual({
      class: "identifier",
      mask: "full",
    });
    expect(protection.tables.get("public.messages")?.key.steps).toHaveLength(1);
    expect(protection.tickets).toMatchObject({
      assignee: "assignee_id",
      actor: [{ table: "staff" }],
      closed: "closed_at",
    });
    expect(roles.get("support")).toMatchObject({
      show: { identifier: "plain", contact: "masked", content: "plain", none: "plain" },
      quotas: { contact: { hour: 30, day: 120 }, content: { hour: null, day: null } },
      hours: { days: [1, 5], from: 480, until: 1110, timeZone: "Europe/Berlin" },
      aggregates: { allow: true, smallestGroup: 5 },
      export: false,
      ddl: false,
    });
  });

  it("lets out least where a role says nothing", () => {
    const read = readConfiguration(
      write(whole.replace(/roles:[\s\S]*?users:/, "roles:\n  support: { upstream: whosaw_support }\nusers:")),
    );
    if (isRefusal(read)) throw new Error(read.what);
    expect(gatewayOf(read).roles.get("support")).toMatchObject({
      show: { identifier: "masked", contact: "masked", content: "masked" },
      export: false,
      aggregates: { allow: false },
    });
  });

  it.each([
    [
      "class: contact, mask: domain",
      "class: contakt",
      line("email:"),
      "protect.public.customers.fields.email.class",
    ],
    ["name: identifier", "name: secret", line("name: identifier"), "protect.public.customers.fields.name"],
    ["country: none", "country: { class: none, mask: full }", line("country: none"), "never masked"],
    ["ticketBound: true", "ticketbound: true", line("ticketBound"), "roles.support.ticketbound"],
    ["hour: 30, day: 120", "hour: 300, day: 120", line("hour: 30"), "above the day's"],
    ["Europe/Berlin", "Europe/Atlantis", line("Europe/Berlin"), "time zone"],
    ['from: "08:00"', "from: 8", line("from:"), "roles.support.hours.from"],
    [
      "upstream: whosaw_support",
      "upstream: nobody",
      line("upstream: whosaw_support"),
      "gateway.upstream.logins",
    ],
    ["upstream: whosaw_support", "upstream: whosaw_control", line("upstream: whosaw_support"), "own login"],
    ["rowsMax: 500", "rowsMax: 500\n    export: true", line("rowsMax"), "may not export"],
    ["ann: { actor: agent-0417, role: support", "ann: { role: boss", line("ann:"), "no role boss"],
    [`scram: "${verifier}", validUntil`, "validUntil", line("ann:"), "exactly one"],
    [`scram: "${verifier}", validUntil`, "scram: secret, validUntil", line("ann:"), "whosaw password"],
    [`scram: "${verifier}", validUntil`, "certificate: ann, validUntil", line("ann:"), "clientCa"],
    [`scram: "${verifier}", validUntil`, "token: ann, validUntil", line("ann:"), "gateway.oidc"],
    ["ticket_id -> public.tickets.id", "ticket_id -> tickets.id", line("ticket_id ->"), "at character"],
    ["public.messages:", "messages:", line("public.messages:"), "schema.table"],
    ["public.messages:", '"public.\\"customers\\"":', line("public.messages:"), "twice"],
    ["listen: 127.0.0.1:6432", "listen: 0.0.0.0:6432", line("listen:"), "in the clear"],
    [
      "listen: 127.0.0.1:6432",
      "listen: 127.0.0.1:6432\n  tls: { required: true }",
      line("listen:") + 1,
      "gateway.tls.certificate",
    ],
    ["control.password", "nowhere.password", line("control.password"), "ENOENT"],
    [
      "https://id.example.com/jwks.json",
      "http://id.example.com/jwks.json",
      line("tokens:"),
      "pools.deskapp.tokens.keys.url",
    ],
    [
      "login: whosaw_control, database",
      "login: whosaw_contrl, database",
      line("control: { login"),
      "no login of this name",
    ],
    ["workers: 2", "workers: 2\n  wrokers: 2", line("workers") + 1, "wrokers"],
    [
      "workers: 2",
      "workers: 2\n  alarm: { webhook: http://pager.example.com/ }",
      line("workers") + 1,
      "webhook",
    ],
    ["workers: 2", "workers: 2\n  alarm: { seconds: 5 }", line("workers") + 1, "alarm"],
    ["gateway:", "gatewai:", line("gateway:"), "gatewai"],
  ])("refuses, with its line: %s -> %s", (from, to, at, says) => {
    expect(whole).toContain(from);
    const file = write(whole.replace(from, to));
    const read = readConfiguration(file);
    expect(isRefusal(read)).toBe(true);
    if (!isRefusal(read)) return;
    expect(read.what).toContain(`${file}:${at}: `);
    expect(read.what).toContain(says);
  });

  it("refuses sections that no gateway would heed, and a ticket-bound role without tickets", () => {
    const alone = readConfiguration(write("roles:\n  support: { upstream: x }\n"));
    expect(alone).toMatchObject({ what: expect.stringContaining(":1: roles: there is no gateway") });
    const bound = readConfiguration(write(whole.replace(/tickets:\n {2}table[\s\S]*?roles:/, "roles:")));
    expect(bound).toMatchObject({ what: expect.stringContaining("add tickets") });
  });

  it("refuses a key that isn't the certificate's", () => {
    makeCertificate("a");
    makeCertificate("b");
    const read = readConfiguration(write(secured("a.key")));
    if (isRefusal(read)) throw new Error(read.what);
    expect(gatewayOf(read).login.tls).toMatchObject({ required: true, ca: null });
    expect(readConfiguration(write(secured("b.key")))).toMatchObject({
      what: expect.stringContaining("isn't the certificate's"),
    });
    expect(readConfiguration(write(secured("a.crt")))).toMatchObject({
      what: expect.stringContaining("no private key"),
    });
  });
});

describe("docs/operate/configuration.md", () => {
  it("shows a gateway's configuration that is accepted as it stands", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/operate/configuration.md"), "utf8");
    const shown = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text]) => text ?? "");
    expect(shown).toHaveLength(2);
    for (const name of ["gateway", "clients-ca", "server-ca"]) makeCertificate(name);
    writeFileSync(join(folder, "support.password"), "one\n");
    const read = readConfiguration(write(shown.join("\n").replaceAll("SCRAM-SHA-256$4096:...", verifier)));
    if (isRefusal(read)) throw new Error(read.what);
    const { protection, roles, login } = gatewayOf(read);
    expect(protection.tables.get("public.attachments")?.key).toEqual({
      column: "owner_id",
      where: [{ column: "owner_type", value: "Ticket" }],
      many: true,
      steps: [
        {
          schema: "public",
          table: "links",
          match: "ticket",
          where: [{ column: "kind", value: "requestor" }],
          take: "person",
        },
      ],
    });
    expect([...roles.keys()]).toEqual(["application", "support"]);
    expect(login.users.get("bob")?.method).toEqual({ kind: "certificate", name: "bob@example.com" });
  });
});

describe("a reload", () => {
  it("at SIGHUP gives a new configuration and says what changed, secrets only by name", () => {
    const file = write(whole, "watched.yaml");
    const signals = new EventEmitter();
    const heard: Reloaded[] = [];
    const refused: string[] = [];
    const watched = watchConfiguration(
      file,
      { changed: (reloaded) => heard.push(reloaded), refused: (why) => refused.push(why.what) },
      signals,
    );
    if (isRefusal(watched)) throw new Error(watched.what);
    const before = watched.current();
    signals.emit("SIGHUP");
    expect(heard).toEqual([]);
    write(
      whole
        .replace("rowsMax: 500", "rowsMax: 50")
        .replace("correct horse", "battery")
        .replace(":6432", ":6433"),
      "watched.yaml",
    );
    signals.emit("SIGHUP");
    expect(heard[0]?.changes).toEqual([
      { key: "gateway.listen", was: "127.0.0.1:6432", now: "127.0.0.1:6433" },
      { key: "gateway.upstream.logins.whosaw_support.password", was: "(withheld)", now: "(withheld)" },
      { key: "roles.support.rowsMax", was: 500, now: 50 },
    ]);
    expect(heard[0]?.needRestart).toEqual(["gateway.listen"]);
    expect(gatewayOf(before).roles.get("support")?.rowsMax).toBe(500);
    expect(gatewayOf(watched.current()).roles.get("support")?.rowsMax).toBe(50);
    write(whole.replace("rowsMax: 500", "rowsMax: many"), "watched.yaml");
    signals.emit("SIGHUP");
    expect(refused[0]).toContain("roles.support.rowsMax");
    expect(gatewayOf(watched.current()).roles.get("support")?.rowsMax).toBe(50);
    watched.stop();
    expect(signals.listenerCount("SIGHUP")).toBe(0);
  });

  it("notices a password that changed in a file of its own", () => {
    const file = write(whole, "sides.yaml");
    const watched = watchConfiguration(
      file,
      { changed: () => undefined, refused: () => undefined },
      new EventEmitter(),
    );
    if (isRefusal(watched)) throw new Error(watched.what);
    writeFileSync(join(folder, "control.password"), "another\n");
    expect(watched.reload()).toMatchObject({ changes: [] });
    expect(gatewayOf(watched.current()).login.upstream.logins.get("whosaw_control")?.password).toBe(
      "another",
    );
    expect(watched.reload()).toBeNull();
  });
});
