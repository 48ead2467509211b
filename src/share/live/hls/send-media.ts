import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { MediaBytes } from "../packaging/ports.ts";
import type { ShiftedBytes, ShiftedReader } from "../timeshift/extent.ts";
import { cutOff, whenGone } from "../when-gone.ts";

/** Media answers, written past the framework: few `writev`s, no copy. */

interface AnswerHead {
  readonly type: string;
  readonly cacheControl: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answer a `Range` of one part with 206. */
  readonly ranges: boolean;
  /** Called once with the bytes of the body that were handed to the network. */
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

/** How slow a receiver may be, ms. */
export interface MediaLimits {
  /** Without any progress. */
  readonly noProgress: number;
  /** From the request to the last byte: against one that trickles, or that asks for much and waits. */
  readonly inAll: number;
  /** Called when a receiver was cut off for being slower. */
  readonly exceeded?: () => void;
}

/**
 * Sends it. A receiver that keeps to no limit is cut off: it costs its own connection and nobody else's.
 * @throws TellyportError never; an unsatisfiable range is answered with 416
 */
export function sendMedia(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: MediaAnswer,
  limits: MediaLimits,
): FastifyReply {
  const { body } = answer;
  const { status, headers, from, to } = headOf(request, answer, body.length);
  const { raw } = reply;
  void reply.hijack();
  const empty = request.method === "HEAD" || status === 416;
  if (!empty && !Buffer.isBuffer(body)) body.retain();
  const left = watch(request, reply, limits, (bytes) => {
    if (empty) return;
    answer.sent?.(bytes ?? to - from);
    // Only now can nobody read the memory any more; before, another channel's bytes could reach this client.
    if (!Buffer.isBuffer(body)) body.release();
  });
  // Counts only time without progress: Node looks at the socket's write queue before it fires.
  raw.setTimeout(limits.noProgress, () => tooSlow(request, raw, limits));
  raw.writeHead(status, headers);
  if (empty) raw.end();
  else pump(raw, slice(Buffer.isBuffer(body) ? [body] : body.buffers, from, to), left);
  return reply;
}

/**
 * Sends what is on disk, read from its beginning to its end as the receiver takes it.
 * @throws TellyportError `segment-gone` when the disk does not give the first of it; later the connection is cut off
 */
export async function sendShifted(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: ShiftedAnswer,
  limits: MediaLimits,
): Promise<FastifyReply> {
  const { body } = answer;
  const { status, headers, from, to } = headOf(request, answer, body.length);
  const { raw } = reply;
  const empty = request.method === "HEAD" || status === 416;
  const reader = body.reader(from, empty ? from : to);
  let begun = false;
  let gone = false;
  const left = watch(request, reply, limits, (bytes) => {
    gone = true;
    reader.close();
    if (begun && !empty) answer.sent?.(bytes ?? to - from);
  });
  const first = await reader.next();
  void reply.hijack();
  if (gone) return reply;
  begun = true;
  raw.setTimeout(limits.noProgress, () => tooSlow(request, raw, limits));
  raw.writeHead(status, headers);
  if (first === null) raw.end();
  else pumpPieces(raw, first, reader, left, () => cutOff(request.raw, raw));
  return reply;
}

interface Head {
  readonly status: 200 | 206 | 416;
  readonly headers: Record<string, string | number>;
  /** Which bytes are sent: [from, to). */
  readonly from: number;
  readonly to: number;
}

function headOf(request: FastifyRequest, answer: AnswerHead, length: number): Head {
  const range = answer.ranges ? parseRange(request.headers.range, length) : null;
  const headers = {
    "content-type": answer.type,
    "cache-control": answer.cacheControl,
    "x-content-type-options": "nosniff",
    ...(answer.ranges && { "accept-ranges": "bytes" }),
    ...answer.headers,
  };
  if (range === "unsatisfiable") {
    const none = { "content-range": `bytes */${length}`, "content-length": 0 };
    return { status: 416, headers: { ...headers, ...none }, from: 0, to: 0 };
  }
  if (range === null)
    return { status: 200, headers: { ...headers, "content-length": length }, from: 0, to: length };
  const { from, to } = range;
  const part = { "content-range": `bytes ${from}-${to - 1}/${length}`, "content-length": to - from };
  return { status: 206, headers: { ...headers, ...part }, from, to };
}

/**
 * Waits for the end of an answer, and cuts off one that takes too long in all.
 * @param over called once; with null when all has left, else with the bytes that were counted
 * @returns counts bytes that have left
 */
function watch(
  request: FastifyRequest,
  { raw }: FastifyReply,
  limits: MediaLimits,
  over: (bytes: number | null) => void,
): (bytes: number) => void {
  let left = 0;
  let finished = false;
  raw.once("finish", () => (finished = true));
  const late = setTimeout(() => tooSlow(request, raw, limits), limits.inAll);
  whenGone(request.raw, raw, () => {
    clearTimeout(late);
    over(finished ? null : left);
  });
  return (bytes) => (left += bytes);
}

/** Writes piece after piece, the next one read when the one before has left: all have the same memory. */
function pumpPieces(
  raw: ServerResponse,
  first: Buffer,
  reader: ShiftedReader,
  left: (bytes: number) => void,
  failed: () => void,
): void {
  const write = (piece: Buffer): void => {
    if (raw.destroyed) return;
    raw.write(piece, (error) => {
      if (error) return;
      left(piece.length);
      if (reader.done) raw.end();
      else reader.next().then((next) => void (next !== null && write(next)), failed);
    });
  };
  write(first);
}

function tooSlow(request: FastifyRequest, raw: ServerResponse, { exceeded }: MediaLimits): void {
  if (!raw.writableFinished) exceeded?.();
  cutOff(request.raw, raw);
}

/** So many bytes wait for one receiver at most, beside what the kernel holds. */
const GROUP = 512 * 1024;

/** Writes group after group, each with one `writev`, the next when the one before has left. */
function pump(raw: ServerResponse, buffers: readonly Buffer[], left: (bytes: number) => void): void {
  let at = 0;
  const next = (): void => {
    let size = 0;
    raw.cork();
    for (let last = false; !last;) {
      const buffer = buffers[at++];
      if (buffer === undefined) break;
      size += buffer.length;
      last = size + (buffers[at]?.length ?? Infinity) > GROUP;
      if (last) raw.write(buffer, (error) => error ?? written(size));
      else raw.write(buffer);
    }
    if (at >= buffers.length)
      raw.end(); // uncorks
    else raw.uncork();
  };
  const written = (size: number): void => {
    left(size);
    if (at < buffers.length && !raw.destroyed) next();
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
      pieces.push(buffer.subarray(start, Math.min(end, start + GROUP)));
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
