import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../kernel/network-address.ts";
import type { RequestOrigin } from "../protocol/access.ts";

/** What a reverse proxy adds: what comes with one of these may come from anywhere, whatever the socket says. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] as const;
/** The box as a browser that runs on it calls it. */
const OWN_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Whether a socket was opened on the box itself. What a proxy on the box passes on looks the same where nobody named it to us. */
export function isFromBox({ listener, address }: RequestOrigin): boolean {
  return (listener === "http" || listener === "https") && address !== null && isLoopback(address);
}

/**
 * Whether a request was made by a page in a browser on the box itself, as far as it shows. It is not enough to be believed:
 * every program on the box may send such a one.
 */
export function isAtBox(request: { origin: RequestOrigin; headers: IncomingHttpHeaders }): boolean {
  const { origin, headers } = request;
  return (
    isFromBox(origin) &&
    OWN_HOST.test(headers.host ?? "") &&
    FORWARDED.every((name) => headers[name] === undefined)
  );
}
