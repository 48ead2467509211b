import type { IncomingMessage, ServerResponse } from "node:http";
import type { MediaBytes } from "../packaging/ports.ts";
import type { ShiftedBytes, ShiftedReader } from "../timeshift/extent.ts";
import { cutOff, whenGone } from "../when-gone.ts";

/** Media answers, written past the framework: few `writev`s, no copy. */

interface AnswerHead {
  readonly type: string;
  readonly cacheControl: string;
  /** Further headers: name, value, name, value, ... */
  readonly headers?: readonly string[];
  /** Answer a `Range` of one part with 206. */
  readonly ranges: boolean;
  /** Called once, when the answer is over, with the bytes of the body that were handed to the network. */
  readonly sent?: (bytes: number) => void;
}

export interface MediaAnswer extends AnswerHead {
  /** The bytes; a {@link MediaBytes} is held until the last of them has left. */
  readonly body: MediaBytes | Buffer;
}

export interface ShiftedAnswer extends AnswerHead {
  /** Bytes on disk, held until the last of them has left; a piece of them is in memory at a time. */
  readonly body: ShiftedBytes;
}

/** How slow a receiver may be. */
export interface MediaLimits {
  /** Without any progress, ms. */
  readonly noProgress: number;
  /** Called when a receiver was cut off for being slower. */
  readonly exceeded?: () => void;
}

/** How often receivers are looked at whose answer is not over, ms; oftener where a limit is shorter. */
const LOOK = 1000;

/** Sends media. A receiver that keeps to no limit is cut off: it costs its own connection and nobody else's. */
export class MediaSender {
  readonly #limits: MediaLimits;
  readonly #open = new Map<ServerResponse, Sending>();
  readonly #over: (this: ServerResponse) => void;
  readonly #finished: (this: ServerResponse) => void;
  #looking: NodeJS.Timeout | null = null;

