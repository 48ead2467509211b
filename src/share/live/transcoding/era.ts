import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { AccessUnit, MediaSink, Track } from "../media-source.ts";
import { UnitBacklog } from "../packaging/elementary/unit-backlog.ts";
import type { TrackTranscoder, TranscoderEvents } from "./track-transcoder.ts";

/** How long transcoders may take to bring out what they have when an era ends, ms. */
const DRAIN = 1000;
/** What may wait for its turn. */
const VIDEO_LIMITS = { ticks: 10 * 90_000, bytes: 16 * 1024 * 1024 };
const AUDIO_LIMITS = { ticks: 10 * 90_000, bytes: 2 * 1024 * 1024 };

export interface EraOptions {
  readonly tracks: readonly Track[];
  /** @returns null for a track that passes as it is */
  transcoder(track: Track, events: TranscoderEvents): TrackTranscoder | null;
  readonly sink: Pick<MediaSink, "accessUnit">;
  /** What comes does not go on from what came: these are its tracks. */
  begins(tracks: readonly Track[]): void;
  /** Everything of this era was handed out. */
  finished(): void;
  gaveUp(): void;
  readonly clock: Clock;
}

/**
 * The time between two breaks of a source: the same tracks on one unbroken timeline. Everything waits until the era before it
 * is over, and until the transcoded picture, if there is one, has come: a packager begins with the picture.
 */
export class Era {
  readonly #options: EraOptions;
  readonly #transcoders = new Map<number, TrackTranscoder>();
  /** Transcoders that have not brought everything out. */
  readonly #running = new Set<number>();
  /** What comes out, by track; null while that is not known. */
  readonly #tracks: Map<number, Track | null>;
  readonly #video: number | null;
  readonly #heldVideo = new UnitBacklog(VIDEO_LIMITS);
  readonly #heldAudio = new UnitBacklog(AUDIO_LIMITS);
  #pictureHeld = false;
  #open = false;
  /** Units go straight through. */
  #flows = false;
  #drain: Timer | null = null;
  #drained = false;
  #over = false;

  constructor(options: EraOptions) {
    this.#options = options;
    this.#tracks = new Map(options.tracks.map((track) => [track.id, track]));
    this.#video = options.tracks.find(({ kind }) => kind === "video")?.id ?? null;
    for (const track of options.tracks) {
      const transcoder = options.transcoder(track, this.#eventsOf(track.id));
      if (transcoder === null) continue;
      this.#transcoders.set(track.id, transcoder);
      this.#running.add(track.id);
      // What encoders make of a picture they tell with the first one.
      if (track.kind === "video") this.#tracks.set(track.id, null);
    }
  }

  /** The era before is over: this one may speak. */
  open(): void {
    this.#open = true;
    const transcoded = this.#video !== null && this.#transcoders.has(this.#video);
    if (!transcoded || this.#pictureHeld) this.#begin(null);
    if (this.#drained) this.#finish();
  }

  unit(unit: AccessUnit): void {
    const transcoder = this.#transcoders.get(unit.track);
    if (transcoder === undefined) this.#deliver(unit);
    else transcoder.unit(unit);
  }

  /** No more units: `finished` is called when all is out, at most a second later. */
  finish(): void {
    if (this.#over || this.#drain !== null) return;
    this.#drain = this.#options.clock.after(DRAIN, () => this.#finish());
    for (const transcoder of this.#transcoders.values()) transcoder.finish();
    if (this.#running.size === 0) this.#finish();
  }

  /** Ends it; nothing is called any more. */
  stop(): void {
    this.#over = true;
    this.#drain?.cancel();
    for (const transcoder of this.#transcoders.values()) transcoder.stop();
    this.#heldVideo.clear();
    this.#heldAudio.clear();
  }

  #eventsOf(id: number): TranscoderEvents {
    return {
      track: (made) => {
        this.#tracks.set(id, made);
        this.#flows = false;
      },
      unit: (unit) => this.#deliver(unit),
      broken: () => (this.#flows = false),
      finished: () => {
        this.#running.delete(id);
        if (this.#drain !== null && this.#running.size === 0) this.#finish();
      },
      gaveUp: () => void (this.#over || this.#options.gaveUp()),
    };
  }

  #deliver(unit: AccessUnit): void {
    if (this.#over) return;
    const isVideo = unit.track === this.#video;
    if (this.#flows) this.#options.sink.accessUnit(unit);
    else if (this.#open && isVideo && unit.randomAccess) this.#begin(unit);
    else if (isVideo) {
      this.#heldVideo.add(unit);
      this.#pictureHeld = true;
    } else this.#heldAudio.add(unit);
  }

  /** @param picture the random access point that it begins with, when that is not held */
  #begin(picture: AccessUnit | null): void {
    const tracks = [...this.#tracks.values()].filter((track) => track !== null);
    this.#flows = true;
    this.#pictureHeld = false;
    const { sink } = this.#options;
    this.#options.begins(tracks);
    this.#heldVideo.drain((unit) => sink.accessUnit(unit));
    if (picture !== null) sink.accessUnit(picture);
    this.#heldAudio.drain((unit) => sink.accessUnit(unit));
  }

  #finish(): void {
    if (this.#over) return;
    if (!this.#open) {
      this.#drained = true;
      return;
    }
    this.stop();
    this.#options.finished();
  }
}
