import type { Expect } from "./findings.ts";
import { ORIGIN, type Answer, type Http } from "./http.ts";

export type Kind = "playlist" | "video" | "audio" | "init" | "ts" | "vtt" | "unknown";

const TYPES: Record<Exclude<Kind, "unknown">, readonly string[]> = {
  playlist: ["application/vnd.apple.mpegurl", "audio/mpegurl"],
  video: ["video/mp4", "video/iso.segment"],
  audio: ["audio/mp4", "video/mp4", "video/iso.segment"],
  init: ["video/mp4", "audio/mp4"],
  ts: ["video/mp2t"],
  vtt: ["text/vtt"],
};
/** Media that never changes may be kept at least so long, s. */
const LONG = 600;

const maxAgeOf = (headers: Headers): number | null => {
  const found = /\bmax-age=(\d+)/.exec(headers.get("cache-control") ?? "")?.[1];
  return found === undefined ? null : Number(found);
};

/** D-01, D-02, D-03 of every answer. */
export function checkAnswer(answer: Answer, kind: Kind, where: string, expect: Expect): void {
  const { status, headers } = answer;
  const redirected = status >= 300 && status < 400 && status !== 304;
  expect("D-02", !redirected, where, `answered with a redirect, ${status}`);
  if (status >= 300) return;
  const type = (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (kind !== "unknown") expect("D-01", TYPES[kind].includes(type), where, `content type "${type}"`);
  const allowed = headers.get("access-control-allow-origin");
  expect("D-03", allowed === "*" || allowed === ORIGIN, where, `Access-Control-Allow-Origin is ${allowed}`);
}

/** D-04 of media: nothing changes under its address, and everybody may keep it. */
export function checkMediaHeaders({ headers }: Answer, where: string, expect: Expect): void {
  const etag = headers.get("etag") ?? "";
  expect("D-04", /^"[^"]+"$/.test(etag), where, `no strong ETag: ${etag || "none"}`);
  const control = headers.get("cache-control") ?? "";
  const kept = /\bimmutable\b/.test(control) && (maxAgeOf(headers) ?? 0) >= LONG;
  expect("D-04", kept, where, `Cache-Control "${control}" of what never changes`);
}

/** D-04 of a playlist without directives: soon stale. */
export function checkPlaylistHeaders(
  { headers }: Answer,
  target: number,
  where: string,
  expect: Expect,
): void {
  const control = headers.get("cache-control") ?? "";
  const fresh = /\bno-(?:cache|store)\b/.test(control) || (maxAgeOf(headers) ?? Infinity) <= target / 2;
  expect("D-04", fresh, where, `Cache-Control "${control}" of a live playlist`);
}

/** D-04: one range gives 206, one beyond the end 416. */
export async function checkRanges(
  http: Http,
  url: string,
  whole: Buffer,
  where: string,
  expect: Expect,
): Promise<void> {
  const some = await http.get(url, { headers: { range: "bytes=2-9" } });
  expect("D-04", some.status === 206, where, `a range is answered with ${some.status}`);
  if (some.status === 206) {
    const right =
      some.headers.get("content-range") === `bytes 2-9/${whole.length}` &&
      some.body.equals(whole.subarray(2, 10));
    expect("D-04", right, where, `a range gives other bytes: ${some.headers.get("content-range")}`);
  }
  const beyond = await http.get(url, { headers: { range: `bytes=${whole.length}-` } });
  const refused = beyond.status === 416 && beyond.headers.get("content-range") === `bytes */${whole.length}`;
  expect("D-04", refused, where, `a range beyond the end is answered with ${beyond.status}`);
}

/** L-10 (Apple 10.1): playlists are compressed for who takes it, and for nobody else. */
export async function checkGzip(http: Http, url: string, where: string, expect: Expect): Promise<void> {
  const answer = await http.get(url, { headers: { "accept-encoding": "gzip" } });
  if (answer.status !== 200) return;
  expect("L-10", answer.headers.get("content-encoding") === "gzip", where, "is not compressed on request");
  const text = answer.body.toString("utf8");
  expect("L-10", text.startsWith("#EXTM3U"), where, "is not what it says when it is compressed");
  const vary = (answer.headers.get("vary") ?? "").toLowerCase();
  expect("L-10", vary.includes("accept-encoding"), where, "is compressed on request, without a Vary");
}

/** D-03: what a browser asks before it asks with a Range. */
export async function checkPreflight(http: Http, url: string, where: string, expect: Expect): Promise<void> {
  const { status, headers } = await http.get(url, {
    method: "OPTIONS",
    headers: { "access-control-request-method": "GET", "access-control-request-headers": "range" },
  });
  const allowed = headers.get("access-control-allow-origin");
  const right = status < 300 && (allowed === "*" || allowed === ORIGIN);
  expect("D-03", right, where, `OPTIONS is answered with ${status}, allowed origin ${allowed}`);
  const age = Number(headers.get("access-control-max-age") ?? 0);
  expect("D-03", age > 0, where, "no Access-Control-Max-Age: a browser asks before every request");
}
