import { type Browser, type BrowserContext, chromium } from "playwright-core";
import type { Step } from "./steps.ts";

export interface Shown {
  readonly step: string;
  /** Everything of the answers that the browser received: pages, and what pages fetched. */
  readonly text: string;
  readonly title: string;
  readonly millis: number;
  /** Whether Request Tracker shows a page of its own for what went wrong. */
  readonly failed: boolean;
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** What one response holds as text, with the ways undone in which an address may be written. */
function plain(text: string): string {
  return text.replaceAll("%40", "@").replaceAll("&#64;", "@").replaceAll("\\u0040", "@");
}

/** Takes the steps one after another in one browser; `before` and `after` stand around each. */
export async function walk(
  browser: Browser,
  url: string,
  steps: readonly Step[],
  after: (shown: Shown) => Promise<void> | void,
): Promise<void> {
  const context = await browser.newContext({ extraHTTPHeaders: { referer: `${url}/` } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const bodies = gather(context);
    for (const { act, name } of steps) {
      const begun = performance.now();
      const answer = await act(page, url).catch((error: unknown) => String(error));
      const millis = performance.now() - begun;
      await page.waitForLoadState("networkidle");
      const apart = isResponse(answer) ? await answer.text() : "";
      const text = plain([apart, ...(await bodies())].join("\n"));
      const title = typeof answer === "string" ? answer : await page.title();
      await after({
        step: name,
        text,
        title,
        millis,
        failed: typeof answer === "string" || /RT Error|Login$|An internal RT error/.test(title),
      });
    }
  } finally {
    await context.close();
  }
}

function isResponse(answer: unknown): answer is { readonly text: () => Promise<string> } {
  return typeof answer === "object" && answer !== null && answer.constructor.name === "APIResponse";
}

function gather(context: BrowserContext): () => Promise<readonly string[]> {
  let coming: Promise<string>[] = [];
  context.on("response", (response) => {
    const type = response.headers()["content-type"] ?? "";
    if (!/html|json|text\/plain|xml/.test(type) || response.status() >= 300) return;
    coming.push(response.text().catch(() => ""));
  });
  return async () => {
    const texts = await Promise.all(coming);
    coming = [];
    return texts;
  };
}
