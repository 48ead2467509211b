import { mkdtempSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import t from "tap";
import { loadCertificate } from "../../src/access-control/certificate.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createBoxIdentity } from "../web/box-identity.ts";
import { setUp, until, watching, type Bench } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { addDevices, addHistory } from "./sample-access.ts";

const skip = skipWithoutBrowser();

/** Pairs by the box's first offer, with one touch. */
async function enter(bench: Bench, options: BrowserContextOptions = {}) {
  const opened = await bench.open(`/${bench.box.fragment()}`, options);
  await opened.page.click("[data-action=pair]");
  await opened.page.waitForSelector("[data-channel=news]");
  return opened;
}

async function openPage(page: Page, name: string): Promise<void> {
  await page.click("[data-action=settings]");
  await page.click(`[data-open=${name}]`);
}

/** A new device that types a code, up to its number. */
async function newcomer(bench: Bench, code: string, name: string): Promise<Page> {
  const { page } = await bench.open("/");
  await page.fill("[name=device]", name);
  await page.fill("[name=code]", code);
  await page.click("[data-action=pair]");
  await page.waitForSelector(".match strong");
  return page;
}

const shownCode = (page: Page): Promise<string | null> => page.textContent(".big-code");

for (const tells of [true, false])
  t.test(
    `web access: an owner adds a device by its number, ${tells ? "told by events" : "asking when events do not come"}`,
    { skip },
    async (t) => {
      const bench = await setUp(t);
      const { box } = bench;
      box.access.tells = tells;
      const { page, complaints } = await enter(bench);
      await openPage(page, "add");
      t.equal(
        await page.getAttribute("[data-option=role-viewer]", "aria-pressed"),
        "true",
        "viewer is the default",
      );
      await page.click("[data-option=role-kid]");
      await page.click("[data-action=open-offer]");
      await page.waitForSelector("svg.qr path");
      t.match(await page.textContent("[role=timer]"), /4:5\d|5:00/);
      const phone = await newcomer(bench, (await shownCode(page)) ?? "", "Max’s tablet");
      await page.waitForSelector("[data-number]");
      t.match(await page.textContent(".who"), /Max’s tablet.*at home|Max’s tablet.*in the home network/s);
      t.equal(await page.locator("[data-number]").count(), 3);
      t.equal(box.access.clients.size, 1, "nobody is in yet");
      const number = (await phone.textContent(".match strong")) ?? "";
      await page.click(`[data-number="${number}"]`);
      await page.waitForSelector("[data-outcome=paired]");
      await phone.waitForSelector("[data-screen=channels]");
      t.match([...box.access.clients.values()][1], { name: "Max’s tablet", role: "kid" });
      await page.waitForSelector("[data-action=to-limits]");
      t.match(await page.textContent("[data-outcome]"), /“Max’s tablet” is paired.*What it may watch/s);
      await page.click(tells ? "[data-action=done]" : "[data-action=to-pin]");
      if (!tells) await page.click("[data-sheet=pin] [data-action=sheet-back]");
      await page.waitForSelector("dialog[data-sheet=settings]");
      t.same(complaints, []);
      t.same(box.problems, []);
    },
  );

t.test(
  "web access: a wrong number, and no, let nobody in, and the newcomer learns it",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.home = false;
    const { page } = await enter(bench);
    await openPage(page, "add");
    await page.click("[data-action=open-offer]");
    for (const answer of ["wrong", "no"]) {
      await page.waitForSelector(".big-code");
      const phone = await newcomer(bench, (await shownCode(page)) ?? "", "Somebody");
      await page.waitForSelector(".who .away");
      const number = (await phone.textContent(".match strong")) ?? "";
      await page.click(
        answer === "no" ? "[data-action=deny]" : `[data-number]:not([data-number="${number}"])`,
      );
      await page.waitForSelector("[data-outcome=refused]");
      t.match(await page.textContent("[data-outcome]"), answer === "no" ? "not let in" : "another number");
      await phone.waitForSelector(
        answer === "no" ? "[data-code=pairing-denied]" : "[data-code=number-wrong]",
      );
      t.equal(await phone.inputValue("[name=device]"), "Somebody", "it need not be typed again");
      await phone.waitForSelector("[name=code]");
      await page.click("[data-action=another]"); // the same role again, at once
    }
    t.equal(box.access.clients.size, 1);
  },
);

