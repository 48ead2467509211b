import type { RtspReply } from "./rtsp-parser.ts";

/**
 * What a reply means for the client. `busy`: no front end, or no session; `settling`: busy for a moment, perhaps with the tune
 * before; `too-many-pids`: ask for fewer, or for all; `unsupported`: never; `session-lost`: begin again; `other-transport`: not over
 * this one; `failed`: anything else.
 */
export type Verdict =
  | "ok"
  | "busy"
  | "settling"
  | "too-many-pids"
  | "unsupported"
  | "session-lost"
  | "other-transport"
  | "failed";

/** @see SAT>IP 1.2.2 §3.5.13, RFC 2326 §7.1.1 */
export function verdictOf(reply: RtspReply): Verdict {
  if (reply.status >= 200 && reply.status < 300) return "ok";
  switch (reply.status) {
    case 400:
    case 403:
      return "unsupported";
    case 404:
      // By the book this is a stream that does not exist; servers say it when all their front ends are taken.
      return "busy";
    case 405:
    case 408:
    case 454:
    case 455:
      return "session-lost";
    case 461:
      return "other-transport";
    case 503: {
      const lacking = /No-More:\s*([a-z]+)/i.exec(reply.body)?.[1] ?? reply.headers.get("no-more");
      if (lacking === undefined) return "settling";
      return lacking.toLowerCase() === "pids" ? "too-many-pids" : "busy";
    }
    default:
      return "failed";
  }
}

/** A reply that was no success. */
export class RtspRefusal extends Error {
  override readonly name = "RtspRefusal";
  readonly verdict: Exclude<Verdict, "ok">;
  readonly status: number;

  constructor(verdict: Exclude<Verdict, "ok">, reply: RtspReply) {
    super(`the server answered ${reply.status} ${printable(reply.reason)}${detailOf(reply.body)}`);
    this.verdict = verdict;
    this.status = reply.status;
  }
}

/** @throws RtspRefusal unless it is a success */
export function accept(reply: RtspReply): RtspReply {
  const verdict = verdictOf(reply);
  if (verdict !== "ok") throw new RtspRefusal(verdict, reply);
  return reply;
}

/** The first line of what a server says in a refusal's body: `Out-of-Range: src`. */
function detailOf(body: string): string {
  const line = printable(body.split(/\r?\n/, 1)[0] ?? "");
  return line === "" ? "" : ` (${line})`;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "").slice(0, 80);
}

/** Number of the first packet of what was asked for; null when the reply does not tell. @see RFC 2326 §12.33 */
export function firstSequenceOf(reply: RtspReply): number | null {
  const sequence = /;\s*seq=(\d{1,5})\b/i.exec(reply.headers.get("rtp-info") ?? "");
  return sequence === null ? null : Number(sequence[1]) & 0xffff;
}
