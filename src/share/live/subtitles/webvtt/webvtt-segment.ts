/** One cue without its times. */
export interface CuePayload {
  /** Cue text, escaped, one or more lines, none of them empty. */
  readonly text: string;
  /** Cue settings, e.g. `position:10% align:left`; empty: where the player puts subtitles. */
  readonly settings: string;
}

/** What is to be seen from a moment on, until the next display. */
export interface CueDisplay {
  /** 90 kHz on the presentation timeline: that of the media segments (`tfdt`). Not negative. */
  readonly at: number;
  /** From top to bottom; empty: nothing. */
  readonly cues: readonly CuePayload[];
}

/** Displays that are kept until a segment takes them; the oldest go first. */
const LIMIT = 1024;

/**
 * Every segment says that cue time 0 is media time 0, and cue times are the presentation times of the media segments. hls.js takes
 * MPEGTS less the `tfdt` at which playback began (`initPTS`), native players put both on a 33-bit clock, and ffmpeg, which does not read
 * the map, is right without it. MPEGTS stays within 33 bits however long the stream lasts, as it is the cue times that go on.
 * hls.js takes an offset of exactly zero for "no map": media must not begin at time 0 (ours begins at 2 s).
 * @see RFC 8216 §3.5
 */
const HEADER = ["WEBVTT", "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0", ""];

/**
 * Subtitles that have no end, as WebVTT segments that begin and end with the media segments. A display that lasts over a boundary is
 * cut there and stated again from the very same millisecond on, with the same text. A cue's identifier is its first millisecond
 * and its row: a segment that is loaded again adds nothing to what is shown (hls.js would make one of its own times, which are not
 * the same the second time), and a continuation is another cue.
 */
export class CueTrack {
  /** By time; the first one may have begun before the last segment. */
  #displays: CueDisplay[] = [];

  /** A display takes the place of all that are not earlier than it. One that is late shows from the next segment on. */
  display(display: CueDisplay): void {
    while ((this.#displays.at(-1)?.at ?? -Infinity) >= display.at) this.#displays.pop();
    this.#displays.push(display);
    if (this.#displays.length > LIMIT) this.#displays.shift();
  }

  /**
   * The segment of one stretch of time; what was shown before it is forgotten. Segments are asked for in order.
   * @param startTicks 90 kHz, presentation timeline
   * @param endTicks the start of the next segment
   */
  segment(startTicks: number, endTicks: number): string {
    const blocks: string[] = [];
    this.#displays.forEach(({ at, cues }, index) => {
      const from = milliseconds(Math.max(at, startTicks));
      const until = milliseconds(Math.min(this.#displays[index + 1]?.at ?? endTicks, endTicks));
      if (from >= until) return;
      cues.forEach(({ text, settings }, row) => {
        const times = `${cueTime(from)} --> ${cueTime(until)}${settings === "" ? "" : ` ${settings}`}`;
        blocks.push(`${from}-${row}\n${times}\n${text}\n`);
      });
    });
    const current = this.#displays.findLastIndex(({ at }) => at <= endTicks);
    if (current > 0) this.#displays = this.#displays.slice(current);
    return [...HEADER, ...blocks].join("\n");
  }

  /** Nothing of what was told is shown any more. */
  clear(): void {
    this.#displays = [];
  }
}

/** Rounded the same way on both sides of a boundary. */
const milliseconds = (ticks: number): number => Math.round(ticks / 90);

/** @see W3C WebVTT §4.1.1 WebVTT timestamp */
function cueTime(ms: number): string {
  const digits = (value: number, count: number): string => String(Math.floor(value)).padStart(count, "0");
  return `${digits(ms / 3_600_000, 2)}:${digits((ms / 60_000) % 60, 2)}:${digits((ms / 1000) % 60, 2)}.${digits(ms % 1000, 3)}`;
}
