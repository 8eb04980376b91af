import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { type Refusal, refusal } from "../../base/index.ts";

/** For scripts and for tests; a person is asked on the terminal. */
const passphraseVariable = "WHOSAW_PASSPHRASE";

/** Asks for a passphrase without showing it. */
export async function askPassphrase(question: string): Promise<string | Refusal> {
  const given = process.env[passphraseVariable];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    return refusal(
      "usage",
      "a passphrase is needed, and there is no terminal to ask on",
      `Run it in a terminal, or give it in ${passphraseVariable}.`,
    );
  process.stderr.write(question);
  // What is typed goes nowhere; the question itself was written past this.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}
