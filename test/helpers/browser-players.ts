import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import type { Capabilities } from "../../src/protocol/api.ts";
import { capabilitiesOf } from "../../web/player/capabilities.ts";
import { PAGE, type PageReport } from "./browser-players-page.ts";
import { PROJECT } from "./captures.ts";
import type { Teardown } from "./temporary.ts";

/** Players of others that live in a browser. */
export const BROWSER_PLAYERS = ["hls.js", "shaka"] as const;
export type BrowserPlayer = (typeof BROWSER_PLAYERS)[number];

const CHROMIUM = "/usr/bin/chromium";
const SCRIPTS: Record<string, string> = {
  "/hls.js": "node_modules/hls.js/dist/hls.min.js",
  "/shaka.js": "node_modules/shaka-player/dist/shaka-player.compiled.js",
};
/** Pages beside each other are to run as the one in front does, and a muted picture begins by itself. */
const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
];

export interface BrowserPlayed extends PageReport {
  readonly player: BrowserPlayer;
}

export interface PlayersInBrowser {
  /** What Chromium says it decodes, asked as the web app asks. */
  readonly capabilities: Capabilities;
  /** Plays an address so many seconds in a page of its own. */
  play(player: BrowserPlayer, url: string, seconds: number): Promise<BrowserPlayed>;
}

/** A headless Chromium, and a small server on loopback with a page that has both players; both end with the test. */
export async function playersInBrowser(t: Teardown): Promise<PlayersInBrowser> {
  const server = createServer((request, response) => {
    const script = SCRIPTS[request.url ?? ""];
    if (script === undefined) response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    else
      response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(join(PROJECT, script)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  t.teardown(() => browser.close());
  const probe = await browser.newPage();
  await probe.goto(origin);
  const asked: string[] = [];
  capabilitiesOf((type) => asked.push(type) > 0, false);
  const supported = await probe.evaluate<string[]>(
    `${JSON.stringify(asked)}.filter((type) => MediaSource.isTypeSupported(type))`,
  );
  await probe.close();
  return {
    capabilities: capabilitiesOf((type) => supported.includes(type), false),
    async play(player, url, seconds) {
      const page = await browser.newPage();
      try {
        await page.goto(origin);
        const call = JSON.stringify([player, url, seconds]);
        return { player, ...(await page.evaluate<PageReport>(`playFor(...${call})`)) };
      } finally {
        await page.close();
      }
    },
  };
}
