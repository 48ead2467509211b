// Makes the two pictures of the README, channels.png and player.png in docs/screens: the real box on the mock broadcaster, in
// Chromium, as a phone shows it. All the other screens: scripts/screens.mjs.
// usage: node scripts/make-screens.mjs   (after npm run build; needs Chromium)
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const state = mkdtempSync(join(tmpdir(), "tellyport-screens-"));
const config = join(state, "c.yaml");
writeFileSync(
  config,
  'box: {name: Living room}\nhttp: {address: "127.0.0.1", port: 0, https: {enabled: false}}\nannounce: {mdns: false, ssdp: "off"}\n',
);
const box = spawn(
  process.execPath,
  ["dist/cli.js", "run", "--config", config, "--state", state, "--tuner", "mock"],
  { stdio: ["ignore", "ignore", "pipe"] },
);

const local = (method, path, body) =>
  new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(state, "control.sock"),
        method,
        path,
        headers: { host: "localhost", "content-type": "application/json" },
      },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(JSON.parse(text)));
      },
    );
    call.on("error", reject).end(body && JSON.stringify(body));
  });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

try {
  const port = await new Promise((resolve) =>
    createInterface({ input: box.stderr }).on("line", (line) => {
      const entry = line.startsWith("{") ? JSON.parse(line) : {};
      if (entry.msg === "listening") resolve(entry.http);
    }),
  );
  for (let tries = 0; tries < 90; tries++) {
    const { channels } = await local("GET", "/api/v1/channels");
    if (channels.length === 12 && channels.every(({ codecs, scrambled }) => codecs || scrambled)) break;
    await sleep(1000);
  }
  mkdirSync("docs/screens", { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
  const page = await browser.newPage({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
    locale: "en-GB",
    colorScheme: "light",
  });
  const offer = await local("POST", "/api/v1/offers", {});
  await page.goto(`http://127.0.0.1:${port}/${new URL(offer.url).hash}`);
  await page.click("[data-action=pair]");
  await page.click("[data-action=codes-later]");
  await page.locator("[data-channel]").first().click();
  await page.waitForSelector("[data-phase=playing]", { timeout: 60_000 });
  await sleep(2500);
  await page.screenshot({ path: "docs/screens/player.png" });
  await page.click("[data-action=back]");
  // what was watched has a picture from then on
  await page.waitForSelector("[data-channel] img[data-still]", { timeout: 60_000 }).catch(() => undefined);
  await sleep(1500);
  await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path: "docs/screens/channels.png" });
  await browser.close();
} finally {
  box.kill("SIGTERM");
  await new Promise((resolve) => box.once("exit", resolve));
  rmSync(state, { recursive: true, force: true });
}
