import { join } from "node:path";
import { isRefusal } from "../../../base/index.ts";
import { initialise, type Initialised } from "../../../serve/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../../invocation.ts";
import { count, table } from "../../terminal/table.ts";

interface InitOptions {
  readonly force?: boolean;
  readonly customers?: string;
  readonly tickets?: string;
}

/** `whosaw init [postgres://...]`: looks at the database, proposes whosaw.yaml, and says how to close the side doors. Exit 1: something is to be decided. */
export async function initCommand(
  invocation: Invocation,
  url: string | undefined,
  options: InitOptions,
): Promise<ExitCode> {
  const { data, config, json } = invocation.options;
  const answer = await initialise({
    url: url ?? null,
    file: config ?? join(data, "whosaw.yaml"),
    force: options.force === true,
    customers: options.customers ?? null,
    tickets: options.tickets ?? null,
    clock: invocation.clock,
  });
  if (isRefusal(answer)) return refuse(invocation, answer);
  if (json) printJson(invocation.screen, jsonOf(answer));
  else show(invocation, answer);
  const { proposal } = answer;
  return proposal.unplaced.some(({ personal }) => personal) || proposal.findings.length > 0 ? 1 : 0;
}

function show(invocation: Invocation, { file, proposal, doors }: Initialised): void {
  const { out } = invocation.screen;
  const fields = proposal.protect.map(({ name, fields: all }) => {
    const closed = all.filter(({ field }) => field.class !== "none");
    return [name, count(closed.length), count(all.length)];
  });
  tell(invocation, `${file} is written: a proposal, with its reasons. Read it before it is used.`);
  for (const why of proposal.why) tell(invocation, `  ${why}`);
  tell(
    invocation,
    table(
      [
        { heading: "protected" },
        { heading: "fields", align: "right" },
        { heading: "columns", align: "right" },
      ],
      fields,
    ),
  );
  for (const { name, personal, columns } of proposal.unplaced)
    if (personal)
      tell(
        invocation,
        `To decide: ${name} looks personal (${columns.map(({ column }) => column).join(", ")}) and no way leads from it to a customer.`,
      );
  for (const finding of proposal.findings) tell(invocation, `To decide: ${finding}`);
  for (const { login } of doors.beside)
    tell(invocation, `Side door: ${login} reads protected tables past the gateway today.`);
  out("-- To be run at the server by its administrator, once whosaw.yaml is right:\n");
  out(`${doors.sql.join("\n")}\n\n-- pg_hba.conf, then SELECT pg_reload_conf():\n`);
  out(`${doors.hba.map((line) => `--   ${line}`).join("\n")}\n`);
  tell(invocation, next(file));
}

/** The road from a proposal to a gateway that serves. */
function next(file: string): string {
  return [
    "",
    "Next:",
    `  1. read ${file}, and decide what is left to decide`,
    "  2. run the SQL above at the server as its administrator, and put the lines into pg_hba.conf",
    "  3. whosaw password        for each person, into users of the same file",
    "  4. whosaw doctor          until nothing has failed",
    "  5. whosaw serve           docs/operate/gateway.md has the rest",
  ].join("\n");
}

function jsonOf({ file, proposal, doors }: Initialised): unknown {
  return {
    file,
    customers: proposal.customers,
    tickets: proposal.tickets?.name ?? null,
    protect: proposal.protect.map(({ name, why, fields }) => ({
      table: name,
      why,
      fields: fields.map(({ column, field, why: reason }) => ({ column, ...field, why: reason })),
    })),
    unplaced: proposal.unplaced,
    findings: proposal.findings,
    sideDoors: doors.beside,
    sql: doors.sql,
    hba: doors.hba,
  };
}