t.test(
  "web access: who leaves the code behind closes it; who waits is told of outside of it",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page } = await enter(bench);
    await openPage(page, "add");
    await page.click("[data-action=open-offer]");
    await page.waitForSelector(".big-code");
    await page.click("[data-action=cancel-offer]");
    const states = (): string[] => [...box.access.offers.values()].map(({ state }) => state);
    await until(states, ([state]) => state === "closed");
    await page.click("[data-open=add]");
    await page.click("[data-action=open-offer]");
    await page.waitForSelector(".big-code");
    await page.click("[data-action=close]");
    await until(states, (all) => all.every((state) => state === "closed"));

    // an offer that was opened elsewhere
    const asking = [...box.access.clients.values()][0];
    if (asking === undefined) throw new Error("nobody is paired");
    const url = new URL(`http://127.0.0.1:${bench.port}/api/v1/offers`);
    const answer = box.access.answer("POST /offers", url, "{}", asking)?.body as { code: string };
    const phone = await newcomer(bench, answer.code, "Guest phone");
    await page.waitForSelector("[data-banner=offer]");
    await page.reload();
    await page.waitForSelector("[data-banner=offer]"); // it waits since before this page was opened
    await page.click("[data-action=see]");
    await page.click(`[data-number="${await phone.textContent(".match strong")}"]`);
    await phone.waitForSelector("[data-screen=channels]");
    await page.waitForSelector("[data-outcome=paired]");
  },
);

t.test(
  "web access: a newcomer whose network breaks off while it waits goes on; whose time is over is told",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.match = "42";
    box.claimLife = 9000;
    const { page } = await bench.open("/");
    let broken = true;
    await page.route("**/pairing/poll", (route) => (broken ? route.abort() : route.continue()));
    await page.fill("[name=code]", box.code);
    await page.click("[data-action=pair]");
    await page.waitForSelector(".match strong");
    await page.waitForTimeout(2500);
    broken = false;
    await page.waitForSelector("[data-screen=channels]");
    broken = true;
    const { page: late } = await bench.open("/");
    await late.route("**/pairing/poll", (route) => route.abort());
    await late.fill("[name=code]", box.code);
    await late.click("[data-action=pair]");
    await late.waitForSelector("[data-code=pairing-expired]");
  },
);

