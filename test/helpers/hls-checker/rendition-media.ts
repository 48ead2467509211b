import { createHash } from "node:crypto";
import { trim } from "./bounded.ts";
import { checkAnswer, checkMediaHeaders, checkRanges, type Kind } from "./delivery.ts";
import { shortName } from "./edge.ts";
import { readFragments } from "./fragments.ts";
import { HintWatch } from "./hint-watch.ts";
import { isOver, pause, type Answer } from "./http.ts";
import { readInit, type Init } from "./init-segment.ts";
import type { MediaPlaylist, Part, Resource, Segment, SegmentHead } from "./playlist-model.ts";
import { judgeMedia } from "./second-judges.ts";
import type { RenditionRef, Session } from "./session.ts";
import { checkSamples, pieceOf, Timeline } from "./timeline.ts";
import { TsFollower } from "./ts-segment.ts";
import { readVtt, type VttSegment } from "./webvtt.ts";

/** What was found out of one whole segment. */
export interface SeenSegment {
  readonly sequence: number;
  readonly duration: number;
  readonly discontinuitySequence: number;
  readonly programDateTime: number | null;
  readonly bytes: number;
  /** Media time of its begin and end, s; null when it has none of its own. */
  readonly media: { readonly begin: number; readonly end: number } | null;
  readonly vtt: VttSegment | null;
}

interface Removed {
  readonly segment: Segment;
  readonly dueAt: number;
}

interface Known {
  readonly hash: string;
  readonly etag: string | null;
}

type Task =
  | { readonly kind: "part"; readonly head: SegmentHead; readonly part: Part; readonly independent: boolean }
  | { readonly kind: "segment"; readonly segment: Segment; readonly independent: boolean };

/** Of the first version, so many segments are fetched. */
const FIRST = 3;
/** More than this waits only when the origin is slower than real time; then parts are left out. */
const MOST_WAITING = 60;
const MOST_SEEN = 600;
const JUDGED_EVERY = 8;

/** Fetches everything that one rendition lists, in order, and looks into it. */
export class RenditionMedia {
  readonly seen = new Map<number, SeenSegment>();
  readonly #ref: RenditionRef;
  readonly #session: Session;
  readonly #tasks: Task[] = [];
  readonly #removed: Removed[] = [];
  readonly #known = new Map<string, Known>();
  /** Bytes of the parts of segments that are not whole yet. */
  readonly #parts = new Map<number, Buffer[]>();
  readonly #hints: HintWatch;
  readonly #ts = new TsFollower();
  #timeline: Timeline | null = null;
  #init: { readonly url: string; readonly init: Init; readonly discontinuity: number } | null = null;
  #queued: { msn: number; part: number } | null = null;
  #ranged = false;
  #segments = 0;

  constructor(ref: RenditionRef, session: Session) {
    this.#ref = ref;
    this.#session = session;
    this.#hints = new HintWatch(session);
  }

