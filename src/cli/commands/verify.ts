import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Refusal, isRefusal, refusal } from "../../base/index.ts";
import {
  type BundleVerdict,
  type Problem,
  type Verdict,
  type WitnessPolicy,
  isBundleFolder,
  isCheckpointText,
  isVerifierKeyText,
  openBundle,
  verifyBundle,
  verifyLog,
} from "../../verify/index.ts";
import { type ExitCode, type Invocation, printJson, refuse, tell } from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { paint } from "../terminal/screen.ts";
import { count, table } from "../terminal/table.ts";

interface VerifyOptions {
  readonly key?: string;
  readonly checkpoint?: string;
  readonly thorough?: boolean;
  readonly witness?: readonly string[];
}

const problemsShownMax = 20;
const ordersShownMax = 20;

/** `whosaw verify [DIR or BUNDLE]`: checks a log or a bundle offline, with nothing but its files and the public key. Exit code 5 if anything is wrong. */
export async function verifyCommand(
  invocation: Invocation,
  named: string | undefined,
  options: VerifyOptions,
): Promise<ExitCode> {
  const path = named ?? invocation.options.data;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined || !(there.isDirectory() || there.isFile()))
    return refuse(
      invocation,
      refusal("input", `${path} is not there`, "Name the data directory, its log folder, or a bundle."),
    );
  const trusted = trustedOf(options);
  if (isRefusal(trusted)) return refuse(invocation, trusted);
  return there.isFile() || isBundleFolder(path)
    ? verifyBundleAt(invocation, path, trusted)
    : verifyLogAt(invocation, path, { ...trusted, thorough: options.thorough === true });
}

/** What the user holds from elsewhere, read from the files that the options name. */
interface Trusted {
  readonly key?: string;
  readonly checkpoint?: string;
  readonly witnesses?: WitnessPolicy;
}

