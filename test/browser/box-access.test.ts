import t from "tap";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Client, Clients } from "../../src/protocol/api.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { PHONE, until, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** The screens of access against the real daemon, over its own https: what an owner does on an evening. */

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ignoreHTTPSErrors: true, ...PHONE });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  return page;
}

async function sheet(page: Page, name: string): Promise<void> {
  await page.click("[data-action=settings]");
  await page.click(`[data-open=${name}]`);
}

async function pairAsOwner(browser: Browser, box: Daemon): Promise<Page> {
  const offer = await box.openOffer();
  const page = await open(browser, `https://127.0.0.1:${box.https}/${new URL(offer.url).hash}`);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels]");
  return page;
}

/** A new device that types the code that the owner's page shows, and is let in by its number. */
async function letIn(owner: Page, browser: Browser, url: string, name: string): Promise<Page> {
  await owner.click("[data-action=open-offer]");
  await owner.waitForSelector(".big-code");
  const device = await open(browser, url);
  await device.fill("[name=device]", name);
  await device.fill("[name=code]", (await owner.textContent(".big-code")) ?? "");
  await device.click("[data-action=pair]");
  const number = await device.textContent(".match strong");
  await owner.click(`[data-number="${number}"]`);
  await owner.waitForSelector("[data-outcome=paired]");
  await device.waitForSelector("[data-screen=channels]");
  return device;
}

const clientsOf = async (box: Daemon): Promise<Client[]> =>
  (await box.local<Clients>("GET", "/api/v1/clients")).body.clients;

t.test(
  "A4: an owner lets a kid's tablet in by its number, sets limits, lifts them by PIN, and removes it",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(240_000);
    const box = await startDaemon(t);
    const url = `https://127.0.0.1:${box.https}/`;
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const owner = await pairAsOwner(browser, box);

    await sheet(owner, "add");
    await owner.click("[data-option=role-kid]");
    const tablet = await letIn(owner, browser, url, "Mia's tablet");
    const [, kid] = await clientsOf(box);
    t.match(kid, { name: "Mia's tablet", role: "kid", lastHome: true });

    const channel = await eventually("a channel that plays in a browser", async () => {
      const { body } = await box.local<{ channels: { id: string; number: number; codecs: unknown }[] }>(
        "GET",
        "/api/v1/channels",
      );
      return body.channels.find(({ number, codecs }) => number === 1 && codecs !== null);
    });
    t.equal((await box.local("PUT", "/api/v1/parental-pin", { pin: "2468" })).status, 204);
    const hours = [{ days: [((new Date().getDay() + 3) % 7) + 1], from: "00:00", to: "00:01" }];
    const changed = await box.local("PATCH", `/api/v1/clients/${kid?.id}`, { limits: { hours } });
    t.equal(changed.status, 200);
    await tablet.click(`[data-channel="${channel.id}"]`);
    await tablet.waitForSelector("[data-code=parental-hours]");
    await tablet.click("[data-action=unlock]");
    for (const digit of "2468") await tablet.click(`[data-digit="${digit}"]`);
    await tablet.click("[data-action=enter]");
    await until(
      () => watching(tablet),
      ({ frames }) => frames > 10,
      45_000,
    );

    await owner.click("[data-action=done]");
    await owner.click("[data-open=devices]");
    await owner.click(`[data-client="${kid?.id}"]`);
    await owner.click("[data-action=remove]");
    await owner.click("[data-action=remove-yes]");
    await tablet.waitForSelector("[data-screen=pair]");
    t.equal((await clientsOf(box)).length, 1);
  },
);

t.test(
  "A4: recovery codes that the owner's page made let the owner in on a new phone, and the log says so",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(180_000);
    const box = await startDaemon(t);
    const url = `https://127.0.0.1:${box.https}/`;
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const owner = await pairAsOwner(browser, box);
    await owner.click("[data-action=codes]");
    await owner.click("[data-action=make-codes]");
    await owner.waitForSelector("[data-codes='10']");
    const code = (await owner.locator("[data-codes] li").nth(3).textContent()) ?? "";
    await owner.click("[data-action=codes-kept]");

    const phone = await open(browser, url);
    await phone.click("[data-action=recovery]");
    await phone.fill("[name=recovery]", code);
    await phone.click("[data-action=pair]");
    await phone.waitForSelector("[data-screen=channels]");
    t.same(
      (await clientsOf(box)).map(({ role }) => role),
      ["owner", "owner"],
    );
    await owner.waitForSelector("[data-banner]");
    await sheet(phone, "codes");
    t.match(await phone.textContent("dialog"), "9 left");
    await phone.click("[data-action=sheet-back]");
    await phone.click("[data-open=log]");
    await phone.waitForSelector("[data-event=owner-recovered]");
  },
);
