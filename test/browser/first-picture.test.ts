import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import t, { type Test } from "tap";
import { startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { networkNamespace, skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { PHONE, SCREENS, until } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";
import { Walk, scan } from "./walk.ts";

/**
 * As a new user has it, from the QR code on the screen to a moving picture, with nothing but what can be seen. The limits:
 * at most four taps, less than 60 s.
 */
const MOST_TAPS = 4;
const MOST_MS = 60_000;

const QUIET = [
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const TV = { viewport: { width: 1920, height: 1080 } };

async function open(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext({ locale: "en-GB", ...options })).newPage();
  page.setDefaultTimeout(60_000);
  return page;
}

/** The box's own screen, by the link that the command line prints. */
async function screenOf(box: Daemon, browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const { stdout, code } = await tellyport(["tv", "--state", box.state]);
  if (code !== 0) throw new Error(`tellyport tv ends with ${code}`);
  const tv = await open(browser, { ...TV, ...options });
  await tv.goto(stdout.trim());
  return tv;
}

/** What Chromium shows of the certificate that the box made itself; its words are in its own language. */
async function passWarning(walk: Walk): Promise<void> {
  await walk.tap("button", /^(Advanced|高级)$/);
  await walk.tap("link", /Proceed to|继续前往/);
}

function judge(t: Test, walk: Walk): void {
  t.comment(walk.told());
  t.ok(walk.taps <= MOST_TAPS, `${walk.taps} taps`);
  t.ok(walk.ms < MOST_MS, `${(walk.ms / 1000).toFixed(1)} s`);
}

t.test(
  "A4, A7: first picture, in a house: the first phone scans the box's screen, passes its browser's warning, and watches",
  { skip: skipWithoutBrowser() || skipWithoutProgram("zbarimg") || skipWithoutNamespaces() },
  async (t) => {
    t.setTimeout(240_000);
    const network = await networkNamespace(t);
    const config = `http: {port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`;
    const box = await startDaemon(t, { config, wrapper: network.wrapper });
    const browser = await chromium.launch({ executablePath: await network.program(CHROMIUM), args: QUIET });
    t.teardown(() => browser.close());
    const tv = await screenOf(box, browser);
    const walk = new Walk(await open(browser, PHONE));
    const address = await scan(t, tv);
    walk.did("scanned");
    t.match(address, "https://10.77.0.1:", "as a phone in the house reaches it");
    await tv.screenshot({ path: `${SCREENS}/first-picture-tv.png` });
    await walk.goTo(address);
    await passWarning(walk);
    await walk.tap("button", "Pair this device");
    await walk.tap("button", /晴空综合/);
    await walk.sawMovingPicture();
    judge(t, walk);
    await tv.waitForSelector("[data-watching='1']");
  },
);

t.test(
  "A4, A7: first picture, in Chinese: the first phone is the owner's, the second is let in at the TV by the remote control",
  { skip: skipWithoutBrowser() || skipWithoutProgram("zbarimg") },
  async (t) => {
    t.setTimeout(240_000);
    const box = await startDaemon(t);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    t.teardown(() => browser.close());
    const chinese = { locale: "zh-CN", colorScheme: "dark" } as const;
    const tv = await screenOf(box, browser, chinese);

    const first = new Walk(await open(browser, { ...PHONE, ...chinese }));
    const address = await scan(t, tv);
    first.did("scanned");
    await first.goTo(address);
    await passWarning(first);
    await first.tap("button", "配对此设备");
    await first.tap("button", /晴空综合/);
    await first.sawMovingPicture();
    judge(t, first);
    await tv.waitForSelector("[data-watching='1']");

    // The owner's phone shows a code of its own; whoever scans that is asked about, on the TV too.
    await first.page.goBack();
    await first.tap("button", "设置");
    await first.tap("button", /添加设备/);
    await first.tap("button", "显示配对码");
    const second = new Walk(await open(browser, { ...PHONE, ...chinese }));
    const shown = await scan(t, first.page);
    second.did("scanned");
    await second.goTo(shown);
    await second.tap("button", "配对此设备");
    await tv.waitForSelector("[data-question]");
    const number = (await second.page.locator(".match strong").innerText()).trim();
    const remote = new Walk(tv);
    await remote.press("ArrowUp");
    const focused = () => tv.evaluate<string>("document.activeElement.textContent.trim()");
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight"]) {
      if ((await focused()) === number) break;
      await remote.press(key);
    }
    t.equal(await focused(), number);
    await remote.press("Enter");
    remote.did("let in");
    await until(
      () => second.page.locator("[data-screen=channels]").count(),
      (count) => count === 1,
    );
    second.did("was let in");
    await second.tap("button", /晴空综合/);
    await second.sawMovingPicture();
    t.comment(`at the TV: ${remote.told()}`);
    judge(t, second);
  },
);