  constructor(limits: MediaLimits) {
    this.#limits = limits;
    const open = this.#open;
    // One function for all of them: most answers are over before anything else happens.
    this.#over = function () {
      const sending = open.get(this);
      open.delete(this);
      sending?.over();
    };
    this.#finished = function () {
      const sending = open.get(this);
      if (sending !== undefined) sending.left = sending.size;
    };
  }

  /**
   * @param inAll what it may take from now to the last byte, ms: against one that trickles, or that asks for much and waits
   * @param over called when nothing of it is read any more
   * @throws TellyportError never; an unsatisfiable range is answered with 416
   */
  send(
    request: IncomingMessage,
    response: ServerResponse,
    answer: MediaAnswer,
    inAll: number,
    over?: () => void,
  ): void {
    const { body } = answer;
    const { status, headers, from, to } = headOf(request, answer, body.length);
    const empty = request.method === "HEAD" || status === 416;
    const sending = new Sending(empty ? 0 : to - from, inAll);
    sending.sent = answer.sent;
    sending.done = over;
    if (!empty && !Buffer.isBuffer(body)) {
      body.retain();
      sending.held = body;
    }
    this.#begin(request, response, sending);
    response.writeHead(status, headers);
    if (empty) response.end();
    else pump(response, slice(Buffer.isBuffer(body) ? [body] : body.buffers, from, to), sending);
  }

  /**
   * Sends what is on disk, read from its beginning to its end as the receiver takes it.
   * @throws TellyportError `segment-gone` when the disk does not give the first of it; later the connection is cut off
   */
  async sendShifted(
    request: IncomingMessage,
    response: ServerResponse,
    answer: ShiftedAnswer,
    inAll: number,
  ): Promise<void> {
    const { body } = answer;
    const { status, headers, from, to } = headOf(request, answer, body.length);
    const empty = request.method === "HEAD" || status === 416;
    const reader = body.reader(from, empty ? from : to);
    const sending = new Sending(empty ? 0 : to - from, inAll);
    sending.held = { release: () => reader.close() };
    this.#begin(request, response, sending);
    const first = await reader.next();
    if (!this.#open.has(response)) return;
    sending.sent = answer.sent;
    response.writeHead(status, headers);
    if (first === null) response.end();
    else pumpPieces(response, first, reader, sending, () => cutOff(request, response));
  }

  #begin(request: IncomingMessage, response: ServerResponse, sending: Sending): void {
    this.#open.set(response, sending);
    response.on("finish", this.#finished);
    // One that waits behind another answer on its connection is not told of the connection's end.
    if (response.socket === null || request.socket.destroyed)
      whenGone(request, response, () => this.#over.call(response));
    else response.on("close", this.#over);
    if (this.#looking !== null) return;
    const period = Math.min(LOOK, this.#limits.noProgress / 4);
    this.#looking = setInterval(() => this.#look(), period).unref();
  }

  #look(): void {
    const now = performance.now();
    for (const [response, sending] of this.#open) {
      if (now - sending.since >= sending.inAll) this.#tooSlow(response);
      else if (!sending.watched) {
        sending.watched = true;
        // Counts only time without progress: Node looks at the socket's write queue before it fires.
        response.setTimeout(this.#limits.noProgress, () => this.#tooSlow(response));
      }
    }
    if (this.#open.size > 0 || this.#looking === null) return;
    clearInterval(this.#looking);
    this.#looking = null;
  }

  #tooSlow(response: ServerResponse): void {
    if (!response.writableFinished) this.#limits.exceeded?.();
    cutOff(response.req, response);
  }
}

/** An answer on its way. */
class Sending {
  /** Bytes of the body. */
  readonly size: number;
  readonly inAll: number;
  /** Monotonic, ms. */
  readonly since = performance.now();
  /** Bytes of it that have left. */
  left = 0;
  /** Its progress is looked at. */
  watched = false;
  sent: ((bytes: number) => void) | undefined = undefined;
  done: (() => void) | undefined = undefined;
  /** Only when it is over can nobody read the memory any more; before, another channel's bytes could reach this client. */
  held: { release(): void } | null = null;

  constructor(size: number, inAll: number) {
    this.size = size;
    this.inAll = inAll;
  }

  over(): void {
    this.sent?.(this.left);
    this.held?.release();
    this.done?.();
  }
}

interface Head {
  readonly status: 200 | 206 | 416;
  /** Name, value, name, value, ... */
  readonly headers: (string | number)[];
  /** Which bytes are sent: [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Media shown by itself runs nothing and is framed by nobody; pages of others ask for it in CORS mode, to which CORP says nothing. */
const GUARDS = [
  ...["x-content-type-options", "nosniff"],
  ...["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ...["cross-origin-resource-policy", "same-origin"],
];

function headOf(request: IncomingMessage, answer: AnswerHead, length: number): Head {
  const { type, cacheControl, ranges, headers: others = [] } = answer;
  const range = ranges ? parseRange(request.headers.range, length) : null;
  const headers: (string | number)[] = ["content-type", type, "cache-control", cacheControl];
  headers.push(...GUARDS);
  if (ranges) headers.push("accept-ranges", "bytes");
  headers.push(...others);
  if (range === "unsatisfiable") {
    headers.push("content-range", `bytes */${length}`, "content-length", 0);
    return { status: 416, headers, from: 0, to: 0 };
  }
  if (range === null) {
    headers.push("content-length", length);
    return { status: 200, headers, from: 0, to: length };
  }
  const { from, to } = range;
  headers.push("content-range", `bytes ${from}-${to - 1}/${length}`, "content-length", to - from);
  return { status: 206, headers, from, to };
}

/** Writes piece after piece, the next one read when the one before has left: all have the same memory. */
function pumpPieces(
  raw: ServerResponse,
  first: Buffer,
  reader: ShiftedReader,
  sending: Sending,
  failed: () => void,
): void {
  const write = (piece: Buffer): void => {
    if (raw.destroyed) return;
    raw.write(piece, (error) => {
      if (error) return;
      sending.left += piece.length;
      if (reader.done) raw.end();
      else reader.next().then((next) => void (next !== null && write(next)), failed);
    });
  };
  write(first);
}

/** So many bytes wait for one receiver at most, beside what the kernel holds. */
const GROUP = 512 * 1024;

/** Writes group after group, each with one `writev`, the next when the one before has left. */
function pump(raw: ServerResponse, buffers: readonly Buffer[], sending: Sending): void {
  let at = 0;
  const next = (): void => {
    let size = 0;
    raw.cork();
    for (let last = false; !last;) {
      const buffer = buffers[at++];
      if (buffer === undefined) break;
      size += buffer.length;
      last = size + (buffers[at]?.length ?? Infinity) > GROUP;
      if (last && at < buffers.length) raw.write(buffer, (error) => error ?? written(size));
      else raw.write(buffer);
    }
    if (at >= buffers.length)
      raw.end(); // uncorks
    else raw.uncork();
  };
  const written = (size: number): void => {
    sending.left += size;
    if (!raw.destroyed) next();
  };
  next();
}

/** The part [from, to) of some buffers, without a copy, in pieces no larger than a group. */
function slice(buffers: readonly Buffer[], from: number, to: number): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const buffer of buffers) {
    const end = Math.min(buffer.length, to - at);
    for (let start = Math.max(0, from - at); start < end; start += GROUP) {
      const piece = Math.min(end, start + GROUP);
      pieces.push(piece - start === buffer.length ? buffer : buffer.subarray(start, piece));
    }
    at += buffer.length;
  }
  return pieces;
}

/**
 * A single byte range; anything else that the header may hold is ignored, as RFC 9110 §14.2 allows.
 * @returns [from, to), or null for the whole
 */
export function parseRange(
  header: string | undefined,
  length: number,
): { from: number; to: number } | "unsatisfiable" | null {
  const match = header === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return null;
    const count = Math.min(Number(last), length);
    return count === 0 ? "unsatisfiable" : { from: length - count, to: length };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return null;
  if (from >= length) return "unsatisfiable";
  return { from, to: last === "" ? length : Math.min(Number(last) + 1, length) };
}
