import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);
const folder = mkdtempSync(join(tmpdir(), "whosaw-pages-"));
let browser: Browser | null = null;

/** The pages of a desk that somebody could have: the small one, imported. */
const pages: Readonly<Record<string, readonly string[]>> = {
  customer: ["customer", "c-1"],
  actor: ["actor", "agent-ben"],
  scope: ["scope", "--actor", "agent-ben"],
  trace: ["trace", "--reports", join(root, "testdata/small-desk/reports.csv")],
};

function whosaw(...words: readonly string[]): void {
  const run = spawnSync(
    process.execPath,
    [join(root, "bin/whosaw"), "--data", join(folder, "data"), ...words],
    { encoding: "utf8" },
  );
  if (run.status !== 0 && run.status !== 1)
    throw new Error(`whosaw ${words.join(" ")}: ${run.status} ${run.stderr}`);
}

beforeAll(async () => {
  if (browserPath === undefined) return;
  whosaw("import", join(root, "testdata/small-desk"));
  for (const [name, words] of Object.entries(pages)) whosaw(...words, "--html", join(folder, `${name}.html`));
  browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const without = browserPath === undefined ? " (skipped: no chromium here)" : "";

describe("a page", () => {
  for (const name of Object.keys(pages)) {
    for (const scheme of ["light", "dark"] as const) {
      it.skipIf(browserPath === undefined)(
        `of ${name} opens ${scheme}, alone, with headings and tables that have captions${without}`,
        async () => {
          const page = await (browser as Browser).newPage({
            colorScheme: scheme,
            viewport: { width: 1100, height: 900 },
          });
          const wrong: string[] = [];
          page.on("request", (request) => {
            if (!/^(file|data):/.test(request.url())) wrong.push(request.url());
          });
          page.on("console", (message) => {
            if (message.type() === "error") wrong.push(message.text());
          });
          page.on("pageerror", (error) => wrong.push(error.message));
          await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
          expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
          for (const table of await page.getByRole("table").all())
            expect(await table.locator("caption").count()).toBe(1);
          for (const image of await page.getByRole("img").all())
            expect(await image.getAttribute("aria-label")).toBeTruthy();
          const [ink, paper] = await page.evaluate(() => {
            const style = getComputedStyle(document.body);
            return [style.color, style.backgroundColor];
          });
          expect(contrast(ink ?? "", paper ?? "")).toBeGreaterThan(7);
          expect(wrong).toEqual([]);
          await page.setViewportSize({ width: 400, height: 800 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(wide, "the page itself never scrolls sideways on a phone").toBeLessThanOrEqual(400);
          // What fonts there are differs: the size that a letter is drawn in counts, not how high its box is.
          const sizes = await page
            .locator("svg text")
            .evaluateAll((texts) =>
              texts.map(
                (text) =>
                  Number.parseFloat(getComputedStyle(text).fontSize) *
                  ((text as SVGTextElement).getScreenCTM()?.a ?? 0),
              ),
            );
          expect(Math.min(...sizes, 100), "pixels of the smallest letters on a phone").toBeGreaterThan(7);
          if (process.env["WHOSAW_SCREENSHOTS"] !== undefined) {
            await page.screenshot({
              path: join(process.env["WHOSAW_SCREENSHOTS"], `${name}-${scheme}.png`),
              fullPage: true,
            });
          }
          await page.close();
        },
      );
    }
  }

  it.skipIf(browserPath === undefined)(`shows a hostile id as text${without}`, () => {
    whosaw("customer", "<img src=x onerror=alert(1)>", "--html", join(folder, "hostile.html"));
    const text = readFileSync(join(folder, "hostile.html"), "utf8");
    expect(text).not.toContain("<img src=x");
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
  });
});

/** WCAG 2.2's relative luminance of an rgb() colour. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [...colour.matchAll(/[\d.]+/g)].slice(0, 3).map(([part]) => {
    const channel = Number(part) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2's contrast ratio of two rgb() colours. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
