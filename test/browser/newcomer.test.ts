import type { Page } from "playwright-core";
import t from "tap";
import { setUp, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { addDevices } from "./sample-access.ts";

const skip = skipWithoutBrowser();

const RECOVERY = "BCDFGHJKLMNPQRSTVWXZ";

/** Pairs by the box's first offer, with one touch. */
async function enter(bench: Bench) {
  const opened = await bench.open(`/${bench.box.fragment()}`);
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-channel=news]");
  return opened;
}

const typeCode = async (page: Page, code: string): Promise<void> => {
  await page.fill("[name=code]", code);
  await page.click("[data-action=pair]");
};

t.test(
  "web newcomer: a recovery code goes into the one code field, also when the box has no owner left",
  { skip },
  async (t) => {
    const { box, open } = await setUp(t);
    box.claimed = false;
    box.access.recovery = { codes: [RECOVERY], madeAt: new Date(0).toISOString() };
    const { page, complaints } = await open("/");
    await page.waitForSelector("[data-action=recovery]");
    await page.fill("[name=code]", RECOVERY.toLowerCase());
    t.match(await page.textContent("#code-help"), "Twenty letters", "it says what it takes it for");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    t.equal(box.claims[0]?.offer, "recovery");
    t.match([...box.access.clients.values()][0], { role: "owner" });
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: over plain http a recovery code is not sent, and the secure page is named",
  { skip },
  async (t) => {
    const { box, open, port } = await setUp(t);
    box.https = { port: port + 1, fingerprint: "00" };
    const { page } = await open("/", {}, "box.test");
    await typeCode(page, RECOVERY).catch(() => undefined);
    await page.waitForSelector("[data-note=recovery-insecure]");
    t.equal(await page.getAttribute(".note a", "href"), `https://box.test:${port + 1}/`);
    t.same(box.claims, []);
  },
);

t.test("web newcomer: the only owner hears what it means before it forgets the box", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.access.recovery = { codes: [], madeAt: null };
  const { page, complaints } = await enter(bench);
  await page.click("header [data-action=settings]");
  await page.click("[data-action=forget]");
  await page.waitForSelector("[data-forget=last-owner]");
  t.match(await page.textContent("[data-forget]"), /only owner.*no recovery codes.*tellyport owner recover/s);
  await page.click("[data-action=forget-codes]");
  await page.waitForSelector("[data-action=make-codes]");
  await page.click("[data-action=sheet-back]");
  addDevices(box, 4); // the last of them is an owner
  await page.click("[data-action=forget]");
  await page.waitForSelector("[data-forget=yes]");
  t.notMatch(await page.textContent("[data-forget]"), "only owner");
  await page.click("[data-action=forget-yes]");
  await page.waitForSelector("[data-screen=pair]");
  t.same(complaints, []);
});
