import type { Clock } from "../../kernel/clock.ts";
import { messageOf, systemCode } from "../../kernel/errors.ts";
import { encodeName, isWithin } from "../../protocol/dns/name.ts";
import { encodeRdata } from "../../protocol/dns/rdata.ts";
import type { NameRecords, RecordType } from "../../protocol/dns/records.ts";

import type { DnsPublisher } from "../ports.ts";
import { apiExchange, type ApiAnswer } from "./api-exchange.ts";
import { DnsConnection, dnsUnavailable, type DnsServerAddress } from "../../kernel/dns-connection.ts";
import { dnsRefused, unpublishable } from "./dns-failure.ts";
import { pdnsRrsets } from "./pdns-rrsets.ts";
import { readRecords } from "./read-records.ts";

export interface PdnsOptions {
  /** Origin of its API, such as `http://127.0.0.1:8081`. */
  readonly api: string;
  readonly apiKey: string;
  /** Default `localhost`, as PowerDNS calls itself. */
  readonly serverId?: string;
  /** Where it answers queries. */
  readonly dns: DnsServerAddress;
  readonly clock: Clock;
  /** For one request, ms; default 30 s. */
  readonly deadline?: number;
}

/**
 * Publishes through the HTTP API of PowerDNS: one PATCH a call, which it makes in one transaction.
 * @see https://doc.powerdns.com/authoritative/http-api/
 */
export class PdnsPublisher implements DnsPublisher {
  readonly kind = "pdns-http";
  readonly #options: PdnsOptions;
  readonly #connection: DnsConnection;

  constructor(options: PdnsOptions) {
    this.#options = options;
    this.#connection = new DnsConnection(options.dns, options.clock);
  }

  async publish(zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    if (names.length === 0) return;
    judge(zone, names);
    const { api, apiKey, serverId = "localhost", deadline = 30_000 } = this.#options;
    const url = new URL(
      `/api/v1/servers/${encodeURIComponent(serverId)}/zones/${encodeURIComponent(`${zone}.`)}`,
      api,
    );
    const headers = { "x-api-key": apiKey, "content-type": "application/json", accept: "application/json" };
    const body = JSON.stringify({ rrsets: pdnsRrsets(names) });
    let answer: ApiAnswer;
    try {
      answer = await apiExchange({ method: "PATCH", url, headers, body, deadline }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw dnsUnavailable(url.origin, `cannot be reached (${systemCode(error) ?? messageOf(error)})`, error);
    }
    this.#check(answer, url.origin, zone);
  }

  read(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]> {
    return readRecords(this.#connection, name, type, signal);
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  #check({ status, body }: ApiAnswer, server: string, zone: string): void {
    if (status >= 200 && status < 300) return;
    if (status === 401 || status === 403)
      throw dnsRefused(
        `PowerDNS at ${server} does not take the API key. Check it, and webserver-allow-from.`,
        { status },
      );
    if (status === 404)
      throw dnsRefused(`PowerDNS at ${server} has no zone ${zone}. Create it, or check the server's id.`, {
        status,
      });
    // Its database was busy, or it is on its way up or down.
    if (status >= 500 || status === 429) throw dnsUnavailable(server, `answers ${status}`);
    throw dnsRefused(
      `PowerDNS at ${server} refuses the change of ${zone} (${status}): ${body.slice(0, 200)}`,
      { status },
    );
  }
}

/** PowerDNS would take a name or an address that is none. */
function judge(zone: string, names: readonly NameRecords[]): void {
  try {
    for (const { name, sets } of names) {
      encodeName(name);
      if (!isWithin(name, zone)) throw new RangeError(`"${name}" is not within ${zone}`);
      for (const { type, values } of sets) for (const value of values) encodeRdata(type, value);
    }
  } catch (error) {
    throw unpublishable(error);
  }
}
