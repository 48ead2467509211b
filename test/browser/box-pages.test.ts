import type { Page } from "playwright-core";
import t from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { setUp, until, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { sampleOnline, sampleScan, sampleSystem, sampleTuners } from "./sample-owner-pages.ts";

const skip = skipWithoutBrowser();

/** An owner's page. */
async function enter(bench: Bench) {
  const { page, complaints } = await bench.open(`/${bench.box.fragment()}`);
  page.setDefaultTimeout(60_000);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  return { page, complaints };
}

/** Opens one of the pages from the settings; from another page it goes back first. */
async function open(page: Page, name: string): Promise<void> {
  if ((await page.locator("dialog[open]").count()) === 0) await page.click("[data-action=settings]");
  else if ((await page.locator("[data-action=sheet-back]").count()) > 0)
    await page.click("[data-action=sheet-back]");
  await page.click(`[data-open=${name}]`);
  await page.waitForSelector(`dialog[data-sheet=${name}]`);
}

t.test(
  "web box pages: tuners and signal move while one looks; what is missing has a cure",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const sample = sampleTuners();
    box.tuners = { ...sample, tuners: [] };
    const { page } = await enter(bench);
    await open(page, "tuners");
    await page.waitForSelector("[data-empty]");
    box.tuners = sample;
    const first = page.locator("[data-tuner=dvb-0]");
    await first.waitFor();
    t.match(await first.innerText(), /Watched by Kitchen tablet.+王小明的手机/);
    t.match(await first.innerText(), /8 dB more/);
    t.match(
      await page.locator("[data-tuner=dvb-1]").innerText(),
      /disturbed[^]*2 dB less[^]*plugs and cable/,
    );
    t.equal(await page.locator("[data-tuner=dvb-2] [data-code=device-gone]").count(), 1);
    t.match(await page.locator("[data-missing=true]").innerText(), /plugged in firmly/);
    t.notMatch(await page.locator("dialog").innerText(), /adapter2|dvbt-482/, "no names of devices, no ids");
    await page.route("**/api/v1/tuners", (route) => route.abort());
    await page.waitForSelector("[data-stale]");
    t.equal(await first.count(), 1, "what is known stays");
  },
);

t.test("web box pages: a scan is chosen, begun, followed, cancelled and read", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.tuners = sampleTuners();
  box.scan = sampleScan("idle", Date.now());
  const { page } = await enter(bench);
  await open(page, "scan");
  await page.waitForSelector("[data-viewers='2']");
  await page.click("[data-option=where-air]");
  await page.waitForSelector("[data-action=scan]:enabled");
  t.match(await page.innerText("[data-action=country]"), /United Kingdom/, "the viewer's own country");
  await page.click("[data-action=country]");
  await page.fill("[name=country]", "germ");
  await page.click("[data-country=DE]");
  await page.click("[data-action=scan]");
  await page.waitForSelector("[data-scan=running]");
  t.same(box.pages.scans, [{ country: "DE" }]);
  t.match(await page.innerText("[data-scan=running]"), /40 %[^]*about 3 min left[^]*17 TV[^]*562 MHz/);
  box.scan = { ...sampleScan("running", Date.now()), waiting: true } as typeof box.scan;
  await page.waitForSelector(".warn-text");
  await page.click("[data-action=cancel-scan]");
  await page.click("[data-action=cancel-scan-yes]");
  await page.waitForSelector("[data-scan=cancelled]");
  box.pages.endScan("failed");
  await page.waitForSelector("[data-scan=failed]");
  box.pages.endScan("finished");
  await page.waitForSelector("[data-scan=finished]");
  await page.click("[data-scan=finished] [data-action=details] >> nth=0");
  t.match(await page.innerText("[data-diff=new]"), /三立新聞台/);
  box.pages.options = { ...box.pages.options, systems: [], multiplexes: 0 };
  await page.click("[data-action=sheet-back]");
  await page.click("[data-open=scan]");
  await page.waitForSelector(".note");
  t.equal(await page.locator("[data-action=scan]").count(), 0, "nothing to scan with");
});

