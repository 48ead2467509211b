import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import t from "tap";
import { loadCertificate } from "../../src/access-control/certificate.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { AuditEvent } from "../../src/protocol/audit-events.ts";
import { setUp, until, type Bench } from "./app-under-test.ts";
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

/** The same box over https as well, under the name `box.test`. */
async function serveTls(bench: Bench): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-tls-"));
  const names = { names: ["box.test"], addresses: ["127.0.0.1"] };
  await bench.box.listenTls(await loadCertificate(folder, names, systemClock, randomBytes));
  return `https://box.test:${bench.box.https?.port}/`;
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
    // the note takes the button's place, at the latest when it is touched
    const touched = typeCode(page, RECOVERY).catch(() => undefined);
    await page.waitForSelector("[data-note=recovery-insecure]");
    t.equal(await page.getAttribute(".note a", "href"), `https://box.test:${port + 1}/`);
    t.same(box.claims, []);
    await page.close();
    await touched;
  },
);

t.test("web newcomer: an installer's name, colours and help are the app's", { skip }, async (t) => {
  const bench = await setUp(t);
  bench.box.branding = {
    product: "Nordlicht TV",
    accent: "#7a1fa2",
    accentDark: "#d9a6ff",
    support: "0800 1234",
  };
  const { page, complaints } = await enter(bench);
  const accent = (): Promise<string> =>
    page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()");
  await until(accent, (colour) => colour === "#7a1fa2");
  await page.emulateMedia({ colorScheme: "dark" });
  t.equal(await until(accent, (colour) => colour === "#d9a6ff"), "#d9a6ff");
  t.equal(await page.title(), "Nordlicht TV");
  t.equal(await page.getAttribute('meta[name="apple-mobile-web-app-title"]', "content"), "Nordlicht TV");
  await page.click("[data-action=settings]");
  t.equal(await page.textContent("[data-support]"), "0800 1234");
  t.same(complaints, [], "its policy allows it");
});

t.test("web newcomer: the only owner hears what it means before it forgets the box", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.access.recovery = { codes: [], madeAt: null };
  const { page, complaints } = await enter(bench);
  await page.click("[data-action=settings]");
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

t.test(
  "web newcomer: over plain http a new box's scanned code goes on to the secure page, and makes the owner there",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.claimed = false;
    const secure = await serveTls(bench);
    const { page, complaints } = await bench.open(
      `/${box.fragment()}`,
      { ignoreHTTPSErrors: true },
      "box.test",
    );
    await page.waitForSelector("[data-secure-first=unclaimed]");
    t.match(await page.textContent("main"), /has no owner yet.*warn you.*“Advanced”.*“Proceed to box.test/s);
    t.same(box.claims, [], "nothing was spent");
    await page.click("[data-action=secure]");
    await page.waitForURL((url) => url.protocol === "https:");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    t.equal(page.url(), secure);
    t.match([...box.access.clients.values()], [{ kind: "key", role: "owner" }]);
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: over plain http a person may want to watch only, knowing what that means",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.claimed = false;
    await serveTls(bench);
    const { page } = await bench.open("/", {}, "box.test");
    t.match(await page.textContent("[data-secure-first]"), /uses the code up/);
    await page.click("[data-action=watch-only]");
    await typeCode(page, box.code);
    await page.waitForSelector("[data-channel=news]");
    t.match(box.claims, [{ key: null, watchOnly: true }]);
  },
);

t.test(
  "web newcomer: an owner's code of a box that has an owner is taken to the secure page, too",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    await serveTls(bench);
    const { page } = await bench.open(`/${box.fragment()}`, { ignoreHTTPSErrors: true }, "box.test");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-secure-first=owner-code]");
    await page.click("[data-action=secure]");
    await page.waitForURL((url) => url.protocol === "https:");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    const { page: typing } = await bench.open("/", {}, "box.test");
    await typeCode(typing, box.code);
    await typing.waitForSelector("[data-secure-first=code-void]");
    t.match(await typing.textContent("main"), /no longer good/);
  },
);

