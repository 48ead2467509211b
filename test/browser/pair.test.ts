import t from "tap";
import { setUp, until } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";

const skip = skipWithoutBrowser();

t.test(
  "web pairing: a scanned address pairs with one touch and leaves no secret behind",
  { skip },
  async (t) => {
    const { box, open } = await setUp(t);
    const { page, complaints } = await open(`/${box.fragment()}`);
    await page.waitForSelector("[data-screen=pair]");
    t.equal(new URL(page.url()).hash, "", "the secret is out of the address");
    t.match(await page.textContent("h1"), "Living room");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    const claim = box.claims[0];
    t.equal(claim?.offer, "offer-1");
    t.type(claim?.key, "object", "a key of its own");
    t.equal(claim?.refresh, "body");
    t.equal(claim?.terminalType, "mobile");
    t.notMatch(JSON.stringify(box.claims), box.offer.secret.toString("base64url"));

    await page.reload();
    await page.waitForSelector("[data-channel=news]");
    t.equal(box.claims.length, 1, "it stays paired over a reload");
    t.same(
      await page.evaluate(
        "Object.keys(localStorage).filter((key) => !/language|recovery|last-list|reached/.test(key))",
      ),
      [],
    );
    t.same(box.problems, []);
    t.same(complaints, []);
  },
);

t.test(
  "web pairing: a typed code is shaped while typing and a wrong one is said in words",
  { skip },
  async (t) => {
    const { box, open } = await setUp(t);
    box.match = "47";
    const { page, complaints } = await open("/");
    const code = page.locator("[name=code]");
    /** It is shaped a moment after the key. */
    const shows = (text: string): Promise<string> =>
      until(
        () => code.inputValue(),
        (value) => value === text,
      );
    t.equal(await code.getAttribute("autocorrect"), "off");
    await code.pressSequentially("wdja1b");
    await shows("WDJB");
    await code.fill("wdja");
    await page.click("[data-action=pair]");
    t.match(await page.textContent("#code-help"), /Codes have no A/, "the letter is the reason");
    await code.fill("");
    await code.pressSequentially("wdjbm");
    await shows("WDJB-M");
    await page.click("[data-action=pair]");
    t.match(await page.textContent("#code-help"), /3 more to type/);
    await code.fill("zzzz zzzz");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-code=pairing-refused]");
    await shows("ZZZZ-ZZZZ");
    await code.fill("wdjb-mjht");
    await code.press("Enter");
    await page.waitForSelector(".match strong");
    t.equal(await page.textContent(".match strong"), "47");
    await page.waitForSelector("[data-screen=channels]");
    t.notMatch(JSON.stringify(box.claims), /WDJB/, "the code is never sent");
    t.same(complaints, []);
  },
);

t.test("web pairing: over plain http the phone becomes a LAN viewer and is told so", { skip }, async (t) => {
  const { box, open, port } = await setUp(t);
  box.role = "viewer";
  box.https = { port: port + 1, fingerprint: "00" };
  const { page, complaints } = await open("/", {}, "box.test");
  await page.waitForSelector("[data-screen=pair]");
  t.equal(await page.evaluate("isSecureContext"), false);
  t.equal(await page.getAttribute(".note a", "href"), `https://box.test:${port + 1}/`);
  await page.fill("[name=code]", "WDJB-MJHT");
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  t.equal(box.claims[0]?.key, null);
  await page.reload();
  await page.waitForSelector("[data-channel=news]");
  await page.click("[data-channel=news]");
  await until(
    () => page.getAttribute("[data-screen=player]", "data-phase"),
    (phase) => phase === "playing",
  );
  t.same(complaints, []);
});

t.test("web pairing: a short access token is refreshed, one call at a time", { skip }, async (t) => {
  const { box, open } = await setUp(t);
  box.accessLife = 1000;
  const { page } = await open(`/${box.fragment()}`);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await page.click("[data-channel=news]");
  await until(
    () => page.getAttribute("[data-screen=player]", "data-phase"),
    (phase) => phase === "playing",
  );
  t.ok(box.log.some((line) => line === "POST /api/v1/token 200"));
  t.same(box.problems, []);
});

t.test("web pairing: who is removed comes back to pairing and learns why", { skip }, async (t) => {
  const { box, open } = await setUp(t);
  const { page } = await open(`/${box.fragment()}`);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  box.revoked = true;
  await page.click("[data-channel=news]");
  await page.waitForSelector("[data-screen=pair] [data-code=client-revoked]");
  t.match(await page.textContent("[data-code=client-revoked]"), "The owner removed this device");
  box.revoked = false;
  await page.reload();
  await page.waitForSelector("[data-screen=pair]");
});

t.test("web pairing: forgetting the box takes the place away on both sides", { skip }, async (t) => {
  const { box, open } = await setUp(t);
  const { page } = await open(`/${box.fragment()}`);
  await page.click("[data-action=pair]");
  await page.click("[data-action=settings]");
  await page.waitForSelector("[data-action=forget]");
  t.match(await page.textContent("[data-settings]"), box.id);
  await page.click("[data-action=forget]");
  await page.click("[data-action=forget-yes]");
  await page.waitForSelector("[data-screen=pair]");
  t.ok(box.log.includes("DELETE /api/v1/clients/client-1 200"));
});
