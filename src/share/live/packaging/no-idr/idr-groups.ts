import { PTS_WRAP, wrapDelta } from "../../../../kernel/units.ts";
import type { VideoConfig } from "../elementary/nal-stream.ts";
import type { CodedFrame } from "../elementary/pes.ts";
import { GroupWriter, type NalUnit } from "./group-writer.ts";
import { SliceParameters } from "./parameter-sets.ts";
import { withoutRecoveryPoint } from "./recovery-point.ts";
import type { Unsupported } from "./slice-header.ts";
import { nalUnits, SourcePictures, type SourcePicture } from "./source-pictures.ts";

type Frame = CodedFrame<VideoConfig>;

export interface IdrGroupsOptions {
  /** Recovery points that come sooner after an IDR picture stay ordinary pictures, 90 kHz ticks. Default 0.98 s. */
  readonly spacing?: number;
  /** The stream has something that cannot be written anew: it goes on as it came. Told once per configuration. */
  readonly onUnsupported?: (reason: Unsupported) => void;
}

/** A recovery point whose leading pictures are still coming. */
interface Pending {
  readonly frame: Frame;
  readonly pictures: readonly SourcePicture[];
  /** DTS of the last frame that took its place, the recovery point included. */
  place: number;
  /** Leading pictures so far. */
  leading: number;
}

/** NAL units under 4-byte lengths. @see ISO/IEC 14496-15 §5.3.4.2 */
const joined = (nals: readonly NalUnit[]): Buffer =>
  Buffer.concat(
    nals.flatMap((pieces) => {
      const size = Buffer.allocUnsafe(4);
      size.writeUInt32BE(pieces.reduce((sum, { length }) => sum + length, 0));
      return [size, ...pieces];
    }),
  );

/** Copies what is only valid during the call. */
const kept = (pictures: readonly SourcePicture[]): SourcePicture[] =>
  pictures.map((picture) => ({
    ...picture,
    slices: picture.slices.map((slice) => ({
      ...slice,
      bytes: {
        ...slice.bytes,
        head: Buffer.from(slice.bytes.head),
        nal: Buffer.from(slice.bytes.nal),
      },
    })),
  }));

/** A leading picture more than this many pictures behind its recovery point is none. */
const MAX_LEADING = 32;
/** So many whole pictures in a row that make no sense are no accident. */
const MAX_FAILURES = 25;
const MAX_DAMAGED_STARTS = 1;
/** After so long without a whole one a damaged recovery point has to do: nobody could join otherwise. 90 kHz. */
const STARVED = 180_000;
const EMPTY = Buffer.alloc(0);
const before = (time: number): number => (time + PTS_WRAP - 1) % PTS_WRAP;
const behind = (time: number): number => (time + 1) % PTS_WRAP;

/** A decoder that has nothing can make a reference of it. The second field may refer to the first. */
const isIntra = (pictures: readonly SourcePicture[]): boolean =>
  pictures[0]?.slices.every(({ header }) => header.type % 5 === 2 && header.reference) === true;

/**
 * Makes groups that begin with an IDR picture of an H.264 stream that has recovery points only, without touching a picture.
 *
 * The pictures that lead a recovery point (decoded behind it, shown before it) need both it and the group before. So the
 * recovery point is there twice: as what it was, at the end of the old group, shown for one tick; and behind its leading
 * pictures as the IDR picture of the new group. Slice data are copied, headers are written anew: frame numbers, picture
 * order counts, reference lists and marking, so that each group stands for itself and its pictures come out bit for bit.
 *
 * Damaged pictures, at which some decoders give up, have stand-ins: copies of what they refer to, or, where the stream can
 * only begin with one, a grey one. A stream with IDR pictures goes through as it is.
 * @see ISO/IEC 14496-10 §7.4.1.2.4, §8.2.1, §8.2.4, §8.2.5, Annex D.2.8
 */
export class IdrGroups {
  readonly #emit: (frame: Frame) => void;
  readonly #spacing: number;
  readonly #onUnsupported: (reason: Unsupported) => void;
  #config: VideoConfig | null = null;
  #parameters = new SliceParameters(Buffer.alloc(0));
  #source: SourcePictures | null = null;
  #group: GroupWriter | null = null;
  /** Nothing has gone out since the start. */
  #fresh = true;
  #pending: Pending | null = null;
  #idrPts = 0;
  #idrPicId = 0;
  #refused = false;
  /** The decoder still follows the numbers of a group. */
  #astray = false;
  #failures = 0;
  /** Damaged recovery points that were passed over at the start. */
  #damagedStarts = 0;

  /** @param emit frames' data are valid during the call, as what comes in */
  constructor(emit: (frame: Frame) => void, options: IdrGroupsOptions = {}) {
    this.#emit = emit;
    this.#spacing = options.spacing ?? 88_200;
    this.#onUnsupported = options.onUnsupported ?? ((): void => undefined);
  }

