import { join } from "node:path";
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { createBoxIdentity } from "../web/box-identity.ts";
import { SCREENS, setUp, until, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { ON_ITS_SIDE, contextOf, lookWords, looker, type Look } from "./look-at.ts";
import { addDevices, addHistory } from "./sample-access.ts";

const skip = skipWithoutBrowser();

/** A page of somebody who is paired, and a way to look at it. */
async function enter(t: Test, bench: Bench, look: Look) {
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`, contextOf(look));
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  return { page, complaints, lookAt: looker(t, page, look, "access") };
}

const open = async (page: Page, name: string): Promise<void> => {
  if ((await page.locator("dialog[open]").count()) === 0) await page.click("[data-action=settings]");
  await page.click(`[data-open=${name}]`);
};

for (const look of ON_ITS_SIDE) {
  const size = lookWords(look);
  t.test(`web access screens: an owner's, ${size}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.access.recovery = { codes: [], madeAt: null };
    const { page, complaints, lookAt } = await enter(t, bench, look);
    await page.waitForSelector(".save-codes");
    await lookAt("channels");
    await page.click("[data-action=settings]");
    await page.waitForSelector("[data-action=forget]");
    await lookAt("settings");

    await open(page, "devices");
    await page.waitForSelector("[data-devices]");
    await lookAt("devices-one");
    await page.click("[data-action=sheet-back]");
    addDevices(box, 30);
    await open(page, "devices");
    await page.waitForSelector("[data-devices='31']");
    await lookAt("devices");
    await page.click("[data-action=end-others]");
    await lookAt("end-others");
    await page.click("[data-client=more-2]");
    await page.waitForSelector("[data-option^=stay]");
    await lookAt("device-guest");
    await page.click("[data-action=remove]");
    await lookAt("device-remove");
    await page.click("[data-action=sheet-back]");
    await page.click("[data-client=more-1]");
    await lookAt("device-kid");
    await page.click("[data-open=limits]");
    await lookAt("limits");
    await page.click("[data-option=hours-own]");
    await page.click("[data-option=channels-some]");
    await page.click("[data-allow=news]");
    await lookAt("limits-channels");
    await page.locator(".spans").scrollIntoViewIfNeeded();
    await lookAt("limits-hours");
    await page.click("[data-action=close]");

    await open(page, "add");
    await lookAt("add-role");
    await page.click("[data-action=open-offer]");
    await page.waitForSelector("svg.qr path");
    await lookAt("add-code");
    const [offer] = [...box.access.offers.values()];
    if (offer === undefined) throw new Error("there is no offer");
    const claim = {
      proof: "",
      nonce: "",
      key: null,
      name: "A Very Long Name For A Television In The Guest Room Upstairs",
      terminalType: "tv",
      refresh: "body",
    } as const;
    box.access.redeemed({ key: "", role: "viewer", offer, pass: null }, claim, false);
    await page.waitForSelector("[data-number]");
    await lookAt("add-which");
    await page.click("[data-action=deny]");
    await page.waitForSelector("[data-outcome=refused]");
    await lookAt("add-refused");
    await page.click("[data-action=done]");

    await open(page, "codes");
    await page.click("[data-action=make-codes]");
    await page.waitForSelector("[data-codes='10']");
    await lookAt("codes");
    await page.emulateMedia({ media: "print" });
    await page.screenshot({ path: join(SCREENS, `access-codes-printed-${look.width}.png`) });
    await page.emulateMedia({ media: "screen" });
    await page.click("[data-action=codes-kept]");
    await open(page, "codes");
    await page.click("[data-action=make-codes]");
    await lookAt("codes-left");
    await page.click("[data-action=sheet-back]");
    await open(page, "pin");
    await page.fill("[name=pin]", "12a34");
    await lookAt("pin");
    await page.click("[data-action=sheet-back]");

    await open(page, "log");
    await page.waitForSelector(".log, .quiet-text");
    await page.click("[data-action=sheet-back]");
    addHistory(box, 60);
    await open(page, "log");
    await page.waitForSelector("[data-action=more]");
    await lookAt("log");
    await page.click("[data-action=sheet-back]");
    await open(page, "elsewhere");
    await lookAt("elsewhere");
    await page.click("[data-action=another]");
    await page.waitForSelector("svg.qr path");
    await lookAt("elsewhere-code");
    await page.click("[data-action=close]");

    box.access.note(
      "refresh-reused",
      { client: "more-2", name: "A Very Long Name For A Television In The Guest Room" },
      true,
    );
    await page.waitForSelector("[data-banner=refresh-reused]");
    await lookAt("banner");
    await page.route("**/api/v1/clients", (route) => route.abort());
    await page.route("**/api/v1/audit*", (route) => route.abort());
    await page.click("[data-action=see]");
    await page.waitForSelector("[data-code=box-unreachable]");
    await lookAt("log-offline");
    t.same(complaints, []);
    t.same(box.problems, []);
  });

  t.test(`web access screens: a child's and a newcomer's, ${size}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "kid";
    box.access.pin = "2468";
    box.refusals.set("news", { status: 403, code: "parental-rating", detail: { minimumAge: 16 } });
    const { page, complaints, lookAt } = await enter(t, bench, look);
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-code=parental-rating]");
    await lookAt("kid-refused");
    await page.click("[data-action=unlock]");
    await page.click("[data-digit='1']");
    await page.click("[data-digit='0']");
    await lookAt("kid-pin");
    for (const digit of "13") await page.click(`[data-digit="${digit}"]`);
    await page.click("[data-action=enter]");
    await page.waitForSelector("[data-code=pin-wrong]");
    await lookAt("kid-pin-wrong");

    const { page: newcomer } = await bench.open("/", {
      locale: look.locale,
      colorScheme: look.colorScheme,
      viewport: { width: look.width, height: look.height },
    });
    const shoot = looker(t, newcomer, look, "access");
    await newcomer.click("[data-action=recovery]");
    await newcomer.fill("[name=recovery]", "BCDFGHJKLMNPQRSTVWXZ");
    await shoot("recovery");
    await newcomer.click("[data-action=recovery]");
    box.match = "47";
    box.claimLife = 300_000;
    await newcomer.route("**/pairing/poll", (route) => route.abort());
    await newcomer.fill("[name=code]", box.code);
    await newcomer.click("[data-action=pair]");
    await newcomer.waitForSelector(".match strong");
    await shoot("match");
    await newcomer.goto("about:blank");
    await newcomer.goto(`http://127.0.0.1:${bench.port}/#h=1.pass.${"A".repeat(22)}`);
    await newcomer.waitForSelector("[data-action=pair]");
    await shoot("pass");

    await page.click("[data-action=close]");
    const own = { id: box.id, identity: box.identity };
    box.identity = createBoxIdentity();
    await page.reload();
    await page.waitForSelector("[data-code=box-not-trusted]");
    await lookAt("not-trusted");
    box.id = box.identity.id;
    await page.reload();
    await page.waitForSelector("[data-screen=stranger]");
    await lookAt("stranger-key");
    Object.assign(box, own, { match: null });
    const { page: viewer } = await bench.open(
      "/",
      {
        locale: look.locale,
        colorScheme: look.colorScheme,
        viewport: { width: look.width, height: look.height },
      },
      "box.test",
    );
    await viewer.fill("[name=code]", box.code);
    await viewer.click("[data-action=pair]");
    await viewer.waitForSelector("[data-channel=news]");
    box.identity = createBoxIdentity();
    box.id = box.identity.id;
    await viewer.reload();
    await viewer.waitForSelector("[data-screen=stranger]");
    await looker(t, viewer, look, "access")("stranger-cookie");
    t.same(complaints, []);
    await until(
      () => box.problems.length,
      (count) => count === 0,
    );
  });
}
