import { PTS_WRAP, wrapDelta } from "../../../../kernel/units.ts";
import type { VideoTrack } from "../../media-source.ts";
import { START_CODE } from "../codecs/nal.ts";
import { AccessUnitBuffer, type Framing } from "./access-unit-buffer.ts";
import type { CodedFrame, ElementaryParser, PesInput } from "./pes.ts";

/** Bytes that always tell what a unit is: a slice header up to its field flags, at its longest. */
const MAX_HEAD = 24;
/** Zeros between units beyond this are stuffing. */
const MAX_ZEROS = 64;

/** What an elementary video stream says about itself. */
export type VideoConfig = Omit<VideoTrack, "kind" | "id">;

/** A picture (or the two fields of one) while its NAL units come in. */
export interface OpenPicture {
  pts: number | null;
  dts: number | null;
  /** random_access_indicator of the packet that it began in. */
  hint: boolean;
  damaged: boolean;
  /** A slice was seen: parameter sets and SEI after this belong to the next picture. */
  slices: boolean;
}

/** What the coding knows of a finished picture. */
export interface PictureFacts {
  readonly randomAccess: boolean;
  readonly idr: boolean;
  readonly skippedLeading: boolean;
  readonly decodableLeading: boolean;
  /** Other pictures may refer to it. */
  readonly reference: boolean;
  readonly config: VideoConfig | null;
}

/**
 * H.264 and HEVC alike: cuts PES payloads at start codes, gathers the NAL units of a picture under 4-byte lengths and lets
 * the picture go when the next one has begun. NAL units and pictures may span PES packets; a packet's time stamps belong
 * to the first picture that begins in it.
 */
export abstract class NalStream<Picture extends OpenPicture> implements ElementaryParser {
  readonly #emit: (frame: CodedFrame<VideoConfig>) => void;
  readonly #buffer: AccessUnitBuffer;
  readonly #keepZeros: boolean;
  /** A finished picture, kept until the first slice of the next tells that it is not this one's second field. */
  #held: Picture | null = null;
  #heldEnd = 0;
  protected open: Picture | null = null;
  #nalOpen = false;
  /** Zeros at the end of the last payload: part of the NAL unit or of a start code, the next payload tells. */
  #zeros = 0;
  /** Time stamps of the packet at hand, until a picture takes them. */
  #packet: PesInput | null = null;
  #timeTaken = true;
  /** The first bytes of a unit, too few to see what it is. */
  #short: Buffer | null = null;
  /** The packet before this one, of which only what stands beside its data counts, and whether its time was given to a picture. */
  #before: PesInput | null = null;
  #beforeTimeTaken = true;
  /** The packet at hand, while the unit that began in the one before is looked at. */
  #later: PesInput | null = null;
  #lastDts: number | null = null;
  #lastOffset = 0;

  /** @param framing what stands before each unit of a sample; MPEG-2 keeps its start codes. Default `length` */
  constructor(emit: (frame: CodedFrame<VideoConfig>) => void, framing: Framing = "length") {
    this.#emit = emit;
    this.#buffer = new AccessUnitBuffer(framing);
    this.#keepZeros = framing === "start-code";
  }

  /**
   * These first bytes of a NAL unit are all that {@link nalBegins} looks at. A whole picture may be a few bytes: one that
   * waited for the next packet without need would keep the picture before it back as well.
   */
  protected abstract headTells(head: Buffer): boolean;
  /** A NAL unit begins at `start`: header and first bytes. Calls {@link boundary} and {@link resolve} as the coding demands. */
  protected abstract nalBegins(head: Buffer): void;
  /** A NAL unit of the open picture is complete. @returns whether it stays in the sample */
  protected abstract nalEnds(nal: Buffer): boolean;
  /** An empty picture: one literal, so that all pictures have one shape. */
  protected abstract newPicture(damaged: boolean): Picture;
  /** The picture at hand is decoded with what came with it from here on; called once per sample, in order. */
  protected abstract commit(picture: Picture): void;
  protected abstract facts(picture: Picture): PictureFacts;
  /** What no decoder can make anything of; default none. */
  protected undecodable(_picture: Picture): boolean {
    return false;
  }

