import { execFileSync } from "node:child_process";
import type { Teardown } from "./temporary.ts";

/** A box's network, and a machine beside it that also has an address which is not on the box's link. */
export interface RoutedNamespaces {
  /** The box's address. */
  readonly box: string;
  /** To put before the daemon's command. */
  readonly inBox: readonly string[];
  /** The other machine's address on the same link. */
  readonly near: string;
  /** Its address that the box reaches by a route only, as one from the internet (RFC 5737). */
  readonly far: string;
  /** To put before the other machine's commands. */
  readonly inPeer: readonly string[];
}

const NAME = `tellyport-routed-${process.pid}`;

/** Makes both; they go with the test. To be asked before: `skipWithoutNamespaces`. */
export async function routedNamespaces(t: Teardown): Promise<RoutedNamespaces> {
  const ip = (...args: string[]): unknown => execFileSync("ip", args);
  const [boxSpace, peerSpace] = [`${NAME}-box`, `${NAME}-peer`];
  const [box, near, far] = ["10.78.0.1", "10.78.0.2", "203.0.113.7"];
  for (const space of [boxSpace, peerSpace]) {
    ip("netns", "add", space);
    t.teardown(() => ip("netns", "del", space));
    ip("-n", space, "link", "set", "lo", "up");
  }
  ip("-n", boxSpace, "link", "add", "lan0", "type", "veth", "peer", "name", "lan0", "netns", peerSpace);
  ip("-n", boxSpace, "addr", "add", `${box}/24`, "dev", "lan0");
  ip("-n", peerSpace, "addr", "add", `${near}/24`, "dev", "lan0");
  ip("-n", peerSpace, "addr", "add", `${far}/32`, "dev", "lo");
  for (const space of [boxSpace, peerSpace]) ip("-n", space, "link", "set", "lan0", "up");
  ip("-n", boxSpace, "route", "add", "203.0.113.0/24", "via", near);
  const inside = (space: string): string[] => ["ip", "netns", "exec", space];
  return { box, near, far, inBox: inside(boxSpace), inPeer: inside(peerSpace) };
}
