/** What stands at a name in the DNS, in text. Names are whole, in lower case, without a dot at their end. */

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