t.test("web access: devices are renamed, given limits and roles, and removed", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page, complaints } = await enter(bench);
  addDevices(box, 5);
  await openPage(page, "devices");
  await page.waitForSelector("[data-devices='6']");
  t.match(await page.locator("[data-client]").first().innerText(), "this device");
  t.match(await page.textContent("[data-client=more-4]"), /opened from Max/);
  const client = (id: string) => box.access.clients.get(id);

  await page.click("[data-client=client-1]");
  t.equal(await page.isDisabled("[data-option=role-viewer]"), false, "there is another owner: more-3");
  await page.click("[data-action=sheet-back]");
  await page.click("[data-client=more-1]");
  await page.fill("[name=device-name]", "Mia");
  await page.click("[data-action=rename]");
  await until(
    () => client("more-1")?.name,
    (name) => name === "Mia",
  );
  await page.click("[data-open=limits]");
  await page.click("[data-option=age-6]");
  await page.click("[data-action=unrated]");
  await page.click("[data-option=hours-own]");
  await page.click(".days [data-day='7']");
  await page.fill("[name=from]", "21:00");
  t.ok(await page.isDisabled("[data-action=save-limits]"), "an end before the beginning is not sent");
  await page.fill("[name=to]", "00:00");
  await page.click("[data-option=minutes-none]");
  await page.click("[data-option=channels-some]");
  await page.click("[data-allow=kids]");
  await page.click("[data-action=save-limits]");
  await page.waitForSelector("[data-sheet=device]");
  t.same(client("more-1")?.limits, {
    maximumAge: 6,
    unrated: false,
    hours: [{ days: [1, 2, 3, 4, 5, 6], from: "21:00", to: "24:00" }],
    channels: ["kids"],
  });
  await page.click("[data-option=role-guest]");
  await page.waitForSelector("[data-option^=stay]");
  await page.locator("[data-option^=stay]").first().click();
  await until(
    () => client("more-1")?.endsAt ?? "",
    (endsAt) => /T\d\d:00:00/.test(endsAt),
  );
  await page.click("[data-action=remove]");
  await page.click("[data-action=remove-yes]");
  await page.waitForSelector("[data-devices='5']");
  t.equal(client("more-1"), undefined);

  await page.click("[data-client=more-3]");
  await page.click("[data-action=remove]");
  t.match(await page.textContent("[data-together='1']"), /go with it: “Anna’s laptop”/);
  await page.click("[data-action=remove-yes]");
  await page.waitForSelector("[data-devices='3']");
  t.equal(client("more-4"), undefined, "opened from it");
  await page.click("[data-client=client-1]");
  await page.waitForSelector("[data-option=role-owner]");
  t.ok(await page.isDisabled("[data-option=role-viewer]"), "the last owner stays owner");
  t.equal(await page.locator("[data-action=remove]").count(), 0);
  await page.click("[data-action=sheet-back]");
  await page.click("[data-action=end-others]");
  await page.click("[data-action=end-others-yes]");
  await page.waitForSelector("[data-devices='1']");
  t.same([...box.access.clients.keys()], ["client-1"]);
  t.same(complaints, []);
  t.same(box.problems, []);
});

t.test(
  "web access: recovery codes are offered to the first owner, and one of them makes an owner",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.access.recovery = { codes: [], madeAt: null };
    const { page, complaints } = await enter(bench);
    await page.click("[data-action=codes]");
    await page.click("[data-action=make-codes]");
    await page.waitForSelector("[data-codes='10']");
    const code = (await page.locator("[data-codes] li").nth(3).textContent()) ?? "";
    await page.click("[data-action=codes-kept]");
    await page.waitForSelector(".save-codes", { state: "detached" });
    t.notMatch(await page.content(), code, "it is nowhere any more");

    const { page: other } = await bench.open("/");
    await other.click("[data-action=recovery]");
    await other.fill("[name=recovery]", code.slice(0, 10));
    await other.click("[data-action=pair]");
    t.match(await other.textContent("#code-help"), /12 more to type/);
    await other.fill("[name=recovery]", code.toLowerCase().replaceAll("-", " "));
    await other.click("[data-action=pair]");
    await other.waitForSelector("[data-channel=news]");
    t.match([...box.access.clients.values()][1], { role: "owner" });
    t.equal(box.claims[1]?.offer, "recovery");
    t.notMatch(JSON.stringify(box.claims), code.replaceAll("-", ""), "the code is never sent");
    await openPage(other, "codes");
    t.match(await other.textContent("dialog"), "9 left");
    const { page: third } = await bench.open("/");
    await third.click("[data-action=recovery]");
    await third.fill("[name=recovery]", code);
    await third.click("[data-action=pair]");
    await third.waitForSelector("[data-code=recovery-refused]");
    t.match(await third.textContent("[data-code]"), /take the next one/);
    t.same(complaints, []);
    t.same(box.problems, []);
  },
);

t.test(
  "web access: codes that are wanted later are not asked for again, and found in the settings",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    bench.box.access.recovery = { codes: [], madeAt: null };
    const { page } = await enter(bench);
    await page.click("[data-action=codes-later]");
    await page.reload();
    await until(
      () => bench.box.log.filter((line) => line === "GET /api/v1/recovery-codes 200").length,
      (n) => n > 1,
    );
    await page.click("[data-action=settings]");
    await page.waitForSelector("[data-open=codes] .label");
    t.equal(await page.locator(".save-codes").count(), 0);
  },
);

