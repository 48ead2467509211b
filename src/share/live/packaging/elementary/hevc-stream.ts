import {
  HEVC_NAL,
  hevcCodecString,
  hevcConfig,
  hevcNalType,
  parseHevcPps,
  parseHevcSlice,
  parseHevcSps,
  parseHevcVps,
  type HevcSps,
} from "../codecs/hevc.ts";
import { seiMessages, unescapeRbsp } from "../codecs/nal.ts";
import { CAPTIONS, preferredTransfer, SEI, withTransfer } from "../codecs/sei.ts";
import { NalStream, type OpenPicture, type PictureFacts, type VideoConfig } from "./nal-stream.ts";
import { ParameterSets, type StagedSet } from "./parameter-sets.ts";

interface Picture extends OpenPicture {
  vps: StagedSet<unknown>[];
  sps: StagedSet<HevcSps>[];
  pps: StagedSet<{ readonly sps: number }>[];
  nalType: number;
  usesPps: number | null;
  /** Of an alternative transfer characteristics SEI, null without. */
  transfer: number | null;
}

/** payloadType and size of the one message that is looked for: where these bytes are not, nothing needs to be read. */
const ALTERNATIVE_TRANSFER = Buffer.from([SEI.alternativeTransfer, 1]);

/** HEVC access units. Field pictures stay one sample each. @see ISO/IEC 23008-2 §7.4.2.4.4, ISO/IEC 14496-15 §8 */
export class HevcStream extends NalStream<Picture> {
  readonly #vps = new ParameterSets<unknown>();
  readonly #sps = new ParameterSets<HevcSps>();
  readonly #pps = new ParameterSets<{ readonly sps: number }>();
  #active: HevcSps | null = null;
  #config: VideoConfig | null = null;
  /** The leading pictures that come now follow a BLA: their references are not there. */
  #broken = false;
  /** Captions were seen. */
  #captions = false;
  /** Transfer characteristics that are preferred to those of the sequence; null: none. */
  #transfer: number | null = null;

  protected headTells(head: Buffer): boolean {
    if (head.length < 2) return false;
    return layerOf(head) > 0 || hevcNalType(head[0] ?? 0) > 31 || parseHevcSlice(head) !== null;
  }

  protected nalBegins(head: Buffer): void {
    const type = hevcNalType(head[0] ?? 0);
    if (layerOf(head) > 0) {
      if (this.open === null) this.boundary();
      return;
    }
    if (type <= 31) {
      const slice = parseHevcSlice(head);
      if (this.open === null || (this.open.slices && slice?.first === true)) this.boundary();
      if (this.open === null || this.open.slices) return;
      this.open.nalType = type;
      this.open.usesPps = slice?.pps ?? null;
      this.resolve(false);
      return;
    }
    const opens =
      type === HEVC_NAL.aud ||
      (this.open?.slices !== false &&
        ((type >= HEVC_NAL.vps && type <= HEVC_NAL.pps) ||
          type === HEVC_NAL.prefixSei ||
          (type >= 41 && type <= 44) ||
          (type >= 48 && type <= 55)));
    if (opens || this.open === null) this.boundary();
  }

