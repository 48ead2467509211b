import { randomInt } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { DnsConnection, dnsUnavailable, type DnsServerAddress } from "../kernel/dns-connection.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { NameRecords, RecordSet, RecordType } from "../protocol/dns/records.ts";
import type { TsigKey } from "../protocol/dns/tsig.ts";
import { encodeUpdate, readAnswer, type UpdateAnswer } from "../protocol/dns/update.ts";
import type { DnsChallenges } from "./certificates/index.ts";
import type { DnsUpdater } from "./providers/rfc2136-client.ts";

export interface OwnZoneOptions extends DnsServerAddress {
  readonly zone: string;
  /** The box's name in it. */
  readonly name: string;
  readonly key: TsigKey;
  readonly clock: Clock;
}

/** Of the answer to a challenge: it is read once, s. */
const CHALLENGE_TTL = 5;
const CLEAR_MS = 30_000;

/** The owner's own zone: the box's addresses, and the answers to an authority's questions, by signed DNS UPDATE. @see RFC 2136, RFC 8945 */
export class OwnZone implements DnsUpdater {
  readonly #options: OwnZoneOptions;
  readonly #connection: DnsConnection;

  constructor(options: OwnZoneOptions) {
    this.#options = options;
    this.#connection = new DnsConnection(options, options.clock);
  }

  get server(): string {
    return this.#connection.server;
  }

  async replaceAddresses(
    zone: string,
    names: readonly string[],
    { ipv4, ipv6 }: { readonly ipv4: string | null; readonly ipv6: string | null },
    ttl: number,
    signal: AbortSignal,
  ): Promise<void> {
    const set = (type: "A" | "AAAA", value: string | null): RecordSet[] =>
      value === null ? [] : [{ type, ttl, values: [value] }];
    const sets = [...set("A", ipv4), ...set("AAAA", ipv6)];
    const records = names.map((name) => ({ name, sets }));
    await this.#update(zone, records, ["A", "AAAA"], signal);
  }

  /** For the box's own name. */
  challenges(): DnsChallenges {
    const { zone, name } = this.#options;
    const put = (values: readonly string[], signal: AbortSignal): Promise<void> => {
      const sets: RecordSet[] = values.length === 0 ? [] : [{ type: "TXT", ttl: CHALLENGE_TTL, values }];
      return this.#update(zone, [{ name: `_acme-challenge.${name}`, sets }], ["TXT"], signal);
    };
    return { publish: put, clear: () => put([], AbortSignal.timeout(CLEAR_MS)) };
  }

  close(): void {
    this.#connection.close();
  }

  async #update(
    zone: string,
    names: readonly NameRecords[],
    types: readonly RecordType[],
    signal: AbortSignal,
  ): Promise<void> {
    const { key, clock } = this.#options;
    const id = randomInt(0x10000);
    const { bytes, mac } = encodeUpdate({ zone, names, types }, key, clock.now() / 1000, id);
    const answer = await this.#connection.ask(bytes, signal);
    const failure = failureOf(readAnswer(answer, { id, key, mac, now: clock.now() / 1000 }), this.server);
    if (failure !== null) throw failure;
  }
}

/** @returns null when it has happened */
function failureOf(answer: UpdateAnswer, server: string): TellyportError | null {
  switch (answer.kind) {
    case "done":
      return null;
    case "unreadable":
      return dnsUnavailable(server, "gave an answer that is none to the update");
    case "refused":
      if (answer.rcode === "SERVFAIL") return dnsUnavailable(server, "could not make the update (SERVFAIL)");
      return refused(server, answer.rcode);
    case "key-refused":
    case "not-trusted":
      return refused(server, answer.error);
  }
}

function refused(server: string, word: string): TellyportError {
  return new TellyportError(
    "dns-refused",
    `The name server ${server} refuses the update (${word}). Check server, zone, key and both clocks under online.rfc2136, and what the server lets that key change.`,
    { detail: { word } },
  );
}