t.test(
  "T25: web access: a pass pairs another browser with one touch, leaves the address, and is good once",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page } = await enter(bench);
    await page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }");
    await openPage(page, "elsewhere");
    await page.click("[data-action=another]");
    await page.waitForSelector("[data-pass] svg path");
    await page.click("[data-action=copy]");
    const address = await until(
      () => page.evaluate<string>("globalThis.copied ?? ''"),
      (text) => text !== "",
    );
    const hash = new URL(address).hash;
    t.match(hash, /^#h=1\.pass-/);

    const { page: other, complaints } = await bench.open(`/${hash}`);
    await other.waitForSelector("[data-action=pair]");
    t.equal(new URL(other.url()).hash, "", "the secret is out of the address");
    t.equal(box.claims.length, 1, "nothing happens without a touch");
    await other.click("[data-action=pair]");
    await other.waitForSelector("[data-channel=news]");
    t.match([...box.access.clients.values()][1], { handedOverFrom: "client-1", role: "owner" });

    await other.goto("about:blank");
    await other.goto(`http://127.0.0.1:${bench.port}/${hash}`);
    await other.waitForSelector("[data-channel=news]");
    t.equal(new URL(other.url()).hash, "");
    t.equal(box.claims.length, 2, "who is in already does not use it");

    box.access.clients.delete("client-2");
    await other.goto("about:blank");
    await other.goto(`http://127.0.0.1:${bench.port}/${hash}`);
    await other.waitForSelector("[data-screen=pair] [name=code]");
    t.equal(box.claims.length, 2, "an icon that brings its old pass again is no replay");

    const { page: thief } = await bench.open(`/${hash}`);
    await thief.click("[data-action=pair]");
    await thief.waitForSelector("[data-code=hand-off-used]");
    t.same(complaints, []);
  },
);

t.test(
  "web access: on an iPhone the pass is in the address while the person adds the icon",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { page } = await enter(bench);
    await page.addInitScript("Object.defineProperty(navigator, 'standalone', { value: false })");
    await page.reload();
    await page.waitForSelector("[data-channel=news]");
    await openPage(page, "elsewhere");
    await page.click("[data-action=install]");
    await page.waitForSelector("[data-install]");
    // The page draws first, and changes its address after that.
    const hash = () => page.evaluate<string>("location.hash");
    t.match(await until(hash, (now) => now !== ""), /^#h=1\.pass-/);
    t.equal(await page.locator("link[rel=manifest]").count(), 0, "its start_url would win over the address");
    await page.click("[data-action=sheet-back]");
    await until(hash, (now) => now === "");
    t.equal(await page.locator("link[rel=manifest]").count(), 1);
  },
);

/** The same box over https as well, under the name `box.test`. */
async function serveTls(bench: Bench): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-tls-"));
  const names = { names: ["box.test"], addresses: ["127.0.0.1"] };
  await bench.box.listenTls(await loadCertificate(folder, names, systemClock, randomBytes));
  return `https://box.test:${bench.box.https?.port}/`;
}

t.test("web access: from plain http at home to the secure page, with a key there", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.role = "viewer";
  const secure = await serveTls(bench);
  const { page } = await bench.open("/", { ignoreHTTPSErrors: true }, "box.test");
  await page.fill("[name=code]", box.code);
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  await openPage(page, "elsewhere");
  await page.click("[data-action=secure]");
  await page.waitForURL((url) => url.protocol === "https:");
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  t.equal(page.url(), secure);
  t.match([...box.access.clients.values()].at(-1), { kind: "key", handedOverFrom: "client-1" });
  await page.reload();
  await page.waitForSelector("main[aria-busy=false] [data-channel=news]");
  t.ok(box.log.includes("POST /api/v1/token 200"), "the refresh token travels in a cookie");
  t.same(box.problems, []);
});

