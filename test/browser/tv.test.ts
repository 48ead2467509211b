import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import t, { type Test } from "tap";
import type { OfferStates, ScreenLink } from "../../src/protocol/access-api.ts";
import type { Client, Clients } from "../../src/protocol/api.ts";
import { eventually, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { PHONE, until, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** The television's own page against the real daemon: what stands on the box's screen, and on a set elsewhere in the house. */

const TV = { viewport: { width: 1280, height: 720 } };
const PATIENCE = 60_000;

async function launch(t: Test): Promise<Browser> {
  t.setTimeout(400_000);
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  t.teardown(() => browser.close());
  return browser;
}

async function open(browser: Browser, url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ignoreHTTPSErrors: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(url);
  return page;
}

/** The box's own screen, by the link that the command line prints. */
async function openScreen(browser: Browser, box: Daemon): Promise<Page> {
  const { stdout, code } = await tellyport(["tv", "--state", box.state]);
  if (code !== 0) throw new Error(`tellyport tv ends with ${code}`);
  return open(browser, stdout.trim(), TV);
}

async function pairByScan(browser: Browser, address: string, name: string): Promise<Page> {
  const phone = await open(browser, address, PHONE);
  await phone.fill("[name=device]", name);
  await phone.click("[data-action=pair]");
  await phone.waitForSelector("[data-screen=channels]");
  return phone;
}

const addressOn = async (tv: Page): Promise<string> =>
  (await tv.locator("[data-address]:has(svg)").getAttribute("data-address", { timeout: PATIENCE })) ?? "";

const clientsOf = async (box: Daemon): Promise<Client[]> =>
  (await box.local<Clients>("GET", "/api/v1/clients")).body.clients;

const names = (tv: Page): Promise<string[]> => tv.locator("[data-who]").allTextContents();

/** Presses arrow keys until what is wanted has the focus, as a person does who sees it. */
async function goTo(tv: Page, selector: string, ...keys: string[]): Promise<void> {
  let turn = 0;
  await until(
    async () => {
      if (await tv.locator(selector).evaluate((element) => element === element.ownerDocument.activeElement))
        return true;
      await tv.keyboard.press(keys[turn++ % keys.length] ?? "");
      return false;
    },
    (there) => there,
    PATIENCE,
  );
}

t.test(
  "tv: from the first start to who watches: the owner's phone comes in by the code on the box's screen",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const browser = await launch(t);
    const port = await freePort();
    const config = `http: {address: "127.0.0.1", port: ${port}, https: {enabled: false}}\nannounce: {mdns: false, ssdp: off}\n`;
    const state = await temporaryFolder(t);
    const box = await startDaemon(t, { config, state });
    const tv = await openScreen(browser, box);
    await tv.waitForSelector("[data-screen=tv-first]");
    t.equal(new URL(tv.url()).hash, "", "the link's secret is in the address no longer");
    t.match(await clientsOf(box), [
      { name: "The box’s screen", role: "viewer", terminalType: "tv", screen: true },
    ]);

    const phone = await pairByScan(browser, await addressOn(tv), "Anna’s phone");
    t.match((await clientsOf(box))[1], { name: "Anna’s phone", role: "owner" });
    await tv.waitForSelector("[data-screen=tv-home]");
    t.equal(await tv.locator("[data-offer]").count(), 0, "no code is open once somebody has come in");
    await tv.waitForSelector("[data-watching='0']");

    await eventually("a channel that plays in a browser", async () => {
      const { body } = await box.local<{ channels: { number: number; codecs: unknown }[] }>(
        "GET",
        "/api/v1/channels",
      );
      return body.channels.find(({ number, codecs }) => number === 1 && codecs !== null);
    });
    await phone.locator("[data-channel]").first().click();
    await tv.waitForSelector("[data-watching='1']");
    t.same(await names(tv), ["Anna’s phone"]);
    t.match(await tv.locator("[data-channel-name]").textContent(), /^1 /);

    await goTo(tv, "[data-action=watch]", "ArrowDown");
    await tv.keyboard.press("Enter");
    await tv.waitForSelector("[data-screen=tv-channels] [data-channel]:focus");
    await tv.keyboard.press("Enter");
    await until(
      () => watching(tv),
      ({ frames }) => frames > 10,
      PATIENCE,
    );
    await tv.keyboard.press("Backspace");
    await tv.waitForSelector("[data-screen=tv-channels] [data-channel]:focus");
    await tv.keyboard.press("Backspace");
    await tv.waitForSelector("[data-screen=tv-home]");

    await goTo(tv, "[data-action=add]", "ArrowRight");
    await tv.keyboard.press("Enter");
    const before = await addressOn(tv);
    await box.stop();
    await tv.waitForSelector(".chip:not(:empty)");
    await startDaemon(t, { config, state });
    await tv.waitForSelector(".chip:empty", { state: "attached" });
    await until(
      () => addressOn(tv),
      (after) => after !== before,
      PATIENCE,
    );
    const second = await pairByScan(browser, await addressOn(tv), "Ben’s phone");
    await tv.waitForSelector("[data-paired]");
    await second.close();
  },
);

t.test(
  "T27, tv: who waits is let in before the screen by its number, with the remote control alone; a wrong number is a no",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const browser = await launch(t);
    const box = await startDaemon(t);
    const offer = await box.openOffer();
    const owner = await pairByScan(
      browser,
      `https://127.0.0.1:${box.https}/${new URL(offer.url).hash}`,
      "Anna’s phone",
    );
    const tv = await openScreen(browser, box);
    await tv.waitForSelector("[data-screen=tv-home]");

    /** A device that claims what the owner's phone shows. */
    const knock = async (name: string): Promise<{ page: Page; number: string }> => {
      await owner.click("[data-action=settings]");
      await owner.click("[data-open=add]");
      await owner.click("[data-action=open-offer]");
      const code = (await owner.textContent(".big-code")) ?? "";
      const page = await open(browser, `https://127.0.0.1:${box.https}/`, PHONE);
      await page.fill("[name=device]", name);
      await page.fill("[name=code]", code);
      await page.click("[data-action=pair]");
      return { page, number: (await page.textContent(".match strong")) ?? "" };
    };
    const answered = async (): Promise<void> => {
      await owner.click("[data-action=done]");
      await owner.click("[data-action=close]");
    };

    const ben = await knock("Ben’s phone");
    await tv.waitForSelector("[data-question]");
    t.match(await tv.textContent("[data-question]"), "Ben’s phone");
    t.equal(
      await tv.locator("[data-action=deny]:focus").count(),
      1,
      "what is pressed by mistake lets nobody in",
    );
    await tv.keyboard.press("ArrowUp");
    const sweep = ["ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight"];
    await goTo(tv, `[data-number="${ben.number}"]`, ...sweep);
    await tv.keyboard.press("Enter");
    await ben.page.waitForSelector("[data-screen=channels]");
    await tv.waitForSelector("[data-outcome=yes]");
    await answered();

    const eve = await knock("Eve’s phone");
    await tv.waitForSelector("[data-question] [data-action=deny]:focus");
    await tv.keyboard.press("Backspace");
    await tv.waitForSelector("[data-question]", { state: "detached" });
    t.match(
      (await box.local<OfferStates>("GET", "/api/v1/offers")).body.offers,
      [{ state: "waiting" }],
      "Back decides nothing",
    );
    await tv.reload();
    await tv.waitForSelector("[data-question] [data-action=deny]:focus");
    await tv.keyboard.press("Enter");
    await eve.page.waitForSelector(".problem");
    await tv.waitForSelector("[data-outcome=no]");
    await answered();
    t.same((await clientsOf(box)).map(({ name }) => name).sort(), [
      "Anna’s phone",
      "Ben’s phone",
      "The box’s screen",
    ]);

    await owner.click("[data-action=settings]");
    await owner.click("[data-open=devices]");
    await owner.locator("[data-client]", { hasText: "The box’s screen" }).click();
    await owner.click("[data-action=remove]");
    await owner.click("[data-action=remove-yes]");
    await tv.waitForSelector("[data-screen=tv-ask]");
    t.same(await names(tv), [], "a screen that was removed shows nobody");
  },
);

