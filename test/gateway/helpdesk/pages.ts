import {
  type APIResponse,
  type Browser,
  type BrowserContext,
  chromium,
  type Page,
  type Response,
} from "playwright-core";

/** One thing that a person does; what the browser receives meanwhile is looked through for customers. */
export interface Step {
  readonly name: string;
  /** Answers with a response if what comes isn't shown as a page. */
  readonly act: (page: Page, url: string) => Promise<unknown>;
}

/** Opens a page of the application by its path. */
export function open(path: string): Step["act"] {
  return (page, url) => page.goto(url + path);
}

/** Submits the form in which the button stands, as a person does, and waits for what comes. */
export async function submit(page: Page, button: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.locator(button).first().click()]);
}

export interface Shown {
  readonly step: string;
  /** Everything of the answers that the browser received: pages, and what pages fetched. */
  readonly text: string;
  readonly title: string;
  readonly millis: number;
  /** Addresses of answers whose text couldn't be had. */
  readonly lost: readonly string[];
  /** Whether the application shows a page of its own for what went wrong, or the step didn't come to an end. */
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

/**
 * What one response holds as text, with the ways undone in which an address, a name or a number may be written in HTML, in JSON and in links:
 * entities by number and the few by name that Perl and Ruby write, `\\u0040`, `%40`, `+` for a blank.
 */
export function plain(text: string): string {
  const whole = text
    .replaceAll(/&#(\d{1,7});/g, (all, code: string) => character(all, Number(code)))
    .replaceAll(/&#x([0-9a-f]{1,6});/gi, (all, code: string) => character(all, Number.parseInt(code, 16)))
    .replaceAll(/\\u([0-9a-f]{4})/gi, (all, code: string) => character(all, Number.parseInt(code, 16)))
    .replaceAll(/&(?:nbsp|commat|period);/g, (entity) => entities[entity] ?? entity);
  // Written in a link, and so a second time.
  return `${whole}\n${whole.replaceAll("+", " ").replaceAll(/%([0-7][0-9a-f])/gi, (all, code: string) => character(all, Number.parseInt(code, 16)))}`;
}

const entities: Readonly<Record<string, string>> = { "&nbsp;": " ", "&commat;": "@", "&period;": "." };

function character(written: string, code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : written;
}

/** Takes the steps one after another in one browser; `after` stands behind each. */
export async function walk(
  browser: Browser,
  { steps, url, wrong }: Walk,
  after: (shown: Shown) => Promise<void> | void,
): Promise<void> {
  const context = await browser.newContext({ extraHTTPHeaders: { referer: `${url}/` } });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(180_000);
    const bodies = gather(context);
    for (const { act, name } of steps) {
      const begun = performance.now();
      const answer = await act(page, url).catch((error: unknown) => String(error));
      const millis = performance.now() - begun;
      await page.waitForLoadState("networkidle");
      const { broken, lost, texts } = await bodies();
      if (isResponse(answer)) texts.push(answer.ok() ? await answer.text() : `${answer.status()}`);
      const text = plain(texts.join("\n"));
      const title = typeof answer === "string" ? answer : [await page.title(), ...broken].join("; ");
      const failed =
        typeof answer === "string" ||
        broken.length > 0 ||
        (isResponse(answer) && !answer.ok()) ||
        wrong.test(title) ||
        wrong.test(texts.join("\n"));
      await after({ step: name, text, title, millis, lost, failed });
    }
  } finally {
    await context.close();
  }
}

/** Where a walk goes. */
export interface Walk {
  readonly url: string;
  readonly steps: readonly Step[];
  /** What stands on pages, or in their titles, where something went wrong. */
  readonly wrong: RegExp;
}

function isResponse(answer: unknown): answer is APIResponse {
  return typeof answer === "object" && answer !== null && answer.constructor.name === "APIResponse";
}

interface Bodies {
  readonly texts: string[];
  /** Addresses of answers whose text the browser had forgotten when it was asked. */
  readonly lost: readonly string[];
  /** What was answered as an error, of pages and what they fetch. */
  readonly broken: readonly string[];
}

const asked = new Set(["document", "xhr", "fetch"]);
const noText = new Set(["font", "image", "media", "stylesheet", "manifest"]);

function gather(context: BrowserContext): () => Promise<Bodies> {
  const again = async (response: Response): Promise<string> => {
    if (response.request().resourceType() !== "script") throw new Error("not a script");
    const answer = await context.request.get(response.url());
    if (!answer.ok()) throw new Error(`${answer.status()}`);
    return answer.text();
  };
  let coming: Promise<string>[] = [];
  let lost: string[] = [];
  let broken: string[] = [];
  context.on("response", (response) => {
    if (noText.has(response.request().resourceType())) return;
    if (response.status() >= 300 && response.status() < 400) return;
    if (response.status() >= 400 && asked.has(response.request().resourceType()))
      broken.push(`${response.status()} for ${response.url()}`);
    coming.push(
      response.text().catch(() =>
        // A script that the browser was still taking in as it left the page for the next: asked for again, it is the same.
        again(response).catch(() => {
          lost.push(response.url());
          return "";
        }),
      ),
    );
  });
  return async () => {
    const answer = { texts: await Promise.all(coming), lost, broken };
    coming = [];
    lost = [];
    broken = [];
    return answer;
  };
}
