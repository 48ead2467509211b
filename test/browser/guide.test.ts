import { chromium, type BrowserContextOptions, type Page } from "playwright-core";
import t, { type Test } from "tap";
import type { Programme } from "../../src/protocol/api.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { PHONE, setUp, until, watching, type Bench } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";
import { drawn, scrollBy } from "./guide-frame.ts";
import { FAULTS } from "./layout-faults.ts";
import { fillGuide } from "./sample-guide.ts";

const skip = skipWithoutBrowser();
const MINUTE = 60_000;
const WIDE = { viewport: { width: 1280, height: 720 }, hasTouch: false, isMobile: false } as const;

interface Inside {
  readonly bench: Bench;
  readonly page: Page;
  readonly complaints: string[];
}

/** Paired, and at the guide or the search. */
async function enter(
  t: Test,
  tab: "guide" | "search" | "channels",
  options: BrowserContextOptions = WIDE,
  prepare: (bench: Bench) => void = ({ box }) => fillGuide(box),
): Promise<Inside> {
  const bench = await setUp(t);
  prepare(bench);
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`, options);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels]");
  await page.waitForSelector("[aria-busy=false]");
  if (tab !== "channels") {
    await page.click(`[data-tab=${tab}]`);
    await page.waitForSelector(`[data-screen=${tab}]`);
  }
  return { bench, page, complaints };
}

const nodes = (page: Page): Promise<number> =>
  page.evaluate(`document.querySelectorAll(".guide-frame *").length`);
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    `document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent ?? ""`,
  );

/** A programme that is on, or comes, on a channel. */
function programmeOf({ box }: Bench, channel: string, index: 0 | 1): Programme {
  const coming = box.guide.programmes.get(channel)?.filter(({ endsAt }) => Date.parse(endsAt) > Date.now());
  const found = coming?.[index];
  if (found === undefined) throw new Error(`nothing on ${channel}`);
  return found;
}

t.test("web guide: the grid, far and back, with few elements and few requests", { skip }, async (t) => {
  const { page, bench, complaints } = await enter(t, "guide");
  await drawn(page);
  const first = await nodes(page);
  const titles = (): Promise<string[]> =>
    page.evaluate(
      `[...document.querySelectorAll(".guide-cell.programme")].map((one) => one.getAttribute("aria-label"))`,
    );
  const before = await titles();
  const { title } = programmeOf(bench, "news", 0);
  t.match(
    before.join("\n"),
    new RegExp(`^Nova 1, ${title}, (?:.*, )?\\d\\d:\\d\\d(?:, .*)? (?:to|until) \\d\\d:\\d\\d, on now$`, "m"),
  );
  t.ok(await page.locator(".guide-line").isVisible(), "where now is");
  t.ok((await page.locator(".guide-cell.on").count()) > 5);
  const most = { nodes: first, asked: bench.box.guide.asked.length };
  for (let step = 0; step < 25; step++) {
    await scrollBy(page, 1200, 400);
    await page.waitForTimeout(30);
    most.nodes = Math.max(most.nodes, await nodes(page));
  }
  await drawn(page);
  t.ok(most.nodes < 3 * first && most.nodes < 2500, `${most.nodes} elements at most, ${first} at first`);
  const asked = bench.box.guide.asked.length - most.asked;
  t.ok(asked < 60, `${asked} requests`);
  for (const one of bench.box.guide.asked) {
    const query = new URL(one, "http://x").searchParams;
    const hours = (Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")) / 3_600_000;
    t.ok(
      query.getAll("channel").length <= 32 && hours <= 30,
      `${query.getAll("channel").length} channels, ${hours} h`,
    );
  }
  const edges = await page.evaluate<number[]>(`(() => {
    const names = document.querySelector(".guide-names").getBoundingClientRect().right;
    return [...document.querySelectorAll(".guide-cell.edge")].filter((cell) => cell.getBoundingClientRect().right > names + 100)
      .map((cell) => cell.querySelector(".text").getBoundingClientRect().left - names);
  })()`);
  t.ok(
    edges.length > 3 && edges.every((distance) => Math.abs(distance) < 2),
    "titles stay in sight at the left",
  );
  t.same(await page.evaluate(FAULTS), [], "nothing wrong with the layout");
  await page.evaluate(`document.querySelector(".guide-frame").scrollTo(0, 0)`);
  await page.click("[data-action=now]");
  await drawn(page);
  await until(titles, (now) => before.every((one) => now.includes(one)));
  t.equal(bench.box.guide.asked.filter((one, at, all) => all.indexOf(one) !== at).length, 0, "nothing twice");

  await page.click("[data-action=day] >> nth=3");
  await drawn(page);
  await until(
    () => page.getAttribute("[data-action=day] >> nth=3", "aria-pressed"),
    (pressed) => pressed === "true",
  );
  const date = new Date(new Date().setHours(0, 0, 0, 0));
  date.setDate(date.getDate() + 3);
  t.match(await page.textContent(".guide-corner"), String(date.getDate()));
  t.notOk(await page.locator(".guide-cell.on").count(), "nothing of it is on now");
  await page.click("[data-action=day] >> nth=0");
  await page.waitForSelector(".guide-cell.on");
  t.same(complaints, []);
  t.same(bench.box.problems, []);
});

t.test("web guide: details, watching from it, and back to where one was", { skip }, async (t) => {
  const { page, bench, complaints } = await enter(t, "guide");
  await drawn(page);
  await scrollBy(page, 900, 0);
  await drawn(page);
  await scrollBy(page, -800, 0);
  await page.click(".guide-row[aria-rowindex='4'] .guide-cell.on");
  await page.waitForSelector("[data-action=watch][data-obstacle=scrambled]");
  t.match(await page.textContent(".act .why"), /Encrypted/, "it says beforehand that it cannot be watched");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.click(".guide-row[aria-rowindex='1'] .guide-cell.on");
  const { title, description } = programmeOf(bench, "news", 0);
  t.equal(await page.textContent("#sheet-title"), title);
  t.equal(await page.textContent(".about-all"), description);
  t.match(await page.textContent(".programme-facts"), /Nova 1.*, \d\d:\d\d – \d\d:\d\d.*min left/);
  const left = await page.evaluate<number>(`document.querySelector(".guide-frame").scrollLeft`);
  await page.click("[data-action=watch]");
  await page.waitForSelector("[data-playing=news]");
  await until(
    () => watching(page),
    ({ frames }) => frames > 5,
  );
  await page.goBack();
  await page.waitForSelector("[data-screen=guide]");
  await drawn(page);
  const again = await page.evaluate<number>(`document.querySelector(".guide-frame").scrollLeft`);
  t.ok(Math.abs(again - left) < 30, `${left}, then ${again}`);
  t.same(complaints, []);
});

t.test(
  "web guide: a channel's list, day by day, by tap and by swipe; the choice is remembered",
  { skip },
  async (t) => {
    const { page, bench, complaints } = await enter(t, "guide", PHONE);
    await page.waitForSelector("[data-mode=list] [data-programme]");
    const name = (): Promise<string | null> => page.textContent(".guide-list-head .clip");
    t.equal(await name(), "Nova 1");
    t.match(await page.textContent("[data-programme].on .title"), programmeOf(bench, "news", 0).title);
    await page.click("[data-guide-channel=arte]");
    t.equal(await name(), "Canal 2");
    const devtools = await page.context().newCDPSession(page);
    const swipe = async (from: number, to: number): Promise<void> => {
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number) =>
        devtools.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: type === "touchEnd" ? [] : [{ x, y: 500 }],
        });
      await touch("touchStart", from);
      for (let step = 1; step <= 5; step++) await touch("touchMove", from + ((to - from) * step) / 5);
      await touch("touchEnd", to);
    };
    await swipe(300, 80);
    await until(name, (now) => now === "Radio 3");
    await swipe(80, 300);
    await until(name, (now) => now === "Canal 2");
    await page.waitForSelector("[data-programme]");
    t.ok((await page.locator("[data-programme]").count()) < 120, "a day of it");
    await page.click("[data-action=next-day]");
    t.match(await page.textContent(".guide-list-head"), /Tomorrow/);
    await page.waitForSelector("[data-programme]");
    await page.click("[data-action=day] >> nth=6");
    await page.waitForSelector("[data-programme]");
    t.equal(await page.locator("[data-action=next-day]").count(), 0, "the last day");
    await page.click("[data-action=show-grid]");
    await drawn(page);
    await page.reload();
    await page.waitForSelector("[data-mode=grid]");
    t.same(complaints, []);
  },
);

t.test(
  "web guide: a reminder comes due wherever one is, survives a reload, and can be removed",
  { skip },
  async (t) => {
    const soon = Date.now() + 75_000;
    const { page, bench, complaints } = await enter(t, "guide", WIDE, ({ box }) => {
      fillGuide(box, 20);
      const [one] = box.guide.programmes.get("arte") ?? [];
      if (one === undefined) throw new Error("there is no programme");
      const at = (ms: number): string => new Date(ms).toISOString();
      box.guide.programmes.set("arte", [
        { ...one, title: "Before it", startsAt: at(soon - 3_600_000), endsAt: at(soon) },
        { ...one, title: "The one to come", startsAt: at(soon), endsAt: at(soon + 3_600_000) },
        { ...one, title: "After it", startsAt: at(soon + 3_600_000), endsAt: at(soon + 7_200_000) },
      ]);
    });
    await drawn(page);
    for (const title of ["The one to come", "After it"]) {
      await page.click(`.guide-cell[aria-label*="${title}"]`);
      await page.click("[data-action=remind]");
      await page.waitForSelector("[data-action=remind-not]");
      await page.click("[data-action=close]");
    }
    t.equal(await page.locator(".guide-cell.reminded").count(), 2);
    t.match(await page.getAttribute(".guide-cell.reminded >> nth=0", "aria-label"), /reminder set$/);
    await page.reload();
    await page.click("[data-action=reminders]");
    await page.waitForSelector("[data-reminders='2']");
    await page.click("[data-action=remove-reminder] >> nth=1");
    await page.waitForSelector("[data-reminders='1']");
    await page.click("[data-action=close]");

    await page.click("[data-tab=channels]");
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-phase=playing]");
    await page.waitForSelector("[data-reminder=arte]", { timeout: 90_000 });
    t.match(await page.textContent("[data-reminder]"), /The one to come/);
    t.same(await page.evaluate(FAULTS), [], "nothing wrong with the layout");
    await page.click("[data-action=reminder-watch]");
    await page.waitForSelector("[data-playing=arte]");
    t.equal(await page.locator("[data-reminder]").count(), 0);
    t.equal(await page.evaluate(`localStorage.getItem("tellyport.reminders")`), "[]");
    t.same(complaints, []);
    t.same(bench.box.problems, []);
  },
);

t.test(
  "web guide: notifications of the system are asked for by a tap only, and come when nobody looks",
  { skip },
  async (t) => {
    const { page, complaints } = await enter(t, "channels", WIDE, ({ box }) => fillGuide(box, 20));
    await page.context().addInitScript(`
    window.asked = 0;
    window.notified = [];
    let permission = "default";
    window.Notification = class {
      static get permission() { return permission; }
      static async requestPermission() { window.asked++; return (permission = "granted"); }
      constructor(title, options) { window.notified.push([title, options.body]); }
      close() {}
    };
    Object.defineProperty(document, "hidden", { get: () => true });`);
    const starts = new Date(Date.now() + 30_000).toISOString();
    await page.evaluate(
      `localStorage.setItem("tellyport.reminders", JSON.stringify([{ channel: "arte", title: "Soon", startsAt: "${starts}",
      endsAt: "${new Date(Date.now() + 3_600_000).toISOString()}" }, { channel: "arte", title: "Late",
      startsAt: "${new Date(Date.now() + 7_200_000).toISOString()}", endsAt: "${new Date(Date.now() + 9_000_000).toISOString()}" }]))`,
    );
    await page.reload();
    await page.waitForSelector("[data-reminder=arte]");
    t.same(await page.evaluate("[window.asked, window.notified]"), [0, []], "nobody has allowed it");
    await page.click("[data-action=reminder-close]");
    await page.waitForSelector("[data-reminder]", { state: "detached" });
    await page.click("[data-tab=guide]");
    await page.click("[data-action=reminders]");
    await page.click("[data-action=notify]");
    await until(
      () => page.evaluate<number>("window.asked"),
      (asked) => asked === 1,
    );
    await page.waitForSelector("[data-action=notify]", { state: "detached" });
    await page.click("[data-action=close]");
    const minute = new Date(Date.now() + MINUTE / 2).toISOString();
    await page.evaluate(`localStorage.setItem("tellyport.reminders",
    localStorage.getItem("tellyport.reminders").replace(/"startsAt":"[^"]+"/, '"startsAt":"${minute}"'))`);
    await page.context().addInitScript(`Notification.requestPermission(); window.asked = 0;`);
    await page.reload();
    await until(
      () => page.evaluate<unknown[]>("window.notified"),
      (all) => all.length === 1,
    );
    t.match(await page.evaluate("window.notified[0]"), ["Late", "Begins in a minute on Canal 2"]);
    t.same(complaints, []);
  },
);

