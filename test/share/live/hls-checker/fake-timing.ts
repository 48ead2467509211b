/** When what of the fake stream is there: a picture each 40 ms, five in a part, five parts in a segment of one second. */

export const FIRST = 100;
/** Segments in a playlist. */
export const WINDOW = 8;
export const PARTS = 5;
export const PART_MS = 200;
export const AUDIO_RATE = 48_000;
/** A discontinuity with another init segment at each segment whose number is a multiple of this. */
export const CONTINUITY = 8;
const FRAME = 1024;
const PICTURE = 3600;

/** A part's samples. */
export interface Cut {
  readonly number: number;
  /** tfdt, ticks. */
  readonly time: number;
  readonly samples: number;
  /** Of each sample. */
  readonly ticks: number;
  readonly key: boolean;
  /** Seconds. */
  readonly duration: number;
}

/** Each continuity begins ten seconds further on in media time. */
const jump = (msn: number): number =>
  (Math.floor(msn / CONTINUITY) - Math.floor(FIRST / CONTINUITY)) * 10 + 10;

export function videoCut(msn: number, part: number): Cut {
  const index = (msn - FIRST) * PARTS + part;
  const time = index * 5 * PICTURE + jump(msn) * 90_000;
  return { number: index + 1, time, samples: 5, ticks: PICTURE, key: part === 0, duration: 0.2 };
}

const audioFrame = (index: number): number => Math.ceil((index * PART_MS * AUDIO_RATE) / 1000 / FRAME);

/** Sound is cut at the first frame that begins at or behind the picture's cut. */
export function audioCut(msn: number, part: number): Cut {
  const index = (msn - FIRST) * PARTS + part;
  const from = audioFrame(index);
  const samples = audioFrame(index + 1) - from;
  const time = from * FRAME + jump(msn) * AUDIO_RATE;
  return {
    number: index + 1,
    time,
    samples,
    ticks: FRAME,
    key: true,
    duration: (samples * FRAME) / AUDIO_RATE,
  };
}

/** Of a segment's begin, seconds since the stream's. */
export function beginOf(kind: "video" | "audio" | "subtitles", msn: number): number {
  return kind === "audio" ? (audioFrame((msn - FIRST) * PARTS) * FRAME) / AUDIO_RATE : msn - FIRST;
}

/** Media time of the picture's segment, s. */
export const mediaTime = (msn: number): number => msn - FIRST + jump(msn);
