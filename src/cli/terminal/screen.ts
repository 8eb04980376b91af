/** Where a command prints: stdout is data, stderr is messages. Handed in, so that tests read what a user sees. */
export interface Screen {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns of the terminal that stdout is, or 100 when it is none. */
  readonly width: number;
  /** Colour and redrawing only where a person looks, and never against NO_COLOR (no-color.org). */
  readonly colour: boolean;
  readonly redraw: boolean;
}

const widthWithoutTerminal = 100;

export function processScreen(environment: NodeJS.ProcessEnv = process.env): Screen {
  const wanted = (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  return {
    out: (text) => void process.stdout.write(shown(text)),
    err: (text) => void process.stderr.write(shown(text)),
    width: process.stdout.columns ?? widthWithoutTerminal,
    colour: wanted && process.stdout.isTTY,
    redraw: process.stderr.isTTY && environment["TERM"] !== "dumb",
  };
}

/**
 * Signs that an id may hold and that steer a terminal or turn its text around (C1 controls, bidirectional overrides) as their
 * JSON escapes: harmless to look at, and the same text to whoever parses `--json`.
 */
export function shown(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

type Paint = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const codes: { readonly [paint in Paint]: readonly [number, number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colour never carries meaning alone: what is painted also says it in words. */
export function paint(screen: Screen, colour: Paint, text: string): string {
  const [on, off] = codes[colour];
  return screen.colour ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
