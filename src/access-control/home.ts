import type { RequestOrigin } from "../protocol/access.ts";

/**
 * Whether a request comes from the home network or the box itself: a property of the accepted socket, never of a header.
 * What came through a tunnel is not at home, wherever the phone may be.
 */
export function isHome(origin: RequestOrigin): boolean {
  if (origin.listener === "local") return true;
  return origin.listener !== "tunnel" && origin.address !== null && origin.onLink;
}
