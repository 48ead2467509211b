import t from "tap";
import { setUp } from "./app-under-test.ts";
import { enter, openPage } from "./enter.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { ON_ITS_SIDE, UPRIGHT, lookWords } from "./look-at.ts";
import { sampleOnline, sampleScan, sampleSystem, sampleTuners } from "./sample-owner-pages.ts";

const skip = skipWithoutBrowser();

for (const look of ON_ITS_SIDE) {
  t.test(`owner screens: every page about the box, ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.tuners = sampleTuners();
    box.scan = sampleScan("idle", Date.now());
    const { page, complaints, lookAt } = await enter(t, bench, look, "owner");
    await page.click("[data-action=settings]");
    await page.waitForSelector("[data-action=forget]");
    await lookAt("settings");

    await openPage(page, "tuners");
    await page.waitForSelector("[data-tuner=dvb-0][data-standing=watched]");
    await lookAt("tuners");
    await page.click("[data-tuner=dvb-0] [data-action=details]");
    await page.click("[data-missing=true] [data-action=details]");
    await page.locator("[data-missing=true]").scrollIntoViewIfNeeded();
    await lookAt("tuners-more");

    await openPage(page, "scan");
    await page.click("[data-option=where-air]");
    await page.click("[data-action=country]");
    await page.waitForSelector("[data-country=DE]");
    await lookAt("scan-countries");
    await page.click("[data-country=DE]");
    await lookAt("scan");
    await page.click("[data-option=where-satellite]");
    await lookAt("scan-satellite");
    await page.click("[data-option=where-air]");
    await page.click("[data-action=scan]");
    await page.waitForSelector("[data-scan=running]");
    await lookAt("scan-running");
    box.pages.endScan("finished");
    await page.waitForSelector("[data-scan=finished]");
    await page.click("[data-scan=finished] [data-action=details]");
    await lookAt("scan-finished");

    await openPage(page, "line-up");
    await page.waitForSelector("[data-line-up]");
    await lookAt("line-up");
    await page.click("[data-channel-row=cctv]");
    await page.click("[data-action=hide]");
    await page.waitForSelector("[data-action=undo]");
    await lookAt("line-up-edit");
    await page.locator("[data-edit] [data-action=as-broadcast]").scrollIntoViewIfNeeded();
    await lookAt("line-up-picture");

    await openPage(page, "online");
    await page.waitForSelector("[data-online=off]");
    await lookAt("online-off");
    box.pages.online = sampleOnline(true);
    await page.waitForSelector("[data-online=works]");
    await page.click(".more [data-action=details]");
    await lookAt("online");
    box.pages.online = {
      ...sampleOnline(true),
      diagnosis: { kind: "carrier-grade-nat", reason: null },
      addresses: { home: null, away: null },
    };
    await page.waitForSelector("[data-online=closed]");
    await lookAt("online-closed");

    await openPage(page, "storage");
    await page.waitForSelector("[data-storage=guide]");
    await lookAt("storage");
    await openPage(page, "system");
    await page.waitForSelector("[data-update]");
    await page.click("[data-action=restart]");
    await lookAt("system");
    await openPage(page, "watched");
    await page.waitForSelector("[data-watched]");
    await lookAt("watched");
    t.same(complaints, []);
    t.same(box.problems, []);
  });
}

for (const look of UPRIGHT)
  t.test(`owner screens: the box's bad days, ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { pages } = box;
    box.tuners = { ...sampleTuners(), tuners: [] };
    box.scan = sampleScan("cancelled", Date.now());
    const { page, complaints, lookAt } = await enter(t, bench, look, "owner");
    await openPage(page, "tuners");
    await page.waitForSelector("[data-empty]");
    await lookAt("tuners-none");
    await openPage(page, "scan");
    await page.waitForSelector("[data-scan=cancelled]");
    await lookAt("scan-cancelled");
    pages.endScan("failed");
    await page.waitForSelector("[data-scan=failed]");
    await lookAt("scan-failed");
    pages.options = { ...pages.options, systems: [], multiplexes: 0 };
    await openPage(page, "scan");
    await page.waitForSelector(".note");
    await lookAt("scan-nothing-to-scan");

    pages.online = {
      ...sampleOnline(true),
      problem: { code: "cloud-unreachable", message: "" },
      registration: "failed",
    };
    await openPage(page, "online");
    await page.waitForSelector("[data-online=trouble]");
    await lookAt("online-trouble");
    pages.refused.set("PUT /online/alias", { status: 409, code: "alias-taken" });
    pages.online = sampleOnline(true);
    await page.waitForSelector("[data-online=works]");
    await page.fill("[name=alias]", "miller");
    await page.click("[data-action=save-alias]");
    await page.waitForSelector("[data-code=alias-taken]");
    await page.locator("[data-code=alias-taken]").scrollIntoViewIfNeeded();
    await lookAt("online-name-taken");
    await page.click("[data-action=online-off]");
    await page.locator("[data-action=online-off-yes]").scrollIntoViewIfNeeded();
    await lookAt("online-off-sure");

    const { storage } = sampleSystem();
    pages.system.storage = {
      ...storage,
      state: { ...storage.state, free: 9e6 },
      timeShift: { ...storage.timeShift, ready: false },
    };
    await openPage(page, "storage");
    await page.waitForSelector("[data-storage=state] .problem");
    await lookAt("storage-full");
    await openPage(page, "system");
    await page.click("[data-action=restart]");
    await page.click("[data-action=restart-yes]");
    await page.waitForSelector("[data-restart=back]");
    await lookAt("system-back");
    pages.system = {
      ...pages.system,
      canRestart: false,
      clock: { ...sampleSystem().clock, state: "unsynchronised", doubt: "behind" },
    };
    await page.waitForSelector("[data-restart=none] >> visible=true");
    await page.waitForSelector("[data-clock=behind]");
    await lookAt("system-clock-wrong");
    await openPage(page, "watched");
    await page.click("[data-action=keep-watched]");
    await page.click("[data-action=clear-watched]");
    await page.click("[data-action=clear-watched-yes]");
    await page.waitForSelector("[data-empty]");
    await lookAt("watched-none");
    pages.refused.set("GET /system", { status: 500, code: "internal" });
    await openPage(page, "system");
    await page.waitForSelector("[data-code=internal]");
    await lookAt("system-failed");
    pages.refused.clear();
    await page.route("**/api/v1/system", () => undefined); // it never answers
    await openPage(page, "storage");
    await page.waitForSelector("[data-waiting]");
    await page.waitForTimeout(6000); // the words for those that wait long
    await lookAt("storage-slow");
    t.same(complaints, []);
    t.same(box.problems, []);
  });
