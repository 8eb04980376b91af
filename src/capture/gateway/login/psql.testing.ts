import { spawn } from "node:child_process";
import { chmodSync, chownSync } from "node:fs";
import { serverAccount } from "../../../serve/gateway/own-postgres.ts";
import type { Signed } from "./certificates.testing.ts";

/** psql's answer to one statement, unaligned; its complaint if it has one. */
export function psql(
  lodge: { readonly port: number; readonly host?: string },
  env: Readonly<Record<string, string>>,
  sql = "select session_user",
): Promise<{ readonly out: string; readonly error: string }> {
  return new Promise((resolve) => {
    const child = spawn(
      "/usr/bin/psql",
      ["-XAtw", "-h", lodge.host ?? "127.0.0.1", "-p", String(lodge.port), "-c", sql],
      {
        env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", PGDATABASE: "postgres", PGUSER: "ada", ...env },
      },
    );
    let out = "";
    let error = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (error += chunk.toString()));
    child.once("close", () => resolve({ out: out.trim(), error: error.trim() }));
  });
}

/** The server wants its key to be its own, or root's with the group allowed to read. */
export function readableKey(signed: Signed): string {
  const account = serverAccount();
  chmodSync(signed.keyFile, account === null ? 0o600 : 0o640);
  if (account !== null) chownSync(signed.keyFile, 0, account.gid);
  return signed.keyFile;
}