t.test(
  "web box pages: 300 channels are put in order by keys alone, and a change is taken back",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const [model] = box.channels;
    if (model === undefined) throw new Error("there is no channel");
    const many = Array.from({ length: 300 }, (_, i): Channel => ({
      ...model,
      id: `many-${i}`,
      number: i + 1,
      name: `Channel ${i + 1}`,
    }));
    box.channels = [...many, { ...model, number: 900 }];
    const { page } = await enter(bench);
    const order = (): Promise<string[]> =>
      page.evaluate(
        `[...document.querySelectorAll("[data-channel-row]")].slice(0, 4).map((row) => row.dataset.channelRow)`,
      );
    const said = (words: RegExp): Promise<string> =>
      until(
        () => page.innerText("[data-said]"),
        (text) => words.test(text),
        60_000,
      );
    await open(page, "line-up");
    await page.waitForSelector("[data-line-up='301']");
    await page.focus("[data-channel-row=many-1]");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-edit=many-1]");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("[data-action=up]:focus, [data-action=down]:focus");
    await page.focus("[data-action=up]");
    await page.keyboard.press("Enter");
    await said(/“Channel 2” is number 1/);
    t.same(await order(), ["many-1", "many-0", "many-2", "many-3"]);
    t.equal(box.pages.decisions[0]?.decisions.length, 2, "two channels exchange their numbers at once");
    await page.focus("[data-action=undo]");
    await page.keyboard.press("Enter");
    await said(/Undone/);
    t.same(await order(), ["many-0", "many-1", "many-2", "many-3"]);
    t.same(
      box.pages.decisions[1]?.decisions.map(({ number }) => number),
      [null, null],
      "back to the broadcaster's numbers, not to others like them",
    );

    await page.fill("[name=lineup-search]", "channel 300");
    await page.click("[data-channel-row=many-299]");
    await page.fill("[name=number]", "0");
    await page.click("[data-action=save-number]");
    await page.waitForSelector("[name=number][aria-invalid=true]");
    await page.fill("[name=number]", "2");
    await page.keyboard.press("Enter");
    await said(/number 2/);
    await page.fill("[name=channel-name]", "Mine");
    await page.click("[data-action=save-name]");
    await said(/“Mine”/);
    await page.fill("[name=lineup-search]", "");
    t.same(await order(), ["many-0", "many-299", "many-1", "many-2"], "the others made room");
    await page.click("[data-edit=many-299] [data-action=favourite]");
    await said(/favourite/);
    await page.click("[data-edit=many-299] [data-action=hide]");
    await said(/hidden/);
    t.match(
      box.channels.find(({ id }) => id === "many-299"),
      { hidden: true, favourite: true, name: "Mine" },
    );
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 300 } });
    await page.setInputFiles("[data-edit=many-299] [name=logo]", {
      name: "logo.png",
      mimeType: "image/png",
      buffer: picture,
    });
    await said(/has a picture/);
    t.ok((box.pages.logos[0]?.length ?? 0) < 65_536, "made small");
    await page.setInputFiles("[name=logo]", {
      name: "logo.svg",
      mimeType: "image/svg+xml",
      buffer: Buffer.from("no picture"),
    });
    await page.waitForSelector("[data-code=logo-invalid]");
    await page.click("[data-action=remove-logo]");
    await said(/no picture/);
    box.pages.refused.set("PUT /channels/decisions", { status: 409, code: "channel-number-taken" });
    await page.click("[data-action=as-broadcast]");
    await page.waitForSelector("[data-code=channel-number-taken]");
    t.equal(await page.locator("[data-channel-row]").count(), 301, "nothing is lost by a refusal");
  },
);