  /** @param frame in decoding order, both fields of a frame together; data valid during the call */
  push(frame: Frame): void {
    if (frame.config === null || frame.config.family !== "avc") return this.#emit(frame);
    if (frame.config !== this.#config) this.#configure(frame.config);
    if (this.#refused) return this.#leave(frame);
    if (frame.randomAccess && frame.idr) return this.#passOn(frame);
    if (this.#source === null && !frame.randomAccess) {
      // Before the first random access point: whoever reads it decides.
      this.#emit(frame);
      return;
    }
    this.#source ??= new SourcePictures(this.#parameters);
    const pictures = this.#source.read(frame.data);
    if (typeof pictures === "string") {
      if (frame.damaged) return;
      if (pictures !== "header" || ++this.#failures > MAX_FAILURES) this.#refuse(pictures, frame);
      return;
    }
    this.#failures = 0;
    this.#read(frame, pictures);
  }

  /** Lets out what waits. */
  flush(): void {
    this.#begin();
  }

  /** Forgets everything: what comes next is another stream, or the same one later. */
  reset(): void {
    this.#pending = null;
    this.#source = null;
    this.#group = null;
    this.#fresh = true;
  }

  #configure(config: VideoConfig): void {
    this.#begin();
    this.reset();
    this.#config = config;
    this.#refused = false;
    this.#parameters = new SliceParameters(config.config);
  }

  /** From here on the stream has IDR pictures of its own. */
  #passOn(frame: Frame): void {
    this.#begin();
    this.#source = null;
    this.#group = null;
    this.#fresh = false;
    this.#emit(frame);
  }

  #refuse(reason: Unsupported, frame: Frame): void {
    this.#refused = true;
    this.#onUnsupported(reason);
    this.#begin();
    this.#astray = this.#group !== null;
    this.#leave(frame);
  }

  /** What cannot be helped goes on as it came, from where a decoder can follow. */
  #leave(frame: Frame): void {
    if (this.#astray && !frame.randomAccess) return;
    this.#astray = false;
    this.#emit(frame);
  }

  #read(frame: Frame, pictures: readonly SourcePicture[]): void {
    const pending = this.#pending;
    const isOver = (last: Pending): boolean =>
      wrapDelta(last.frame.pts, frame.pts) > 0 || last.leading >= MAX_LEADING;
    if (pending !== null && isOver(pending)) this.#begin();
    if (frame.randomAccess && this.#fresh && this.#pending === null && !isIntra(pictures) && !frame.damaged)
      this.#refuse("gradual-refresh", frame);
    else if (frame.randomAccess && this.#isBeginning(frame, pictures)) {
      this.#begin();
      const copied = { ...frame, data: this.#group === null ? Buffer.from(frame.data) : EMPTY };
      this.#pending = { frame: copied, pictures: kept(pictures), place: frame.dts, leading: 0 };
    } else if (this.#pending !== null) this.#lead(this.#pending, frame, pictures);
    else this.#write(frame, pictures, frame.dts);
  }

  #isBeginning(frame: Frame, pictures: readonly SourcePicture[]): boolean {
    if (!isIntra(pictures)) return false;
    // A whole picture to begin with, unless the reception is such that there is none.
    const distance = wrapDelta(this.#idrPts, frame.pts);
    const starved = this.#fresh ? ++this.#damagedStarts > MAX_DAMAGED_STARTS : distance > STARVED;
    if (frame.damaged && !starved) return false;
    this.#damagedStarts = 0;
    return this.#group === null || distance >= this.#spacing || distance < 0;
  }

  /** A leading picture: it belongs to the old group, and the recovery point with it. */
  #lead(pending: Pending, frame: Frame, pictures: readonly SourcePicture[]): void {
    if (this.#fresh) {
      // At the start nothing can be made of leading pictures; the group begins in the place of the last of them, as all do.
      pending.leading++;
      pending.place = frame.dts;
      return;
    }
    const dts = pending.leading > 0 ? pending.place : behind(pending.frame.dts);
    if (pending.leading === 0) {
      const { frame: point } = pending;
      this.#write({ ...point, pts: before(point.pts), duration: 1 }, pending.pictures, point.dts, true);
    }
    pending.leading++;
    pending.place = frame.dts;
    this.#write(frame, pictures, dts);
  }

  /** The leading pictures are over: the new group begins. */
  #begin(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#pending = null;
    this.#idrPicId = (this.#idrPicId + 1) % 2;
    const group = new GroupWriter(this.#parameters, this.#idrPicId);
    const nals = group.write(pending.pictures, pending.frame.damaged ? "stand-in" : "whole");
    if (nals === null) return;
    this.#group = group;
    this.#fresh = false;
    this.#idrPts = pending.frame.pts;
    const data = joined([...this.#parameters.changed.map((nal) => [nal]), ...nals]);
    this.#emit({ ...pending.frame, damaged: false, dts: pending.place, idr: true, data });
  }

  #write(frame: Frame, pictures: readonly SourcePicture[], dts: number, bare = false): void {
    if (this.#fresh) return;
    const group = this.#group;
    // What leads an IDR picture after all wants the group before.
    if (group !== null && wrapDelta(this.#idrPts, frame.pts) < 0) return;
    const form = frame.damaged ? "stand-in" : bare ? "bare" : "whole";
    const nals =
      group === null
        ? withoutRecoveryPoint([...nalUnits(frame.data)], bare).map((nal) => [nal])
        : group.write(pictures, form);
    if (nals === null) return;
    const damaged = frame.damaged && group === null;
    this.#emit({ ...frame, damaged, dts, randomAccess: false, idr: false, data: joined(nals) });
  }
}
