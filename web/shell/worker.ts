import { lastWordsIn } from "../api/last-words.ts";
import { send } from "../api/say-last.ts";
import { watchFragment } from "../watch-address.ts";
import { pageFor, remindedIn, type OpenPage } from "./notified.ts";
import { cacheName, newestFirst, scriptIn, servingOf } from "./serving.ts";

/** What the build wrote down of itself. */
declare const SHELL: {
  readonly version: string;
  /** The page's own script. */
  readonly script: string;
  /** Addresses of what is kept at once. */
  readonly parts: readonly string[];
  /** Of what is kept when it was used: the player's library is larger than all the rest. */
  readonly later: readonly string[];
};

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Tapped extends Waiting {
  readonly notification: Notification;
}
interface Page extends OpenPage {
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
interface Message extends Waiting {
  readonly data: unknown;
}
interface Scope {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(which: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(address: string): Promise<unknown>;
  };
  addEventListener(type: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  addEventListener(type: "message", listener: (event: Message) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Tapped) => void): void;
}
/** The worker's global object, of which the page's types know nothing. */
const scope = globalThis as unknown as Scope;

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const serving = servingOf(event.request, scope.location.origin);
  if (serving === "page") event.respondWith(page(event.request));
  if (serving === "part") event.respondWith(part(event));
});
scope.addEventListener("message", (event) => {
  const words = lastWordsIn(event.data);
  if (words !== null) event.waitUntil(send(words));
});

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openReminded(event.notification.data));
});

/** The page that is there comes to the front and plays the channel; without one it is opened there. */
async function openReminded(data: unknown): Promise<void> {
  const reminded = remindedIn(data);
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pageFor(pages, scope.location.origin);
  if (page === null) {
    await scope.clients.openWindow(reminded === null ? "/" : `/${watchFragment(reminded.channel)}`);
    return;
  }
  if (reminded !== null) page.postMessage(reminded);
  await page.focus().catch(() => undefined); // some browsers do not let a page that is hidden be shown
}

const shells = async (): Promise<readonly string[]> => newestFirst(await caches.keys());

/** The page comes last into the cache: with it the shell is whole. */
async function install(): Promise<void> {
  const name = cacheName(SHELL.version, Date.now());
  try {
    const cache = await caches.open(name);
    await Promise.all(
      SHELL.parts.map(async (address) =>
        cache.put(address, (await caches.match(address)) ?? (await get(address))),
      ),
    );
    for (const address of SHELL.later) {
      const kept = await caches.match(address);
      if (kept !== undefined) await cache.put(address, kept);
    }
    const page = await get("/");
    // what answers may be another version by now, or somebody's sign-in page
    if (scriptIn(await page.clone().text()) !== SHELL.script) throw new Error("This page is another one's");
    await cache.put("/", page);
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
}

async function get(address: string): Promise<Response> {
  const response = await fetch(address, { cache: address === "/" ? "reload" : "default" });
  if (!response.ok || response.redirected) throw new Error(`${address}: ${response.status}`);
  return response;
}

/** No page of a former version is open any more. */
async function activate(): Promise<void> {
  const [, ...former] = await wholeShells();
  for (const name of await shells()) if (former.includes(name)) await caches.delete(name);
  await scope.clients.claim();
}

async function wholeShells(): Promise<string[]> {
  const whole: string[] = [];
  for (const name of await shells()) {
    const cache = await caches.open(name);
    if ((await cache.match("/")) !== undefined) whole.push(name);
  }
  return whole;
}

/** The newest whole shell, whichever worker is at work: a new version waits for the next start, and never longer. */
async function page(request: Request): Promise<Response> {
  for (const name of await shells()) {
    const kept = await (await caches.open(name)).match("/");
    if (kept !== undefined) return kept;
  }
  return fetch(request);
}

async function part(event: Fetching): Promise<Response> {
  const { pathname } = new URL(event.request.url);
  const kept = await caches.match(pathname);
  if (kept !== undefined) return kept;
  const response = await fetch(event.request);
  if (response.ok && SHELL.later.includes(pathname)) event.waitUntil(keepLater(pathname, response.clone()));
  return response;
}

async function keepLater(address: string, response: Response): Promise<void> {
  const [newest] = await wholeShells();
  if (newest !== undefined) await (await caches.open(newest)).put(address, response);
}