function trustedOf(options: VerifyOptions): Trusted | Refusal {
  const keyFiles = options.witness ?? [];
  const files = [options.key, options.checkpoint, ...keyFiles].filter((file) => file !== undefined);
  const texts = new Map(files.map((file) => [file, textOf(file)]));
  const unread = files.find((file) => texts.get(file) === undefined);
  if (unread !== undefined) return refusal("input", `can't read ${unread}`, "Name a file that exists.");
  const keyFilesGiven = [options.key, ...keyFiles].filter((file) => file !== undefined);
  const noKey = keyFilesGiven.find((file) => !isVerifierKeyText(texts.get(file)?.trim() ?? ""));
  if (noKey !== undefined)
    return refusal(
      "input",
      `${noKey} holds no public key`,
      "It is one line, NAME+HASH+KEY, as keys/log.vkey of the log or keys/witness.vkey of a witness holds it.",
    );
  const key = texts.get(options.key ?? "")?.trim();
  const checkpoint = texts.get(options.checkpoint ?? "");
  if (checkpoint !== undefined && !isCheckpointText(checkpoint))
    return refusal(
      "input",
      `${options.checkpoint ?? ""} holds no checkpoint`,
      "Keep a copy of log/checkpoint as it is.",
    );
  const keys = keyFiles.map((file) => texts.get(file)?.trim() ?? "");
  return {
    ...(key === undefined ? {} : { key }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(keys.length === 0 ? {} : { witnesses: { keys, needed: keys.length } }),
  };
}

async function verifyLogAt(
  invocation: Invocation,
  dir: string,
  trusted: Trusted & { readonly thorough: boolean },
): Promise<ExitCode> {
  const bar = barOf(invocation);
  const verdict = await verifyLog(dir, {
    ...trusted,
    onProgress: (done, total) => bar.update(done, total),
  });
  bar.end();
  if (trusted.key === undefined && verdict.key !== null) {
    tell(
      invocation,
      `checked with the key that lies beside the log (${join(dir, "keys/log.vkey")}); with --key it is the one you trust`,
    );
  }
  if (invocation.options.json) printJson(invocation.screen, verdict);
  else invocation.screen.out(verdictText(invocation, verdict));
  return verdict.ok ? 0 : 5;
}

async function verifyBundleAt(invocation: Invocation, path: string, trusted: Trusted): Promise<ExitCode> {
  if (trusted.checkpoint !== undefined)
    return refuse(
      invocation,
      refusal(
        "usage",
        "a bundle can't be compared with a checkpoint",
        "Compare the log with it: --checkpoint with a data directory.",
      ),
    );
  const bundle = openBundle(path);
  if (isRefusal(bundle)) return refuse(invocation, bundle);
  const bar = barOf(invocation);
  const verdict = await verifyBundle(bundle.read, {
    ...trusted,
    paths: bundle.paths,
    onProgress: (done, total) => bar.update(done, total),
  });
  bar.end();
  if (trusted.key === undefined)
    tell(
      invocation,
      "checked with the key that came in the bundle: that shows only that it agrees with itself; with --key it is the one you trust",
    );
  if (invocation.options.json) printJson(invocation.screen, verdict);
  else invocation.screen.out(bundleText(invocation, verdict));
  return verdict.ok ? 0 : 5;
}

function barOf({ screen, options, clock }: Invocation): ReturnType<typeof progress> {
  return progress(screen, "verifying", { quiet: options.quiet, clock });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function verdictText({ screen }: Invocation, verdict: Verdict): string {
  const head = verdict.ok
    ? `${paint(screen, "bold", "The log is whole:")} ${count(verdict.size)} entries of ${verdict.log ?? "?"}, root ${verdict.root ?? "?"}.\n`
    : `${paint(screen, "bold", "Something is wrong")} with the log${verdict.log === null ? ".\n" : ` ${verdict.log}, which says it has ${count(verdict.size)} entries.\n`}`;
  return [
    head,
    erasureText(verdict),
    ...verdict.gaps.map((gap) => `A gap is on record: ${JSON.stringify(gap)}\n`),
    witnessText(verdict.witnesses),
    problemText(verdict.problems, verdict.problemsBeyond),
  ].join("");
}

/** How much was erased, why and by whom; a long list ends with how many more there are. */
function erasureText({ erased, erasures, shreddings }: Verdict): string {
  const orders = new Map<number, { entries: number; readonly reason: string; readonly by: string }>();
  for (const { proposal, from, to, reason, approvedBy } of erasures) {
    const order = orders.get(proposal) ?? { entries: 0, reason, by: approvedBy.join(", ") };
    order.entries += to - from;
    orders.set(proposal, order);
  }
  const lines = [
    ...[...orders].map(
      ([proposal, { entries, reason, by }]) =>
        `  ${count(entries)} entries, proposal ${proposal}, approved by ${by}: ${JSON.stringify(reason)}\n`,
    ),
    ...shreddings.map(
      ({ proposal, holder, approvedBy, reason }) =>
        `  one person's key (${holder}), proposal ${proposal}, approved by ${approvedBy.join(", ")}: ${JSON.stringify(reason)}\n`,
    ),
  ];
  if (lines.length === 0) return "";
  const more = lines.length - ordersShownMax;
  return [
    `${count(erased)} entries were erased, and ${count(shreddings.length)} people's keys destroyed, each by an order that two signed:\n`,
    ...lines.slice(0, ordersShownMax),
    more > 0 ? `  and ${count(more)} orders more\n` : "",
  ].join("");
}

function bundleText({ screen }: Invocation, verdict: BundleVerdict): string {
  const { entry, recorded } = verdict.exported ?? { entry: null, recorded: "" };
  const said = (member: string): string => (typeof entry?.[member] === "string" ? entry[member] : "");
  const reason = said("reason");
  const exported =
    entry === null
      ? ""
      : `Exported ${recorded} by ${said("by") || "?"}${reason === "" ? "" : `: ${JSON.stringify(reason)}`}.\n`;
  const head = verdict.ok
    ? `${paint(screen, "bold", "The bundle is whole:")} ${count(verdict.entries)} entries stand in the log ${verdict.log ?? "?"} of ${count(verdict.size)} entries, and no file was changed.\n`
    : `${paint(screen, "bold", "Something is wrong")} with this bundle of the log ${verdict.log ?? "?"}.\n`;
  return [head, exported, witnessText(verdict.witnesses), problemText(verdict.problems, 0)].join("");
}

function witnessText(names: readonly string[]): string {
  return names.length === 0 ? "" : `Cosigned by ${names.join(", ")}.\n`;
}

function problemText(problems: readonly Problem[], beyond: number): string {
  const shown = problems.slice(0, problemsShownMax);
  const more = problems.length + beyond - shown.length;
  return [
    shown.length === 0
      ? ""
      : `\n${table(
          [{ heading: "code" }, { heading: "entry", align: "right" }, { heading: "what" }],
          shown.map(({ code, index, detail }) => [code, index === null ? "" : String(index), detail]),
        )}`,
    more > 0 ? `and ${count(more)} more\n` : "",
  ].join("");
}
