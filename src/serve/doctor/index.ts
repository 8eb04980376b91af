import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ClientConfig } from "pg";
import { isRefusal } from "../../base/index.ts";
import { loadCatalog } from "../../capture/index.ts";
import { type Configuration, type GatewayConfiguration, readConfiguration } from "../configuration/index.ts";
import { type Control, openControl, reasonOf } from "../control.ts";
import { type Check, failed, ok, warned } from "./check.ts";
import { disks, secrets } from "./machine.ts";
import { bypasses, hostRules, logins, versionAndClock } from "./server.ts";

export interface DoctorWish {
  readonly data: string;
  /** whosaw.yaml. */
  readonly file: string;
  /** An administrator's address, who may see more; null: the gateway's control login. */
  readonly url: string | null;
}

/** Looks at everything that the gateway leans on, changes nothing, and says what to run to mend what is wrong. The log is the caller's to verify. */
export async function examine(wish: DoctorWish): Promise<readonly Check[]> {
  const found: Check[] = [...disks(wish.data), ...secrets(wish.data, wish.file)];
  const configuration = existsSync(wish.file) ? readConfiguration(wish.file) : null;
  if (configuration === null) {
    found.push(
      warned(
        "configuration",
        `${wish.file} isn't there${wish.url === null ? "" : ", so that no server was looked at"}`,
        "whosaw init postgres://... proposes it.",
      ),
    );
    return found;
  }
  if (isRefusal(configuration)) {
    found.push(failed("configuration", configuration.what, configuration.todo));
    return found;
  }
  found.push(
    ok("configuration", `${wish.file} says nothing that contradicts itself`),
    await store(wish.data, configuration),
  );
  const { gateway } = configuration;
  if (gateway === undefined)
    found.push(warned("gateway", "there is no gateway section", "whosaw init postgres://... proposes it."));
  else found.push(...(await server(gateway, wish.url)));
  return found;
}

async function server(gateway: GatewayConfiguration, url: string | null): Promise<readonly Check[]> {
  const control = await openControl(url === null ? controlConfig(gateway) : { connectionString: url });
  if (isRefusal(control)) return [failed("connection", control.what, control.todo)];
  try {
    return [
      ok("connection", `connected to ${control.host}:${control.port} as ${control.user}`),
      ...(await asked(control, "server-version", () => versionAndClock(control.ask))),
      ...(await asked(control, "catalog", () => catalog(control, gateway))),
      ...(await asked(control, "logins", () => logins(control.ask, gateway))),
      ...(await asked(control, "side-doors", () => bypasses(control.ask, gateway))),
      ...(await asked(control, "pg-hba", () => hostRules(control.ask, gateway))),
    ];
  } finally {
    await control.close();
  }
}

/** A question that the server refuses is a finding, and the other questions are asked all the same. */
async function asked(
  control: Control,
  name: string,
  ask: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await ask();
  } catch (error) {
    return [
      failed(
        name,
        `the server refused a question: ${reasonOf(error)}`,
        `Let ${control.user} read the catalog, or name an administrator's address.`,
      ),
    ];
  }
}

async function catalog({ ask }: Control, gateway: GatewayConfiguration): Promise<readonly Check[]> {
  const mistakes = gateway.checkAgainst(await loadCatalog(ask, "idle"));
  return mistakes.length === 0
    ? [ok("catalog", "every table, column and path of the configuration is in the database")]
    : mistakes.map(({ at, key, what }) =>
        failed("catalog", `${at}: ${key}: ${what}`, "Mend the configuration there, or the database."),
      );
}

/** The gateway's control login, as libpq would be told of it. */
function controlConfig({ login: { upstream }, control }: GatewayConfiguration): ClientConfig {
  const { address, tls, ca } = upstream;
  const known = upstream.logins.get(control.login);
  const socket = address.kind === "unix" ? /\.s\.PGSQL\.(\d+)$/.exec(address.path) : null;
  return {
    ...(address.kind === "tcp"
      ? { host: address.host, port: address.port }
      : { host: dirname(address.path), port: Number(socket?.[1] ?? 5432) }),
    user: control.login,
    database: control.database,
    ...(known?.password == null ? {} : { password: known.password }),
    ssl:
      tls === "disable"
        ? false
        : {
            rejectUnauthorized: tls !== "require",
            ...(ca === null ? {} : { ca }),
            ...(known?.certificate == null ? {} : known.certificate),
            ...(tls === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
          },
  };
}

const pingMillisMax = 5_000;

async function store(data: string, configuration: Configuration): Promise<Check> {
  const url = configuration.store?.url;
  if (url === undefined) {
    return existsSync(join(data, "store"))
      ? ok("store", "the embedded store's folder is there")
      : warned(
          "store",
          "there is no store yet",
          "It is made by whosaw serve, at the first import, or by whosaw rebuild.",
        );
  }
  try {
    const answer = await fetch(new URL("/ping", url), { signal: AbortSignal.timeout(pingMillisMax) });
    if (answer.ok) return ok("store", `${url} answers`);
    return failed("store", `${url} answers ${answer.status}`, "Look at the ClickHouse server's log.");
  } catch (error) {
    return failed(
      "store",
      `${url} doesn't answer: ${reasonOf(error)}`,
      "Start the ClickHouse server, or mend store.url.",
    );
  }
}
