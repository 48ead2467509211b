/** How the worker answers a request; null: it does not, and the network does. */
export type Serving = "page" | "part" | null;

/** What a worker sees of a request. */
export interface Asked {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

/** Names of these never change their bytes. */
const PART = /^\/assets\/[\w-]+-[A-Z0-9]{8}\.(js|css|svg|png)$/;

/** Only the shell is ours: the page itself, and parts with a hash in their name. Never the API, media, or who one is. */
export function servingOf({ method, mode, url }: Asked, origin: string): Serving {
  const { origin: asked, pathname, search } = new URL(url);
  if (method !== "GET" || asked !== origin || search !== "") return null;
  if (mode === "navigate") return pathname === "/" ? "page" : null;
  return PART.test(pathname) ? "part" : null;
}

const PREFIX = "shell-";

/** Each installation has a cache of its own: a version may come back. @param at ms since 1970 */
export function cacheName(version: string, at: number): string {
  return `${PREFIX}${version}-${at}`;
}

/** The caches that are shells, the one made last first. */
export function newestFirst(names: readonly string[]): readonly string[] {
  const madeAt = (name: string): number => Number(name.slice(name.lastIndexOf("-") + 1));
  return names.filter((name) => name.startsWith(PREFIX)).sort((a, b) => madeAt(b) - madeAt(a));
}

/** The address of a page's own script, which changes with every version; null when it is no page of ours. */
export function scriptIn(page: string): string | null {
  return /<script type="module" src="(\/assets\/main-[A-Z0-9]{8}\.js)"/.exec(page)?.[1] ?? null;
}
