import type { Expect } from "./findings.ts";
import { isSync, ticksOf, type Fragment } from "./fragments.ts";
import type { Init } from "./init-segment.ts";
import type { SegmentHead } from "./playlist-model.ts";

/** A piece of one rendition as its playlist announced it. */
export interface Piece {
  readonly where: string;
  readonly sequence: number;
  /** null for a whole segment. */
  readonly part: number | null;
  /** Seconds, EXTINF or DURATION. */
  readonly announced: number;
  readonly discontinuitySequence: number;
  /** The playlist promises that it begins with a sample that needs no other. */
  readonly independent: boolean;
  /** Epoch ms, of its begin; null when the playlist does not say. */
  readonly programDateTime: number | null;
  /** It is the first of its continuity. */
  readonly discontinuity: boolean;
}

/** A whole segment, of which nothing is announced yet. */
export function pieceOf(head: SegmentHead, where: string): Piece {
  const { sequence, discontinuitySequence, discontinuity, programDateTime } = head;
  return {
    where,
    sequence,
    part: null,
    announced: 0,
    independent: false,
    discontinuitySequence,
    discontinuity,
    programDateTime,
  };
}

/** sample_depends_on. @see ISO/IEC 14496-12 §8.8.3.1 */
const dependsOn = (flags: number): number => (flags >>> 24) & 3;
const SLEW = 0.001;
/** Announced seconds have so many places. */
const ROUNDING = 0.0011;

/** What must hold of the samples of one piece, whatever came before. */
export function checkSamples(fragments: readonly Fragment[], init: Init, piece: Piece, expect: Expect): void {
  const { where } = piece;
  const samples = fragments.flatMap((fragment) => fragment.samples);
  const first = samples[0];
  if (first === undefined) {
    expect("F-02", false, where, "no sample");
    return;
  }
  for (const sample of samples) {
    const right = isSync(sample) ? dependsOn(sample.flags) === 2 : dependsOn(sample.flags) === 1;
    expect("F-03", right, where, `sample flags 0x${sample.flags.toString(16).padStart(8, "0")}`);
    expect(
      "V-07",
      sample.offset >= 0,
      where,
      `a picture is shown ${-sample.offset} ticks before it is decoded`,
    );
    expect("V-06", sample.duration > 0, where, "a sample without a duration");
    if (init.kind === "audio")
      expect("A-04", isSync(sample) && sample.size > 0, where, "sound that is no whole frame");
  }
  // Sound is such a point throughout: A-04.
  if (init.kind === "video" && (piece.part === null || piece.independent))
    expect("V-03", isSync(first), where, "does not begin with a random access point");
  const seconds = fragments.reduce((sum, fragment) => sum + ticksOf(fragment), 0) / init.timescale;
  const longest = Math.max(...samples.map(({ duration }) => duration)) / init.timescale;
  const what = `lasts ${seconds.toFixed(4)} s, announced are ${piece.announced} s`;
  expect("P-11", Math.abs(seconds - piece.announced) <= longest + ROUNDING, where, what);
}

/** Follows one rendition's decode times from piece to piece: V-06, P-11 over a run, CK-03. */
export class Timeline {
  #next: { sequence: number; part: number; time: number; discontinuitySequence: number } | null = null;
  #run: { announced: number; from: number } | null = null;
  #offset: { ms: number; begin: number; discontinuitySequence: number } | null = null;
  readonly #init: Init;

  constructor(init: Init) {
    this.#init = init;
  }

  /** @returns when the piece is shown, media time of its begin and end, s */
  follow(
    fragments: readonly Fragment[],
    piece: Piece,
    expect: Expect,
  ): { begin: number; end: number } | null {
    const { timescale } = this.#init;
    const first = fragments[0];
    const frame = fragments[0]?.samples[0]?.duration ?? 0;
    if (first === undefined) return null;
    let time = first.decodeTime;
    for (const fragment of fragments) {
      const off = fragment.decodeTime - time;
      expect("V-06", Math.abs(off) <= frame && off >= 0, piece.where, `tfdt is ${off} ticks off within it`);
      time = fragment.decodeTime + ticksOf(fragment);
    }
    const known = this.#next;
    const joined =
      known !== null &&
      known.discontinuitySequence === piece.discontinuitySequence &&
      known.sequence === piece.sequence;
    if (joined) {
      const off = first.decodeTime - known.time;
      expect("V-06", Math.abs(off) <= frame, piece.where, `tfdt is ${off} ticks off what came before`);
      if (this.#run !== null) {
        this.#run.announced += piece.announced;
        const drift = (time - this.#run.from) / timescale - this.#run.announced;
        const what = `a run of EXTINF is ${drift.toFixed(4)} s off its media`;
        expect("P-11", Math.abs(drift) <= frame / timescale + 0.02, piece.where, what);
      }
    } else this.#run = { announced: piece.announced, from: first.decodeTime };
    this.#next = {
      sequence: piece.sequence + 1,
      part: 0,
      time,
      discontinuitySequence: piece.discontinuitySequence,
    };
    // It is shown from its first picture on: with B pictures that is later than it is decoded.
    const begin = (first.decodeTime + (first.samples[0]?.offset ?? 0)) / timescale;
    this.#checkOffset(begin, frame / timescale, piece, expect);
    return { begin, end: begin + (time - first.decodeTime) / timescale };
  }

  /** PROGRAM-DATE-TIME less media time is one value in a continuity: else picture and sound part. */
  #checkOffset(begin: number, frame: number, piece: Piece, expect: Expect): void {
    if (piece.programDateTime === null) return;
    const ms = piece.programDateTime - begin * 1000;
    const known = this.#offset;
    if (known !== null && known.discontinuitySequence === piece.discontinuitySequence) {
      const off = ms - known.ms;
      const what = `PROGRAM-DATE-TIME and media time are ${off.toFixed(1)} ms apart from what they were`;
      // The wall clock may be approached by a thousandth of the time.
      const slewed = SLEW * Math.abs(begin * 1000 - known.begin);
      expect("CK-03", Math.abs(off) <= frame * 1000 + 2 + slewed, piece.where, what);
    } else this.#offset = { ms, begin: begin * 1000, discontinuitySequence: piece.discontinuitySequence };
  }
}
