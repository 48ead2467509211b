import { TellyportError } from "../errors.ts";

/** Why an address is not asked. */
export type FetchRefusal =
  /** Another scheme than http and https. */
  | "scheme"
  /** The port of another service than the web. */
  | "port"
  /** Loopback, or an address of the box. */
  | "this-box"
  /** Private, and beyond the box's own networks. */
  | "private"
  /** Private, and named by somebody in the internet. */
  | "private-from-public"
  /** Where cloud machines keep their keys: whoever names it. */
  | "metadata"
  /** No machine's: multicast, broadcast, reserved. */
  | "no-machine"
  /** From https to http. */
  | "downgrade";

const WHY: Record<FetchRefusal, string> = {
  scheme: "only http and https are spoken",
  port: "its port is that of another service",
  "this-box": "it is this box itself",
  private: "it lies in a private network that this box is no part of",
  "private-from-public": "it lies in a private network, and what names it came from the internet",
  metadata: "cloud machines keep their keys there",
  "no-machine": "no machine has such an address",
  downgrade: "it leads from https to plain http",
};

/** What an installer writes to name an address, such as `http://192.0.2.1 under guide.xmltv`; nothing but its origin is shown. */
export type NameIt = (url: URL) => string;

const inTheConfiguration: NameIt = ({ origin }) => `${origin} in the configuration`;

/** Refusals that end when the installer names the address himself. */
const CURABLE: ReadonlySet<FetchRefusal> = new Set(["port", "this-box", "private", "private-from-public"]);

/**
 * `fetch-refused`, with the host and port, the reason, and what to do if it is meant.
 * @param url of which nothing but scheme, host and port is told
 * @param nameIt what the installer would write to name it, and where
 */
export function refused(why: FetchRefusal, url: URL, nameIt: NameIt = inTheConfiguration): TellyportError {
  const cure = CURABLE.has(why) ? ` If it is meant, write ${nameIt(url)}.` : "";
  return new TellyportError("fetch-refused", `${url.host} is not asked: ${WHY[why]}.${cure}`, {
    detail: { reason: why, host: url.host },
  });
}
