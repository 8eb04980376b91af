import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isNode, LineCounter, parseDocument } from "yaml";
import { type Refusal, refusal } from "../../base/index.ts";

/** One thing that is wrong in the configuration: where, what, and what would be right. */
export interface Mistake {
  /** `file:line`. */
  readonly at: string;
  /** `roles.support.hours`. */
  readonly key: string;
  readonly what: string;
}

export type KeyPlace = readonly PropertyKey[];

/** A YAML file, read and parsed, that knows where each key stands. */
export interface ConfigurationFile {
  readonly file: string;
  /** Relative file names in it start here. */
  readonly folder: string;
  readonly text: string;
  readonly value: unknown;
  readonly mistake: (path: KeyPlace, what: string) => Mistake;
}

/** Larger than any configuration is; a log given by mistake is refused, not parsed. */
const configurationBytesMax = 1_048_576;

export function openConfiguration(file: string): ConfigurationFile | Refusal {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refusal(
      "input",
      `can't read the configuration ${file}: ${why}`,
      "Name a file that exists with --config; whosaw init postgres://... proposes one.",
    );
  }
  if (text.length > configurationBytesMax) {
    return refusal(
      "input",
      `${file} is too large for a configuration (limit ${configurationBytesMax} bytes)`,
      "Name the right file.",
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) {
    return refusal(
      "input",
      `${file}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split("\n")[0] ?? ""}`,
      "Mend the YAML there.",
    );
  }
  /** The line of the deepest part of the path that is written: what is missing is missing from its parent. */
  const line = (path: KeyPlace): number => {
    for (let length = path.length; length > 0; length--) {
      const parent = document.getIn(path.slice(0, length - 1), true);
      const name = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isNode(key) && String(key.toJSON()) === String(name))
        : undefined;
      const node = pair?.key ?? document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  return {
    file,
    folder: dirname(resolve(file)),
    text,
    value: document.toJS() ?? {},
    mistake: (path, what) => ({
      at: `${file}:${line(path)}`,
      key: path.map(String).join("."),
      what,
    }),
  };
}

export function refusedMistake({ at, key, what }: Mistake): Refusal {
  return refusal("input", `${at}: ${key}: ${what}`, "docs/operate/configuration.md lists every key.");
}
