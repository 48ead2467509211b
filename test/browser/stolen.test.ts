import t from "tap";
import { chromium } from "playwright-core";
import { startDaemon } from "../helpers/daemon.ts";
import { PHONE } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

interface Loot {
  readonly cookies: string;
  readonly storage: string;
  readonly keys: readonly { readonly extractable: boolean; readonly exported: string }[];
  readonly refreshWithoutProof: number;
}

/** What a script that got into the page could take away; as far as the browser is concerned it is the page. */
const LOOT = `(async () => {
  const keys = [];
  const look = async (value) => {
    if (value instanceof CryptoKey) {
      if (value.type === "public") return;
      const exported = await crypto.subtle.exportKey("jwk", value).then(() => "taken", (error) => error.name);
      keys.push({ extractable: value.extractable, exported });
    } else if (typeof value === "object" && value !== null) {
      for (const inner of Object.values(value)) await look(inner);
    }
  };
  const ask = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("IndexedDB"));
  });
  let storage = JSON.stringify({ ...localStorage, ...sessionStorage });
  for (const { name } of await indexedDB.databases()) {
    const database = await ask(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const all = await ask(database.transaction(store).objectStore(store).getAll());
      storage += JSON.stringify(all);
      await look(all);
    }
  }
  const refresh = await fetch("/api/v1/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    credentials: "include",
  });
  return { cookies: document.cookie, storage, keys, refreshWithoutProof: refresh.status };
})()`;

/** Scripts that were not in the page that the box sent. */
const INJECT = `(() => {
  const inline = document.createElement("script");
  inline.textContent = "window.injected = true";
  document.body.append(inline);
  const button = document.createElement("button");
  button.setAttribute("onclick", "window.injected = true");
  document.body.append(button);
  button.click();
  return window.injected ?? false;
})()`;

t.test(
  "T7: a script in the page can take neither key nor refresh token away, and gets none in",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(120_000);
    const box = await startDaemon(t);
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());
    const context = await browser.newContext({ locale: "en-GB", ignoreHTTPSErrors: true, ...PHONE });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const offer = await box.openOffer();
    await page.goto(`https://127.0.0.1:${box.https}/${new URL(offer.url).hash}`);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");

    const cookies = await context.cookies();
    t.match(cookies, [{ name: "__Host-tp_rt", httpOnly: true, secure: true, sameSite: "Strict", path: "/" }]);
    const taken = await page.evaluate<Loot>(LOOT);
    t.equal(taken.cookies, "", "document.cookie has nothing");
    t.notOk(
      taken.storage.includes(cookies[0]?.value ?? "?"),
      "the refresh token is in no storage of the page",
    );
    t.ok(taken.keys.length > 0, "there is a key");
    for (const key of taken.keys) t.same(key, { extractable: false, exported: "InvalidAccessError" });
    t.equal(taken.refreshWithoutProof, 401, "the cookie alone renews nothing");

    t.equal(await page.evaluate(INJECT), false, "no inline script runs");
    const policy = (await fetch(box.url)).headers.get("content-security-policy") ?? "";
    t.notMatch(policy, /unsafe-inline|unsafe-eval/);
    t.match(policy, /default-src 'self'/);
  },
);
