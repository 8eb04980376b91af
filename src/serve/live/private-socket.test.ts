import { execFile, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPrivateSocket, type PrivateSocket } from "./private-socket.ts";

let socket: PrivateSocket;
const suspended: unknown[] = [];

beforeAll(async () => {
  socket = await openPrivateSocket(
    {
      "/suspend": async (order) => {
        suspended.push(order);
        return null;
      },
    },
    (held) => held(),
  );
});
afterAll(() => socket.close());

/** Another account of this machine, which owns nothing. */
const other = { uid: 65_534, gid: 65_534 };
const program = (path: string): string => `
  const order = require("node:http").request({ socketPath: ${JSON.stringify(path)}, path: "/suspend", method: "POST", agent: false });
  order.on("response", ({ statusCode }) => console.log(statusCode)).on("error", ({ code }) => console.log(code)).end('"mia"');`;
const asks = async (as: { readonly uid?: number; readonly gid?: number }): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", program(socket.path)], {
    ...as,
    cwd: "/",
  });
  return stdout.trim();
};
const canBeOther =
  process.getuid?.() === 0 && spawnSync(process.execPath, ["-e", ""], { ...other, cwd: "/" }).status === 0;

describe("the socket by which a running whosaw serve takes orders (CVE-2026-6667)", () => {
  it("is its own account's alone", () => {
    expect(statSync(dirname(socket.path)).mode & 0o777).toBe(0o700);
    expect(statSync(socket.path).mode & 0o777).toBe(0o600);
  });

  it.runIf(canBeOther)("refuses another account of the machine (needs root, to be one)", async () => {
    expect(await asks(other)).toBe("EACCES");
    expect(suspended).toEqual([]);
    expect(await asks({})).toBe("200");
    expect(suspended).toEqual(["mia"]);
  });
});
