import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Teardown } from "../../../helpers/temporary.ts";
import { fakeInit, fakePart } from "./fake-fmp4.ts";
import { multivariantText, playlistText, type Kind } from "./fake-playlists.ts";
import { audioCut, FIRST, mediaTime, PART_MS, PARTS, videoCut, WINDOW } from "./fake-timing.ts";
import { fakeTs } from "./fake-ts.ts";

/** What is asked for. */
export interface Asked {
  readonly what: "multivariant" | "playlist" | "init" | "segment" | "part";
  readonly kind: Kind;
  /** Of segment or part; of a playlist: the newest part's, or the newest segment's. */
  readonly msn: number;
  readonly part: number;
  readonly query: URLSearchParams;
  readonly method: string;
  readonly headers: IncomingMessage["headers"];
  /** Milliseconds since the origin began. */
  readonly at: number;
  /** It did not exist yet, and was waited for. */
  readonly held: boolean;
}

export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What is wrong with the origin; nothing by default. */
export interface Faults {
  /** Another text for a playlist. */
  readonly text?: (text: string, asked: Asked) => string;
  /** Other bytes of init segments, parts, or segments made of them. */
  readonly bytes?: (bytes: Buffer, asked: Asked) => Buffer;
  /** The answer, just before it is sent; ranges are cut already. */
  readonly answer?: (answer: Answered, asked: Asked) => void;
  /** Milliseconds that an answer is late. */
  readonly late?: (asked: Asked) => number;
  /** Milliseconds by which the stream stands still, of so many since its begin. */
  readonly stalled?: (at: number) => number;
  /** Does not wait for what it is asked to wait for. */
  readonly impatient?: boolean;
  readonly container?: "fmp4" | "ts";
}

const TYPES: Record<string, string> = {
  m3u8: "application/vnd.apple.mpegurl",
  mp4: "video/mp4",
  m4s: "video/mp4",
  ts: "video/mp2t",
  vtt: "text/vtt; charset=utf-8",
};

/** A live stream that is right by the letter, made while it is asked for, on loopback. */
export class FakeOrigin {
  readonly #faults: Faults;
  readonly #begun = performance.now();
  /** Epoch ms of the first segment: at the start the window is full. */
  readonly #epoch = Date.now() - WINDOW * 1000 - PART_MS;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  #now(): number {
    const at = performance.now() - this.#begun;
    return at - (this.#faults.stalled?.(at) ?? 0);
  }

  /** Parts that are there, of all renditions alike. */
  #published(): number {
    return WINDOW * PARTS + 1 + Math.floor(this.#now() / PART_MS);
  }

