import { isRefusal, refusal } from "../../base/index.ts";
import { parseActorId } from "../../domain/index.ts";
import type { EvidenceAnswer } from "../../serve/index.ts";
import {
  type ExitCode,
  type Invocation,
  notAnId,
  parseSpan,
  printJson,
  refuse,
  tell,
  withDesk,
} from "../invocation.ts";
import { progress } from "../terminal/progress.ts";
import { count } from "../terminal/table.ts";

interface EvidenceOptions {
  readonly actor: string;
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

/** `whosaw evidence --actor ID --out FILE.zip`: a bundle that anyone can verify offline; an entry of the log tells of it. */
export async function evidenceCommand(invocation: Invocation, options: EvidenceOptions): Promise<ExitCode> {
  const actor = parseActorId(options.actor);
  if (actor === null) return refuse(invocation, notAnId("actor"));
  const span = parseSpan(options.from, options.to);
  if (isRefusal(span)) return refuse(invocation, span);
  if (options.out === "" || options.out === "-")
    return refuse(invocation, refusal("usage", "a bundle is a file", "Name it: --out case.zip"));
  return withDesk(invocation, async (desk) => {
    const { screen, clock, options: asked } = invocation;
    const bars = {
      classing: progress(screen, "classing", { quiet: asked.quiet, clock }),
      writing: progress(screen, "writing", { quiet: asked.quiet, clock }),
    };
    const answer = await desk.exportEvidence({
      actor,
      ...span,
      reason: options.reason ?? null,
      file: options.out,
      overwrite: options.force === true,
      onProgress: (phase, done, total) => {
        if (phase === "writing") bars.classing.end();
        bars[phase].update(done, total);
      },
    });
    bars.classing.end();
    bars.writing.end();
    if (isRefusal(answer)) return refuse(invocation, answer);
    if (asked.json) printJson(screen, answer);
    for (const line of evidenceLines(answer)) tell(invocation, line);
    return 0;
  });
}

function evidenceLines(answer: EvidenceAnswer): readonly string[] {
  const { actor, customers, sightings, exposureUnknown, unproved, entries, erased, file, receipt } = answer;
  return [
    ...(sightings + exposureUnknown === 0
      ? [
          `${actor} is known, but saw nobody in this time: the bundle proves no sighting, and can't prove that there was none`,
        ]
      : []),
    `${actor}: ${count(sightings)} ${sightings === 1 ? "sighting" : "sightings"} of ${count(customers)} ${customers === 1 ? "customer" : "customers"}, ${count(entries)} ${entries === 1 ? "entry" : "entries"} of the log with proofs, written to ${file}`,
    ...(exposureUnknown > 0
      ? [`${count(exposureUnknown)} events don't say which customers they showed: exposure-unknown.csv`]
      : []),
    ...(unproved > 0 ? [`${count(unproved)} rows have no receipt in this log: nothing proves them`] : []),
    ...(erased > 0 ? [`${count(erased)} entries have been erased by order and can't be proved`] : []),
    `sha256 ${answer.sha256}; entry ${receipt.index} of ${receipt.log} tells of this export`,
    `check it with: whosaw verify ${file} --key log.vkey`,
  ];
}
