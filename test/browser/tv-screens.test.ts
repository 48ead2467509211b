import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import type { OfferState } from "../../src/protocol/access-api.ts";
import { setUp, until, watching, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { TELEVISION, contextOf, lookWords, looker } from "./look-at.ts";

/** The television's own page in a box in small: how it looks, and what it does by itself. */

const link = ({ box }: Bench): string => `/tv${box.fragment().replace("#p=", "#s=")}`;

function watchers(): Bench["box"]["screen"]["watching"] {
  const at = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
  const one = { home: true, self: false, terminalType: "mobile" } as const;
  return [
    { ...one, name: "Anna’s phone", channel: { number: 1, name: "News 24" }, since: at(42) },
    { ...one, name: "奶奶的平板", channel: { number: 101, name: "中视" }, since: at(12), home: false },
    {
      ...one,
      name: "A Very Long Name For A Television In The Guest Room",
      terminalType: "tv",
      channel: { number: 7, name: "arte" },
      since: at(3),
    },
  ];
}

/** Somebody claims what the screen shows. @returns the number of the new device */
function claimed(box: Bench["box"], name: string, home: boolean): string {
  const [offer] = [...box.access.offers.values()].filter(({ state }) => state === "open").slice(-1);
  if (offer === undefined) throw new Error("no offer is open");
  const by = { key: offer.secret, role: "viewer", offer, pass: null } as const;
  const claim = { proof: "", nonce: "", key: null, name, terminalType: "mobile", refresh: "body" } as const;
  return box.access.redeemed(by, claim, home) ?? "";
}

for (const look of TELEVISION) {
  t.test(`tv screens: ${lookWords(look)}`, { skip: skipWithoutBrowser() }, async (t) => {
    const bench = await setUp(t);
    const { box, open } = bench;
    box.screen.is = true;
    box.screen.away = "https://anna.box.example";
    box.where = {
      addresses: { home: "https://anna.box.example:8443", away: box.screen.away },
      nearby: { name: "http://tellyport-abcd.local:8080", addresses: ["http://192.168.1.5:8080"] },
    };
    box.claimed = false;
    const margins = look.width > 1000;
    const { page, complaints } = await open(link(bench), contextOf(look));
    const lookAt = looker(t, page, look, "tv");
    await page.waitForSelector("[data-screen=tv-first] [data-address] svg");
    await lookAt("first", { margins });
    box.claimed = true;
    const [first] = [...box.access.offers.values()].slice(-1);
    box.send("offer", { ...(first as OfferState), state: "paired", claim: null });
    await page.waitForSelector("[data-screen=tv-home]");
    t.equal(await page.textContent("[data-watching='0'] [data-typed]"), "tellyport-abcd.local:8080");
    await page.waitForSelector("[data-watching='0'] .tv-large-clock");
    await lookAt("home-nobody", { margins });
    box.screen.watching = watchers();
    box.send("watching", {});
    await page.waitForSelector("[data-watching='3']");
    await lookAt("home", { margins });
    await page.click("[data-action=add]");
    await page.waitForSelector("[data-offer] svg");
    await lookAt("home-code", { margins });

    const number = claimed(box, "Ben’s phone", false);
    await page.waitForSelector("[data-question]");
    await lookAt("question");
    await page.click(`[data-number="${number}"]`);
    await page.waitForSelector("[data-question][data-outcome=yes]");
    await lookAt("question-yes");
    await page.waitForSelector("[data-question]", { state: "detached" });

    await page.click("[data-action=watch]");
    await page.waitForSelector("[data-channel=pay]");
    await lookAt("channels", { margins });
    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await lookAt("player");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-screen=tv-channels] [data-channel=news]:focus");

    const other = await open("/tv", contextOf(look));
    const lookAtOther = looker(t, other.page, look, "tv");
    await other.page.waitForSelector("[data-screen=tv-ask] [data-address] svg");
    await lookAtOther("ask", { margins });
    box.screen.match = "42";
    await other.page.waitForSelector("[data-match='42']");
    await lookAtOther("ask-number", { margins });
    await box.close();
    await page.waitForSelector(".tv .chip:not(:empty)");
    await lookAt("box-away", { margins });
    await other.page.reload().catch(() => undefined);
    t.same([...complaints, ...other.complaints], []);
    t.same(box.problems, []);
  });
}

/** A screen that is paired and at home, in the language of its choice. */
async function atHome(t: Test): Promise<Bench & { page: Page }> {
  const bench = await setUp(t);
  bench.box.screen.is = true;
  const { page } = await bench.open(link(bench), { viewport: { width: 1280, height: 720 } });
  await page.waitForSelector("[data-screen=tv-home] [data-action=watch]:focus");
  return { ...bench, page };
}

