import { CLASS, FLAG, HEADER, OPCODE, TYPE } from "../../protocol/dns/numbers.ts";
import { LONGEST_NAME } from "../../protocol/dns/name.ts";

/** What is to be done about a packet. */
export type QueryFault =
  /** Nothing: it is no query, and what answers those can be made to answer itself. */
  "drop" | "malformed" | "not-implemented";

/** A query, as far as its answer depends on it. One object is used again and again: at 100,000 a second each costs. */
export class Query {
  /** The name on the wire in lower case, as a string of octets. */
  name = "";
  type = 0;
  class = 0;
  /** The second word of the header. */
  flags = 0;
  /** Where the question ends. */
  questionEnd = HEADER;
  /** It has an OPT record (RFC 6891), with what follows; else these say nothing. */
  edns = false;
  udpSize = 0;
  version = 0;
  /** DO: it wants signatures, should there be any. */
  dnssecOk = false;
  readonly #lower = Buffer.alloc(LONGEST_NAME);

  /** @returns null when it can be answered; then all members are those of this query */
  read(bytes: Buffer): QueryFault | null {
    if (bytes.length < HEADER) return "drop";
    this.flags = word(bytes, 2);
    if ((this.flags & FLAG.QR) !== 0) return "drop";
    this.edns = false;
    this.questionEnd = HEADER;
    if (((this.flags >> 11) & 0xf) !== OPCODE.QUERY) return "not-implemented";
    // There is one question. @see RFC 9619
    if (word(bytes, 4) !== 1) return "malformed";
    const end = this.#readName(bytes);
    if (end < 0 || end + 4 > bytes.length) return "malformed";
    this.type = word(bytes, end);
    this.class = word(bytes, end + 2);
    this.questionEnd = end + 4;
    const records = word(bytes, 6) + word(bytes, 8) + word(bytes, 10);
    const fault = this.#readRecords(bytes, records);
    // What cannot be read whole is answered without its question.
    if (fault) this.questionEnd = HEADER;
    return fault ? "malformed" : null;
  }

  /** A question's name is not compressed: there is nothing before it. @returns where it ends; -1 when it is none */
  #readName(bytes: Buffer): number {
    const lower = this.#lower;
    let at = HEADER;
    for (;;) {
      const length = bytes[at];
      if (length === undefined || length > 63) return -1;
      const end = at + 1 + length;
      if (end > bytes.length || end - HEADER > LONGEST_NAME) return -1;
      // A length is no upper case letter.
      for (; at < end; at++) {
        const octet = bytes[at] ?? 0;
        lower[at - HEADER] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
      }
      if (length === 0) break;
    }
    this.name = lower.toString("latin1", 0, at - HEADER);
    return at;
  }

  /** @returns whether they are not what they say */
  #readRecords(bytes: Buffer, count: number): boolean {
    let at = this.questionEnd;
    for (let left = count; left > 0; left--) {
      const root = bytes[at] === 0;
      const nameEnd = skipName(bytes, at);
      if (nameEnd < 0 || nameEnd + 10 > bytes.length) return true;
      const end = nameEnd + 10 + word(bytes, nameEnd + 8);
      if (end > bytes.length) return true;
      if (word(bytes, nameEnd) === TYPE.OPT) {
        // One, of the root. @see RFC 6891 §6.1.1
        if (this.edns || !root) return true;
        this.edns = true;
        this.udpSize = word(bytes, nameEnd + 2);
        this.version = bytes[nameEnd + 5] ?? 0;
        this.dnssecOk = ((bytes[nameEnd + 6] ?? 0) & 0x80) !== 0;
      }
      at = end;
    }
    return at !== bytes.length;
  }

  /** In the internet's class, or any. */
  get ofInternet(): boolean {
    return this.class === CLASS.IN || this.class === CLASS.ANY;
  }
}

/** Where a name ends that may be compressed; what it says is of no interest. -1: nowhere. */
function skipName(bytes: Buffer, from: number): number {
  for (let at = from; ;) {
    const length = bytes[at];
    if (length === undefined) return -1;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length > 63) return -1;
    at += length + 1;
  }
}

function word(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
