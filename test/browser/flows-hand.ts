import type { Page } from "playwright-core";
import { until } from "./app-under-test.ts";

/** A screen, and by what its person uses it. */
export interface Size {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly by: "touch" | "mouse" | "keys";
}

export const PORTRAIT: Size = { name: "360x740", width: 360, height: 740, by: "touch" };
export const LANDSCAPE: Size = { name: "740x360", width: 740, height: 360, by: "touch" };
export const DESK: Size = { name: "1280x720", width: 1280, height: 720, by: "mouse" };
/** A television: arrows, Enter and Escape, nothing else. */
export const TELEVISION: Size = { name: "1920x1080", width: 1920, height: 1080, by: "keys" };
export const SIZES: readonly Size[] = [PORTRAIT, LANDSCAPE, DESK, TELEVISION];

const PATIENCE = 60_000;
/** Presses after which a person gives up. */
const PRESSES = 120;

/** The key that leads a person from what has the focus nearer to what they want; null: it is there. */
const NEXT_KEY = `(selector) => {
  const target = document.querySelector(selector), from = document.activeElement;
  if (target === null) return "";
  if (target === from) return null;
  const menu = document.querySelector("[role=menu]");
  if (menu?.contains(target)) return "ArrowDown";
  if (document.querySelector("main.player") !== null && target.closest(".panel") !== null)
    return from?.closest(".panel") && from.matches(":focus-visible") ? "ArrowRight" : "Enter";
  if (from === null || from === document.body) return "ArrowDown";
  const a = from.getBoundingClientRect(), b = target.getBoundingClientRect();
  const [across, down] = [b.left + b.width / 2 - a.left - a.width / 2, b.top + b.height / 2 - a.top - a.height / 2];
  const beside = b.top < a.bottom - 4 && b.bottom > a.top + 4;
  if (beside) return across > 0 ? "ArrowRight" : "ArrowLeft";
  return down > 0 ? "ArrowDown" : "ArrowUp";
}`;

/** Uses the app as its screen is used: by a thumb, a mouse, or a remote control. */
export class Hand {
  readonly page: Page;
  readonly size: Size;

  constructor(page: Page, size: Size) {
    this.page = page;
    this.size = size;
  }

  /** Presses what is named, wherever it is. */
  async use(selector: string): Promise<void> {
    if (this.size.by === "keys") {
      await this.#steerTo(selector);
      await this.page.keyboard.press("Enter");
      return;
    }
    await this.page.locator(selector).first().waitFor({ state: "attached", timeout: PATIENCE });
    const end = Date.now() + PATIENCE;
    for (let turn = 0; ; turn++) {
      await this.#wake(turn);
      const target = this.page.locator(selector).first();
      const options = { timeout: 2500 };
      try {
        return await (this.size.by === "touch" ? target.tap(options) : target.click(options));
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** Out of the menu, the player, or the page of the settings. */
  async back(selector: string): Promise<void> {
    if (this.size.by === "keys") await this.page.keyboard.press("Escape");
    else await this.use(selector);
  }

  /** Controls of the player hide when nobody has touched anything for a while. */
  async #wake(turn: number): Promise<void> {
    if (this.size.by === "mouse") return this.page.mouse.move(300 + (turn % 2) * 20, 200);
    if ((await this.page.locator("main.player[data-idle]").count()) === 0) return;
    await this.page.touchscreen.tap(this.size.width / 2, Math.min(this.size.height / 2, 100));
  }

  async #steerTo(selector: string): Promise<void> {
    const ask = (): Promise<string | null> =>
      this.page.evaluate<string | null>(`(${NEXT_KEY})(${JSON.stringify(selector)})`);
    const focus = (): Promise<string> =>
      this.page
        .evaluate<string>(`(() => { const { left, top, width } = document.activeElement?.getBoundingClientRect() ?? {};
        return [left, top, width, scrollY, document.activeElement?.tagName].join(); })()`);
    await until(ask, (key) => key !== "", PATIENCE);
    let former = "";
    for (let turn = 0; turn < PRESSES; turn++) {
      const key = await ask();
      if (key === null) return;
      const now = await focus();
      // nothing moved: there is a way around
      const around = now === former && /Arrow(Up|Down)/.test(key);
      await this.page.keyboard.press(
        around ? (turn % 4 < 2 ? "ArrowLeft" : "ArrowRight") : key || "ArrowDown",
      );
      former = now;
    }
    throw new Error(`the arrow keys do not lead to ${selector}`);
  }
}
