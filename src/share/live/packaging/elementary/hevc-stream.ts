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
import { NalStream, type OpenPicture, type PictureFacts, type VideoConfig } from "./nal-stream.ts";
import { ParameterSets, type StagedSet } from "./parameter-sets.ts";

interface Picture extends OpenPicture {
  vps: StagedSet<unknown>[];
  sps: StagedSet<HevcSps>[];
  pps: StagedSet<{ readonly sps: number }>[];
  nalType: number;
  usesPps: number | null;
}

/** HEVC access units. Field pictures stay one sample each. @see ISO/IEC 23008-2 §7.4.2.4.4, ISO/IEC 14496-15 §8 */
export class HevcStream extends NalStream<Picture> {
  readonly #vps = new ParameterSets<unknown>();
  readonly #sps = new ParameterSets<HevcSps>();
  readonly #pps = new ParameterSets<{ readonly sps: number }>();
  #active: HevcSps | null = null;
  #config: VideoConfig | null = null;
  /** The leading pictures that come now follow a BLA: their references are not there. */
  #broken = false;

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
        const parsed = parseHevcVps(nal);
        if (parsed !== null && !this.#vps.holds(parsed.id, nal))
          open.vps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        return false;
      }
      case HEVC_NAL.sps: {
        const parsed = parseHevcSps(nal);
        if (parsed !== null && !this.#sps.holds(parsed.id, nal))
          open.sps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        return false;
      }
      case HEVC_NAL.pps: {
        const parsed = parseHevcPps(nal);
        if (parsed === null || this.#pps.redundant(parsed.id, nal)) return false;
        if (!this.#pps.holds(parsed.id, nal)) open.pps.push({ id: parsed.id, nal: Buffer.from(nal), parsed });
        // Alone it stays in the stream; with a new sequence parameter set it goes into the new init segment.
        return this.#config !== null && open.sps.length === 0;
      }
      case HEVC_NAL.aud:
      case HEVC_NAL.endOfSequence:
      case HEVC_NAL.endOfBitstream:
      case HEVC_NAL.filler:
        return false;
      default:
        return true;
    }
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
    if (this.#config !== null && picture.sps.length === 0 && picture.vps.length === 0) return;
    const { width, height, sar, frameRate, interlaced, colour } = sps;
    const sets = { vps: this.#vps.configure(), sps: this.#sps.configure(), pps: this.#pps.configure() };
    this.#config = {
      family: "hevc",
      codec: hevcCodecString(sps),
      width,
      height,
      sar,
      frameRate,
      interlaced,
      colour,
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
