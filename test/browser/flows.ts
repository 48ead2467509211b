import type { Test } from "tap";
import type { Clients } from "../../src/protocol/api.ts";
import type { MockFault } from "../../src/tuner/drivers/mock/faults.ts";
import { Viewer, pair as pairCommandLine } from "../bench/viewer.ts";
import { eventually, tellyport } from "../helpers/daemon.ts";
import { until, watching } from "./app-under-test.ts";
import { leave, sees, visit, watch, type Visit } from "./flows-house.ts";

/**
 * What people do, each from the list of channels and back to it, on any size of screen and by its own means: thumb, mouse or
 * remote control.
 */
export type Flow = (t: Test, visit: Visit) => Promise<void>;

const PATIENCE = 60_000;
/** Seconds of the window before the bar of times is shown. */
const WINDOW = 15;

export const pair: Flow = async (t, { page, hand }) => {
  await hand.use("[data-action=pair]");
  await page.waitForSelector("[data-screen=channels] [data-channel]");
  t.pass("paired");
};

export const zap =
  (times: number): Flow =>
  async (t, on) => {
    await watch(on, 1);
    const { page, hand, size, house } = on;
    const row = [1, 2, 3].map((number) => house.channel(number));
    for (let turn = 0; turn < times; turn++) {
      // up to the third, and down again
      const up = turn % 4 < 2;
      const next = row[up ? (turn % 4) + 1 : 3 - (turn % 4)];
      if (size.by === "keys") await page.keyboard.press(up ? "ArrowUp" : "ArrowDown");
      else await hand.use(`[data-action=${up ? "next" : "previous"}]`);
      await page.waitForSelector(`[data-playing="${next?.id}"][data-phase=playing]`);
      await sees(page, 2);
    }
    t.pass(`${times} zaps`);
    await leave(on);
  };

export const pauseAndRewind: Flow = async (t, on) => {
  await watch(on, 1);
  const { page, hand } = on;
  await hand.use("[data-action=pause]");
  await hand.use("[data-action=resume]");
  await sees(page);
  t.pass("goes on after a pause");

  await until(
    () => page.locator(".time[data-behind]").count(),
    (count) => count > 0,
    PATIENCE + WINDOW * 1000,
  );
  const behind = async (): Promise<number> =>
    Number(await page.locator(".time[data-behind]").getAttribute("data-behind"));
  await hand.use("[data-action=rewind]");
  await until(behind, (seconds) => seconds >= 5, PATIENCE);
  await sees(page);
  await hand.use("[data-action=live]");
  await until(behind, (seconds) => seconds < 4, PATIENCE);
  await sees(page);
  t.pass("back, and live again");
  await leave(on);
};

/** Closes the menu that is open: a thumb chooses once more what is chosen. */
async function closeMenu({ page, hand, size }: Visit): Promise<void> {
  if (size.by === "touch") await hand.use("[role=menu] [aria-checked=true]");
  else await page.keyboard.press("Escape");
  await page.waitForSelector("[role=menu]", { state: "detached" });
}

export const languages: Flow = async (t, on) => {
  await watch(on, 13);
  const { page, hand } = on;
  await hand.use("[data-action=audio]");
  await hand.use("[data-track=fr-described]");
  await hand.use("[data-action=audio]");
  await page.waitForSelector("[data-track=fr-described][aria-checked=true]");
  await closeMenu(on);
  await sees(page);
  t.pass("French, with description");
  await leave(on);

  await watch(on, 14);
  await hand.use("[data-action=subtitles]");
  await hand.use("[data-track^=text]");
  const lines = await until(
    () =>
      page.evaluate<string[]>(
        `[...document.querySelector("video[data-front]").textTracks].filter(({ mode }) => mode === "showing")
          .flatMap((track) => [...(track.activeCues ?? [])].map((cue) => cue.text))`,
      ),
    (texts) => texts.length > 0,
    PATIENCE,
  );
  t.ok(lines.length > 0, `subtitles: ${lines.join(" ")}`);
  await leave(on);
};

export const guideAndSearch: Flow = async (t, { page, hand }) => {
  await hand.use("[data-tab=guide]");
  await page.waitForSelector("[data-screen=guide]");
  await until(
    () => page.locator("[data-screen=guide] .programme, [data-screen=guide] [data-programme]").count(),
    (count) => count > 0,
    PATIENCE,
  );
  t.pass("the guide has programmes");
  await hand.use("[data-tab=search]");
  await hand.use("[data-screen=search] input");
  await page.keyboard.type("Harbour");
  await page.waitForSelector("[data-screen=search] [data-channel]");
  t.match(await page.locator("[data-screen=search] [data-channel]").first().textContent(), /Harbour/);
  await hand.use("[data-tab=channels]");
  await page.waitForSelector("[data-screen=channels]");
};

export const ownersPage: Flow = async (t, { page, hand }) => {
  await hand.use("[data-action=settings]");
  await hand.use("[data-open=tuners]");
  await until(
    () => page.locator("dialog[open]").innerText(),
    (words) => words.includes("Mock tuner 2"),
    PATIENCE,
  );
  t.pass("the owner sees the tuners");
  await hand.back("[data-action=sheet-back]");
  await hand.back("[data-action=close]");
  await page.waitForSelector("dialog[open]", { state: "detached" });
};

