import { chromium } from "playwright-core";
import t from "tap";
import type { Channel, Scan } from "../../src/protocol/api.ts";
import type { SystemState } from "../../src/protocol/system.ts";
import type { Watched } from "../../src/protocol/watched.ts";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { PHONE, until, useControl, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** The owner's pages of the real web app, at the real daemon. */
t.test(
  "web box pages: an owner scans, edits a channel, reads who watched, and restarts the real box",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(280_000);
    // as a service manager would begin it; nobody listens there
    const wrapper = ["env", "NOTIFY_SOCKET=@nobody", "INVOCATION_ID=test"];
    const box = await startDaemon(t, { wrapper });
    const channels = async (): Promise<Channel[]> =>
      (await box.local<{ channels: Channel[] }>("GET", "/api/v1/channels?hidden=true")).body.channels;
    const known = await eventually("all channels are known", async () => {
      const all = await channels();
      return all.length === 12 ? all : null;
    });
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const context = await browser.newContext({ locale: "en-GB", ...PHONE });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(box.url + "/" + new URL((await box.openOffer()).url).hash);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");

    const [first] = known;
    if (first === undefined) throw new Error("there is no channel");
    await page.click(`[data-channel="${first.id}"]`);
    await until(
      () => watching(page),
      ({ frames }) => frames > 25,
      60_000,
    );
    await useControl(page, "[data-action=back]");
    await page.waitForSelector("[data-screen=channels]");

    await page.click("[data-action=settings]");
    await page.click("[data-open=scan]");
    await page.click("[data-action=scan]");
    await page.waitForSelector("[data-scan=finished]");
    const scan = (await box.local<Scan>("GET", "/api/v1/scan")).body;
    t.equal(scan.state, "finished");
    t.ok(scan.scannedAt && scan.startedAt && scan.scannedAt >= scan.startedAt);

    await page.click("[data-action=to-line-up]");
    await page.click(`[data-channel-row="${first.id}"]`);
    await page.fill("[name=channel-name]", "My first one");
    await page.click("[data-action=save-name]");
    await page.waitForSelector("[data-action=undo]");
    await page.click("[data-action=down]");
    await until(channels, (all) => all[1]?.id === first.id, 60_000);
    t.match((await channels())[1], { name: "My first one", decided: { name: "My first one" } });
    await page.click("[data-action=undo]");
    await until(channels, (all) => all[0]?.id === first.id, 60_000);
    t.match((await channels())[0], { name: "My first one", decided: { number: null } });
    await page.click("[data-action=close]");
    const entry = page.locator(`[data-channel="${first.id}"]`);
    await until(
      () => entry.innerText(),
      (text) => text.includes("My first one"),
      60_000,
    );

    await page.click("[data-action=settings]");
    await page.click("[data-open=tuners]");
    await page.waitForSelector("[data-tuner]");
    await page.click("[data-action=sheet-back]");
    await page.click("[data-open=storage]");
    await page.waitForSelector("[data-storage=state] progress");
    await page.click("[data-action=sheet-back]");
    await page.click("[data-open=watched]");
    await page.waitForSelector("[data-action=keep-watched]");
    const watched = (await box.local<Watched>("GET", "/api/v1/watched")).body;
    t.match(watched, { keeps: true, entries: [{ channelName: first.name, channel: first.id, home: true }] });
    t.ok(watched.entries[0]?.title, "with what was on");
    await page.click("[data-action=keep-watched]");
    await page.waitForSelector("[data-action=keep-watched][aria-checked=false]");

    await page.click("[data-action=sheet-back]");
    await page.click("[data-open=system]");
    const { canRestart } = (await box.local<SystemState>("GET", "/api/v1/system")).body;
    t.equal(canRestart, true);
    const ended = new Promise<number | null>((resolve) => box.child.once("exit", (code) => resolve(code)));
    await page.click("[data-action=restart]");
    await page.click("[data-action=restart-yes]");
    t.equal(await ended, 75, "it ends in good order, and says that it wants to be begun again");
    t.ok(box.log.some(({ msg }) => msg === "stopped"));
    const again = await startDaemon(t, { state: box.state });
    t.equal((await again.local<Watched>("GET", "/api/v1/watched")).body.keeps, false, "kept over a restart");
    t.equal((await again.local<SystemState>("GET", "/api/v1/system")).body.canRestart, false);
    t.equal((await again.local("POST", "/api/v1/system/restart")).status, 409);
  },
);
