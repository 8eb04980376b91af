import { createInterface } from "node:readline";
import { refusal } from "../../../base/index.ts";
import { verifierOf } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";

/** Longer than any password; PostgreSQL's own clients stop at 1024 bytes too. */
const passwordBytesMax = 1024;

/** `whosaw password`: a password from stdin, its SCRAM verifier on stdout. */
export async function passwordCommand(invocation: Invocation): Promise<ExitCode> {
  if (process.stdin.isTTY) tell(invocation, "Password (it is not shown):");
  const password = await readPassword();
  if (password === "" || Buffer.byteLength(password) > passwordBytesMax) {
    const todo = "Give it on stdin: one line.";
    return refuse(invocation, refusal("input", `a password has 1 to ${passwordBytesMax} bytes`, todo));
  }
  const verifier = await verifierOf(password);
  if (invocation.options.json) printJson(invocation.screen, { verifier });
  else invocation.screen.out(`${verifier}\n`);
  return 0;
}

/** The first line of stdin; at a terminal nothing of it is echoed. */
function readPassword(): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: process.stdin.isTTY });
  return new Promise((given) => {
    lines.once("line", (line) => {
      given(line);
      lines.close();
    });
    lines.once("close", () => given(""));
  });
}
