import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { runProgram } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { until } from "./app-under-test.ts";

const PATIENCE = 60_000;

/** Resolves when pictures follow one another in the element that is seen. */
const MOVING = `new Promise((resolve) => {
  const video = document.querySelector("video[data-front]");
  let pictures = 0, former = -1;
  const seen = (_, { mediaTime }) => {
    if (mediaTime > former) pictures++;
    former = mediaTime;
    if (pictures > 3) resolve(pictures);
    else video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
})`;

/** What one person does with one screen, who knows nothing but what is on it; each step with its time. */
export class Walk {
  readonly page: Page;
  readonly steps: { readonly what: string; readonly ms: number }[] = [];
  /** Touches of the screen, or presses of a remote control's keys. */
  taps = 0;
  #since = performance.now();

  constructor(page: Page) {
    this.page = page;
  }

  get ms(): number {
    return this.steps.reduce((sum, { ms }) => sum + ms, 0);
  }

  told(): string {
    const steps = this.steps.map(({ what, ms }) => `${what} ${Math.round(ms)} ms`);
    return `${steps.join("; ")}: ${this.taps} taps, ${(this.ms / 1000).toFixed(1)} s`;
  }

  /** Notes what was done since the step before. */
  did(what: string): void {
    const now = performance.now();
    this.steps.push({ what, ms: now - this.#since });
    this.#since = now;
  }

  async goTo(address: string): Promise<void> {
    // the browser's warning of a certificate is a failure to Playwright, and a page to a person
    await this.page.goto(address).catch((error: unknown) => {
      if (!String(error).includes("ERR_CERT_")) throw error;
    });
    this.did("opened");
  }

  /** Touches what has that name, as soon as it is on the screen; it does not scroll, as nobody knows what would be there. */
  async tap(role: "button" | "link", name: string | RegExp): Promise<void> {
    const target = this.page.getByRole(role, { name }).first();
    await target.waitFor({ timeout: PATIENCE });
    await until(
      () => isOnScreen(target),
      (there) => there,
      PATIENCE,
    );
    const label = (await target.innerText()).replaceAll(/\s+/g, " ").trim().slice(0, 40);
    await this.touch(target);
    this.did(`“${label}”`);
  }

  async touch(target: Locator): Promise<void> {
    const { x, y, width, height } = (await target.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    this.taps++;
    await this.page.touchscreen.tap(x + width / 2, y + height / 2);
  }

  /** A key of the remote control. */
  async press(key: string): Promise<void> {
    this.taps++;
    await this.page.keyboard.press(key);
  }

  async sawMovingPicture(): Promise<void> {
    await this.page.waitForSelector("video[data-front]", { timeout: PATIENCE });
    await this.page.evaluate(MOVING);
    this.did("moving picture");
  }
}

/** Whether all of an element is on the screen, as it is, and nothing lies over its middle. */
async function isOnScreen(target: Locator): Promise<boolean> {
  const box = await target.boundingBox();
  const size = target.page().viewportSize();
  if (box === null || size === null) return false;
  const { x, y, width, height } = box;
  if (x < 0 || y < 0 || x + width > size.width + 1 || y + height > size.height + 1) return false;
  const middle = [x + width / 2, y + height / 2] as const;
  return target.evaluate(
    (element, [left, top]) => element.contains(element.ownerDocument.elementFromPoint(left, top)),
    middle,
  );
}

/** What a phone's camera reads off a screen. @throws Error when there is no code on it that can be read */
export async function scan(t: Teardown, screen: Page): Promise<string> {
  const path = join(await temporaryFolder(t), "screen.png");
  return until(
    async () => {
      await screen.screenshot({ path });
      return (await runProgram("zbarimg", ["--raw", "--quiet", path])).stdout.trim();
    },
    (address) => address !== "",
    PATIENCE,
  );
}