t.test("web newcomer: who waits for the owner's yes can go back, and keeps its name", { skip }, async (t) => {
  const { box, open } = await setUp(t);
  box.match = "47";
  const { page, complaints } = await open("/");
  await page.route("**/pairing/poll", (route) => route.abort());
  await page.fill("[name=device]", "Ada’s phone");
  await typeCode(page, box.code);
  await page.waitForSelector(".match strong");
  await page.click("[data-action=cancel-pairing]");
  await page.waitForSelector("[name=code]");
  t.equal(await page.inputValue("[name=device]"), "Ada’s phone");
  t.equal(await page.locator("[data-code]").count(), 0, "that is no failure");
  t.same(complaints, []);
});

t.test(
  "web newcomer: a recovery that was only opened is told as that, and what comes of it",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { page } = await enter(bench);
    const words = async (event: string): Promise<string | null> =>
      page.textContent(`[data-banner=${event}] p`);
    bench.box.access.note("owner-recovered", { detail: { by: "box" } }, true);
    await page.waitForSelector("[data-banner=owner-recovered]");
    t.match(await words("owner-recovered"), /^Recovery was opened at the box/);
    bench.box.access.note(
      "client-paired",
      { client: "x", name: "New phone", detail: { by: "recovery" } },
      true,
    );
    await page.waitForSelector("[data-banner=client-paired]");
    t.match(await words("client-paired"), /^“New phone” became owner by the recovery opened at the box/);
  },
);