t.test("web guide: by keys alone", { skip }, async (t) => {
  const { page, bench, complaints } = await enter(t, "channels");
  await page.focus("[data-tab=guide]");
  await page.keyboard.press("Enter");
  await drawn(page);
  await page.keyboard.press("ArrowRight");
  await until(
    () => page.evaluate("document.activeElement.className"),
    (name) => name === "guide-frame",
  );
  await page.keyboard.press("ArrowDown");
  const now = programmeOf(bench, "news", 0);
  await until(
    () => focused(page),
    (name) => name.startsWith(`Nova 1, ${now.title}`),
  );
  await page.keyboard.press("ArrowDown");
  t.match(await focused(page), `Canal 2, ${programmeOf(bench, "arte", 0).title}`);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowRight");
  t.match(await focused(page), `Nova 1, ${programmeOf(bench, "news", 1).title}`);
  for (let count = 0; count < 6; count++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("PageDown");
  await until(
    () => focused(page),
    (name) => !name.includes("Loading") && /^\S+ 1\d, /.test(name),
  );
  const inSight = await page.evaluate<boolean>(`(() => {
    const cell = document.activeElement.getBoundingClientRect();
    const frame = document.querySelector(".guide-frame").getBoundingClientRect();
    return cell.top >= frame.top && cell.bottom <= frame.bottom + 1 && cell.right > frame.left + 208 && cell.left < frame.right;
  })()`);
  t.ok(inSight, "what has the focus is in sight");
  t.equal(
    await page.locator(".guide-frame [tabindex='0']").count(),
    1,
    "one thing that the Tab key stops at",
  );
  await page.keyboard.press("Home");
  t.match(await focused(page), /on now$/);
  const row = await focused(page);
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog [data-action=watch]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await until(
    () => focused(page),
    (name) => name === row,
  );
  for (let count = 0; count < 3; count++) await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowUp");
  t.match(await focused(page), "Now", "above the first row are the days");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  t.match(await focused(page), /Tomorrow/);
  await page.keyboard.press("Enter");
  await drawn(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  t.match(await focused(page), /^Nova 1, Tomorrow, /);
  await page.keyboard.press("Backspace");
  await page.waitForSelector("[data-screen=channels]");
  await page.focus("[data-tab=search]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-screen=search]");
  await until(
    () => page.evaluate("document.activeElement.name"),
    (name) => name === "query",
  );
  await page.keyboard.type("Sport 6");
  await page.waitForSelector("[data-group=channels] [data-channel=c6]");
  await page.keyboard.press("ArrowDown");
  t.match(await focused(page), /Sport 6/);
  await page.keyboard.press("Escape");
  await page.waitForSelector("[data-screen=channels]");
  t.same(complaints, []);
});

t.test("web guide: an empty one, one that fails, and one that changes", { skip }, async (t) => {
  const { page, bench, complaints } = await enter(t, "guide", WIDE, ({ box }) => {
    fillGuide(box, 20);
    box.guide.programmes.clear();
  });
  const { box } = bench;
  await page.waitForSelector(".guide-empty");
  t.match(await page.textContent(".guide-empty"), /no programme information yet/);
  t.match(
    await page.getAttribute(".guide-cell.gap >> nth=0", "aria-label"),
    /^Nova 1, No programme information/,
  );
  fillGuide(box, 20);
  box.send("channels", { channels: box.channels });
  await drawn(page);
  t.equal(
    await page.locator(".guide-empty").count(),
    0,
    "it is there as soon as the list says something else",
  );

  box.guide.fails = () => true;
  await page.click("[data-action=day] >> nth=4");
  await page.waitForSelector("[data-guide-failed]");
  t.ok((await page.locator(".guide-cell.pending").count()) > 0);
  await page.click("[data-action=now]");
  await page.waitForSelector("[data-guide-failed]", { state: "detached" });
  await page.click("[data-action=day] >> nth=4");
  await page.waitForSelector("[data-guide-failed]");
  box.guide.fails = () => false;
  await page.click("[data-action=guide-retry]");
  await drawn(page);
  t.equal(await page.locator("[data-guide-failed]").count(), 0);

  await page.click("[data-action=now]");
  await drawn(page);
  const list = [...(box.guide.programmes.get("news") ?? [])];
  const at = list.findIndex(({ endsAt }) => Date.parse(endsAt) > Date.now());
  const changed = { ...(list[at] as Programme), title: "Something else" };
  list[at] = changed;
  box.guide.programmes.set("news", list);
  box.send("channels", { channels: box.channels.slice(0, 1).map((one) => ({ ...one, now: changed })) });
  await page.waitForSelector('.guide-cell[aria-label^="Nova 1, Something else"]');
  t.same(complaints, []);
});

t.test("web guide: what is for older viewers keeps its place without a word of it", { skip }, async (t) => {
  const { page, complaints } = await enter(t, "guide", WIDE, ({ box }) => {
    fillGuide(box, 12);
    for (const [id, programmes] of box.guide.programmes)
      box.guide.programmes.set(
        id,
        programmes.map((one) => ({
          ...one,
          title: "",
          subtitle: "",
          description: "",
          minimumAge: 16,
          restricted: true,
        })),
      );
  });
  await page.waitForSelector(".guide-cell.programme");
  t.match(await page.getAttribute(".guide-cell.on >> nth=0", "aria-label"), /^Nova 1, For older viewers, /);
  await page.click(".guide-cell.on >> nth=0");
  t.equal(await page.textContent("#sheet-title"), "For older viewers");
  t.match(await page.textContent(".about-all"), /for viewers from 16/);
  t.same(complaints, []);
});

t.test(
  "web search: channels at once, programmes as they are found, and what was searched lately",
  { skip },
  async (t) => {
    const { page, bench, complaints } = await enter(t, "search");
    const { box } = bench;
    await until(
      () => page.evaluate("document.activeElement.name"),
      (name) => name === "query",
    );
    await page.keyboard.press("Enter");
    t.equal(
      await page.evaluate("document.activeElement.name"),
      "query",
      "OK on the empty field is for its keyboard",
    );
    // At some hours nobody has it on.
    const channel = box.channels.find(({ now }) => now !== null);
    if (channel?.now == null) throw new Error("nothing is on");
    box.send("channels", { channels: [{ ...channel, now: { ...channel.now, title: "News from Oslo" } }] });
    box.guide.delay = 400;
    box.guide.asked.length = 0;
    await page.keyboard.type("news from os", { delay: 15 });
    // Before the box has answered: it is known here.
    await page.waitForSelector("[data-search=running]");
    await page.waitForSelector("[data-group=now] [data-programme]");
    await page.waitForSelector("[data-group=later] [data-programme]");
    t.ok(box.guide.asked.length <= 3, `${box.guide.asked.length} requests for twelve letters`);
    t.match(box.guide.asked.at(-1), /q=news\+from\+os&limit=\d+$/);
    t.match(await page.textContent("[data-group=later] .title >> nth=0"), "News from Oslo");
    await page.fill("[name=query]", "12");
    await page.waitForSelector("[data-group=channels] [data-channel=c12]");
    await page.fill("[name=query]", "nova 1");
    await page.click("[data-group=channels] [data-channel=news]");
    await page.waitForSelector("[data-playing=news]");
    await page.goBack();
    await page.waitForSelector("[data-screen=search]");
    t.equal(await page.inputValue("[name=query]"), "nova 1", "what was typed is still there");
    await page.click("[data-action=clear-search]");
    await page.waitForSelector("[data-action=search-recent]");
    await page.reload();
    t.equal(await page.textContent("[data-action=search-recent]"), "nova 1");
    await page.click("[data-action=search-recent]");
    await page.waitForSelector("[data-group=channels] [data-channel=news]");
    await page.click("[data-action=clear-search]");
    await page.click("[data-action=forget-search]");
    await page.waitForSelector("[data-search=hint]");
    t.same(complaints, []);
    t.same(box.problems, []);
  },
);

t.test("web guide: what the real box tells of its guide", { skip }, async (t) => {
  t.setTimeout(240_000);
  const box = await startDaemon(t);
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  t.teardown(() => browser.close());
  const offer = await box.openOffer();
  const page = await (await browser.newContext({ locale: "en-GB", ...PHONE })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${box.url}/${new URL(offer.url).hash}`);
  await page.click("[data-action=pair]");
  // the box reads its guide by itself
  await page.waitForSelector("[data-channel] progress", { timeout: 120_000 });
  const playing = await page.textContent("[data-channel]:has(progress) .now >> nth=0");
  await page.click("[data-tab=guide]");
  await page.click("[data-action=show-grid]");
  await page.waitForSelector(`.guide-cell.on[aria-label*="${playing ?? ""}"]`);
  await page.click(`.guide-cell.on[aria-label*="${playing ?? ""}"] >> nth=0`);
  await page.waitForSelector("[data-action=watch]");
  t.equal(await page.textContent("#sheet-title"), playing);
  await page.click("[data-action=close]");
  await page.click("[data-tab=search]");
  await page.fill("[name=query]", playing ?? "");
  await page.waitForSelector("[data-group=now] [data-programme]");
  await page.waitForSelector("[data-search=running]", { state: "detached" });
  t.equal(await page.locator("[data-search=failed]").count(), 0);
});
