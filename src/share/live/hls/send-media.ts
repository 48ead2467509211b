import type { FastifyReply, FastifyRequest } from "fastify";
import { TellyportError } from "../../../kernel/errors.ts";
import type { MediaBytes } from "../packaging/ports.ts";

/** Media answers, written past the framework: one cork, one writev, no copy. */

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

/** No answer's receiver may take nothing for longer than this, ms. */
export const NO_PROGRESS = 15_000;

/**
 * Sends it. A receiver that takes nothing for `noProgress` ms is cut off: it costs its own connection and nobody else's.
 * @throws TellyportError never; an unsatisfiable range is answered with 416
 */
export function sendMedia(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: MediaAnswer,
  noProgress: number = NO_PROGRESS,
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
  if (!head && !Buffer.isBuffer(body)) body.retain();
  raw.once("close", () => {
    if (head) return;
    answer.sent?.(raw.writableFinished ? to - from : Math.max(0, to - from - raw.writableLength));
    // Only now can nobody read the memory any more; before, another channel's bytes could reach this client.
    if (!Buffer.isBuffer(body)) body.release();
  });
  // Counts only time without progress: Node looks at the socket's write queue before it fires.
  raw.setTimeout(noProgress, () => raw.destroy());
  raw.writeHead(range === null ? 200 : 206, headers);
  if (head) return (void raw.end(), reply);
  raw.cork();
  let at = 0;
  for (const buffer of Buffer.isBuffer(body) ? [body] : body.buffers) {
    const start = Math.max(0, from - at);
    const end = Math.min(buffer.length, to - at);
    if (end > start) raw.write(start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end));
    at += buffer.length;
  }
  raw.end(); // uncorks
  return reply;
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

/** `init-3.mp4`, `17.m4s`; @throws TellyportError `segment-not-found` for any other name */
export function parseMediaName(
  name: string,
): { kind: "playlist" } | { kind: "init"; version: number } | { kind: "segment"; sequence: number } {
  if (name === "index.m3u8") return { kind: "playlist" };
  const match = /^(?:init-(\d{1,12})\.mp4|(\d{1,12})\.m4s)$/.exec(name);
  if (match?.[1] !== undefined) return { kind: "init", version: Number(match[1]) };
  if (match?.[2] !== undefined) return { kind: "segment", sequence: Number(match[2]) };
  throw new TellyportError("segment-not-found", "There is no such thing in a stream. Follow the playlist.");
}
