import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Check, examine, notAnAddress } from "../../../serve/index.ts";
import { verifyLog } from "../../../verify/index.ts";
import { type ExitCode, type Invocation, printJson, refuse } from "../../invocation.ts";
import { paint } from "../../terminal/screen.ts";

/** `whosaw doctor [postgres://...]`: looks at what the gateway leans on, and says what to run to mend each thing. Exit 1 when a check failed. */
export async function doctorCommand(invocation: Invocation, url: string | undefined): Promise<ExitCode> {
  const { data, config, json } = invocation.options;
  const unread = notAnAddress(url ?? null);
  if (unread !== null) return refuse(invocation, unread);
  const file = config ?? join(data, "whosaw.yaml");
  const checks = [...(await examine({ data, file, url: url ?? null })), await log(data)];
  const healthy = checks.every(({ status }) => status !== "failed");
  if (json) printJson(invocation.screen, { ok: healthy, checks });
  else for (const check of checks) invocation.screen.out(line(invocation, check));
  return healthy ? 0 : 1;
}

const colours = { ok: "green", warned: "yellow", failed: "red" } as const;

function line({ screen }: Invocation, { name, status, says, mend }: Check): string {
  const told = `${paint(screen, colours[status], status.padEnd(6))}  ${name}: ${says}\n`;
  return mend === null ? told : `${told}        ${mend}\n`;
}

async function log(data: string): Promise<Check> {
  if (!existsSync(join(data, "log"))) {
    const mend = "It is made when the first thing is recorded.";
    return { name: "log", status: "warned", says: "there is no log yet", mend };
  }
  const verdict = await verifyLog(data, {});
  return verdict.ok
    ? { name: "log", status: "ok", says: `all ${verdict.size} entries verify`, mend: null }
    : {
        name: "log",
        status: "failed",
        says: `${verdict.problems.length} problems, the first: ${verdict.problems[0]?.code ?? "unknown"}`,
        mend: "whosaw verify tells each; SECURITY.md says what to do.",
      };
}
