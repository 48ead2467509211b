import t from "tap";
import { setUp } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { TELEVISION, contextOf, lookWords, looker } from "./look-at.ts";

/** Pairing where it is not one touch: what goes wrong, and what comes first over plain http. */

const skip = skipWithoutBrowser();

for (const look of TELEVISION)
  t.test(`pair screens: ${lookWords(look)}`, { skip }, async (t) => {
    const bench = await setUp(t);
    const { box, port } = bench;
    const { page, complaints } = await bench.open("/", contextOf(look));
    const lookAt = looker(t, page, look, "pair");
    await page.waitForSelector("[name=code]");
    await lookAt("empty");
    await page.fill("[name=code]", "wdja");
    await page.click("[data-action=pair]");
    await lookAt("strange-letter");
    await page.fill("[name=code]", "zzzz zzzz");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-code=pairing-refused]");
    await lookAt("refused");

    // one that was removed hears why
    await page.fill("[name=code]", box.code);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    for (const why of ["client-revoked", "stay-over"]) {
      box.revoked = true;
      box.gone = why;
      await page.reload();
      await page.waitForSelector(`[data-screen=pair] [data-code=${why}]`);
      await lookAt(why);
      box.revoked = false;
      await page.fill("[name=code]", box.code);
      await page.click("[data-action=pair]");
      await page.waitForSelector("[data-channel=news]");
    }

    box.claimed = false;
    box.https = { port: port + 1, fingerprint: "00" };
    const plain = await bench.open("/", contextOf(look), "box.test");
    const lookPlain = looker(t, plain.page, look, "pair");
    await plain.page.waitForSelector("[data-secure-first=unclaimed]");
    await lookPlain("secure-unclaimed");
    await plain.page.click("[data-action=watch-only]");
    await plain.page.waitForSelector("[name=code]");
    await lookPlain("plain");
    box.claimed = true;
    await plain.page.reload();
    await plain.page.fill("[name=code]", box.code);
    await plain.page.click("[data-action=pair]");
    await plain.page.waitForSelector("[data-secure-first=code-void]");
    await lookPlain("secure-code-void");
    box.https = null;
    await plain.page.reload();
    await plain.page.fill("[name=code]", "BCDFGHJKLMNPQRSTVWXZ");
    await plain.page.waitForSelector("[data-note=recovery-insecure]");
    await lookPlain("recovery-insecure");
    t.same([...complaints, ...plain.complaints], []);
  });
