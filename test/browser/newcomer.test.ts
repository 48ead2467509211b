import type { Page } from "playwright-core";
import t from "tap";
import { setUp } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";

const skip = skipWithoutBrowser();

const RECOVERY = "BCDFGHJKLMNPQRSTVWXZ";

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
