import { PTS_WRAP } from "../../../../kernel/units.ts";
import {
  MPEG2_EXTENSION,
  MPEG2_START,
  mpeg2PictureStructure,
  parseMpeg2Group,
  parseMpeg2Picture,
  parseMpeg2Sequence,
  type Mpeg2Sequence,
} from "../codecs/mpeg2-video.ts";
import { NalStream, type OpenPicture, type PictureFacts, type VideoConfig } from "./nal-stream.ts";

interface Picture extends OpenPicture {
  header: Buffer | null;
  extension: Buffer | null;
  display: Buffer | null;
  group: { readonly closed: boolean; readonly broken: boolean } | null;
  /** 1 I, 2 P, 3 B. */
  type: number;
  temporalReference: number;
  /** 1 top, 2 bottom, 3 frame. */
  structure: number;
  paired: boolean;
}

const START = Buffer.from([0, 0, 1]);
/** user_data_start_code, and `GA94` with cc_data behind it. @see ISO/IEC 13818-2 §6.2.2.2.2, ATSC A/53-4 §6.2.3 */
const USER_DATA = 0xb2;
const CAPTIONS = Buffer.from("b24741393403", "hex");

/**
 * MPEG-2 pictures, start codes and all: what lies between two of them is treated as H.264 treats a NAL unit.
 * @see ISO/IEC 13818-2 §6.1.1
 */
export class Mpeg2Stream extends NalStream<Picture> {
  #config: VideoConfig | null = null;
  #sequence: Mpeg2Sequence | null = null;
  #key = "";
  #group: { readonly closed: boolean; readonly broken: boolean } | null = null;
  /** Reference pictures since the last random access point. */
  #references = 0;
  /** 33-bit PTS of temporal reference 0 in this group of pictures. */
  #groupPts: number | null = null;
  /** Captions were seen. */
  #captions = false;

  constructor(emit: ConstructorParameters<typeof NalStream>[0]) {
    super(emit, "start-code");
  }

  /** The start code value says it all; that of a picture is 0, and may be stuffing as long as nothing follows. */
  protected headTells(head: Buffer): boolean {
    return head.length > 0;
  }

  protected nalBegins(head: Buffer): void {
    const code = head[0] ?? 0;
    if (code >= MPEG2_START.firstSlice && code <= MPEG2_START.lastSlice) {
      if (this.open === null || this.open.slices) return;
      const { held, open } = this;
      const joins =
        held !== null &&
        !held.paired &&
        held.structure !== 3 &&
        open.structure === 3 - held.structure &&
        held.type <= 2 === open.type <= 2;
      this.resolve(joins);
      if (joins && this.open !== null) this.open.paired = true;
      return;
    }
    const opens = code === MPEG2_START.sequence || code === MPEG2_START.group || code === MPEG2_START.picture;
    if (opens || this.open === null) this.boundary();
  }

  protected nalEnds(unit: Buffer): boolean {
    const open = this.open;
    if (open === null) return false;
    if (open.slices) return unit[0] !== MPEG2_START.sequenceEnd;
    switch (unit[0]) {
      case MPEG2_START.sequence:
        open.header = Buffer.from(unit);
        break;
      case MPEG2_START.extension:
        this.#extensionEnds(open, unit);
        break;
      case MPEG2_START.group:
        open.group = parseMpeg2Group(unit);
        break;
      case MPEG2_START.picture:
        Object.assign(open, parseMpeg2Picture(unit) ?? {});
        break;
      case USER_DATA:
        this.#captions ||=
          unit.length > CAPTIONS.length && unit.subarray(0, CAPTIONS.length).equals(CAPTIONS);
        break;
      case MPEG2_START.sequenceEnd:
        return false;
      default:
    }
    return true;
  }

  #extensionEnds(open: Picture, unit: Buffer): void {
    const id = (unit[1] ?? 0) >> 4;
    if (id === MPEG2_EXTENSION.sequence) open.extension = Buffer.from(unit);
    else if (id === MPEG2_EXTENSION.display) open.display = Buffer.from(unit);
    else if (id === MPEG2_EXTENSION.pictureCoding) open.structure = mpeg2PictureStructure(unit);
  }

  protected newPicture(damaged: boolean): Picture {
    return {
      pts: null,
      dts: null,
      hint: false,
      damaged,
      slices: false,
      header: null,
      extension: null,
      display: null,
      group: null,
      type: 0,
      temporalReference: 0,
      structure: 3,
      paired: false,
    };
  }

  protected commit(picture: Picture): void {
    if (picture.group !== null) {
      this.#group = picture.group;
      this.#groupPts = null;
    }
    const { header, extension, display } = picture;
    if (header === null || (picture.damaged && this.#config !== null)) return;
    // Quantiser matrices may change from one sequence header to the next, and stay in the stream: no new configuration.
    const key = [header.subarray(0, 5), extension ?? START, display ?? START]
      .map((part) => part.toString("hex"))
      .join();
    if (key === this.#key) return;
    const sequence = parseMpeg2Sequence(header, extension, display);
    if (sequence === null) return;
    this.#key = key;
    this.#sequence = sequence;
    const { width, height, sar, frameRate, colour } = sequence;
    this.#config = {
      family: "mpeg2",
      codec: `mp4v.${sequence.objectType.toString(16).toUpperCase()}`,
      width,
      height,
      sar,
      frameRate,
      interlaced: !sequence.progressive,
      colour,
      captions: this.#captions,
      config: Buffer.concat([START, header, ...(extension === null ? [] : [START, extension])]),
    };
  }

  protected facts(picture: Picture): PictureFacts {
    const randomAccess = picture.type === 1 && picture.header !== null;
    if (randomAccess) this.#references = 0;
    else if (picture.type !== 3) this.#references++;
    const leading = picture.type === 3 && this.#references === 0;
    return {
      randomAccess,
      idr: randomAccess,
      skippedLeading: false,
      reference: picture.type !== 3,
      decodableLeading: leading && this.#group?.closed === true,
      config: this.#config,
    };
  }

  /** broken_link: the pictures that the leading B pictures refer to were cut away. */
  protected override undecodable(picture: Picture): boolean {
    return (
      picture.type === 0 || (picture.type === 3 && this.#references === 0 && this.#group?.broken === true)
    );
  }

  /** Not every picture carries a time stamp; temporal_reference counts display order within a group of pictures. */
  protected override presentation(picture: Picture, dts: number, inferred: number): number {
    const frame = this.frameTicks();
    if (picture.pts !== null) {
      this.#groupPts = picture.pts - picture.temporalReference * frame;
      return picture.pts;
    }
    if (picture.type === 3) return dts;
    if (this.#groupPts === null) return inferred;
    const pts = Math.round(this.#groupPts + picture.temporalReference * frame);
    return ((pts % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
  }

  protected frameTicks(): number {
    const rate = this.#sequence?.frameRate ?? 0;
    return rate > 0 ? 90_000 / rate : 3600;
  }
}
