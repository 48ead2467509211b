import type { Page } from "playwright-core";
import t from "tap";
import { setUp, until, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { fillGuide } from "./sample-guide.ts";

const skip = skipWithoutBrowser();
const WIDE = { viewport: { width: 1280, height: 720 }, hasTouch: false, isMobile: false } as const;

async function enter(bench: Bench, serviceWorkers: "allow" | "block" = "block"): Promise<Page> {
  const { page } = await bench.open(`/${bench.box.fragment()}`, { ...WIDE, serviceWorkers });
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels] main[aria-busy=false]");
  return page;
}

/** A second tab of the same browser. */
async function tab(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(new URL("/", page.url()).href);
  await other.waitForSelector("[data-screen=channels] main[aria-busy=false]");
  return other;
}

/** Wants to be told of a programme that is still to come. @param nth of those that are drawn */
async function remind(page: Page, nth: number): Promise<void> {
  await page.click(`.guide-cell.programme:not(.over):not(.on):not(.reminded) >> nth=${nth}`);
  await page.click("[data-action=remind]");
  await page.waitForSelector("[data-action=remind-not]");
  await page.click("[data-action=close]");
}

/** As the bell says. The tabs may be scrolled differently: what one has marked the other need not have drawn. */
const count = (page: Page) => async () =>
  Number((await page.getAttribute("[data-action=reminders]", "data-count")) ?? 0);

t.test("reminders: two tabs know of the same ones", { skip }, async (t) => {
  const bench = await setUp(t);
  fillGuide(bench.box, 20);
  const one = await enter(bench);
  const other = await tab(one);
  for (const page of [one, other]) {
    await page.click("[data-tab=guide]");
    // of another day, so that none begins meanwhile
    await page.click("[data-action=day] >> nth=2");
    await page.waitForSelector("[data-action=day][aria-pressed=true] >> nth=0");
    await page.waitForSelector(".guide-cell.programme");
  }
  await remind(one, 6);
  await until(count(other), (known) => known === 1);
  await remind(other, 8);
  await until(count(one), (known) => known === 2);
  const kept = await one.evaluate<number>(`JSON.parse(localStorage["tellyport.reminders"]).length`);
  t.equal(kept, 2);

  // no event has come yet from a tab that has just written: what it wrote stays
  await other.evaluate(`localStorage.setItem("tellyport.reminders", JSON.stringify(
    [...JSON.parse(localStorage["tellyport.reminders"]), { channel: "arte", title: "A third",
    startsAt: new Date(Date.now() + 3e7).toISOString(), endsAt: new Date(Date.now() + 4e7).toISOString() }]))`);
  await remind(other, 10);
  t.equal(await one.evaluate<number>(`JSON.parse(localStorage["tellyport.reminders"]).length`), 4);

  await one.click("[data-action=reminders]");
  await one.waitForSelector("[data-reminders='4']");
  await one.click("[data-action=remove-reminder] >> nth=0");
  await one.waitForSelector("[data-reminders='3']");
  await until(count(other), (known) => known === 3);
});

/** As the browser does when a person taps a notification. @returns what was shown */
const TAP = `(async () => {
  const [notification] = await registration.getNotifications();
  const { title, body, data } = notification;
  const event = new NotificationEvent("notificationclick", { notification });
  dispatchEvent(event);
  return { title, body, data };
})()`;

t.test("reminders: a tapped notification leads to the channel", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box, port } = bench;
  fillGuide(box, 20);
  const origin = `http://127.0.0.1:${port}`;
  const page = await enter(bench, "allow");
  const context = page.context();
  await context.grantPermissions(["notifications"], { origin });
  await page.evaluate("navigator.serviceWorker.ready.then(() => null)");
  await context.addInitScript(`Object.defineProperty(document, "hidden", { get: () => true })`);
  const startsAt = new Date(Date.now() + 30_000).toISOString();
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  await page.evaluate(`localStorage.setItem("tellyport.reminders",
    JSON.stringify([{ channel: "arte", title: "Soon", startsAt: "${startsAt}", endsAt: "${endsAt}" }]))`);
  await page.reload();
  await page.waitForSelector("[data-reminder=arte]");
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
  await until(
    () => worker.evaluate<number>("registration.getNotifications().then((all) => all.length)"),
    (count) => count === 1,
  );
  await page.click("[data-tab=guide]");
  t.match(await worker.evaluate(TAP), { title: "Soon", data: { channel: "arte", startsAt } });
  await page.waitForSelector("[data-screen=player][data-playing=arte]");
  t.equal(await page.evaluate(`localStorage["tellyport.reminders"]`), "[]");
  await page.goBack();
  await page.waitForSelector("[data-screen=guide]");

  // nobody has the app open: it is opened there
  await worker.evaluate(`(async () => {
    const data = { channel: "news", startsAt: "${startsAt}" };
    await registration.showNotification("Later", { data });
    clients.openWindow = async (address) => void (globalThis.opened = address);
  })()`);
  await page.goto("about:blank");
  await worker.evaluate(TAP);
  const opened = await until(
    () => worker.evaluate<string | null>("globalThis.opened ?? null"),
    (address) => address !== null,
  );
  t.equal(opened, "/#/watch/news");
  await page.goto(origin + (opened ?? ""));
  await page.waitForSelector("[data-screen=player][data-playing=news]");
});
