/** What the parts of the cloud need of each other. Names are whole, in lower case, without a dot at their end. */

import type { NameRecords, RecordType } from "../protocol/dns/records.ts";

export { RECORD_TYPES, type NameRecords, type RecordSet, type RecordType } from "../protocol/dns/records.ts";

/**
 * Makes a name server say what the registry says. One per zone; the caller makes one call at a time. To say the same again changes nothing.
 */
export interface DnsPublisher {
  readonly kind: string;
  /**
   * @param names up to 200, no name twice, all within the zone
   * @throws TellyportError `dns-unavailable` (worth another try) or `dns-refused` (somebody has to change something); nothing
   *   is promised then of which names were changed
   */
  publish(zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void>;
  /** What the server answers now: values as in {@link RecordSet}, in any order; none when there is no such set. @throws as publish */
  read(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A name that is updated by dyndns2. */
export interface DynamicHost {
  readonly name: string;
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  /** An operator blocked it. */
  readonly blocked: boolean;
}

/** Where dyndns2 keeps its hosts; the registry implements it. */
export interface DynamicHosts {
  find(names: readonly string[]): Promise<readonly DynamicHost[]>;
  /**
   * Writes addresses and what is to be published in one transaction; it has happened when this resolves.
   * @param changes undefined leaves a family as it is, null takes it away
   * @throws TellyportError `store-unavailable`
   */
  set(
    changes: readonly {
      readonly name: string;
      readonly ipv4?: string | null;
      readonly ipv6?: string | null;
    }[],
  ): Promise<void>;
  /** Counts an update that changed nothing. @returns how many there were in the last seven days, this one included */
  countUnchanged(name: string): Promise<number>;
  /** Counts a change. @returns how many different addresses the name had in the last hour, this one included */
  countChange(name: string, address: string): Promise<number>;
}

/** Whether a box is where it says: an address is published as direct only after this. */
export interface DialBack {
  /**
   * Connects to exactly that address and asks for the box's signature over it.
   * @param question.publicKey Ed25519, 32 bytes, as registered
   * @returns false: nobody, or somebody else, answered there
   * @throws TellyportError `rate-limited` when too many are asked; what the signal was fired with
   */
  verify(question: {
    readonly boxId: string;
    readonly publicKey: Uint8Array;
    readonly address: string;
    readonly port: number;
    readonly signal: AbortSignal;
  }): Promise<boolean>;
}
