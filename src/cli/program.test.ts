import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "./program.ts";

const root = resolve(import.meta.dirname, "../..");
const program = buildProgram("0", () => async () => undefined);
const everywhere = ["--data", "--json", "--quiet", "--config", "--help", "--version"];

/** The command that the words after `whosaw` name, and the options that they use. */
function named(words: string): { readonly command: Command | null; readonly options: readonly string[] } {
  let command: Command = program;
  for (const word of words.split(/\s+/)) {
    const found = command.commands.find((one) => one.name() === word);
    if (found !== undefined) command = found;
    else if (!word.startsWith("-")) break;
  }
  return {
    command: command === program ? null : command,
    options: [...words.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option),
  };
}

function unknownIn(words: string): readonly string[] {
  const { command, options } = named(words);
  if (command === null) return [words];
  const known = new Set([...everywhere, ...command.options.map(({ long }) => long ?? "")]);
  return options.filter((option) => !known.has(option)).map((option) => `${command.name()} ${option}`);
}

/** Commands as they stand in a page: in code, from `whosaw` up to the end of the code, the line or the next command. */
function commandsIn(text: string): readonly string[] {
  const inline = [...text.matchAll(/`whosaw ([^`]+)`/g)].map(([, words]) => words ?? "");
  const blocks = [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    [...(block ?? "").matchAll(/(?:^|\$ |&& )whosaw ([^\n]*)/gm)].map(([, words]) => words ?? ""),
  );
  return [...inline, ...blocks].map((words) =>
    words.replace(/ *(#|&&|\||>|<).*$/, "").replaceAll("\\|", "|"),
  );
}

const pages = ["README.md", "KNOWN_LIMITATIONS.md", "SECURITY.md", "THREATS.md"].concat(
  ["docs/formats", "docs/operate"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
);

describe("the command line", () => {
  it.each(pages)("has every command and option that %s names", (page) => {
    const text = readFileSync(join(root, page), "utf8");
    expect(commandsIn(text).flatMap(unknownIn)).toEqual([]);
  });

  it("has every command and option in its own page", () => {
    const rows = commandsIn(readFileSync(join(root, "docs/formats/command-line.md"), "utf8")).join("\n");
    const text = readFileSync(join(root, "docs/formats/command-line.md"), "utf8");
    const missing = program.commands
      .flatMap((command) => [
        command.name(),
        ...command.options.map(({ long }) => `${command.name()} ${long ?? ""}`),
      ])
      .filter((words) => {
        const [name = "", option] = words.split(" ");
        return option === undefined
          ? !rows.split("\n").some((row) => row.split(" ")[0] === name)
          : !text.split("\n").some((line) => line.includes(`\`whosaw ${name}`) && line.includes(option));
      });
    expect(missing).toEqual([]);
  });
});
