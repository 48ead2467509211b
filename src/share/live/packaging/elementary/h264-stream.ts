import {
  avcCodecString,
  avcConfig,
  H264_NAL,
  parseH264Picture,
  parseH264Pps,
  parseH264Slice,
  parseH264Sps,
  parsePicStruct,
  type H264Picture,
  type H264Pps,
  type H264Sps,
} from "../codecs/h264.ts";
import { BitReader } from "../codecs/bit-reader.ts";
import { seiMessages, unescapeRbsp } from "../codecs/nal.ts";
import { carriesCaptions, preferredTransfer, SEI, withTransfer } from "../codecs/sei.ts";
import { NalStream, type OpenPicture, type PictureFacts, type VideoConfig } from "./nal-stream.ts";
import { lookUp, ParameterSets, type StagedSet } from "./parameter-sets.ts";

interface Picture extends OpenPicture {
  sps: StagedSet<H264Sps>[];
  pps: StagedSet<H264Pps>[];
  first: H264Picture | null;
  /** Already two fields. */
  paired: boolean;
  nalType: number;
  reference: boolean;
  intra: boolean;
  /** recovery_frame_cnt, null without a recovery point SEI. */
  recovery: number | null;
  picStruct: number | null;
  /** Of an alternative transfer characteristics SEI, null without. */
  transfer: number | null;
  hasSps: boolean;
}

/** Pictures without a proper random access point after which a gradual one is accepted: ten seconds and more. */
const PATIENCE = 300;

/**
 * H.264 access units: AUD-delimited or found by their first slice; the two fields of a frame (PAFF) are one.
 * @see ISO/IEC 14496-10 §7.4.1.2.3, ISO/IEC 14496-15 §5
 */
export class H264Stream extends NalStream<Picture> {
  readonly #sps = new ParameterSets<H264Sps>();
  readonly #pps = new ParameterSets<H264Pps>();
  #active: H264Sps | null = null;
  #config: VideoConfig | null = null;
  #sinceRandomAccess = 0;
  /** Captions were seen. */
  #captions = false;
  /** Transfer characteristics that are preferred to those of the sequence; null: none. */
  #transfer: number | null = null;

  protected headTells(head: Buffer): boolean {
    if (head.length === 0 || !isSlice((head[0] ?? 0) & 31)) return head.length > 0;
    const slice = parseH264Slice(head);
    if (slice === null) return false;
    const sps = this.#spsOf(slice.pps);
    return sps === undefined || parseH264Picture(head, sps) !== null;
  }

  protected nalBegins(head: Buffer): void {
    const type = (head[0] ?? 0) & 31;
    if (isSlice(type)) {
      this.#sliceBegins(type, head);
      return;
    }
    const opens =
      type === H264_NAL.aud ||
      (this.open?.slices !== false && ((type >= 6 && type <= 8) || (type >= 14 && type <= 18)));
    if (opens || this.open === null) this.boundary();
  }