  async #until(parts: number): Promise<void> {
    while (this.#published() < parts) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://origin");
    const [, folder = "", name = ""] = url.pathname.split("/");
    const kind: Kind = folder === "a" ? "audio" : folder === "t" ? "subtitles" : "video";
    const [msn = 0, part = 0] = (/^\d+(\.\d+)?/.exec(name)?.[0] ?? "").split(".").map(Number);
    const base = {
      kind,
      msn,
      part,
      query: url.searchParams,
      method: request.method ?? "",
      headers: request.headers,
    };
    const answer = await this.#answer(folder, name, base);
    const asked = { ...base, held: false, ...answer.as, at: performance.now() - this.#begun };
    const { headers } = answer;
    headers["access-control-allow-origin"] = "*";
    if (base.method === "OPTIONS") {
      answer.status = 204;
      answer.body = Buffer.alloc(0);
      headers["access-control-max-age"] = "86400";
      headers["access-control-allow-headers"] = "range";
    }
    cutRange(answer, request.headers.range);
    this.#faults.answer?.(answer, asked);
    const late = this.#faults.late?.(asked) ?? 0;
    if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
    headers["content-length"] = String(answer.body.length);
    response.writeHead(answer.status, headers).end(answer.body);
  }

  async #answer(
    folder: string,
    name: string,
    base: Omit<Asked, "what" | "at" | "held">,
  ): Promise<Answered & { as: Partial<Asked> & { what: Asked["what"] } }> {
    const { kind, msn, part, query } = base;
    const [stem = "", ...rest] = name.split(".");
    const type = rest.at(-1) ?? "m3u8";
    const headers: Record<string, string> = { "content-type": TYPES[type] ?? "", "accept-ranges": "bytes" };
    const at = performance.now() - this.#begun;
    if (folder === "index.m3u8" || type === "m3u8") {
      headers["cache-control"] = "no-cache";
      headers["vary"] = "accept-encoding";
      const top = folder === "index.m3u8";
      const status = top ? 200 : await this.#hold(kind, query);
      const published = this.#published();
      const edge = { msn: FIRST + Math.floor((published - 1) / PARTS), part: (published - 1) % PARTS };
      const what = top ? ("multivariant" as const) : ("playlist" as const);
      let text = top
        ? multivariantText(this.#faults.container ?? "fmp4")
        : playlistText(
            kind,
            published,
            this.#epoch,
            query.get("_HLS_skip") === "YES",
            this.#faults.container ?? "fmp4",
          );
      text = this.#faults.text?.(text, { ...base, ...edge, what, at, held: false }) ?? text;
      let body: Buffer = Buffer.from(status === 200 ? text : "");
      if (/gzip/.test(base.headers["accept-encoding"] ?? "")) {
        body = gzipSync(body);
        headers["content-encoding"] = "gzip";
      }
      return { status, headers, body, as: { what, ...edge } };
    }
    headers["cache-control"] = "public, max-age=86400, immutable";
    headers["etag"] = `"${name}"`;
    const what = stem.startsWith("init") ? "init" : rest.length > 1 ? "part" : "segment";
    const asked = { ...base, what, at, held: false } as const;
    const last = (msn - FIRST) * PARTS + (what === "part" ? part + 1 : PARTS);
    // What comes next is waited for; what is further off does not exist.
    if (what !== "init" && last > this.#published() + (what === "part" ? 1 : 0))
      return { status: 404, headers: {}, body: Buffer.alloc(0), as: { what } };
    const held = what !== "init" && last > this.#published();
    if (held) await this.#until(last);
    return { status: 200, headers, body: this.#bytes(stem, asked), as: { what, held } };
  }

  #bytes(stem: string, asked: Asked): Buffer {
    const change = (bytes: Buffer, as: Asked): Buffer => this.#faults.bytes?.(bytes, as) ?? bytes;
    const { kind, msn, part, what } = asked;
    if (kind === "subtitles") return change(Buffer.from(cueText(msn)), asked);
    if (this.#faults.container === "ts") return change(fakeTs(msn), asked);
    if (what === "init") return change(fakeInit(kind, Number(stem.slice(5))), asked);
    const one = (index: number): Buffer => {
      const cut = kind === "video" ? videoCut(msn, index) : audioCut(msn, index);
      return change(fakePart(kind, cut), { ...asked, what: "part", part: index });
    };
    if (what === "part") return one(part);
    return change(Buffer.concat(Array.from({ length: PARTS }, (_, index) => one(index))), asked);
  }

  /** @returns the status, when what was asked for is there */
  async #hold(kind: Kind, query: URLSearchParams): Promise<number> {
    const msn = query.get("_HLS_msn");
    const part = query.get("_HLS_part");
    if (msn === null) return part === null ? 200 : 400;
    const whole = Math.floor(this.#published() / PARTS) + FIRST - 1;
    if (Number(msn) > whole + 2) return 400;
    const index = part === null || kind === "subtitles" ? PARTS : Number(part) + 1;
    // A part behind the last one is the first of the next segment.
    const wanted = (Number(msn) - FIRST) * PARTS + Math.min(index, part === null ? PARTS : PARTS + 1);
    if (this.#faults.impatient !== true) await this.#until(wanted);
    return 200;
  }
}

function cueText(msn: number): string {
  const map = Math.round((mediaTime(msn) + 0.04) * 90_000) % 2 ** 33;
  return `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${map},LOCAL:00:00:00.000\n\n00:00:00.000 --> 00:00:00.900\nSegment ${msn}\n`;
}

function cutRange(answer: Answered, header: string | undefined): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (match === null || answer.status !== 200 || answer.headers["etag"] === undefined) return;
  const from = Number(match[1]);
  const { length } = answer.body;
  if (from >= length) {
    answer.status = 416;
    answer.headers["content-range"] = `bytes */${length}`;
    answer.body = Buffer.alloc(0);
    return;
  }
  const to = match[2] === "" ? length : Math.min(length, Number(match[2]) + 1);
  answer.status = 206;
  answer.headers["content-range"] = `bytes ${from}-${to - 1}/${length}`;
  answer.body = answer.body.subarray(from, to);
}

/** Starts one on a free port; it ends with the test. @returns address of its multivariant playlist */
export async function startOrigin(t: Teardown, faults: Faults = {}): Promise<string> {
  const origin = new FakeOrigin(faults);
  const server = createServer((request, response) => {
    origin.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.m3u8`;
}
