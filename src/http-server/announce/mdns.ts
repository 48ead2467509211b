import { Bonjour, type ServiceConfig } from "bonjour-service";
import { messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";
import { ownAddresses } from "./ssdp.ts";

export interface MdnsOptions {
  readonly log: Log;
  /** Name shown by browsers of the network: the box's name. */
  readonly name: string;
  /** The box's name in the network, such as `tellyport-abcd.local`. */
  readonly host: string;
  readonly port: () => number;
  /** TXT record: `id`, `version`, `https`. @see RFC 6763 §6 */
  readonly txt: () => Record<string, string>;
  /** IPv4 addresses of the interfaces to announce on; default all that are not loopback. */
  readonly interfaces?: () => readonly string[];
}

/**
 * Announces `_tellyport._tcp` by multicast DNS (RFC 6762) on each of the machine's own IPv4 addresses: left to itself, the
 * system would choose the interface of the default route, and a network without one would hear nothing. A network without
 * multicast is no failure.
 */
export function createMdns(options: MdnsOptions): Component {
  const { log, name, host, port, txt, interfaces = ownAddresses } = options;
  const responders: Bonjour[] = [];
  return {
    name: "mdns",
    start() {
      for (const address of interfaces()) {
        const unavailable = (error: unknown): void =>
          log.warn({ address, error: messageOf(error) }, "mdns-unavailable");
        // Bound to any address: a socket bound to one of its own hears no multicast.
        const where = { interface: address, bind: "0.0.0.0" } as Partial<ServiceConfig>;
        try {
          const responder = new Bonjour(where, unavailable);
          responders.push(responder);
          responder.publish({ name, host, type: "tellyport", port: port(), txt: txt(), probe: false });
        } catch (error) {
          unavailable(error);
        }
      }
    },
    async stop() {
      await Promise.all(
        responders.map(async (responder) => {
          await new Promise<void>((resolve) => responder.unpublishAll(() => resolve()));
          await new Promise<void>((resolve) => responder.destroy(() => resolve()));
        }),
      );
    },
  };
}
