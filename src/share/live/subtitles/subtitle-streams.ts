import { ticks, wrapDelta } from "../../../kernel/units.ts";
import type { ElementaryStream, PesPacket } from "../../../tuner/ports.ts";
import type { Subtitle, SubtitleTrack } from "../media-source.ts";
import { BitmapSubtitles } from "./bitmap/bitmap-subtitles.ts";
import { subtitleServices } from "./bitmap/subtitling-descriptor.ts";
import { subtitlePages } from "./teletext/subtitle-pages.ts";
import { TeletextSubtitles } from "./teletext/teletext-subtitles.ts";

/** Subtitle tracks of a service at most: each costs a decoder. */
const MOST = 16;

/** A clock of its own may be so far from when its packets come, 90 kHz. */
const ASTRAY = 2 * 90_000;

interface Decoder {
  readonly track: SubtitleTrack;
  readonly pid: number;
  push(data: Buffer, pts: number): void;
  /** Time goes on: what waits for its end may have it. @param pts of the timeline */
  tick(pts: number): void;
  reset(): void;
}

export const isSubtitles = ({ codec }: ElementaryStream): boolean =>
  codec === "teletext" || codec === "dvb-subtitles";

/** The subtitle streams of a service: tracks, and what they show. */
export class SubtitleStreams {
  readonly #show: (subtitle: Subtitle) => void;
  /** How far the service has come; null before anything came. */
  #reached: number | null = null;
  /** By PID: the last time stamp on a clock of its own, and where it was put. */
  readonly #foreigners = new Map<number, { readonly pts: number; readonly time: number }>();
  #streams = "";
  #decoders: Decoder[] = [];

  constructor(show: (subtitle: Subtitle) => void) {
    this.#show = show;
  }

  get tracks(): readonly SubtitleTrack[] {
    return this.#decoders.map(({ track }) => track);
  }

  /** @returns whether the tracks are others now */
  streams(streams: readonly ElementaryStream[]): boolean {
    const own = streams.filter(isSubtitles);
    const described = own.map(({ pid, descriptors }) => `${pid} ${descriptors.toString("hex")}`).join(",");
    if (described === this.#streams) return false;
    this.#streams = described;
    this.#decoders = own.flatMap((stream) => this.#decodersOf(stream)).slice(0, MOST);
    return true;
  }

  /** @param placed its PTS on the timeline of the service; null: it is far from that */
  pes({ pid, pts, data, damaged }: PesPacket, placed: number | null): void {
    if (pts === null || damaged) return;
    const time = placed ?? this.#foreign(pid, pts);
    if (time === null) return;
    for (const decoder of this.#decoders) if (decoder.pid === pid) decoder.push(data, time);
  }

  /** Some teletext runs on the clock of another encoder: it belongs to when it comes. */
  #foreign(pid: number, pts: number): number | null {
    if (this.#reached === null) return null;
    const last = this.#foreigners.get(pid);
    let time = last === undefined ? this.#reached : last.time + wrapDelta(last.pts, pts);
    if (Math.abs(time - this.#reached) > ASTRAY) time = this.#reached;
    this.#foreigners.set(pid, { pts, time });
    return time;
  }

  /** @param pts how far the service's other streams have come */
  tick(pts: number): void {
    this.#reached = pts;
    for (const decoder of this.#decoders) decoder.tick(pts);
  }

  /** Something is missing, or the time jumped. */
  reset(): void {
    this.#reached = null;
    this.#foreigners.clear();
    for (const decoder of this.#decoders) decoder.reset();
  }

  #decodersOf(stream: ElementaryStream): Decoder[] {
    const { pid, descriptors } = stream;
    if (stream.codec === "teletext")
      return subtitlePages(descriptors).map((page) => {
        const id = `${pid}.${page.magazine}${page.page.toString(16).padStart(2, "0")}`;
        const decoder = new TeletextSubtitles({
          page,
          show: ({ at, lines }) => this.#show({ format: "text", track: id, at: ticks(at), lines }),
        });
        const { language, hearingImpaired } = page;
        return {
          track: { kind: "subtitle", id, format: "text", language, hearingImpaired },
          pid,
          push: (data, pts) => decoder.push(data, pts),
          tick: (pts) => decoder.tick(pts),
          reset: () => decoder.reset(),
        };
      });
    return subtitleServices(descriptors).map((service) => {
      const { compositionPage, ancillaryPage, language, hearingImpaired } = service;
      const id = `${pid}.${compositionPage}`;
      const decoder = new BitmapSubtitles({
        compositionPage,
        ancillaryPage,
        show: (display) => this.#show({ format: "bitmap", track: id, at: display.at, display }),
      });
      return {
        track: { kind: "subtitle", id, format: "bitmap", language, hearingImpaired },
        pid,
        push: (data, pts) => decoder.push(data, ticks(pts)),
        tick: () => undefined,
        reset: () => decoder.reset(),
      };
    });
  }
}
