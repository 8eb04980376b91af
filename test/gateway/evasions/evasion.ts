import type { RawClient } from "../client.ts";

/**
 * What must come of it. R: the same answer as from the bare server, every marker recorded before. B: refused with 42501, and the refusal
 * recorded. S: the error keeps its SQLSTATE and loses its text, the original is recorded. C: recorded as probed. pass: the same answer,
 * and no sighting at all.
 */
export type Want = "R" | "B" | "R/B" | "S" | "C" | "pass";

/** The hands of whoever tries. */
export interface Scene {
  readonly agent: RawClient;
  /** The owner at the bare server, past the gateway. */
  readonly owner: (sql: string) => Promise<void>;
  readonly major: number;
}

export interface Evasion {
  /** Its number in the list it comes from, or a name of its own. */
  readonly id: string;
  readonly about: string;
  readonly want: Want;
  /** Statements one after the other; "@other " and "@owner " before one say who runs it. Or anything at all. */
  readonly run: readonly string[] | ((scene: Scene) => Promise<void>);
  /** Fields as `customers.email` whose markers the bare server lets out; none: the bare server lets nothing out that can be found. */
  readonly leaks: readonly string[];
  /** Seen, though no marker can be found in the bytes: these must be recorded. */
  readonly whose?: readonly string[];
  /** Exactly so many customers are recorded. */
  readonly exactly?: number;
  /** It answers other rows each time: what must come is something of each field. */
  readonly choosing?: boolean;
  /** Only as one of the two protocols; what is played by hand is played once. */
  readonly only?: "simple" | "extended";
  /** The first server that knows the syntax. */
  readonly since?: number;
}

type More = Partial<Pick<Evasion, "only" | "since" | "exactly" | "whose" | "about" | "choosing">>;

/** `id`, statements, fields that leak (words), and what must come of it. */
export function evasion(
  want: Want,
  id: string,
  run: Evasion["run"] | string,
  more: More & { readonly leaks?: string } = {},
): Evasion {
  const { leaks = "", ...rest } = more;
  const steps = typeof run === "string" ? [run] : run;
  const about = typeof steps === "function" ? "by hand" : steps.join("; ").slice(0, 90);
  return { id, about, want, run: steps, leaks: leaks.split(" ").filter((word) => word !== ""), ...rest };
}
