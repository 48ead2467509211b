import type Hls from "hls.js";
import type { AttrList, LevelDetails, TimestampOffset } from "hls.js";
import { OverlaySubtitles } from "./overlay-subtitles.ts";
import {
  isForHardOfHearing,
  preferredSubtitles,
  type SubtitleTrack,
  type SubtitleWish,
} from "./subtitle-tracks.ts";

/** The element, and the layer over it. */
export interface Screen {
  readonly video: HTMLVideoElement;
  readonly overlay: HTMLCanvasElement;
}

const OVERLAY = "com.tellyport.overlay.";
/** What the box adds to an overlay's address. */
const HEARING_IMPAIRED = " hearing-impaired";
/** Segments by whose length the latency is chosen. */
const RECENT = 6;
/** Seconds by which the latency may differ from what is best before it is set anew. */
const TOLERANCE = 0.3;

interface Overlay extends SubtitleWish {
  readonly id: string;
  readonly address: string;
}

type Unchosen = Omit<SubtitleTrack, "chosen">;

/** All subtitles of one stream, whatever they are made of: WebVTT renditions, overlays of pictures, captions in the picture. */
export class Subtitles {
  readonly #hls: Hls;
  readonly #screen: Screen;
  readonly #changed: () => void;
  #wish: SubtitleWish | null;
  #overlays: readonly Overlay[] = [];
  #offsets: readonly (TimestampOffset | undefined)[] = [];
  #chosen: string | null = null;
  #running: OverlaySubtitles | null = null;

  constructor(Library: typeof Hls, hls: Hls, screen: Screen, wish: SubtitleWish | null, changed: () => void) {
    this.#hls = hls;
    this.#screen = screen;
    this.#changed = changed;
    this.#wish = wish;
    const { Events } = Library;
    hls.on(Events.MANIFEST_LOADED, (_, { sessionData, url }) => {
      this.#overlays = overlaysOf(sessionData ?? {}, url);
      this.#onTracks();
    });
    hls.on(Events.SUBTITLE_TRACKS_UPDATED, () => this.#onTracks());
    hls.on(Events.INIT_PTS_FOUND, (_, { timestampOffsets }) => (this.#offsets = timestampOffsets));
    hls.on(Events.LEVEL_UPDATED, (_, { details }) => {
      this.#insist();
      this.#keepDistance(details);
      void this.#running?.fetchMore();
    });
    screen.video.textTracks.addEventListener("addtrack", this.#onTracks);
  }

  list(): SubtitleTrack[] {
    return this.#tracks().map((track) => ({ ...track, chosen: track.id === this.#chosen }));
  }

  /** @param id null: none */
  choose(id: string | null): void {
    this.#wish = null; // said now, and no longer only wished
    this.#set(id);
    const details = this.#hls.latestLevelDetails;
    if (details === null) return;
    this.#keepDistance(details);
    this.#stepBack(details);
  }

  close(): void {
    this.#running?.close();
    this.#running = null;
    this.#screen.video.textTracks.removeEventListener("addtrack", this.#onTracks);
    for (const track of this.#captions()) track.mode = "disabled";
  }

  #set(id: string | null): void {
    this.#chosen = id;
    this.#running?.close();
    const overlay = this.#overlays.find((one) => one.id === id);
    this.#running = overlay === undefined ? null : this.#open(overlay);
    this.#insist();
    for (const [index, track] of this.#captions().entries())
      track.mode = captionsId(index) === id ? "showing" : "hidden";
    this.#changed();
  }

  /** hls.js chooses by itself when its tracks are new, and when the element says that they changed. */
  #insist(): void {
    const wanted = this.#hls.subtitleTracks.findIndex((_, index) => textId(index) === this.#chosen);
    if (this.#hls.subtitleTrack === wanted) return;
    this.#hls.subtitleDisplay = true;
    this.#hls.subtitleTrack = wanted;
  }

  #open({ address }: Overlay): OverlaySubtitles {
    return new OverlaySubtitles(this.#hls, this.#screen, {
      address,
      offset: (cc) => {
        const offset = this.#offsets[cc] ?? this.#offsets.findLast((one) => one !== undefined);
        return offset === undefined ? null : offset.baseTime / offset.timescale;
      },
    });
  }

  readonly #onTracks = (): void => {
    const wished = preferredSubtitles(this.#tracks(), this.#wish);
    if (wished !== null && wished.id !== this.#chosen) this.#set(wished.id);
    else this.#changed();
  };

  #tracks(): Unchosen[] {
    const text = this.#hls.subtitleTracks.map((track, index) => ({
      id: textId(index),
      language: track.lang || null,
      name: track.name,
      hardOfHearing: isForHardOfHearing(track.characteristics),
      captions: false,
    }));
    const pictures = this.#overlays.map(({ id, language, hardOfHearing }) => ({
      id,
      language,
      name: "",
      hardOfHearing,
      captions: false,
    }));
    const captions = this.#captions().map(({ language, label }, index) => ({
      id: captionsId(index),
      language: language || null,
      name: label,
      hardOfHearing: true,
      captions: true,
    }));
    return [...text, ...pictures, ...captions];
  }

  /** hls.js adds one when the picture is found to carry captions. */
  #captions(): TextTrack[] {
    return Array.from(this.#screen.video.textTracks).filter(({ kind }) => kind === "captions");
  }

  /**
   * Subtitles come by whole segments while the picture comes by parts: who reads stays a segment farther behind, so that
   * no line comes late.
   */
  #keepDistance(details: LevelDetails): void {
    if (!details.live || details.partHoldBack === 0) return;
    const reads = this.#chosen !== null && !this.#chosen.startsWith("captions");
    const { targetLatency } = this.#hls;
    if (!reads && this.#hls.config.liveSyncDuration === undefined) return;
    const longest = Math.max(0, ...details.fragments.slice(-RECENT).map(({ duration }) => duration));
    const best = details.partHoldBack + (reads ? longest : 0);
    if (targetLatency === null || Math.abs(targetLatency - best) > TOLERANCE) this.#hls.targetLatency = best;
  }

  /** Who watches at the live edge goes back as far as subtitles need. */
  #stepBack(details: LevelDetails): void {
    const { video } = this.#screen;
    const { targetLatency } = this.#hls;
    if (targetLatency === null || this.#chosen === null) return;
    const to = details.edge - targetLatency;
    const oldest = details.fragments[0]?.start ?? 0;
    if (video.currentTime > to + TOLERANCE) video.currentTime = Math.max(oldest, to);
  }
}

const textId = (index: number): string => `text-${index}`;
const captionsId = (index: number): string => `captions-${index}`;

/** @see the box's multivariant playlist: `VALUE` is an address, and a mark behind a blank */
function overlaysOf(sessionData: Readonly<Record<string, AttrList>>, base: string): Overlay[] {
  return Object.entries(sessionData).flatMap(([key, attributes]): Overlay[] => {
    const value: unknown = attributes["VALUE"];
    const language: unknown = attributes["LANGUAGE"];
    if (!key.startsWith(OVERLAY) || typeof value !== "string") return [];
    const hardOfHearing = value.endsWith(HEARING_IMPAIRED);
    const path = hardOfHearing ? value.slice(0, -HEARING_IMPAIRED.length) : value;
    return [
      {
        id: `overlay-${key.slice(OVERLAY.length)}`,
        language: typeof language === "string" ? language : null,
        hardOfHearing,
        address: new URL(path, new URL(base, document.baseURI)).href,
      },
    ];
  });
}
