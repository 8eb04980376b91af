import { Command, InvalidArgumentError, Option } from "commander";
import { tableNames } from "../domain/index.ts";
import { exportFormats } from "../serve/index.ts";
import { scenarioNames } from "../simulate/index.ts";
import { actorCommand } from "./commands/actor.ts";
import { canaryAddCommand, canaryListCommand, canaryRemoveCommand } from "./commands/canary.ts";
import { completionCommand, shells } from "./commands/completion.ts";
import { customerCommand } from "./commands/customer.ts";
import { addDeciding } from "./commands/deciding/add.ts";
import { demoCommand } from "./commands/demo.ts";
import { evidenceCommand } from "./commands/evidence.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { doctorCommand } from "./commands/guard/doctor.ts";
import { initCommand } from "./commands/guard/init.ts";
import { passwordCommand } from "./commands/guard/password.ts";
import { questionsCommand } from "./commands/questions.ts";
import { rebuildCommand } from "./commands/rebuild.ts";
import { scopeCommand } from "./commands/scope.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { restoreCommand, suspendCommand } from "./commands/suspend.ts";
import { traceCommand } from "./commands/trace.ts";
import { verifyCommand } from "./commands/verify.ts";
import { witnessCommand } from "./commands/witness.ts";
import type { ExitCode, GlobalOptions, Invocation } from "./invocation.ts";

/** Runs one command's work and keeps its exit code. */
type Run = (act: (invocation: Invocation) => Promise<ExitCode>) => Promise<void>;

const spanOptions = [
  new Option("--from <time>", "only reads at or after this time (UTC)"),
  new Option("--to <time>", "only reads until this time (UTC); a bare date means its end"),
];

/** Every command with its options and an example: what `--help` prints and the completion offers. */
export function buildProgram(version: string, makeRun: (options: GlobalOptions) => Run): Command {
  const program = new Command("whosaw")
    .description(
      "Tells who saw every customer's record in a support database, and finds the one who sold it.",
    )
    .version(version)
    .option(
      "--data <dir>",
      "the data directory (or WHOSAW_DATA)",
      process.env["WHOSAW_DATA"] ?? "./whosaw-data",
    )
    .option("--json", "one JSON document on stdout, nothing else", false)
    .option("--quiet", "no messages, no progress", false)
    .option("--config <file>", "configuration (whosaw.yaml)")
    .showHelpAfterError("(see whosaw --help)")
    .addHelpText("after", exitCodesHelp);
  const run: Run = (act) => makeRun(program.opts<GlobalOptions>())(act);
  addImport(program, run);
  addQuestions(program, run);
  addAudit(program, run);
  addExport(program, run);
  addTrace(program, run);
  addEvidence(program, run);
  addVerify(program, run);
  addWitness(program, run);
  addDeciding(program, run);
  addServe(program, run);
  addCanary(program, run);
  addRebuild(program, run);
  addGuard(program, run);
  addSimulation(program, run);
  program
    .command("completion")
    .description("prints the completion script of a shell")
    .addArgument(program.createArgument("<shell>", "which shell").choices(shells))
    .addHelpText("after", "\nExample:\n  $ source <(whosaw completion bash)")
    .action((shell: string) => run((invocation) => completionCommand(invocation, program, shell)));
  for (const command of program.commands) pointToHelp(command, "whosaw");
  return program;
}

/** Whoever misspells an option is sent to the help of the very command. */
function pointToHelp(command: Command, parent: string): void {
  const words = `${parent} ${command.name()}`;
  command.showHelpAfterError(`(see ${words} --help)`);
  for (const one of command.commands) pointToHelp(one, words);
}

const exitCodesHelp = `
Exit codes:
  0 done   1 done, with findings (rejected lines, a verdict that names an account)   2 usage
  3 configuration or input   4 connection   5 verification failed   6 refused or needs approval   70 defect

Example, from logs to a verdict:
  $ whosaw import ./desk            # accesses.csv, customers.csv, tickets.csv, ... in one folder
  $ whosaw trace --reports reports.csv --html report.html
  $ whosaw scope --actor agent-0417 --out exposed.csv`;