  #sliceBegins(type: number, head: Buffer): void {
    const slice = parseH264Slice(head);
    if (this.open === null || (this.open.slices && slice?.firstMacroblock === 0)) this.boundary();
    const open = this.open;
    if (open === null) return;
    const intra = slice !== null && (slice.type === 2 || slice.type === 4);
    if (open.slices) {
      // The second field of an I picture may be P: it refers to the first only.
      if (!open.paired) open.intra &&= intra;
      return;
    }
    const sps = slice === null ? undefined : this.#spsOf(slice.pps);
    open.first = sps === undefined ? null : parseH264Picture(head, sps);
    open.nalType = type;
    open.reference = ((head[0] ?? 0) & 0x60) !== 0;
    open.intra = intra;
    const joins = this.held !== null && completesFrame(this.held, open);
    const staged = { sps: open.sps, pps: open.pps };
    this.resolve(joins);
    if (joins && this.open !== null) {
      this.open.paired = true;
      this.open.sps.push(...staged.sps);
      this.open.pps.push(...staged.pps);
      this.#store(this.open);
    }
  }

  /** The sequence parameter set that a slice with this pic_parameter_set_id would use now. */
  #spsOf(ppsId: number): H264Sps | undefined {
    const pps = lookUp(this.#pps, this.open?.pps ?? [], ppsId);
    return pps === undefined ? undefined : lookUp(this.#sps, this.open?.sps ?? [], pps.sps);
  }

  protected nalEnds(nal: Buffer): boolean {
    const open = this.open;
    if (open === null) return false;
    const type = (nal[0] ?? 0) & 31;
    switch (type) {
      case H264_NAL.sps:
        return this.#spsEnds(open, nal);
      case H264_NAL.pps:
        return this.#ppsEnds(open, nal);
      case H264_NAL.sei:
        this.#seiEnds(open, nal);
        return true;
      case H264_NAL.aud:
      case 10: // end of sequence
      case 11: // end of stream
      case 12: // filler
        return false;
      default:
        return true;
    }
  }

  #spsEnds(open: Picture, nal: Buffer): boolean {
    if (this.#sps.repeats(nal)) {
      // It was read before: 2 % of what four live services cost.
      open.hasSps = true;
      return false;
    }
    const parsed = parseH264Sps(nal);
    if (parsed === null) return false;
    open.hasSps = true;
    if (open.damaged && this.#config !== null) return false;
    open.sps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
    return false;
  }

  #ppsEnds(open: Picture, nal: Buffer): boolean {
    const parsed = parseH264Pps(nal);
    if (parsed === null) return false;
    if (this.#pps.redundant(parsed.id, nal) || (open.damaged && this.#config !== null)) return false;
    if (!this.#pps.holds(parsed.id, nal)) open.pps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
    // With a new sequence parameter set it goes into the new init segment; alone it stays in the stream.
    return this.#config !== null && open.sps.length === 0;
  }

  #seiEnds(open: Picture, nal: Buffer): void {
    if (open.slices) return;
    for (const { type, payload } of seiMessages(unescapeRbsp(nal.subarray(1), 512))) {
      if (type === SEI.recoveryPoint) open.recovery = new BitReader(payload).ue();
      else if (type === SEI.registeredUserData) this.#captions ||= carriesCaptions(payload);
      else if (type === SEI.alternativeTransfer) open.transfer = preferredTransfer(payload);
      else if (type === SEI.pictureTiming) {
        const sps = open.sps.at(-1)?.parsed ?? this.#active;
        if (sps !== null) open.picStruct = parsePicStruct(payload, sps);
      }
    }
  }

  protected newPicture(damaged: boolean): Picture {
    return {
      pts: null,
      dts: null,
      hint: false,
      damaged,
      slices: false,
      sps: [],
      pps: [],
      first: null,
      paired: false,
      nalType: 0,
      reference: false,
      intra: false,
      recovery: null,
      picStruct: null,
      transfer: null,
      hasSps: false,
    };
  }

  #store(picture: Picture): void {
    for (const { id, nal, parsed } of picture.sps) this.#sps.set(id, nal, parsed);
    for (const { id, nal, parsed } of picture.pps) this.#pps.set(id, nal, parsed);
  }

  protected commit(picture: Picture): void {
    this.#store(picture);
    if (picture.first === null) return;
    const pps = this.#pps.get(picture.first.pps);
    const sps = pps === undefined ? undefined : this.#sps.get(pps.sps);
    if (sps === undefined) return;
    this.#active = sps;
    const before = this.#transfer;
    // It holds for a coded video sequence, which an IDR picture begins.
    if (picture.transfer !== null || (picture.nalType === H264_NAL.idr && !picture.damaged))
      this.#transfer = picture.transfer;
    if (this.#config !== null && picture.sps.length === 0 && this.#transfer === before) return;
    // pic_struct 0: coded with interlace tools, but shown as frames (PsF).
    const interlaced = !sps.frameOnly && (picture.first.field || picture.picStruct !== 0);
    this.#config = {
      family: "avc",
      codec: avcCodecString(sps),
      width: sps.width,
      height: sps.height,
      sar: sps.sar,
      frameRate: sps.frameRate,
      interlaced,
      colour: withTransfer(sps.colour, this.#transfer),
      captions: this.#captions,
      config: avcConfig(sps, this.#sps.configure(), this.#pps.configure()),
    };
  }

  protected facts(picture: Picture): PictureFacts {
    const idr = picture.nalType === H264_NAL.idr;
    const late = this.#sinceRandomAccess > PATIENCE;
    const randomAccess =
      idr ||
      (picture.intra && picture.recovery === 0) ||
      (picture.intra && picture.hasSps && (picture.hint || late)) ||
      (late && picture.recovery !== null);
    this.#sinceRandomAccess = randomAccess ? 0 : this.#sinceRandomAccess + 1;
    const reference = randomAccess || picture.reference;
    return {
      randomAccess,
      idr,
      skippedLeading: false,
      decodableLeading: false,
      reference,
      config: this.#config,
    };
  }

  protected frameTicks(): number {
    const rate = this.#active?.frameRate ?? 0;
    return rate > 0 ? 90_000 / rate : 3600;
  }
}

const isSlice = (type: number): boolean =>
  type === H264_NAL.slice || type === H264_NAL.partitionA || type === H264_NAL.idr;

/** @see ISO/IEC 14496-10 §3.30 complementary field pairs */
function completesFrame(held: Picture, open: Picture): boolean {
  const first = held.first;
  const second = open.first;
  if (first === null || second === null || held.paired || !first.field || !second.field) return false;
  if (first.bottom === second.bottom || first.frameNum !== second.frameNum) return false;
  return open.nalType !== H264_NAL.idr && (held.reference || !open.reference);
}