t.test(
  "T28, tv: a stranger's set shows no code to come in by and no names; an owner who sees its code lets it watch, and no more",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const browser = await launch(t);
    const box = await startDaemon(t);
    const tv = await open(browser, `http://127.0.0.1:${box.http}/tv`, TV);
    await tv.waitForSelector("[data-code=owner-missing]");
    t.equal(
      await tv.locator("[data-offer], [data-watching], svg.qr").count(),
      0,
      "nothing on a box without an owner",
    );
    const offer = await box.openOffer();
    const owner = await pairByScan(
      browser,
      `https://127.0.0.1:${box.https}/${new URL(offer.url).hash}`,
      "Anna’s phone",
    );
    t.equal(
      (await box.local<ScreenLink>("POST", "/api/v1/screen")).status,
      201,
      "a link for the screen is open",
    );
    const address = await addressOn(tv);
    t.match(address, new RegExp(`^https://127\\.0\\.0\\.1:${box.https}/#t=1\\.[A-Z]{8}$`));
    t.equal(await tv.locator("[data-offer], [data-watching]").count(), 0, "no offer, no names");
    t.same(
      (await box.local<OfferStates>("GET", "/api/v1/offers")).body.offers.filter(
        ({ state }) => state === "waiting",
      ),
      [],
      "nobody is bothered",
    );

    await owner.goto(address);
    await owner.waitForSelector("[data-television]");
    await owner.click("[data-action=answer]");
    const number = await tv.locator("[data-match]").getAttribute("data-match");
    await owner.click(`[data-number="${number}"]`);
    await owner.waitForSelector("[data-outcome=paired]");
    await tv.waitForSelector("[data-screen=tv-channels]");
    t.match((await clientsOf(box))[1], { name: "TV", role: "viewer", terminalType: "tv" });
    t.equal(
      await tv.locator("[data-offer], [data-watching], [data-action=home]").count(),
      0,
      "a viewer's set shows nobody",
    );
  },
);