function addImport(program: Command, run: Run): void {
  program
    .command("import")
    .description(
      "takes in logs and tables: CSV, JSON Lines, Parquet, OCSF, pgaudit, Salesforce, Zendesk; .gz and .zst too",
    )
    .argument(
      "<path...>",
      "files, or a folder whose files are taken by name (accesses.csv, customers.jsonl.gz, ...)",
    )
    .addOption(new Option("--as <table>", "the table that the files hold").choices([...tableNames]))
    .addOption(
      new Option("--format <format>", "the files' format, when the name doesn't say it").choices([
        "csv",
        "jsonl",
        "parquet",
        "ocsf",
        "pgaudit",
        "salesforce",
        "zendesk",
      ]),
    )
    .option("--map <file>", "a YAML file that names the columns of any other CSV")
    .option("--no-keep", "don't keep the files beside the log; whosaw rebuild then can't restore the store")
    .option(
      "--propose-map",
      "prints a map proposed from the file's header, to be checked and used with --map",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ whosaw import ./desk\n  $ whosaw import reads.csv.gz --as accesses\n  $ whosaw import audit.json --format ocsf\n" +
        "  $ whosaw import --propose-map tickets-2019.csv --as tickets > map.yaml && whosaw import tickets-2019.csv --map map.yaml",
    )
    .action((paths: string[], options: Parameters<typeof importCommand>[2]) =>
      run((invocation) => importCommand(invocation, paths, options)),
    );
}

function addQuestions(program: Command, run: Run): void {
  const [from, to] = spanOptions;
  const html = new Option("--html <file>", "also write one self-contained HTML page");
  if (from === undefined || to === undefined) return;
  program
    .command("customer")
    .description("who saw this customer: every sighting, with its explanation")
    .argument("<id>", "the customer's id")
    .addOption(from)
    .addOption(to)
    .addOption(html)
    .addHelpText("after", "\nExample:\n  $ whosaw customer c0041217 --from 2019-05-01 --to 2019-08-31")
    .action((id: string, options) => run((invocation) => customerCommand(invocation, id, options)));
  program
    .command("actor")
    .description("what this actor saw: counts, explained share, peers, timeline")
    .argument("<id>", "the actor's id")
    .addOption(from)
    .addOption(to)
    .addOption(html)
    .addHelpText("after", "\nExample:\n  $ whosaw actor agent-0417")
    .action((id: string, options) => run((invocation) => actorCommand(invocation, id, options)));
  program
    .command("scope")
    .description("the customers and fields exposed through one actor")
    .requiredOption("--actor <id>", "the actor's id")
    .addOption(from)
    .addOption(to)
    .option("--unexplained", "only reads that no work explains")
    .option("--out <file>", "write the list: customer,fields,masked,first,last,explained,tickets")
    .addOption(html)
    .addHelpText("after", "\nExample:\n  $ whosaw scope --actor agent-0417 --unexplained --out exposed.csv")
    .action((options) => run((invocation) => scopeCommand(invocation, options)));
}

function addAudit(program: Command, run: Run): void {
  const [from, to] = [
    new Option("--from <time>", "only what was asked at or after this time (UTC)"),
    new Option("--to <time>", "only what was asked until this time (UTC); a bare date means its end"),
  ];
  program
    .command("questions")
    .description("who watches: who asked customer, actor, scope and trace, when, and about whom")
    .addOption(from)
    .addOption(to)
    .addHelpText("after", "\nExample:\n  $ whosaw questions --from 2019-10-01")
    .action((options) => run((invocation) => questionsCommand(invocation, options)));
}

function addExport(program: Command, run: Run): void {
  const [from, to] = spanOptions;
  if (from === undefined || to === undefined) return;
  program
    .command("export")
    .description("writes who saw whom for other systems; the log records who took it out")
    .addOption(
      new Option("--format <format>", "OCSF 1.5.0 and ECS are JSON Lines")
        .choices([...exportFormats])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "the file to write; - is stdout")
    .addOption(from)
    .addOption(to)
    .option("--actor <id>", "only what this actor saw")
    .option("--customer <id>", "only who saw this customer")
    .option("--force", "overwrite the file")
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw export --format ocsf --from 2019-07-01 --to 2019-07-31 --out july.ocsf.jsonl",
    )
    .action((options) => run((invocation) => exportCommand(invocation, options)));
}

