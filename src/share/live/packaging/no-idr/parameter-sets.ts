import { BitReader } from "../codecs/bit-reader.ts";
import { H264_NAL, parseH264Sps, type H264Sps } from "../codecs/h264.ts";
import { unescapeRbsp } from "../codecs/nal.ts";

/** What of a picture parameter set the syntax of slice headers depends on. @see ISO/IEC 14496-10 §7.3.2.2 */
export interface PictureParameters {
  readonly id: number;
  readonly sps: number;
  readonly cabac: boolean;
  /** bottom_field_pic_order_in_frame_present_flag */
  readonly bottomOrder: boolean;
  /** num_ref_idx_lX_default_active_minus1 + 1 */
  readonly active: readonly [number, number];
  readonly weighted: boolean;
  /** weighted_bipred_idc, 0..2 */
  readonly weightedBipred: number;
  /** deblocking_filter_control_present_flag */
  readonly deblocking: boolean;
  /** redundant_pic_cnt_present_flag */
  readonly redundant: boolean;
}

/** @returns null for what makes no sense and for slice groups (no profile of broadcasting has them) */
export function parsePictureParameters(nal: Buffer): PictureParameters | null {
  const reader = new BitReader(unescapeRbsp(nal));
  reader.skip(8);
  const id = reader.ue();
  const sps = reader.ue();
  const cabac = reader.flag();
  const bottomOrder = reader.flag();
  const groups = reader.ue();
  const active = [reader.ue() + 1, reader.ue() + 1] as const;
  const weighted = reader.flag();
  const weightedBipred = reader.bits(2);
  for (let i = 0; i < 3; i++) reader.se();
  const deblocking = reader.flag();
  reader.skip(1);
  const redundant = reader.flag();
  if (reader.overrun || id > 255 || sps > 31 || groups > 0 || active[0] > 32 || active[1] > 32) return null;
  return { id, sps, cabac, bottomOrder, active, weighted, weightedBipred, deblocking, redundant };
}

/** The parameter sets that slices refer to: those of the track's avcC, and what came in the stream since. */
export class SliceParameters {
  readonly #sps = new Map<number, H264Sps>();
  readonly #pps = new Map<number, PictureParameters>();
  readonly #configured = new Map<number, Buffer>();
  /** Picture parameter sets as they are now and not as avcC has them. */
  readonly #changed = new Map<number, Buffer>();

  /** @param config AVCDecoderConfigurationRecord. @see ISO/IEC 14496-15 §5.3.3.1 */
  constructor(config: Buffer) {
    let at = 5;
    for (const mask of [0x1f, 0xff]) {
      const count = (config[at++] ?? 0) & mask;
      for (let i = 0; i < count && at + 2 <= config.length; i++) {
        const size = config.readUInt16BE(at);
        this.#learn(config.subarray(at + 2, at + 2 + size), true);
        at += 2 + size;
      }
    }
  }

  #learn(nal: Buffer, configured: boolean): void {
    if (((nal[0] ?? 0) & 31) === H264_NAL.sps) {
      const sps = parseH264Sps(nal);
      if (sps !== null) this.#sps.set(sps.id, sps);
      return;
    }
    const pps = parsePictureParameters(nal);
    if (pps === null) return;
    this.#pps.set(pps.id, pps);
    if (configured) this.#configured.set(pps.id, nal);
    else if (this.#configured.get(pps.id)?.equals(nal) === true) this.#changed.delete(pps.id);
    else this.#changed.set(pps.id, Buffer.from(nal));
  }

  /** A picture parameter set came in the stream. */
  update(nal: Buffer): void {
    this.#learn(nal, false);
  }

  /** Whoever begins to decode now needs these besides avcC. */
  get changed(): Buffer[] {
    return [...this.#changed.values()];
  }

  of(pps: number): { readonly sps: H264Sps; readonly pps: PictureParameters } | null {
    const picture = this.#pps.get(pps);
    const sequence = picture === undefined ? undefined : this.#sps.get(picture.sps);
    return picture === undefined || sequence === undefined ? null : { sps: sequence, pps: picture };
  }
}
