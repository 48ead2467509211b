import { ticks } from "../../../kernel/units.ts";
import type { Subtitle, SubtitleTrack } from "../media-source.ts";
import { DisplayTrack } from "../subtitles/bitmap/display-track.ts";
import { teletextCues } from "../subtitles/webvtt/teletext-cues.ts";
import { CueTrack } from "../subtitles/webvtt/webvtt-segment.ts";
import type { MediaBytes, MediaFormat, Rendition } from "./ports.ts";

/** Displays that are kept while nobody knows where the presentation begins. */
const MOST_EARLY = 16;

/** The subtitle tracks of a service on their way into segments. */
export class SubtitleWriters {
  #writers: SubtitleWriter[] = [];
  /** Names stay while tracks come and go. */
  readonly #names = new Map<string, string>();
  #early: Subtitle[] = [];

  /** @returns whether they are others than before */
  tracks(tracks: readonly SubtitleTrack[]): boolean {
    const same = (writer: SubtitleWriter, track: SubtitleTrack): boolean =>
      JSON.stringify(writer.track) === JSON.stringify(track);
    const writers = tracks.map(
      (track) =>
        this.#writers.find((writer) => same(writer, track)) ?? new SubtitleWriter(this.#nameOf(track), track),
    );
    const changed =
      writers.length !== this.#writers.length || writers.some((one, index) => one !== this.#writers[index]);
    this.#writers = writers;
    return changed;
  }

  renditions(initVersion: number): Rendition[] {
    return this.#writers.map(({ id, track, format }) => {
      return { id, track, muxed: [], format, init: Buffer.alloc(0), initVersion, partTarget: null };
    });
  }

  /** @param origin ticks of the source that are presentation time 0; null while that is not known */
  show(subtitle: Subtitle, origin: number | null): void {
    if (origin !== null)
      this.#writers.find(({ track }) => track.id === subtitle.track)?.show(subtitle, origin);
    else {
      this.#early.push(subtitle);
      if (this.#early.length > MOST_EARLY) this.#early.shift();
    }
  }

  /** The presentation begins. */
  begin(origin: number): void {
    for (const subtitle of this.#early.splice(0)) this.show(subtitle, origin);
  }

  /** One segment of each, of [start, end) in 90 kHz on the presentation timeline. */
  segments(start: number, end: number): { rendition: string; data: MediaBytes }[] {
    return this.#writers.map((writer) => ({ rendition: writer.id, data: writer.segment(start, end) }));
  }

  /** Nothing is shown any more. */
  clear(): void {
    for (const writer of this.#writers) writer.clear();
  }

  #nameOf({ id }: SubtitleTrack): string {
    const name = this.#names.get(id) ?? `s${this.#names.size}`;
    this.#names.set(id, name);
    return name;
  }
}

/** One subtitle track. */
class SubtitleWriter {
  readonly id: string;
  readonly track: SubtitleTrack;
  readonly #cues = new CueTrack();
  readonly #pictures = new DisplayTrack();

  constructor(id: string, track: SubtitleTrack) {
    this.id = id;
    this.track = track;
  }

  get format(): MediaFormat {
    return this.track.format === "text" ? "webvtt" : "overlay";
  }

  /** @param origin ticks of the source that are presentation time 0 */
  show(subtitle: Subtitle, origin: number): void {
    if (subtitle.format === "text")
      this.#cues.display({ at: Math.max(0, subtitle.at - origin), cues: teletextCues(subtitle.lines) });
    else {
      const { display } = subtitle;
      this.#pictures.add({
        ...display,
        at: ticks(display.at - origin),
        until: ticks(display.until - origin),
      });
    }
  }

  /** The segment of [start, end), 90 kHz on the presentation timeline. Segments are asked for in order. */
  segment(start: number, end: number): MediaBytes {
    const text =
      this.track.format === "text"
        ? this.#cues.segment(start, end)
        : this.#pictures.segment({ start: ticks(start), end: ticks(end), origin: ticks(0) });
    return new TextBytes(Buffer.from(text));
  }

  /** Nothing is shown any more. */
  clear(): void {
    this.#cues.clear();
    this.#pictures.clear();
  }
}

/** Bytes of their own, outside of any pool: nothing has to be given back. */
class TextBytes implements MediaBytes {
  readonly buffers: readonly Buffer[];
  readonly length: number;

  constructor(data: Buffer) {
    this.buffers = [data];
    this.length = data.length;
  }

  retain(): void {}

  release(): void {}
}
