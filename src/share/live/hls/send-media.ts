import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { MediaBytes } from "../packaging/ports.ts";
import { cutOff, whenGone } from "../when-gone.ts";

/** Media answers, written past the framework: few `writev`s, no copy. */

export interface MediaAnswer {
  readonly type: string;
  readonly cacheControl: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The bytes; a {@link MediaBytes} is held until the last of them has left. */
  readonly body: MediaBytes | Buffer;
  /** Answer a `Range` of one part with 206. */
  readonly ranges: boolean;
  /** Called once with the bytes of the body that were handed to the network. */
  readonly sent?: (bytes: number) => void;
}

/** How slow a receiver may be, ms. */
export interface MediaLimits {
  /** Without any progress. */
  readonly noProgress: number;
  /** From the request to the last byte: against one that trickles, or that asks for much and waits. */
  readonly inAll: number;
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
  const range = answer.ranges ? parseRange(request.headers.range, body.length) : null;
  const headers: Record<string, string | number> = {
    "content-type": answer.type,
    "cache-control": answer.cacheControl,
    "x-content-type-options": "nosniff",
    ...(answer.ranges && { "accept-ranges": "bytes" }),
    ...answer.headers,
  };
  const { raw } = reply;
  void reply.hijack();
  if (range === "unsatisfiable") {
    raw.writeHead(416, { ...headers, "content-range": `bytes */${body.length}`, "content-length": 0 }).end();
    return reply;
  }
  const from = range?.from ?? 0;
  const to = range?.to ?? body.length;
  if (range !== null) headers["content-range"] = `bytes ${from}-${to - 1}/${body.length}`;
  headers["content-length"] = to - from;
  const head = request.method === "HEAD";
  let left = 0;
  if (!head && !Buffer.isBuffer(body)) body.retain();
  let finished = false;
  raw.once("finish", () => (finished = true));
  const late = setTimeout(() => cutOff(request.raw, raw), limits.inAll);
  whenGone(request.raw, raw, () => {
    clearTimeout(late);
    if (head) return;
    answer.sent?.(finished ? to - from : left);
    // Only now can nobody read the memory any more; before, another channel's bytes could reach this client.
    if (!Buffer.isBuffer(body)) body.release();
  });
  // Counts only time without progress: Node looks at the socket's write queue before it fires.
  raw.setTimeout(limits.noProgress, () => cutOff(request.raw, raw));
  raw.writeHead(range === null ? 200 : 206, headers);
  if (head) raw.end();
  else pump(raw, slice(Buffer.isBuffer(body) ? [body] : body.buffers, from, to), (bytes) => (left += bytes));
  return reply;
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
