import { randomInt } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import type { NameRecords, RecordType } from "../../protocol/dns/records.ts";
import type { Signed, TsigKey } from "../../protocol/dns/tsig.ts";
import { encodeUpdate, readAnswer, splitUpdate, type Update } from "../../protocol/dns/update.ts";
import type { DnsPublisher } from "../ports.ts";
import { DnsConnection, type DnsServerAddress } from "../../kernel/dns-connection.ts";
import { unpublishable, updateFailure } from "./dns-failure.ts";
import { readRecords } from "./read-records.ts";

export interface Rfc2136Options extends DnsServerAddress {
  readonly key: TsigKey;
  readonly clock: Clock;
  /** For one update, ms; default 15 s. */
  readonly deadline?: number;
}

/**
 * Publishes by signed dynamic updates over one TCP connection: BIND, Knot, PowerDNS, and whatever else takes them. Names of one update
 * change together; a batch that is longer than a message goes in several.
 * @see RFC 2136, RFC 8945
 */
export class Rfc2136Publisher implements DnsPublisher {
  readonly kind = "rfc2136";
  readonly #options: Rfc2136Options;
  readonly #connection: DnsConnection;

  constructor(options: Rfc2136Options) {
    this.#options = options;
    this.#connection = new DnsConnection(options, options.clock, options.deadline);
  }

  async publish(zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    if (names.length === 0) return;
    const { key } = this.#options;
    for (const update of attempt(() => splitUpdate({ zone, names }, key))) await this.#send(update, signal);
  }

  read(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]> {
    return readRecords(this.#connection, name, type, signal);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  async #send(update: Update, signal: AbortSignal): Promise<void> {
    const { key, clock } = this.#options;
    const id = randomInt(0x10000);
    const { bytes, mac }: Signed = attempt(() => encodeUpdate(update, key, clock.now() / 1000, id));
    const answer = await this.#connection.ask(bytes, signal);
    const now = clock.now() / 1000;
    const context = { server: this.#connection.server, zone: update.zone, keyName: key.name };
    const failure = updateFailure(readAnswer(answer, { id, key, mac, now }), context, now);
    if (failure !== null) throw failure;
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unpublishable(error);
  }
}
