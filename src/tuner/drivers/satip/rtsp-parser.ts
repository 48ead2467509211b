/** What a SAT>IP server sends on its RTSP connection: replies, and between them `$` frames with RTP and RTCP. Pure. */

/** A reply. Header names are in lower case. @see RFC 2326 §7 */
export interface RtspReply {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RtspEvents {
  reply(reply: RtspReply): void;
  /** An interleaved frame: `bytes[from..to)`, to be used before the call returns. @see RFC 2326 §10.12 */
  frame(channel: number, bytes: Buffer, from: number, to: number): void;
  /** So many bytes were neither. */
  skipped(count: number): void;
}

/** Longest head or body of a message, bytes; what is longer is no RTSP. */
export const LONGEST_MESSAGE = 65_536;
const FRAME_HEAD = 4;
const DOLLAR = 0x24;
/** Room for the longest message, or frame, and for a read behind it. */
const ROOM = 2 * LONGEST_MESSAGE + FRAME_HEAD;

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const REPLY_START = Buffer.from("RTSP/");

/** Takes the bytes as TCP brings them. What it holds back is bounded. */
export class RtspParser {
  readonly #events: RtspEvents;
  readonly #channels: number;
  /** Bytes of a message or frame whose rest has not come. Made when first needed. */
  #held = Buffer.alloc(0);
  #heldLength = 0;
  #skipped = 0;
  #stopped = false;

  /** @param channels interleaved channels are below this; default 2. A `$` before another number is no frame. */
  constructor(events: RtspEvents, channels = 2) {
    this.#events = events;
    this.#channels = channels;
  }

  /** Bytes that wait for the rest of their message. */
  get pending(): number {
    return this.#heldLength;
  }

  /** Nothing is reported any more. */
  stop(): void {
    this.#stopped = true;
  }

  push(chunk: Buffer): void {
    let from = 0;
    while (this.#heldLength > 0 && from < chunk.length && !this.#stopped) {
      const take = Math.min(chunk.length - from, ROOM - this.#heldLength, LONGEST_MESSAGE);
      chunk.copy(this.#held, this.#heldLength, from, from + take);
      const before = this.#heldLength;
      this.#heldLength += take;
      const used = this.#parse(this.#held, 0, this.#heldLength);
      // Once past what was held, the rest is read where it lies.
      if (used >= before) {
        from += used - before;
        this.#heldLength = 0;
      } else {
        from += take;
        this.#held.copyWithin(0, used, this.#heldLength);
        this.#heldLength -= used;
      }
    }
    if (from < chunk.length && !this.#stopped) {
      const used = this.#parse(chunk, from, chunk.length);
      this.#hold(chunk, used);
    }
    this.#reportSkipped();
  }

  #hold(chunk: Buffer, from: number): void {
    if (from >= chunk.length) return;
    if (this.#held.length === 0) this.#held = Buffer.alloc(ROOM);
    this.#heldLength = chunk.copy(this.#held, 0, from);
  }

  /** @returns up to where the bytes were used; the rest is the beginning of something */
  #parse(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && !this.#stopped) {
      const next = bytes[at] === DOLLAR ? this.#frame(bytes, at, to) : this.#reply(bytes, at, to);
      if (next === at) return at;
      if (next < 0) {
        this.#skipped++;
        at++;
      } else {
        this.#reportSkipped();
        at = next;
      }
    }
    return at;
  }

  /** @returns where it ends; `at` when its end has not come; -1 when it is none */
  #frame(bytes: Buffer, at: number, to: number): number {
    if (to - at < FRAME_HEAD) return at;
    const channel = bytes[at + 1]!;
    if (channel >= this.#channels) return -1;
    const end = at + FRAME_HEAD + bytes.readUInt16BE(at + 2);
    // RTP and RTCP alike begin with their version, 2: a `$` in a payload is rarely followed by all of that.
    if (to > at + FRAME_HEAD && end > at + FRAME_HEAD && bytes[at + FRAME_HEAD]! >> 6 !== 2) return -1;
    if (end > to) return at;
    this.#reportSkipped();
    this.#events.frame(channel, bytes, at + FRAME_HEAD, end);
    return end;
  }

  /** As {@link #frame}, for a reply. */
  #reply(bytes: Buffer, at: number, to: number): number {
    if (bytes[at] !== REPLY_START[0]) return -1;
    const known = Math.min(REPLY_START.length, to - at);
    if (bytes.compare(REPLY_START, 0, known, at, at + known) !== 0) return -1;
    const limit = Math.min(to, at + LONGEST_MESSAGE);
    const headEnd = bytes.subarray(at, limit).indexOf(END_OF_HEAD);
    if (headEnd < 0) return to - at >= LONGEST_MESSAGE ? -1 : at;
    const head = parseHead(bytes.toString("latin1", at, at + headEnd));
    if (head === null) return -1;
    const bodyAt = at + headEnd + END_OF_HEAD.length;
    const end = bodyAt + head.contentLength;
    if (end > to) return at;
    this.#reportSkipped();
    this.#events.reply({ ...head.reply, body: bytes.toString("utf8", bodyAt, end) });
    return end;
  }

  #reportSkipped(): void {
    if (this.#skipped === 0) return;
    const count = this.#skipped;
    this.#skipped = 0;
    this.#events.skipped(count);
  }
}

/** @returns null when the head is malformed, or names a body that is too long */
function parseHead(text: string): { reply: Omit<RtspReply, "body">; contentLength: number } | null {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^RTSP\/1\.\d ([1-5]\d\d)(?: (.*))?$/.exec(first);
  if (status === null) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = headers.get("content-length") ?? "0";
  if (!/^\d{1,6}$/.test(length) || Number(length) > LONGEST_MESSAGE) return null;
  return {
    reply: { status: Number(status[1]), reason: status[2] ?? "", headers },
    contentLength: Number(length),
  };
}