t.test("web access: a browser that keeps no keys pairs over https with a cookie", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const secure = await serveTls(bench);
  const context = await bench.browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
  const page = await context.newPage();
  await page.addInitScript(`{
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, ...rest) {
      if (value.privateKey || value.pair) throw new DOMException("no keys here", "DataCloneError");
      return put.call(this, value, ...rest);
    };
  }`);
  const own = box.identity;
  box.identity = createBoxIdentity();
  await page.goto(secure + box.fragment());
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-code=box-not-trusted-keyless]");
  t.match(await page.textContent("[data-code]"), /remove what is not yours/);
  box.identity = own;
  box.claims.length = 0;
  box.access.clients.clear();
  await context.clearCookies();
  await page.goto("about:blank");
  await page.goto(secure + box.fragment());
  await page.click("[data-action=pair]");
  await page.waitForSelector("[data-channel=news]");
  t.match(box.claims[0], { key: null, refresh: "cookie" });
  t.match([...box.access.clients.values()][0], { kind: "browser", role: "viewer" });
  t.equal(await page.locator(".note:not(.save-codes)").count(), 0, "it lasts");
  await page.reload();
  await page.waitForSelector("[data-channel=news]");
  await page.click("[data-channel=news]");
  await until(
    () => watching(page),
    ({ frames }) => frames > 5,
  );
  box.access.clients.clear();
  await page.reload();
  await page.waitForSelector("[data-screen=pair] [data-code=access-token-invalid]");
});

t.test(
  "T19: web access: what cannot prove to be the box is refused, when pairing and when refreshing",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const own = box.identity;
    box.identity = createBoxIdentity();
    const { page } = await bench.open(`/${box.fragment()}`);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-code=box-not-trusted]");
    await page.reload();
    await page.waitForSelector("[data-screen=pair]");

    box.identity = own;
    const { page: phone } = await enter(bench);
    const client = [...box.access.clients.values()].at(-1);
    const refresh = client?.refresh ?? "";
    box.identity = createBoxIdentity();
    await phone.reload();
    await phone.waitForSelector("[data-screen=error][data-code=box-not-trusted]");
    t.match(await phone.textContent("h1"), "This is not your box");
    t.match(await phone.textContent("[role=alert]"), /may have seen .* worth nothing without the key/);
    t.equal(await phone.locator("[data-channel]").count(), 0);
    box.identity = own;
    if (client !== undefined) client.refresh = refresh; // the box itself was never asked
    await phone.click("[data-action=retry]");
    await phone.waitForSelector("[data-channel=news]", {});
  },
);

t.test(
  "T19: web access: another box at the known one's address is said, and gets nothing that is of use",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    const { page } = await enter(bench);
    const known = { id: box.id, identity: box.identity };
    await until(
      () => box.log,
      (log) => log.includes("GET /api/v1/audit 200"),
    );
    box.identity = createBoxIdentity();
    box.id = box.identity.id;
    box.log.length = 0;
    await page.reload();
    await page.waitForSelector("[data-screen=stranger]");
    t.same(
      box.log.filter((line) => line.includes("/api/")),
      ["GET /api/v1/box 200"],
    );
    t.match(await page.textContent("[role=alert]"), /may have seen .* worth nothing without the key/);
    Object.assign(box, known);
    await page.click("[data-action=retry]");
    await page.waitForSelector("[data-channel=news]");
    box.identity = createBoxIdentity();
    box.id = box.identity.id;
    await page.reload();
    await page.click("[data-action=new-box]");
    await page.waitForSelector("[data-screen=pair] [name=code]");
  },
);

t.test(
  "T19: web access: a LAN viewer is told that another box has its cookie, and what to do",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "viewer";
    const { page } = await bench.open("/", {}, "box.test");
    await page.fill("[name=code]", box.code);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=news]");
    box.identity = createBoxIdentity();
    box.id = box.identity.id;
    const asked = page.waitForRequest("**/api/v1/box");
    await page.reload();
    await page.waitForSelector("[data-screen=stranger]");
    t.match((await (await asked).allHeaders()).cookie, /tp_lan=/, "no script can keep it back");
    t.match(await page.textContent("[role=alert]"), /was sent .* remove this device at your box/);
  },
);

