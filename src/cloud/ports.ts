/** What the parts of the cloud need of each other. Names are whole, in lower case, without a dot at their end. */

/** The types of records that Tellyport keeps; those of any other type are left alone. */
export type RecordType = "A" | "AAAA" | "CNAME" | "TXT" | "CAA";
export const RECORD_TYPES: readonly RecordType[] = ["A", "AAAA", "CNAME", "TXT", "CAA"];

/** All records of one type at one name. @see RFC 2181 §5 */
export interface RecordSet {
  readonly type: RecordType;
  /** s */
  readonly ttl: number;
  /**
   * At least one, no two equal: addresses in their canonical text; the whole target name; one character-string of up to 255 octets (TXT);
   * `FLAGS TAG VALUE` as in `0 issue letsencrypt.org; validationmethods=dns-01` (CAA).
   */
  readonly values: readonly string[];
}

/** Everything that a name shall have; records of {@link RECORD_TYPES} that are not named here go. */
export interface NameRecords {
  readonly name: string;
  readonly sets: readonly RecordSet[];
}

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

/** Asks a box whether it is at an address. */
export interface DialBack {
  /**
   * Connects to the address, never anywhere else, and has the box sign for it.
   * @param target.publicKey Ed25519, 32 bytes, whose hash the id is
   * @param target.signal aborted when the time for it is over
   * @returns false: nobody answered, or not this box, or it said no
   * @throws the signal's reason
   */
  verify(target: {
    readonly boxId: string;
    readonly publicKey: Uint8Array;
    readonly address: string;
    readonly port: number;
    readonly signal: AbortSignal;
  }): Promise<boolean>;
}