function addTrace(program: Command, run: Run): void {
  const [from, to] = spanOptions;
  if (from === undefined || to === undefined) return;
  program
    .command("trace")
    .description(
      "from customers' reports to a verdict: insider, stolen account, outside breach, no leak, or undetermined",
    )
    .requiredOption(
      "--reports <file>",
      "the reports: customer,time[,knew,note] as CSV or JSON Lines; - is stdin",
    )
    .addOption(from)
    .addOption(to)
    .option("--html <file>", "also write the report as one self-contained HTML page")
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw trace --reports reports.csv --html report.html\n\nExit code 1: the verdict names an account. 0: it does not.",
    )
    .action((options) => run((invocation) => traceCommand(invocation, options)));
}

function addEvidence(program: Command, run: Run): void {
  const [from, to] = spanOptions;
  if (from === undefined || to === undefined) return;
  program
    .command("evidence")
    .description("a bundle about one account that anyone can verify offline; the log records who took it out")
    .requiredOption("--actor <id>", "the account's id")
    .requiredOption("--out <file>", "the .zip to write")
    .addOption(from)
    .addOption(to)
    .option("--reason <text>", "why: the log and the report say it")
    .option("--force", "overwrite the file")
    .addHelpText(
      "after",
      '\nExample:\n  $ whosaw evidence --actor agent-0417 --reason "case 12" --out case-12.zip\n  $ whosaw verify case-12.zip --key log.vkey',
    )
    .action((options) => run((invocation) => evidenceCommand(invocation, options)));
}

function addVerify(program: Command, run: Run): void {
  program
    .command("verify")
    .description("checks the log or a bundle offline, with its files and the public key alone")
    .argument("[path]", "the data directory or its log folder; or a bundle, as .zip or unpacked")
    .option(
      "--key <file>",
      "the public key that you trust (C2SP signed-note form), not the one beside the log",
    )
    .option(
      "--checkpoint <file>",
      "a checkpoint kept from an earlier day: the log must hold the same and more",
    )
    .option("--thorough", "parse every entry too")
    .option(
      "--witness <file>",
      "the public key of a witness that must have cosigned; may be given again",
      (file: string, before: readonly string[]) => [...before, file],
      [],
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw verify ./whosaw-data --key log.vkey\n  $ whosaw verify case-12.zip --key log.vkey\n\nExit code 5: something is wrong.",
    )
    .action((path: string | undefined, options) =>
      run((invocation) => verifyCommand(invocation, path, options)),
    );
}

function addWitness(program: Command, run: Run): void {
  program
    .command("witness")
    .description(
      "cosigns another log's checkpoints, after checking that nothing it cosigned before has changed",
    )
    .requiredOption("--dir <dir>", "the witness's own directory (key and memory); made when missing")
    .requiredOption(
      "--log <file>",
      "a file with the public key of a log to watch; may be given again",
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    )
    .option("--listen <address>", "host and port", "127.0.0.1:7480")
    .option("--name <name>", "the witness's name on its first run, as a URL without its scheme")
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw witness --dir ./witness --name witness.example/works-council --log log.vkey",
    )
    .action((options) => run((invocation) => witnessCommand(invocation, options)));
}

function addServe(program: Command, run: Run): void {
  program
    .command("serve")
    .description("the gateway in front of the support database: nothing it hasn't recorded leaves it")
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw serve --data ./whosaw-data\n\nSIGTERM lets running transactions finish; SIGHUP reads whosaw.yaml again.",
    )
    .action(() => run((invocation) => serveCommand(invocation)));
  program
    .command("suspend")
    .description("stops an account: every session is cut, and a probe shows that none can begin")
    .argument("<actor>", "the actor's id")
    .requiredOption("--reason <text>", "why: the log says it")
    .addHelpText("after", '\nExample:\n  $ whosaw suspend agent-0417 --reason "case 12"')
    .action((actor: string, options) => run((invocation) => suspendCommand(invocation, actor, options)));
  program
    .command("restore")
    .description("lets a suspended account in again")
    .argument("<actor>", "the actor's id")
    .requiredOption("--reason <text>", "why: the log says it")
    .addHelpText("after", '\nExample:\n  $ whosaw restore agent-0417 --reason "case 12: cleared"')
    .action((actor: string, options) => run((invocation) => restoreCommand(invocation, actor, options)));
}