t.test("web access: a child asks a grown-up, whose PIN starts the channel", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.role = "kid";
  box.access.pin = "2468";
  const film = box.channels.find(({ id }) => id === "arte");
  if (film?.now) film.now.minimumAge = 16;
  const { page, complaints } = await enter(bench);
  const kid = [...box.access.clients.values()][0];
  if (kid !== undefined) kid.limits = { maximumAge: 12 };
  await page.reload();
  await page.waitForSelector("[data-channel=arte] [data-age='16']");
  t.equal(await page.locator("[data-age]").count(), 1);
  box.refusals.set("arte", { status: 403, code: "parental-rating", detail: { minimumAge: 16 } });
  await page.click("[data-channel=arte]");
  await page.waitForSelector("[data-sheet=channel] [data-reason=age]");
  await page.click("[data-action=unlock]");
  await page.waitForSelector("[data-digit='1']");
  await page.keyboard.type("1357");
  await page.click("[data-action=enter]");
  await page.waitForSelector("[data-code=pin-wrong]");
  for (const digit of "2468") await page.click(`[data-digit="${digit}"]`);
  box.refusals.delete("arte");
  await page.click("[data-action=enter]");
  await page.waitForSelector("[data-phase=playing]");
  t.equal(await page.locator("dialog").count(), 0);
  box.access.tries = 0;
  box.refusals.set("arte", { status: 403, code: "parental-hours" });
  await page.click("[data-action=next]").catch(() => undefined);
  await page.goto(`http://127.0.0.1:${bench.port}/#/watch/arte`);
  await page.reload();
  await page.click("[data-action=unlock]");
  await page.waitForSelector("[data-digit='1']");
  await page.keyboard.type("1357");
  await page.click("[data-action=enter]");
  await page.waitForSelector("[data-code=pin-locked]");
  t.match(await page.textContent("dialog"), "Wait 2 min");
  t.ok(await page.isDisabled("[data-digit='1']"));
  t.same(complaints, []);
});

t.test(
  "web access: on the PIN pad a remote control's back erases a digit, and leads back from an empty pad",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    box.role = "kid";
    box.access.pin = "2468";
    const { page, complaints } = await enter(bench);
    await openPage(page, "unlock");
    await page.waitForSelector("[data-digit='1']");
    const entered = (count: number): Promise<unknown> =>
      page.waitForSelector(`.pin .dots[aria-label="${count} digits entered"]`);
    await page.keyboard.type("24689");
    await entered(5);
    await page.keyboard.press("Backspace");
    await entered(4);
    await page.focus("[data-digit='5']");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Backspace");
    await entered(2);
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await entered(0);
    t.equal(await page.getAttribute("dialog", "data-sheet"), "unlock");
    await page.keyboard.press("Backspace");
    await page.waitForSelector("[data-sheet=settings]");
    await page.click("[data-open=unlock]");
    await page.waitForSelector("[data-digit='1']");
    await page.keyboard.type("24");
    await entered(2);
    await page.evaluate(
      "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'GoBack', bubbles: true }))",
    );
    await page.waitForSelector("[data-sheet=settings]");
    t.same(complaints, []);
  },
);

t.test("web access: a child whose day is used up asks a grown-up, too", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.role = "kid";
  box.access.pin = "2468";
  box.refusals.set("news", { status: 403, code: "quota-used" });
  const { page } = await enter(bench);
  await page.click("[data-channel=news]");
  await page.waitForSelector("[data-code=quota-used]");
  t.match(await page.textContent("[data-code=quota-used]"), /enter the PIN/);
  await page.click("[data-action=unlock]");
  await page.waitForSelector("[data-digit='1']");
  await page.keyboard.type("2468");
  box.refusals.delete("news");
  await page.click("[data-action=enter]");
  await page.waitForSelector("[data-phase=playing]");
});

