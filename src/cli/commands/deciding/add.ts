import { type Command, InvalidArgumentError } from "commander";
import type { ExitCode, Invocation } from "../../invocation.ts";
import { approveCommand } from "./approve.ts";
import { approverCommand } from "./approver.ts";
import { eraseCommand } from "./erase.ts";
import { keptCommand } from "./kept.ts";
import { recoverCommand } from "./recover.ts";
import { rotateCommand } from "./rotate.ts";

type Run = (act: (invocation: Invocation) => Promise<ExitCode>) => Promise<void>;

/** The commands for what can't be undone, and for what is kept sealed. */
export function addDeciding(program: Command, run: Run): void {
  program
    .command("erase")
    .description(
      "proposes to erase entries by kind and age, or one person's sealed texts; two people must approve",
    )
    .option("--kind <kind>", "entries of this kind (sighting, import, ...)")
    .option("--before <time>", "entries of what happened before this time (UTC)")
    .option("--entries <list>", "entries at these places: 17, 20-25")
    .option("--customer <id>", "what was sealed for this customer")
    .option("--actor <id>", "what was sealed for this actor")
    .requiredOption("--reason <text>", "why; it stays in the log")
    .option("--key <file>", "the proposer's own approver key (PEM), if they are one")
    .addHelpText(
      "after",
      '\nExample:\n  $ whosaw erase --kind sighting --before 2024-01-01 --reason "retention: two years" --key anna.pem\n  $ whosaw approve 4711 --key bruno.pem',
    )
    .action((options) => run((invocation) => eraseCommand(invocation, options)));
  program
    .command("approve")
    .description("agrees to a proposal and, once two have, carries it out; without an id: lists what is open")
    .argument("[id]", "the proposal's number", wholeNumber)
    .option("--key <file>", "the approver's private key (PEM)")
    .option("--signature <file>", "a signature made elsewhere over what --print prints")
    .option("--print", "prints the bytes to sign, and does nothing")
    .addHelpText(
      "after",
      "\nExample, with a key that never comes to this machine:\n  $ whosaw approve 4711 --print > proposal\n  $ openssl pkeyutl -sign -rawin -inkey bruno.pem -in proposal -out agreed\n  $ whosaw approve 4711 --signature agreed",
    )
    .action((id: number | undefined, options) =>
      run((invocation) => approveCommand(invocation, id, options)),
    );
  program
    .command("approver")
    .description(
      "who may approve; the first two are registered as they come, later changes need two approvals",
    )
    .argument("[name]", "the approver's name, without spaces")
    .option("--public <file>", "registers the key in this file (PEM; only the public half is kept)")
    .option("--new <file>", "makes a key in this file, and registers it")
    .option("--remove", "proposes to take the approver off")
    .option("--reason <text>", "why; it stays in the log")
    .addHelpText("after", "\nExample:\n  $ whosaw approver bruno.works-council --public bruno.pub.pem")
    .action((name: string | undefined, options) =>
      run((invocation) => approverCommand(invocation, name, options)),
    );
  program
    .command("kept")
    .description("writes out the file of an import as it was imported; it holds what its source put into it")
    .argument("<entry>", "the entry of the import, as a receipt names it", wholeNumber)
    .requiredOption("--out <file>", "the file to write; only its owner may read it")
    .addHelpText("after", "\nExample:\n  $ whosaw kept 17 --out accesses.csv")
    .action((entry: number, options: { readonly out: string }) =>
      run((invocation) => keptCommand(invocation, entry, options)),
    );
  program
    .command("recover")
    .description("says what a damaged write-ahead file costs, and goes on without it if that is accepted")
    .option("--accept-loss", "go on; what can't be read is lost, and an entry of the log says so for ever")
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw recover\n  $ whosaw recover --accept-loss\n\nExit code 6: something would be lost, and --accept-loss was not given. 1: it is lost.",
    )
    .action((options) => run((invocation) => recoverCommand(invocation, options)));
  program
    .command("rotate-key")
    .description("hands the log over to a new signing key; the old one signs the entry that says so")
    .addHelpText("after", "\nExample:\n  $ whosaw rotate-key > log.vkey")
    .action(() => run((invocation) => rotateCommand(invocation)));
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