t.test(
  "web newcomer: without channels an owner learns what is, and anybody else whom to ask",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.channels = [];
    const dvb = { name: "dvb:0", problems: ["DVB adapter 0 is not there: plug it in."] };
    box.tuners = { tuners: [], sources: [dvb] };
    const { page, complaints } = await bench.open(`/${box.fragment()}`);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-no-channels=no-tuner]");
    t.match(await page.textContent(".empty"), /No tuner found.*tellyport doctor/s);
    t.equal(await page.locator(".seeking").count(), 0);
    t.notMatch(await page.textContent(".empty"), "dvb:0", "nobody has to know what that is");
    t.equal(await page.locator(".empty [data-open=tuners]").count(), 1, "the page that says more");
    box.tuners = { tuners: [{}], sources: [{ ...dvb, problems: [] }] };
    await page.waitForSelector("[data-no-channels=scan-needed]");
    t.match(await page.textContent(".empty"), "tellyport scan --country XX");
    await page.click(".empty [data-open=scan]");
    await page.waitForSelector("dialog[data-sheet=scan]");
    await page.click("[data-action=close]");
    box.scan = { state: "running", percent: 12 };
    await page.waitForSelector("[data-no-channels=searching] .seeking");
    t.match(await page.textContent(".empty"), "12 % done");
    box.role = "viewer";
    const { page: viewer } = await bench.open(`/${box.fragment()}`);
    await viewer.click("[data-action=pair]");
    await viewer.waitForSelector("[data-no-channels=ask]");
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: an alarm covers neither picture nor error, and once looked at it stays away",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints } = await enter(bench);
    const banner = page.locator("[data-banner=owner-recovered]");
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-phase=playing]");
    box.access.note("owner-recovered", { client: "x", name: "Old phone", detail: { by: "code" } }, true);
    await banner.waitFor();
    const edge = (selector: string, which: "top" | "bottom"): Promise<number> =>
      page.evaluate<number>(`document.querySelector("${selector}").getBoundingClientRect().${which}`);
    t.ok((await edge(".banner", "top")) >= (await edge(".stage", "bottom")), "below the picture");
    t.ok((await edge(".panel", "top")) >= (await edge(".banner", "bottom")), "what follows moved down");
    await page.setViewportSize({ width: 740, height: 360 });
    await banner.waitFor({ state: "hidden" });
    await page.setViewportSize({ width: 360, height: 740 });
    await banner.waitFor();
    box.refusals.set("arte", { status: 503, code: "no-tuner-free" });
    await page.goto(`http://127.0.0.1:${bench.port}/#/watch/arte`);
    await page.waitForSelector(".failure");
    await banner.waitFor({ state: "hidden" });
    await page.click("[data-action=list]");
    await banner.waitFor();
    t.ok((await edge("main", "top")) >= (await edge(".banner", "bottom")));
    await page.click("[data-action=see]");
    await page.waitForSelector("[data-event=owner-recovered]");
    const asked = (): number => box.log.filter((line) => line === "GET /api/v1/audit 200").length;
    const before = asked();
    await page.reload();
    await page.waitForSelector("[data-channel=news]");
    await until(asked, (count) => count > before);
    await page.waitForTimeout(300);
    t.equal(await banner.count(), 0);
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: owner, and no longer owner, is asked; the log says what was changed, and why not",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page, complaints } = await enter(bench);
    addDevices(box, 4);
    const roleOf = (id: string) => box.access.clients.get(id)?.role;
    await page.click("[data-action=settings]");
    await page.click("[data-open=devices]");
    await page.click("[data-client=more-0]");
    await page.click("[data-option=role-owner]");
    t.match(await page.textContent(".sure"), /everything that you can/);
    await page.click("[data-action=role-no]");
    t.equal(roleOf("more-0"), "viewer");
    await page.click("[data-option=role-owner]");
    await page.click("[data-action=role-yes]");
    await until(
      () => roleOf("more-0"),
      (role) => role === "owner",
    );
    await page.click("[data-option=role-kid]");
    t.match(await page.textContent(".sure"), /As child it could no longer manage/);
    t.equal(roleOf("more-0"), "owner");
    await page.click("[data-action=role-yes]");
    await until(
      () => roleOf("more-0"),
      (role) => role === "kid",
    );
    await page.click("[data-option=role-viewer]"); // nothing is lost by that
    await until(
      () => roleOf("more-0"),
      (role) => role === "viewer",
    );
    await page.click("[data-action=close]");

    const note = (event: AuditEvent, detail: AuditEntry["detail"]): void =>
      void box.access.note(event, { client: "more-0", name: "Kim", detail });
    note("client-changed", { role: "owner", roleBefore: "kid", by: "x" });
    note("client-changed", { limits: "hours, minutesPerDay", by: "x" });
    note("client-changed", { name: "Kimmy", by: "x" });
    note("request-refused", { code: "role-forbidden", route: "/api/v1/clients" });
    note("watch-refused", { channel: "c1", name: "Harbour One", reason: "parental-hours", home: true });
    note("watched", {
      channel: "c1",
      name: "Harbour One",
      reason: "playback-ended",
      seconds: 600,
      home: true,
    });
    await page.click("[data-action=settings]");
    await page.click("[data-open=log]");
    await page.waitForSelector("[data-event=watched]");
    const lines = (await page.locator("[data-event] .about > span:first-child").allTextContents()).slice(
      0,
      6,
    );
    t.same(lines, [
      "“Kim” watched Harbour One for 10 min",
      "“Kim” was not allowed to watch Harbour One: It is not viewing time now",
      "A request was refused: This device may not do that",
      "“Kim” is called “Kimmy” now",
      "Limits of “Kim” changed: viewing times and time a day",
      "“Kim” is owner now, and was child",
    ]);
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: a guest sees until when it may watch, and is told when that is over",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "guest";
    const { page, complaints } = await enter(bench);
    const guest = [...box.access.clients.values()][0];
    const end = new Date(Date.now() + 3 * 86_400_000).toISOString();
    if (guest !== undefined) guest.endsAt = end; // longer than at the start
    await page.click("[data-action=settings]");
    await page.waitForSelector(`[data-until="${end}"]`);
    t.match(await page.textContent("dl"), /You may watch until.*\d\d:\d\d/s);
    await page.click("[data-action=close]");
    Object.assign(box, { revoked: true, gone: "stay-over" });
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-screen=pair] [data-code=stay-over]");
    t.match(await page.textContent("[data-code=stay-over]"), "Your stay has ended");
    t.same(complaints, []);
  },
);