  protected nalEnds(nal: Buffer): boolean {
    const open = this.open;
    if (open === null || layerOf(nal) > 0) return false;
    const type = hevcNalType(nal[0] ?? 0);
    // After a loss a parameter set may be two halves of different things: what is known is better.
    if (open.damaged && this.#config !== null && type >= HEVC_NAL.vps && type <= HEVC_NAL.pps) return false;
    switch (type) {
      case HEVC_NAL.vps: {
        const parsed = this.#vps.repeats(nal) ? null : parseHevcVps(nal);
        if (parsed !== null) open.vps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        return false;
      }
      case HEVC_NAL.sps: {
        const parsed = this.#sps.repeats(nal) ? null : parseHevcSps(nal);
        if (parsed !== null) open.sps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        return false;
      }
      case HEVC_NAL.pps: {
        const parsed = parseHevcPps(nal);
        if (parsed === null || this.#pps.redundant(parsed.id, nal)) return false;
        if (!this.#pps.holds(parsed.id, nal)) open.pps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        // Alone it stays in the stream; with a new sequence parameter set it goes into the new init segment.
        return this.#config !== null && open.sps.length === 0;
      }
      case HEVC_NAL.prefixSei:
        this.#seiEnds(open, nal);
        return true;
      case HEVC_NAL.aud:
      case HEVC_NAL.endOfSequence:
      case HEVC_NAL.endOfBitstream:
      case HEVC_NAL.filler:
        return false;
      default:
        return true;
    }
  }

  #seiEnds(open: Picture, nal: Buffer): void {
    if (open.slices) return;
    this.#captions ||= nal.includes(CAPTIONS);
    if (!nal.includes(ALTERNATIVE_TRANSFER)) return;
    for (const { type, payload } of seiMessages(unescapeRbsp(nal.subarray(2), 512)))
      if (type === SEI.alternativeTransfer) open.transfer = preferredTransfer(payload);
  }

  protected newPicture(damaged: boolean): Picture {
    return {
      pts: null,
      dts: null,
      hint: false,
      damaged,
      slices: false,
      vps: [],
      sps: [],
      pps: [],
      nalType: 0,
      usesPps: null,
      transfer: null,
    };
  }

  protected commit(picture: Picture): void {
    for (const { id, nal, parsed } of picture.vps) this.#vps.set(id, nal, parsed);
    for (const { id, nal, parsed } of picture.sps) this.#sps.set(id, nal, parsed);
    for (const { id, nal, parsed } of picture.pps) this.#pps.set(id, nal, parsed);
    if (picture.usesPps === null) return;
    const pps = this.#pps.get(picture.usesPps);
    const sps = pps === undefined ? undefined : this.#sps.get(pps.sps);
    if (sps === undefined) return;
    this.#active = sps;
    const before = this.#transfer;
    // It holds for a coded video sequence, which IDR and BLA pictures begin.
    const begins = picture.nalType >= HEVC_NAL.blaWLp && picture.nalType <= HEVC_NAL.idrNLp;
    if (picture.transfer !== null || (begins && !picture.damaged)) this.#transfer = picture.transfer;
    const same = picture.sps.length === 0 && picture.vps.length === 0 && this.#transfer === before;
    if (this.#config !== null && same) return;
    const { width, height, sar, frameRate, interlaced } = sps;
    const sets = { vps: this.#vps.configure(), sps: this.#sps.configure(), pps: this.#pps.configure() };
    this.#config = {
      family: "hevc",
      codec: hevcCodecString(sps),
      width,
      height,
      sar,
      frameRate,
      interlaced,
      colour: withTransfer(sps.colour, this.#transfer),
      captions: this.#captions,
      config: hevcConfig(sps, sets),
    };
  }

  protected facts(picture: Picture): PictureFacts {
    const type = picture.nalType;
    const randomAccess = type >= HEVC_NAL.blaWLp && type <= HEVC_NAL.lastIrap;
    if (randomAccess) this.#broken = type <= HEVC_NAL.blaNLp;
    return {
      randomAccess,
      idr: randomAccess,
      skippedLeading: type === HEVC_NAL.raslN || type === HEVC_NAL.raslR,
      decodableLeading: type === HEVC_NAL.radlN || type === HEVC_NAL.radlR,
      // Below 16, even types are sub-layer non-reference pictures; only in the highest sub-layer does nobody refer to them.
      reference: type >= 16 || type % 2 === 1,
      config: this.#config,
    };
  }

  /** After a BLA picture nobody can decode the RASL pictures, wherever decoding began. */
  protected override undecodable(picture: Picture): boolean {
    return this.#broken && (picture.nalType === HEVC_NAL.raslN || picture.nalType === HEVC_NAL.raslR);
  }

  protected frameTicks(): number {
    const rate = this.#active?.frameRate ?? 0;
    return rate > 0 ? 90_000 / rate : 3600;
  }
}

/** nuh_layer_id: what is not 0 belongs to scalable or multiview extensions. */
const layerOf = (nal: Buffer): number => (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >> 3);