t.test("web box pages: remote access is switched on, tested, named and switched off", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  await open(page, "online");
  await page.fill("[name=cloud]", "not an address");
  await page.click("[data-action=online-on]");
  await page.waitForSelector("[name=cloud][aria-invalid=true]");
  await page.fill("[name=cloud]", "cloud.example");
  await page.click("[data-action=open-ports]");
  await page.click("[data-action=online-on]");
  await until(
    () => box.pages.online,
    ({ enabled, cloud, openPorts }) => enabled && cloud === "https://cloud.example" && openPorts,
  );
  await page.waitForSelector("[data-online=closed]");
  box.pages.online = sampleOnline(true);
  await page.waitForSelector("[data-online=works]");
  t.match(await page.innerText(".addresses"), /https:\/\/k3v6q2wplm7xz4ra/);
  await page.click("[data-action=online-test]");
  await page.getByText("Tested just now").waitFor();
  await page.fill("[name=alias]", "smith");
  await page.click("[data-action=save-alias]");
  await page.waitForSelector("[data-alias-said]");
  t.equal(box.pages.online.alias, "smith.tv.example");
  box.pages.refused.set("PUT /online/alias", { status: 409, code: "alias-taken" });
  await page.fill("[name=alias]", "miller");
  await page.click("[data-action=save-alias]");
  await page.waitForSelector("[data-code=alias-taken]");
  box.pages.online = { ...box.pages.online, problem: { code: "cloud-unreachable", message: "ECONNREFUSED" } };
  await page.waitForSelector("[data-online=trouble]");
  t.notMatch(await page.innerText("dialog"), /ECONNREFUSED/);
  await page.click("[data-action=online-off]");
  await page.click("[data-action=online-off-yes]");
  await page.waitForSelector("[data-online=off]");
});

t.test("web box pages: storage, restart and who watched, in their bad states too", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  box.pages.refused.set("GET /system", { status: 500, code: "internal" });
  await open(page, "storage");
  await page.waitForSelector("[data-code=internal]");
  box.pages.refused.clear();
  const { storage } = sampleSystem();
  box.pages.system.storage = {
    ...storage,
    state: { ...storage.state, free: 9e6 },
    timeShift: { ...storage.timeShift, ready: false },
  };
  await page.click("[data-action=again]");
  await page.waitForSelector("[data-storage=state] .problem");
  await page.waitForSelector("[data-storage=time-shift] .problem");

  await open(page, "system");
  await page.click("[data-action=restart]");
  await page.click("[data-action=restart-yes]");
  await page.waitForSelector("[data-restart=back]");
  t.ok(box.log.includes("POST /api/v1/system/restart 202"));
  box.pages.system = {
    ...box.pages.system,
    canRestart: false,
    clock: { ...sampleSystem().clock, state: "unsynchronised", doubt: "behind" },
  };
  await page.waitForSelector("[data-restart=none]");
  t.equal(await page.locator("[data-action=restart]").count(), 0, "what cannot be done is not offered");
  await page.waitForSelector("[data-clock=behind]");

  await open(page, "watched");
  await page.waitForSelector("[data-watched='1000']");
  await page.click("[data-action=more]");
  await page.waitForSelector("[data-watched='941']");
  t.match(
    await page.innerText("[data-watched='1000']"),
    /Kitchen tablet · Nova 24[^]*The World at Noon[^]*47 min/,
  );
  await page.click("[data-action=keep-watched]");
  await page.waitForSelector("[data-action=keep-watched][aria-checked=false]");
  t.equal(box.pages.keepsWatched, false);
  await page.click("[data-action=clear-watched]");
  await page.click("[data-action=clear-watched-yes]");
  await page.waitForSelector("[data-empty]");
  t.equal(box.pages.watched.length, 0);
});

t.test("web box pages: slow, by keys alone, and for owners only", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  await page.click("[data-action=settings]");
  let hold = true;
  await page.route("**/api/v1/system", async (route) => {
    while (hold) await new Promise((resolve) => setTimeout(resolve, 100));
    await route.continue();
  });
  await page.focus("[data-open=scan]");
  for (let i = 0; i < 20; i++) {
    if (await page.locator("[data-open=system]:focus").count()) break;
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-waiting]");
  await page.getByText("takes longer than usual").waitFor();
  hold = false;
  await page.waitForSelector("[data-update]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[data-sheet=settings]");

  box.role = "viewer";
  box.offer = { id: "offer-2", secret: box.offer.secret };
  const { page: viewer } = await bench.open(`/${box.fragment()}`);
  await viewer.click("[data-action=pair]");
  await viewer.waitForSelector("[data-channel=news]");
  await viewer.click("[data-action=settings]");
  await viewer.waitForSelector("[data-open=elsewhere]");
  t.equal(await viewer.locator("[data-open=system], [data-open=watched]").count(), 0);
});
