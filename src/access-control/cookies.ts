import type { RequestOrigin } from "../protocol/access.ts";

/** RFC 6265, as much of it as three cookies need. */

export const REFRESH_COOKIE = "__Host-tp_rt";

/** Clients that a cookie alone stands for, and the one door at which it counts. */
export const COOKIE_CLASSES = {
  /** A browser that keeps no key, over https. */
  browser: { cookie: "__Host-tp_b", listener: "https" },
  /** A LAN viewer, over plain http. */
  lan: { cookie: "tp_lan", listener: "http" },
} as const satisfies Record<string, { cookie: string; listener: RequestOrigin["listener"] }>;
export type CookieClass = keyof typeof COOKIE_CLASSES;

/** @returns the one value of that name; null when absent, or given twice with different values (somebody tosses cookies) */
export function readCookie(header: string | undefined, name: string): string | null {
  if (header === undefined || header.length > 8192) return null;
  const values = new Set<string>();
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) values.add(pair.slice(equals + 1).trim());
  }
  const [value] = values;
  return values.size === 1 && value !== undefined ? value : null;
}

/**
 * The `Set-Cookie` of a client's secret: its refresh token for one with a key, else what stands for it. A LAN viewer's is
 * without `Secure`, as it serves pages that came over plain http.
 * @param seconds lifetime; 0 deletes
 */
export function clientCookie(kind: "key" | CookieClass, value: string, seconds: number): string {
  const name = kind === "key" ? REFRESH_COOKIE : COOKIE_CLASSES[kind].cookie;
  const secure = kind === "lan" ? "" : "; Secure";
  return `${name}=${value}; Max-Age=${Math.floor(seconds)}; Path=/; HttpOnly${secure}; SameSite=Strict`;
}
