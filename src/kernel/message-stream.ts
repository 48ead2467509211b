/** Takes DNS messages out of a TCP connection: each with its length before it, however it was cut up. @see RFC 1035 §4.2.2 */
export class MessageStream {
  readonly #longest: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param longest octets of a message that is taken */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** @returns the messages that are whole now; null when one is too long */
  take(chunk: Buffer): Buffer[] | null {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at + 2 <= all.length) {
      const length = all.readUInt16BE(at);
      if (length > this.#longest) return null;
      if (at + 2 + length > all.length) break;
      messages.push(all.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    this.#rest = all.subarray(at);
    return messages;
  }
}

/** A message with its length before it. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
}
