import { isTellyportError } from "../../kernel/errors.ts";
import type { Addresses, NameProvider, ProviderResult } from "./name-provider.ts";

/** Sends a DNS UPDATE (RFC 2136) with a TSIG (RFC 8945) to the name server of a zone; it knows server and key. */
export interface DnsUpdater {
  /** Of the name server, for people, such as `ns1.example.org`. */
  readonly server: string;
  /**
   * Replaces the A and the AAAA records of each name by these; null takes those of a family away. All of them or none.
   * @param names whole, in lower case, within the zone
   * @param ttl s
   * @throws TellyportError `dns-unavailable` (no answer, SERVFAIL, a TSIG out of time), `dns-refused` (REFUSED, NOTAUTH, a wrong key)
   */
  replaceAddresses(
    zone: string,
    names: readonly string[],
    addresses: Addresses,
    ttl: number,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface Rfc2136Options {
  /** Without a dot at its end. */
  readonly zone: string;
  /** One or more, whole, within the zone. */
  readonly hostnames: readonly string[];
  /** s; default 60 */
  readonly ttl?: number;
}

/** Keeps names on a name server of the owner's own. */
export function createRfc2136Client(options: Rfc2136Options, updater: DnsUpdater): NameProvider {
  const { zone, hostnames, ttl = 60 } = options;
  return {
    name: `${hostnames.join(", ")} at ${updater.server}`,
    async update(addresses, signal) {
      try {
        await updater.replaceAddresses(zone, hostnames, addresses, ttl, signal);
        return { kind: "done", message: `${updater.server} took the update.` };
      } catch (error) {
        if (signal.aborted) throw error;
        const result = resultOf(error);
        if (result === null) throw error;
        return result;
      }
    },
  };
}

function resultOf(error: unknown): ProviderResult | null {
  if (isTellyportError(error, "dns-refused")) return { kind: "stopped", message: error.message };
  if (!isTellyportError(error, "dns-unavailable")) return null;
  const { message, retryAfterMs } = error;
  return { kind: "wait", message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