  /** What is new in a version waits to be fetched; what left it, to be asked for once more. */
  update(playlist: MediaPlaylist, before: MediaPlaylist | null, longest: number): void {
    const { independentSegments: independent, segments, next } = playlist;
    const from = segments[Math.max(0, segments.length - FIRST)]?.sequence ?? next.sequence;
    this.#queued ??= { msn: from, part: 0 };
    for (const segment of segments) {
      if (segment.sequence < this.#queued.msn) continue;
      this.#queueParts(segment, before !== null);
      this.#tasks.push({ kind: "segment", segment, independent });
      this.#queued = { msn: segment.sequence + 1, part: 0 };
    }
    this.#queueParts(next, true);
    if (this.#tasks.length > MOST_WAITING) this.#tasks.splice(0, this.#tasks.length - MOST_WAITING);
    if (before !== null)
      for (const segment of before.segments)
        if (segment.sequence < playlist.mediaSequence && !segment.gap) this.#remove(segment, longest);
    this.#hints.ask(playlist);
  }

  #queueParts(head: SegmentHead, fetched: boolean): void {
    const queued = this.#queued;
    if (queued === null || head.sequence !== queued.msn) return;
    for (const part of head.parts.slice(queued.part)) {
      this.#hints.listed(part.url);
      if (fetched && !part.gap) this.#tasks.push({ kind: "part", head, part, independent: part.independent });
      queued.part++;
    }
  }

  #remove(segment: Segment, longest: number): void {
    // It stays for its own duration and that of the longest playlist that had it: asked for shortly before that is over.
    const due = performance.now() + 900 * (segment.duration + longest);
    this.#removed.push({ segment, dueAt: Math.min(due, this.#session.until - 1500) });
    if (this.#removed.length > 50) this.#removed.splice(1, 1);
  }

  async run(): Promise<void> {
    const { signal, expect } = this.#session;
    while (!isOver(signal)) {
      const task = this.#tasks.shift();
      try {
        if (task?.kind === "part") await this.#part(task);
        else if (task?.kind === "segment") await this.#segment(task);
        await this.#askRemoved();
        if (task === undefined) await pause(20, signal);
      } catch (error) {
        if (!isOver(signal))
          expect("P-05", false, this.#ref.name, `media is not to be had: ${String(error)}`);
      }
    }
  }

  async #askRemoved(): Promise<void> {
    const index = this.#removed.findIndex(({ dueAt }) => dueAt <= performance.now());
    if (index < 0) return;
    const [entry] = this.#removed.splice(index, 1);
    if (entry === undefined) return;
    const { expect } = this.#session;
    const { segment } = entry;
    const where = shortName(segment.url);
    const answer = await this.#get(segment);
    const there = answer.status === 200 || answer.status === 206;
    expect("P-05", there, where, `removed from the playlist, and answered with ${answer.status} too soon`);
    const known = this.#known.get(keyOf(segment));
    if (!there || known === undefined) return;
    expect("P-04", known.hash === hashOf(answer.body), where, "other bytes than before");
    expect("D-04", known.etag === answer.headers.get("etag"), where, "another ETag than before");
  }

  #get({ url, range }: Resource): Promise<Answer> {
    return this.#session.http.get(url, range === null ? {} : { range });
  }

  /** @returns null, and says so, when a listed thing is not to be had */
  async #fetch(resource: Resource, kind: Kind): Promise<Buffer | null> {
    const { expect } = this.#session;
    const where = shortName(resource.url);
    const answer = await this.#get(resource);
    const { status, body } = answer;
    const sniffed = kind === "unknown" ? this.#kindOf(body) : kind;
    checkAnswer(answer, sniffed, where, expect);
    const there = status === (resource.range === null ? 200 : 206);
    const redirected = status >= 300 && status < 400; // told as such
    if (!redirected) expect("P-05", there, where, `is listed, and answered with ${status}${wordsOf(answer)}`);
    if (!there) return null;
    checkMediaHeaders(answer, where, expect);
    this.#known.set(keyOf(resource), { hash: hashOf(body), etag: answer.headers.get("etag") });
    trim(this.#known, 2000);
    return body;
  }

  #kindOf(body: Buffer): Kind {
    if (body[0] === 0x47) return "ts";
    if (body.toString("latin1", 0, 6) === "WEBVTT" || this.#ref.kind === "subtitles") return "vtt";
    return this.#ref.kind;
  }