  /**
   * 33-bit PTS of a picture.
   * @param inferred what its own, or the last offset from DTS to PTS, says
   */
  protected presentation(_picture: Picture, _dts: number, inferred: number): number {
    return inferred;
  }

  /** Nominal ticks from a picture to the next, fractional. */
  protected abstract frameTicks(): number;

  push(packet: PesInput): void {
    const short = this.#short;
    this.#short = null;
    this.#packet = packet;
    this.#timeTaken = packet.pts === null;
    if (short !== null) this.#beganBefore();
    this.#scan(short === null ? packet.data : Buffer.concat([START_CODE, short, packet.data]));
    this.#before = this.#packet;
    this.#beforeTimeTaken = this.#timeTaken;
    this.#packet = null;
    this.#later = null;
  }

  flush(): void {
    if (this.#short !== null) {
      const head = this.#short;
      this.#short = null;
      this.nalBegins(head);
      this.#buffer.begin();
      this.#nalOpen = true;
      this.#buffer.append(head, 0, this.#keepZeros ? head.length : withoutZeros(head, 0, head.length));
    }
    if (this.#nalOpen && this.#keepZeros)
      this.#buffer.appendZeros(Math.max(0, Math.min(this.#zeros, MAX_ZEROS)));
    this.#endNal();
    this.#release();
    if (this.open?.slices) {
      this.commit(this.open);
      this.#deliver(this.open, this.#buffer.length);
    }
    this.#buffer.clear();
    this.open = null;
    this.#zeros = 0;
  }

  reset(): void {
    this.#buffer.clear();
    this.#held = null;
    this.#heldEnd = 0;
    this.open = null;
    this.#nalOpen = false;
    this.#zeros = 0;
    this.#short = null;
    this.#lastDts = null;
  }

  /** The NAL unit that begins is the first of a new picture. */
  protected boundary(): void {
    if (this.open !== null && !this.open.slices) {
      this.#takeTime(this.open);
      return;
    }
    if (this.open !== null) {
      this.#held = this.open;
      this.#heldEnd = this.#buffer.length;
    }
    const open = this.newPicture(this.#packet?.damaged ?? false);
    this.#takeTime(open);
    this.open = open;
  }

  /** The picture before the open one, as long as it may turn out to be the other field of the same frame. */
  protected get held(): Picture | null {
    return this.#held;
  }

  /** The first slice of the open picture is here: it joins the held one as its second field, or lets it go. */
  protected resolve(joins: boolean): void {
    const open = this.open;
    if (open === null) return;
    open.slices = true;
    if (joins && this.#held !== null) {
      this.#held.damaged ||= open.damaged;
      this.open = this.#held;
      this.#held = null;
      this.#heldEnd = 0;
      return;
    }
    this.#release();
    this.commit(open);
  }

  #takeTime(picture: Picture): void {
    const packet = this.#packet;
    if (packet === null || this.#timeTaken) return;
    picture.pts = packet.pts;
    picture.dts = packet.dts ?? packet.pts;
    picture.hint = packet.randomAccess;
    this.#timeTaken = true;
  }

  #scan(data: Buffer): void {
    let at = this.#resume(data);
    if (at < 0) return;
    // `at` is the first byte of a NAL unit.
    for (;;) {
      const next = data.indexOf(START_CODE, at);
      const full = next < 0 ? data.length : next;
      // Zeros before a start code are not the NAL unit's; before one of MPEG-2 they may be, and do no harm.
      const end = next >= 0 && this.#keepZeros ? full : withoutZeros(data, at, full);
      if (next < 0 && end - at < MAX_HEAD && !this.headTells(data.subarray(at, end))) {
        this.#short = Buffer.from(data.subarray(at));
        return;
      }
      this.nalBegins(data.subarray(at, Math.min(end, at + 64)));
      this.#goOn();
      this.#buffer.begin();
      this.#nalOpen = true;
      this.#buffer.append(data, at, end);
      if (next < 0) {
        this.#zeros = full - end;
        return;
      }
      this.#endNal();
      at = next + 3;
      if (at >= data.length) {
        // The start code is the last thing in the packet: its NAL unit begins with the next one.
        this.#zeros = -1;
        return;
      }
    }
  }

  /** The unit that comes first began, by its start code at least, in the packet before: that one's time is its own. */
  #beganBefore(): void {
    if (this.#before === null || this.#later !== null) return;
    this.#later = this.#packet;
    this.#packet = this.#before;
    this.#timeTaken = this.#beforeTimeTaken;
  }

  /** The unit that the last packet began too late is under way: from here on, the time is this packet's. */
  #goOn(): void {
    if (this.#later === null) return;
    this.#packet = this.#later;
    this.#timeTaken = this.#later.pts === null;
    this.#later = null;
  }

  /** Goes on with what the last packet left open. @returns where the first NAL unit begins, -1 when none does */
  #resume(data: Buffer): number {
    const before = this.#zeros;
    this.#zeros = 0;
    if (before < 0) {
      this.#beganBefore();
      return data.length > 0 ? 0 : ((this.#zeros = -1), -1);
    }
    let leading = 0;
    while (leading < data.length && data[leading] === 0) leading++;
    if (leading === data.length) {
      this.#zeros = before + leading;
      return -1;
    }
    if (before > 0 && leading < 2 && before + leading >= 2 && data[leading] === 1) {
      if (this.#nalOpen && this.#keepZeros)
        this.#buffer.appendZeros(Math.min(before + leading - 2, MAX_ZEROS));
      this.#endNal();
      this.#beganBefore();
      return leading + 1 < data.length ? leading + 1 : ((this.#zeros = -1), -1);
    }
    const first = data.indexOf(START_CODE);
    const full = first < 0 ? data.length : first;
    const end = first >= 0 && this.#keepZeros ? full : withoutZeros(data, 0, full);
    if (this.#nalOpen && (end > 0 || this.#keepZeros)) {
      this.#buffer.appendZeros(Math.min(before, MAX_ZEROS));
      this.#buffer.append(data, 0, end);
      if (end > 0 && this.#packet?.damaged && this.open !== null) this.open.damaged = true;
    }
    if (first < 0) {
      this.#zeros = full - end;
      return -1;
    }
    this.#endNal();
    return first + 3 < data.length ? first + 3 : ((this.#zeros = -1), -1);
  }

  #endNal(): void {
    if (!this.#nalOpen) return;
    this.#nalOpen = false;
    this.#buffer.end(this.open !== null && this.nalEnds(this.#buffer.openNal()));
    if (this.#buffer.takeOverflow() && this.open !== null) this.open.damaged = true;
  }

  /** Lets the held picture go. */
  #release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#deliver(held, this.#heldEnd);
    this.#buffer.consume(this.#heldEnd);
    this.#heldEnd = 0;
  }

  #deliver(picture: Picture, end: number): void {
    const duration = this.frameTicks();
    const dts =
      picture.dts ?? (this.#lastDts === null ? null : (this.#lastDts + Math.round(duration)) % PTS_WRAP);
    if (dts === null) return;
    const pts = this.presentation(picture, dts, picture.pts ?? (dts + this.#lastOffset) % PTS_WRAP);
    this.#lastDts = dts;
    this.#lastOffset = Math.max(0, wrapDelta(dts, pts));
    const { reference, ...facts } = this.facts(picture);
    if (end === 0 || this.undecodable(picture)) return;
    const { damaged } = picture;
    // Nothing refers to it: the gap is seen less than the damage. What others refer to is better there in part than not.
    if (damaged && !reference) return;
    this.#emit({ pts, dts, duration, damaged, ...facts, data: this.#buffer.view(end) });
  }
}

/** @returns the end of the bytes from `from` to `to` without the zeros at their end */
function withoutZeros(data: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && data[end - 1] === 0) end--;
  return end;
}
