import type { Clock } from "../../base/index.ts";
import type { Screen } from "./screen.ts";

/** Tells how far long work is. `done` and `total` in any one unit. */
export interface Progress {
  update(done: number, total: number): void;
  end(): void;
}

const redrawMillis = 100;
const lineMillis = 5_000;
const barColumns = 24;

/**
 * On a terminal one line, redrawn, with a bar and the time left; elsewhere a plain line every five seconds, so that a log
 * of a batch run stays readable. Quiet: nothing.
 */
export function progress(
  screen: Screen,
  label: string,
  options: { readonly quiet: boolean; readonly clock: Clock },
): Progress {
  const started = options.clock();
  let shown = started;
  let drawn = false;
  return {
    update(done, total): void {
      const now = options.clock();
      if (options.quiet || now - shown < (screen.redraw ? redrawMillis : lineMillis)) return;
      shown = now;
      const share = total <= 0 ? 0 : Math.min(1, done / total);
      const text = `${label} ${screen.redraw ? `${bar(share)} ` : ""}${Math.floor(share * 100)}%${left(share, now - started)}`;
      screen.err(screen.redraw ? `\r\u001b[2K${text.slice(0, screen.width - 1)}` : `${text}\n`);
      drawn = screen.redraw;
    },
    end(): void {
      if (drawn) screen.err("\r\u001b[2K");
      drawn = false;
    },
  };
}

function bar(share: number): string {
  const filled = Math.round(share * barColumns);
  return `[${"█".repeat(filled)}${"·".repeat(barColumns - filled)}]`;
}

/** The time left at the rate so far; nothing until there is a rate worth telling. */
function left(share: number, elapsedMillis: number): string {
  if (share < 0.01 || elapsedMillis < 1_000) return "";
  const seconds = Math.ceil(((elapsedMillis / share) * (1 - share)) / 1_000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes === 0 ? `, ${rest} s left` : `, ${minutes} min ${rest} s left`;
}