  async #part({ head, part, independent }: Task & { kind: "part" }): Promise<void> {
    const { expect, totals } = this.#session;
    const body = await this.#fetch(part, "unknown");
    if (body === null) return;
    totals.parts++;
    const where = shortName(part.url);
    const bodies = this.#parts.get(head.sequence) ?? [];
    bodies[part.index] = body;
    this.#parts.set(head.sequence, bodies);
    trim(this.#parts, 4);
    this.#hints.compare(part.url, body, where);
    if (this.#kindOf(body) !== this.#ref.kind) return;
    const init = await this.#initOf(head, where);
    if (init === null) return;
    const fragments = readFragments(body, init, where, expect);
    const piece = { ...pieceOf(head, where), part: part.index, announced: part.duration, independent };
    if (fragments !== null) checkSamples(fragments, init, piece, expect);
  }

  async #segment({ segment, independent }: Task & { kind: "segment" }): Promise<void> {
    const { expect, totals } = this.#session;
    const where = shortName(segment.url);
    const parts = this.#parts.get(segment.sequence);
    this.#parts.delete(segment.sequence);
    if (segment.gap) {
      this.#ts.restart();
      return;
    }
    const body = await this.#fetch(segment, "unknown");
    if (body === null) return;
    totals.segments++;
    if (
      parts !== undefined &&
      segment.parts.length > 0 &&
      parts.filter(Boolean).length === segment.parts.length
    ) {
      const same = Buffer.concat(parts).equals(body);
      expect("F-04", same, where, "is not the concatenation of its parts");
    }
    if (!this.#ranged && segment.range === null && body.length > 20) {
      this.#ranged = true;
      await checkRanges(this.#session.http, segment.url, body, where, expect);
    }
    const base = {
      sequence: segment.sequence,
      duration: segment.duration,
      discontinuitySequence: segment.discontinuitySequence,
      programDateTime: segment.programDateTime,
      bytes: body.length,
      media: null,
      vtt: null,
    };
    const seen = await this.#look(segment, body, independent, where, base);
    this.seen.set(segment.sequence, seen);
    trim(this.seen, MOST_SEEN);
  }

  async #look(
    segment: Segment,
    body: Buffer,
    independent: boolean,
    where: string,
    base: SeenSegment,
  ): Promise<SeenSegment> {
    const { expect } = this.#session;
    const kind = this.#kindOf(body);
    if (kind === "vtt") return { ...base, vtt: readVtt(body.toString("utf8"), where, expect) };
    if (kind === "ts") {
      if (segment.discontinuity) this.#ts.restart();
      this.#ts.follow(body, where, expect);
      return base;
    }
    const init = await this.#initOf(segment, where);
    if (init === null) return base;
    const fragments = readFragments(body, init, where, expect);
    if (fragments === null) return base;
    const piece = { ...pieceOf(segment, where), announced: segment.duration, independent };
    checkSamples(fragments, init, piece, expect);
    this.#timeline ??= new Timeline(init);
    const media = this.#timeline.follow(fragments, piece, expect);
    const samples = fragments.flatMap((fragment) => fragment.samples);
    if (this.#segments++ % JUDGED_EVERY === 0)
      await judgeMedia(init.bytes, body, samples.length, where, expect);
    return { ...base, media };
  }

  /** P-08, V-05, F-05: what goes before the segments. */
  async #initOf(head: SegmentHead, where: string): Promise<Init | null> {
    const { expect } = this.#session;
    expect("P-08", head.map !== null, where, "no EXT-X-MAP before it");
    if (head.map === null) return null;
    const key = keyOf(head.map);
    if (this.#init?.url === key) return this.#init.init;
    const bytes = await this.#fetch(head.map, "init");
    if (bytes === null) return null;
    const name = shortName(head.map.url);
    const init = readInit(bytes, name, expect);
    if (init === null) return null;
    const before = this.#init;
    if (before !== null) {
      const told = before.discontinuity !== head.discontinuitySequence;
      expect("V-05", told, where, "another EXT-X-MAP without a DISCONTINUITY");
    }
    this.#init = { url: key, init, discontinuity: head.discontinuitySequence };
    this.#timeline = new Timeline(init);
    const { codecs } = this.#ref;
    if (init.codec !== null && codecs.length > 0) {
      const listed = codecs.some((codec) => codec.toLowerCase() === init.codec?.toLowerCase());
      expect("F-05", listed, name, `is ${init.codec}, CODECS say ${codecs.join(",")}`);
    }
    return init;
  }
}

const hashOf = (data: Buffer): string => createHash("sha256").update(data).digest("base64");
const keyOf = ({ url, range }: Resource): string => `${url} ${range?.offset ?? ""} ${range?.length ?? ""}`;

/** What an answer that is no media says for itself, so that a finding can be followed up. */
const wordsOf = ({ body }: Answer): string =>
  body.length === 0 ? "" : `: ${body.toString("utf8", 0, 120).replace(/\s+/g, " ")}`;