t.test("web access: a guest watches live: nothing pauses or goes back", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  box.role = "guest";
  box.headStart = 40;
  box.window = 40;
  const { page } = await enter(bench);
  await page.click("[data-action=settings]");
  for (const name of ["devices", "add", "codes", "log", "pin"])
    t.equal(await page.locator(`[data-open=${name}]`).count(), 0, `no ${name}`);
  await page.click("[data-action=close]");
  await page.click("[data-channel=news]");
  await until(
    () => watching(page),
    ({ frames }) => frames > 25,
  );
  t.equal(await page.locator(".time, [data-action=pause]").count(), 0);
  const before = (await watching(page)).time;
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.waitForTimeout(1500);
  t.ok((await watching(page)).time > before, "it plays on");
});

t.test(
  "web access: an owner hears of alarms, sees them in the log, and of a recovery for a day",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { box } = bench;
    addHistory(box, 70);
    const { page, complaints } = await enter(bench);
    await page.waitForTimeout(500);
    t.equal(await page.locator("[data-banner]").count(), 0, "what is old, and oneself, is no news");
    box.access.note("refresh-reused", { client: "x", name: "Kitchen" }, true);
    await page.waitForSelector("[data-banner=refresh-reused]");
    t.match(await page.textContent("[data-banner]"), /copy of the session of “Kitchen”/);
    await page.click("[data-action=see]");
    await page.waitForSelector("[data-event=refresh-reused]");
    t.equal(await page.locator("[data-event]").count(), 50);
    await page.click("[data-action=more]");
    await until(
      () => page.locator("[data-event]").count(),
      (count) => count === 72,
    );
    t.equal(await page.locator("[data-action=more]").count(), 0);
    await page.click("[data-action=close]");
    t.equal(await page.locator("[data-banner]").count(), 0);
    box.access.note("owner-recovered", {
      client: "y",
      name: "Old phone",
      at: new Date(Date.now() - 3_600_000).toISOString(),
    });
    box.access.note("client-paired", { client: "z", name: "Tablet" });
    await page.reload();
    await page.waitForSelector("[data-banner=client-paired]");
    t.match(await page.textContent("[data-banner]"), /“Tablet” was paired. And 1 more/);
    await page.click("[data-action=put-away]");
    await page.waitForSelector("[data-banner]", { state: "detached" });
    await page.reload();
    await page.waitForSelector("[data-banner=owner-recovered]");
    t.same(complaints, []);
  },
);

t.test("web access: an alarm of this week is told, however much else happened since", { skip }, async (t) => {
  const bench = await setUp(t);
  const { box } = bench;
  const { page } = await enter(bench);
  await page.evaluate("localStorage.setItem('tellyport.alarm-seen', '1')");
  box.access.note("refresh-reused", {
    client: "x",
    name: "Kitchen",
    at: new Date(Date.now() - 3 * 86_400_000).toISOString(),
  });
  for (let i = 0; i < 300; i++) box.access.note(i % 2 === 0 ? "watched" : "request-refused");
  await page.reload();
  await page.waitForSelector("[data-banner=refresh-reused]");
});

t.test(
  "web access: arrow keys reach everything in a sheet, and back leads through it",
  { skip },
  async (t) => {
    const bench = await setUp(t);
    const { page } = await enter(bench, {
      viewport: { width: 1280, height: 720 },
      isMobile: false,
      hasTouch: false,
    });
    addDevices(bench.box, 8);
    await page.focus("[data-action=settings]");
    await page.keyboard.press("Enter");
    const focused = (): Promise<string> =>
      page.evaluate<string>(
        "Object.values(document.activeElement.dataset)[0] ?? document.activeElement.name ?? ''",
      );
    await page.waitForSelector("[data-open=devices]");
    await until(focused, (name) => name === "close");
    await page.keyboard.press("ArrowDown");
    t.equal(await focused(), "devices");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-devices='9']");
    await until(focused, (name) => name === "sheet-back");
    for (let step = 0; step < 4; step++) await page.keyboard.press("ArrowDown");
    t.match(await focused(), /^more-/);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-sheet=device]");
    await page.keyboard.press("Backspace");
    await page.waitForSelector("[data-sheet=devices]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[data-sheet=settings]");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
  },
);
