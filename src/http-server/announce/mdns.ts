import { Bonjour } from "bonjour-service";
import { messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";

export interface MdnsOptions {
  readonly log: Log;
  /** Name shown by browsers of the network: the box's name. */
  readonly name: string;
  readonly port: () => number;
  /** TXT record: `id`, `version`, `https`. @see RFC 6763 §6 */
  readonly txt: () => Record<string, string>;
}

/** Announces `_tellyport._tcp` by multicast DNS (RFC 6762); a network without multicast is no failure. */
export function createMdns(options: MdnsOptions): Component {
  let bonjour: Bonjour | null = null;
  return {
    name: "mdns",
    start() {
      const unavailable = (error: unknown): void =>
        options.log.warn({ error: messageOf(error) }, "mdns-unavailable");
      try {
        bonjour = new Bonjour(undefined, unavailable);
        bonjour.publish({
          name: options.name,
          type: "tellyport",
          port: options.port(),
          txt: options.txt(),
          probe: false,
        });
      } catch (error) {
        unavailable(error);
      }
    },
    async stop() {
      const closing = bonjour;
      if (closing === null) return;
      await new Promise<void>((resolve) => closing.unpublishAll(() => resolve()));
      await new Promise<void>((resolve) => closing.destroy(() => resolve()));
    },
  };
}
