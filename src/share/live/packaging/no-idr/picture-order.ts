import type { H264Sps } from "../codecs/h264.ts";
import type { Picture } from "./references.ts";
import type { SliceHeader } from "./slice-header.ts";

/** Picture order counts of a stream, types 0 and 2. @see ISO/IEC 14496-10 §8.2.1 */
export class PictureOrder {
  #high = 0;
  #low = 0;
  #offset = 0;
  #frameNum = 0;

  /** Puts the counts of the frame or field that the slice begins into `picture`. */
  count(header: SliceHeader, sps: H264Sps, picture: Picture): void {
    if (sps.orderType === 0) this.#coded(header, sps, picture);
    else this.#derived(header, sps, picture);
  }

  #coded(header: SliceHeader, sps: H264Sps, picture: Picture): void {
    if (header.idrPicId !== null) this.#high = this.#low = 0;
    const range = 2 ** sps.orderBits;
    const step = header.orderLsb - this.#low;
    let high = this.#high;
    if (step <= -range / 2) high += range;
    else if (step > range / 2) high -= range;
    const count = high + header.orderLsb;
    if (header.fields & 1) picture.top = count;
    if (header.fields & 2) picture.bottom = count + (header.orderDelta ?? 0);
    if (!header.reference) return;
    this.#high = high;
    this.#low = header.orderLsb;
  }

  #derived(header: SliceHeader, sps: H264Sps, picture: Picture): void {
    if (header.idrPicId !== null) this.#offset = 0;
    else if (header.frameNum < this.#frameNum) this.#offset += 2 ** sps.frameNumBits;
    this.#frameNum = header.frameNum;
    const count = 2 * (this.#offset + header.frameNum) - (header.reference ? 0 : 1);
    if (header.fields & 1) picture.top = count;
    if (header.fields & 2) picture.bottom = count;
  }
}