t.test(
  "tv screens: all by the remote control: every key leads on, the focus is seen, the language stays",
  {
    skip: skipWithoutBrowser(),
  },
  async (t) => {
    const { box, page } = await atHome(t);
    const focused = (): Promise<string> =>
      page.evaluate(
        `(({ dataset: { action, language, channel, number } }) => action ?? language ?? channel ?? number ?? "nothing")(document.activeElement)`,
      );
    const seen = (): Promise<boolean> =>
      page.evaluate(`getComputedStyle(document.activeElement).outlineStyle !== "none"`);
    const walk: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await page.keyboard.press("ArrowRight");
      walk.push(await focused());
      t.ok(await seen(), `the focus on ${walk[turn]} is seen`);
    }
    t.same(walk, ["add", "zh", "en"]);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForSelector("html[lang=zh-CN]");
    t.match(await page.textContent("[data-action=watch]"), "看电视");
    await page.reload();
    await page.waitForSelector("html[lang=zh-CN] [data-action=watch]:focus");

    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-channel]:focus");
    const first = await focused();
    await page.keyboard.press("ArrowUp");
    t.not(await focused(), first, "round the corner");
    await page.keyboard.press("ArrowDown");
    t.equal(await focused(), "home", "below the list");
    await page.keyboard.press("ArrowUp");
    t.not(await focused(), "home");
    for (let turn = 0; turn < 30 && (await focused()) !== first; turn++) await page.keyboard.press("ArrowUp");
    t.equal(await focused(), first, "line by line to the top");
    await page.evaluate(`document.activeElement.dispatchEvent(Object.assign(
    new KeyboardEvent("keydown", { key: "Unidentified", keyCode: 461, bubbles: true }), {}))`);
    await page.waitForSelector("[data-screen=tv-home]");
    t.same(box.problems, []);
  },
);

t.test(
  "tv screens: a code is hidden by hand, with the page, and when its time is over",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const { box, page } = await atHome(t);
    const open = (): string[] =>
      [...box.access.offers.values()].filter(({ state }) => state === "open").map(({ id }) => id);
    t.equal(await page.locator("[data-offer]").count(), 0, "none is open that nobody wanted");
    await page.click("[data-action=add]");
    await page.waitForSelector("[data-offer]");
    t.equal(open().length, 1);
    await page.click("[data-action=hide]");
    await page.waitForSelector("[data-offer]", { state: "detached" });
    await until(open, (all) => all.length === 0);

    await page.click("[data-action=add]");
    await page.waitForSelector("[data-offer]");
    await page.click("[data-action=watch]");
    await until(open, (all) => all.length === 0);

    await page.keyboard.press("Escape");
    await page.click("[data-action=add]");
    await page.waitForSelector("[data-offer]");
    const [id = ""] = open();
    const offer = box.access.offers.get(id);
    if (offer === undefined) throw new Error("no offer");
    offer.state = "closed";
    box.send("offer", { id, role: "viewer", expiresAt: offer.expiresAt, state: "closed", claim: null });
    await until(open, (all) => all.length === 1 && all[0] !== id);
  },
);

t.test(
  "tv screens: a panel that nobody touches is dimmed, moves a little, and wakes with a key",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const bench = await setUp(t);
    bench.box.screen.is = true;
    const { page } = await bench.open("/tv", { viewport: { width: 1280, height: 720 } });
    await page.clock.install();
    await page.goto(`http://127.0.0.1:${bench.port}/tv?again${bench.box.fragment().replace("#p=", "#s=")}`);
    await page.waitForSelector("[data-screen=tv-home]");
    const place = (): Promise<string> => page.evaluate(`document.querySelector(".tv").style.transform`);
    const before = await place();
    await page.clock.fastForward(200_000);
    await page.waitForSelector("[data-screen=tv-home][data-dim]");
    t.not(await place(), before, "it has moved");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("[data-screen=tv-home]:not([data-dim])");
  },
);

t.test(
  "tv screens: a set of 2020 shows it as well: without what its browser lacks",
  { skip: skipWithoutBrowser() },
  async (t) => {
    const { box, page } = await atHome(t);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript(`
    for (const [from, names] of [
      [Array.prototype, ["at", "findLast", "findLastIndex", "toSorted", "with"]],
      [String.prototype, ["replaceAll", "matchAll", "at"]],
      [Object, ["fromEntries", "hasOwn", "groupBy"]],
      [AbortSignal, ["timeout", "any"]],
      [AbortSignal.prototype, ["throwIfAborted"]],
      [Intl, ["DisplayNames", "ListFormat", "RelativeTimeFormat"]],
      [Promise, ["any", "allSettled", "withResolvers"]],
      [window, ["structuredClone", "queueMicrotask"]],
    ]) for (const name of names) delete from[name];`);
    await page.reload();
    await page.waitForSelector("[data-screen=tv-home]");
    await page.click("[data-action=add]");
    await page.waitForSelector("[data-offer] svg");
    await page.click("[data-action=watch]");
    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await page.keyboard.press("ArrowLeft");
    t.same(complaints, []);
    t.same(box.problems, []);
  },
);