t.test(
  "web newcomer: the page of the PIN says whether one is set, and removes only what is there",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { page } = await enter(bench);
    await page.click("[data-action=settings]");
    await page.click("[data-open=pin]");
    await page.waitForSelector("[data-pin=none]");
    t.equal(await page.locator("[data-action=remove-pin]").count(), 0);
    await page.fill("[name=pin]", "2468");
    await page.click("[data-action=set-pin]");
    await page.waitForSelector("[data-action=remove-pin]");
    await page.click("[data-action=sheet-back]");
    await page.click("[data-open=pin]");
    await page.waitForSelector("[data-pin=set]");
  },
);

t.test(
  "web newcomer: a child is offered the PIN where there is one, and learns when it may watch again",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "kid";
    const opens = new Date(Date.now() + 3 * 3_600_000).toISOString();
    box.refusals.set("news", { status: 403, code: "parental-hours", detail: { until: opens } });
    const { page, complaints } = await enter(bench);
    const clock = new Date(opens).toTimeString().slice(0, 5);
    await page.click("[data-channel=news]");
    await page.waitForSelector("[data-code=parental-hours]");
    t.match(await page.textContent(".failure"), new RegExp(`again from .*${clock}.*ask the owner`));
    t.equal(await page.locator("[data-action=unlock]").count(), 0);
    box.access.pin = "2468";
    box.access.tries = 1;
    await page.click("[data-action=retry]"); // one was set meanwhile
    await page.waitForSelector("[data-action=unlock]");
    t.match(await page.textContent(".failure"), /Or enter the PIN/);
    await page.click("[data-action=unlock]");
    await page.waitForSelector("[data-digit='1']");
    await page.keyboard.type("1357");
    await page.click("[data-action=enter]");
    await page.waitForSelector("[data-code=pin-locked]");
    t.match(await page.textContent("dialog"), "Wait 1 min");
    t.ok(await page.isDisabled("[data-digit='1']"));
    t.same(complaints, []);
  },
);

t.test("web newcomer: recovery codes stay until the person has them", { skip }, async (t) => {
  const bench = await setUp(t);
  bench.box.access.recovery = { codes: [], madeAt: null };
  const { page, complaints } = await enter(bench);
  await page.click("[data-action=codes]");
  await page.click("[data-action=make-codes]");
  await page.waitForSelector("[data-codes='10']");
  for (let turn = 0; turn < 3; turn++) await page.keyboard.press("Escape");
  await page.keyboard.press("Backspace");
  await page.mouse.click(180, 5); // beside the sheet
  await page.waitForTimeout(200);
  t.equal(await page.locator("dialog[open] [data-codes='10']").count(), 1);
  t.equal(await page.locator("[data-action=close], [data-action=sheet-back]").count(), 0);
  await page.click("[data-action=codes-kept]");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.click("[data-action=settings]");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  t.same(complaints, []);
});

t.test(
  "web newcomer: a browser of one's own has the same name, and an address can be copied by hand",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "viewer";
    const { page } = await bench.open("/", {}, "box.test");
    await page.fill("[name=device]", "奶奶的手机");
    await typeCode(page, box.code);
    await page.waitForSelector("[data-channel=news]");
    await page.click("[data-action=settings]");
    await page.click("[data-open=elsewhere]");
    await page.click("[data-action=another]");
    await page.click("[data-action=copy]");
    const address = await page.inputValue("[name=address]");
    t.match(address, /^http:.*#h=1\./);
    const { page: other } = await bench.open(`/${new URL(address).hash}`);
    await other.waitForSelector("[data-action=pair]");
    t.equal(await other.inputValue("[name=device]"), "奶奶的手机");
    await other.click("[data-action=pair]");
    await other.waitForSelector("[data-channel=news]");
    t.match([...box.access.clients.values()][1], { name: "奶奶的手机" });
  },
);