/** The television's own page, by its keys. */
export const tvPage: Flow = async (t, { house, size }) => {
  const { stdout, code } = await tellyport(["tv", "--state", house.box.state]);
  t.equal(code, 0);
  const { width, height } = size;
  const context = await house.browser.newContext({ locale: "en-GB", viewport: { width, height } });
  const tv = await context.newPage();
  tv.setDefaultTimeout(PATIENCE);
  await tv.goto(stdout.trim());
  await tv.waitForSelector("[data-screen=tv-home] [data-action=watch]:focus");
  await tv.keyboard.press("Enter");
  await tv.waitForSelector("[data-screen=tv-channels] [data-channel]:focus");
  await tv.keyboard.press("Enter");
  await sees(tv);
  await tv.keyboard.press("Escape");
  await tv.waitForSelector("[data-screen=tv-channels] [data-channel]:focus");
  t.pass("from the start to a picture and back with Enter and Escape");
  await context.close();
};

export const scrambled: Flow = async (t, on) => {
  const { house, page, hand } = on;
  await hand.use(`[data-channel="${house.channel(23).id}"]`);
  await page.waitForSelector("[data-reason=scrambled]");
  t.match(await page.locator("dialog[open]").innerText(), /scrambled|encrypted/i);
  t.ok((await page.locator("dialog[open] [data-instead]").count()) > 0, "and what can be watched instead");
  await hand.back("[data-action=close]");
  await page.waitForSelector("dialog[open]", { state: "detached" });
};

export const noSignal: Flow = async (t, on) => {
  const { house, page, hand } = on;
  await watch(on, 1);
  const fault: MockFault = { kind: "no-lock", multiplex: "mock-1" };
  await house.box.local("POST", "/api/v1/mock/faults", fault);
  await page.waitForSelector("[data-screen=error][data-code=no-lock]");
  t.equal(await page.locator("[data-action=list]").count(), 1, "no signal, and a way on");
  await house.box.local("DELETE", "/api/v1/mock/faults");
  await hand.use("[data-action=retry]");
  await sees(page);
  t.pass("there is a picture when there is a signal");
  await leave(on);
};

export const noTunerFree: Flow = async (t, { house, size }) => {
  const busy = await Promise.all(
    [13, 21].map(async (number) => {
      const session = await pairCommandLine(t, house.box, `holder of ${number}`);
      const viewer = await Viewer.start(house.box, session, house.channel(number).id);
      viewer.watch();
      return viewer;
    }),
  );
  const guest = await visit(house, size, "viewer");
  await pair(t, guest);
  await guest.hand.use(`[data-channel="${house.channel(1).id}"]`);
  await guest.page.waitForSelector("[data-code=no-tuner-free]");
  t.match(await guest.page.locator("[data-code=no-tuner-free]").innerText(), /\w{4}/);
  await guest.hand.use("[data-code=no-tuner-free] [data-free]");
  await sees(guest.page);
  t.pass("what can be watched instead is one press away");
  await leave(guest);
  await guest.page.context().close();
  for (const viewer of busy) await viewer.stop();
};

export const revoked: Flow = async (t, { house, size }) => {
  const known = await clientsOf(house);
  const guest = await visit(house, size, "viewer");
  await pair(t, guest);
  await watch(guest, 2);
  const own = (await clientsOf(house)).find((id) => !known.includes(id));
  t.ok((await house.box.local("DELETE", `/api/v1/clients/${own}`)).status < 300);
  await guest.page.waitForSelector("[data-screen=pair]");
  t.match(await guest.page.locator("[data-code]").first().getAttribute("data-code"), "client-revoked");
  t.equal(await guest.page.locator("input[name=code]").count(), 1, "the way on is to pair again");
  await eventually("nothing is watched by it", async () => !(await clientsOf(house)).includes(own ?? ""));
  await guest.page.context().close();
};

/** Ids of all. */
const clientsOf = async ({ box }: Visit["house"]): Promise<string[]> =>
  (await box.local<Clients>("GET", "/api/v1/clients")).body.clients.map(({ id }) => id);

export const networkLoss: Flow = async (t, on) => {
  await watch(on, 1);
  const { page } = on;
  await page.context().setOffline(true);
  await page.waitForSelector("[data-screen=error][data-code=box-unreachable]");
  t.equal(await page.locator("[data-action=retry]").count(), 1, "it is said, with a way on");
  await page.context().setOffline(false);
  await sees(page);
  t.pass("the picture comes back by itself");
  await leave(on);
};

export const boxRestart: Flow = async (t, on) => {
  await watch(on, 1);
  const { page, house } = on;
  await house.restart();
  await until(
    () => watching(page),
    ({ frames, width }) => frames > 5 && width > 0,
    PATIENCE,
  );
  // a new playback of the new box
  await eventually("the new box serves it", () =>
    house.box.log.some(({ msg }) => msg === "playback-started"),
  );
  await sees(page);
  t.pass("the picture comes back by itself");
  await leave(on);
};
