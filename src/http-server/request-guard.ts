import type { IncomingMessage } from "node:http";
import { TellyportError } from "../kernel/errors.ts";
import type { RequestOrigin, RouteAccess } from "../protocol/access.ts";
import { hostAllowed, hostHeaders, type HostNames } from "./host-guard.ts";

/** What every request must keep to before anybody looks at what it asks for; upgrades and tunnels too. */

/** Methods that some route of ours may have; others are refused wherever they point. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const KNOWN_METHODS = new Set(METHODS);
/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export type Door = RequestOrigin["listener"];

/**
 * @param names host names that requests may name, lower case, beside localhost and IP addresses
 * @returns why the request is refused whatever it asks for; null: it is not
 */
export function refusalOf(request: IncomingMessage, door: Door, names: HostNames): TellyportError | null {
  const { headers, rawHeaders, method = "", url = "" } = request;
  if (hostHeaders(rawHeaders) > 1) return unreadable();
  if (door !== "local" && !hostAllowed(headers.host, names)) {
    return new TellyportError(
      "host-not-allowed",
      "Nothing here goes by that name. Use the address, or add the name to the configuration: http.hosts of a box, http.origins of a cloud.",
    );
  }
  if (!KNOWN_METHODS.has(method)) {
    return new TellyportError("method-not-allowed", "Nothing here has that method.", {
      detail: { headers: { allow: METHODS.join(", ") } },
    });
  }
  // A full address (RFC 9112 §3.2.2) is for proxies: it would name a host beside the one that was checked.
  if (!url.startsWith("/") && !(url === "*" && method === "OPTIONS")) return unreadable();
  return null;
}

/** The address cannot be read, or says two things (RFC 9112 §3.2: more than one Host). */
export function unreadable(): TellyportError {
  return new TellyportError("request-malformed", "The request's address cannot be read.");
}

/**
 * Keeps pages of others out. Native clients send no `Origin`; a page of ours sends the box's own, as it called the box.
 *
 * What is open to everybody may be fetched from anywhere, since no answer but media lets a foreign page read it, and media
 * belongs to whoever was given its address. Everything else is for pages of the box's own, also what is not there.
 * @param access of the route; undefined where there is none
 */
export function foreignPage(
  request: IncomingMessage,
  door: Door,
  access: RouteAccess | undefined,
): TellyportError | null {
  if (door === "local" || access?.kind === "media") return null;
  const { headers, method = "" } = request;
  const safe = SAFE_METHODS.has(method);
  const { host, origin } = headers;
  if (origin !== undefined && !(access?.kind === "open" && safe) && !sameOrigin(origin, door, host ?? "")) {
    return new TellyportError(
      "origin-not-allowed",
      "The request came from a page that is not this box's. Open the box's own address.",
    );
  }
  const site = headers["sec-fetch-site"];
  if (!safe && (site === "cross-site" || site === "same-site")) {
    return new TellyportError(
      "cross-site-refused",
      "The request came from a page of another site. Open the box's own address.",
    );
  }
  return null;
}

/** Whether an `Origin` (RFC 6454 §6.2) is the one that a page of this door has, when it calls it by `host`. */
export function sameOrigin(origin: string, door: Door, host: string): boolean {
  const scheme = door === "http" ? "http" : "https";
  const own = `${scheme}://${host}`;
  if (origin === own) return true;
  // The port that goes without saying may be said, and names may be in capitals.
  const [theirs, ours] = [originOfUrl(origin), originOfUrl(own)];
  return theirs !== null && theirs === ours;
}

/** Scheme, host and port; null for what is no bare http(s) origin. */
function originOfUrl(text: string): string | null {
  if (!/^https?:\/\/[^/?#@\s\\]+$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).origin;
}
