import type { Command } from "commander";
import type { ExitCode, Invocation } from "../invocation.ts";

export const shells: readonly string[] = ["bash", "zsh", "fish"];

/** `whosaw completion SHELL`: made from the same declarations that `--help` prints, so it can't fall behind them. */
export async function completionCommand(
  { screen }: Invocation,
  program: Command,
  shell: string,
): Promise<ExitCode> {
  if (shell === "fish") screen.out(fish(program));
  else
    screen.out(`${shell === "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : ""}${bash(program)}`);
  return 0;
}

function longOptions(command: Command): string[] {
  return command.options.map(({ long }) => long ?? "").filter((long) => long !== "");
}

function bash(program: Command): string {
  const names = program.commands.map((command) => command.name());
  const cases = program.commands.map((command) => {
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    const words = [...longOptions(command), ...choices, ...longOptions(program)];
    return `    ${command.name()}) words="${words.join(" ")}" ;;`;
  });
  return [
    "_whosaw() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    `    case "$word" in ${names.join("|")}) command="$word"; break ;; esac`,
    "  done",
    '  case "$command" in',
    ...cases,
    `    *) words="${[...names, ...longOptions(program)].join(" ")}" ;;`,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -o default -F _whosaw whosaw",
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

function fish(program: Command): string {
  const lines = program.commands.map(
    (command) =>
      `complete -c whosaw -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.description())}`,
  );
  for (const command of program.commands) {
    const seen = `-n '__fish_seen_subcommand_from ${command.name()}'`;
    for (const { long, description } of command.options) {
      if (long !== undefined)
        lines.push(`complete -c whosaw ${seen} -l ${long.slice(2)} -d ${quoted(description)}`);
    }
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    if (choices.length > 0) lines.push(`complete -c whosaw ${seen} -f -a '${choices.join(" ")}'`);
  }
  return `${lines.join("\n")}\n`;
}