function addGuard(program: Command, run: Run): void {
  program
    .command("init")
    .description(
      "looks at a help desk's database and proposes whosaw.yaml: what to protect, and how to close the side doors",
    )
    .argument("[address]", "postgres://user@host/database; without it PGHOST, PGDATABASE and so on")
    .option("--customers <schema.table>", "the table whose rows are customers, where the guess is wrong")
    .option("--tickets <schema.table>", "the table of tickets, where the guess is wrong")
    .option("--force", "overwrite whosaw.yaml")
    .addHelpText("after", "\nExample:\n  $ whosaw init postgres://admin@db.example.com/desk > doors.sql")
    .action((url: string | undefined, options) => run((invocation) => initCommand(invocation, url, options)));
  program
    .command("doctor")
    .description(
      "checks grants, pg_hba, clocks, disks, keys, log, store and configuration; says what to run to mend each",
    )
    .argument("[address]", "an administrator's postgres://..., who may see more than the gateway's own login")
    .addHelpText("after", "\nExample:\n  $ whosaw doctor postgres://admin@db.example.com/desk")
    .action((url: string | undefined) => run((invocation) => doctorCommand(invocation, url)));
  program
    .command("password")
    .description(
      "makes the SCRAM verifier of a password, for users in whosaw.yaml; the password is read from stdin",
    )
    .addHelpText("after", "\nExample:\n  $ whosaw password < secret.txt")
    .action(() => run((invocation) => passwordCommand(invocation)));
}

function addCanary(program: Command, run: Run): void {
  const canary = program
    .command("canary")
    .description("invented customers: whoever is shown one raises an alarm")
    .addHelpText("after", "\nExample:\n  $ whosaw canary add --actor agent-0417 --template canary.sql");
  canary
    .command("add")
    .description("plants one in the support database")
    .option(
      "--template <file>",
      "SQL with placeholders (docs/operate/canaries.md); else canary.sql in the data directory",
    )
    .option("--actor <id>", "the only one whose work leads to it")
    .option("--domain <domain>", "of its e-mail address", "example.com")
    .addHelpText("after", "\nExample:\n  $ whosaw canary add --actor agent-0417 --template canary.sql")
    .action((options) => run((invocation) => canaryAddCommand(invocation, options)));
  canary
    .command("list")
    .description("every canary that the log knows")
    .addHelpText("after", "\nExample:\n  $ whosaw canary list")
    .action(() => run((invocation) => canaryListCommand(invocation)));
  canary
    .command("remove")
    .description("no alarm for this customer any more")
    .argument("<customer>", "the customer's id")
    .addHelpText("after", "\nExample:\n  $ whosaw canary remove 1048577")
    .action((customer: string) => run((invocation) => canaryRemoveCommand(invocation, customer)));
}

function addRebuild(program: Command, run: Run): void {
  program
    .command("rebuild")
    .description("builds the store anew from the log and the files kept beside it; every answer is the same")
    .addHelpText("after", "\nExample:\n  $ whosaw rebuild --data ./whosaw-data")
    .action(() => run((invocation) => rebuildCommand(invocation)));
}

function addSimulation(program: Command, run: Run): void {
  program
    .command("simulate")
    .description("a synthetic support desk as input tables, with truth.json")
    .addArgument(program.createArgument("<scenario>", "which incident").choices([...scenarioNames]))
    .requiredOption("--out <dir>", "the folder to write to; made when missing")
    .option("--customers <n>", "customers in the base", wholeNumber)
    .option("--actors <n>", "support people", wholeNumber)
    .option("--days <n>", "days that the desk runs", wholeNumber)
    .option("--seed <n>", "equal seeds give equal desks", wholeNumber)
    .option("--reports <n>", "reports that reach the company, about", wholeNumber)
    .addHelpText(
      "after",
      "\nExample:\n  $ whosaw simulate trend-micro-2019 --out ./desk --customers 50000 --actors 200 --seed 1",
    )
    .action((scenario: string, options) =>
      run((invocation) => simulateCommand(invocation, scenario, options)),
    );
  program
    .command("demo", { isDefault: false })
    .description("the founding case of 2019 from end to end, on embedded engines")
    .option("--once", "exit with a summary, don't wait for keys")
    .option("--seed <n>", "another desk", wholeNumber)
    .addHelpText("after", "\nExample:\n  $ whosaw demo --once")
    .action((options) => run((invocation) => demoCommand(invocation, options)));
}

/** For commander: its own error, with the option's name, becomes exit code 2. */
function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
