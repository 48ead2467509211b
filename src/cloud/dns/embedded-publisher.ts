import type { Clock } from "../../kernel/clock.ts";
import type { NameRecords, RecordType } from "../../protocol/dns/records.ts";
import type { DnsPublisher } from "../ports.ts";
import { dnsRefused, unpublishable } from "./dns-failure.ts";
import type { Zone } from "./zone.ts";

/** Publishes into a zone of the embedded name server; each call is all or nothing, and seen by the next query. */
export class EmbeddedPublisher implements DnsPublisher {
  readonly kind = "embedded";
  readonly #zone: Zone;
  readonly #clock: Clock;

  constructor(zone: Zone, clock: Clock) {
    this.#zone = zone;
    this.#clock = clock;
  }

  async publish(zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (zone !== this.#zone.origin)
      throw dnsRefused(`The embedded name server has the zone ${this.#zone.origin}, and not ${zone}.`);
    try {
      this.#zone.publish(names, this.#clock.now() / 1000);
    } catch (error) {
      throw unpublishable(error);
    }
  }

  async read(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    try {
      return this.#zone.values(name, type);
    } catch (error) {
      throw unpublishable(error);
    }
  }

  async close(): Promise<void> {}
}
