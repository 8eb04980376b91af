import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";

const root = resolve(import.meta.dirname, "../..");
/** The demo puts its folder into the system's folder for temporary files: here one of the test's own. */
const folder = mkdtempSync(join(tmpdir(), "whosaw-demo-test-"));
// As root the server runs as another user, who must get through.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const summary = z.object({
  folder: z.string(),
  report: z.string(),
  verdict: z.string(),
  named: z.object({ actor: z.string(), after: z.number() }),
  truth: z.object({ accounts: z.array(z.string()), stolen: z.number() }),
  scope: z.object({ customers: z.number(), unexplained: z.number(), stolen: z.number(), found: z.number() }),
  gateway: z.object({
    data: z.string(),
    refused: z.array(z.string()),
    thief: z.object({ actor: z.string(), read: z.number(), scope: z.number() }),
    suspendedMillis: z.number(),
  }),
});

function demo(): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  return spawnSync(process.execPath, [join(root, "bin/whosaw"), "--json", "demo", "--once"], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: folder },
  });
}

describe("whosaw demo --once", () => {
  it("comes to its end: the guilty account named, all that was stolen in its scope, the thief at the gateway stopped", () => {
    const ran = demo();
    expect(ran.status, ran.stderr).toBe(0);
    const parsed = summary.safeParse(JSON.parse(ran.stdout));
    expect(parsed.error, ran.stderr).toBeUndefined();
    const told = summary.parse(JSON.parse(ran.stdout));
    expect(told.verdict).toBe("insider");
    expect(told.truth.accounts).toContain(told.named.actor);
    expect(told.scope.found).toBe(told.scope.stolen);
    expect(told.gateway.thief.scope).toBe(told.gateway.thief.read);
    expect(told.gateway.refused.length).toBeGreaterThan(0);
    expect(existsSync(told.report)).toBe(true);
    for (const data of [join(told.folder, "data"), told.gateway.data]) {
      const verified = spawnSync(process.execPath, [join(root, "bin/whosaw"), "--data", data, "verify"], {
        encoding: "utf8",
      });
      expect(verified.status, verified.stderr).toBe(0);
    }
  }, 600_000);
});
