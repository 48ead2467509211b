/** Bytes of a NAL unit's beginning in which its counters are looked for; parameter sets want more than slices. */
export const HEAD_BYTES = { slice: 32, parameterSet: 256 } as const;

/** A field of fixed width in a header: where it is, in bits of the unescaped bytes, and what it holds. */
export interface Counter {
  readonly bit: number;
  readonly width: number;
  readonly value: number;
}

/** What a slice header counts. */
export interface SliceCounters {
  /** Counting begins anew: IDR, or BLA. */
  readonly reset: boolean;
  /** Others count from this picture. */
  readonly reference: boolean;
  /** frame_num; null in HEVC. */
  readonly frame: Counter | null;
  /** pic_order_cnt_lsb; null where there is none. */
  readonly order: Counter | null;
}

/** Reads slice headers of one stream and remembers its parameter sets. */
export interface HeaderReader {
  /** @param bytes beginning of a NAL unit, unescaped. @returns null when it is no slice, or its parameter sets are not known */
  read(bytes: Buffer): SliceCounters | null;
}

/** Bits, most significant first; zeros behind the end. */
class Bits {
  position: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.position++)
      value = value * 2 + (((this.#bytes[this.position >> 3] ?? 0) >> (7 - (this.position & 7))) & 1);
    return value;
  }

  /** Exp-Golomb; ISO/IEC 14496-10 §9.1 */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  counter(width: number): Counter {
    return { bit: this.position, width, value: this.read(width) };
  }

  get overrun(): boolean {
    return this.position > this.#bytes.length * 8;
  }
}

interface H264Sps {
  readonly frameBits: number;
  /** 0: no pic_order_cnt_lsb. */
  readonly orderBits: number;
  readonly framesOnly: boolean;
  readonly separatePlanes: boolean;
}

const HIGH_PROFILES: ReadonlySet<number> = new Set([
  44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
]);

/** @see ISO/IEC 14496-10 §7.3.2.1, §7.3.2.2, §7.3.3 */
export class H264HeaderReader implements HeaderReader {
  readonly #sps = new Map<number, H264Sps>();
  readonly #pps = new Map<number, number>();

  read(bytes: Buffer): SliceCounters | null {
    const type = (bytes[0] ?? 0) & 0x1f;
    if (type === 7) this.#readSps(bytes);
    else if (type === 8) this.#readPps(bytes);
    else if (type === 1 || type === 2 || type === 5) return this.#slice(bytes, type);
    return null;
  }

  #readPps(bytes: Buffer): void {
    const bits = new Bits(bytes, 8);
    const id = bits.ue();
    this.#pps.set(id, bits.ue());
  }

  #readSps(bytes: Buffer): void {
    const bits = new Bits(bytes, 32);
    const id = bits.ue();
    let separatePlanes = false;
    if (HIGH_PROFILES.has(bytes[1] ?? 0)) {
      const chroma = bits.ue();
      if (chroma === 3) separatePlanes = bits.read(1) === 1;
      bits.ue();
      bits.ue();
      bits.read(1);
      if (bits.read(1) === 1) skipScalingLists(bits, chroma === 3 ? 12 : 8);
    }
    const frameBits = bits.ue() + 4;
    const orderType = bits.ue();
    let orderBits = 0;
    if (orderType === 0) orderBits = bits.ue() + 4;
    else if (orderType === 1) {
      bits.read(1);
      bits.ue();
      bits.ue();
      for (let left = Math.min(bits.ue(), 255); left > 0; left--) bits.ue();
    }
    bits.ue();
    bits.read(1);
    bits.ue();
    bits.ue();
    const framesOnly = bits.read(1) === 1;
    if (bits.overrun || frameBits > 16 || orderBits > 16) return;
    this.#sps.set(id, { frameBits, orderBits, framesOnly, separatePlanes });
  }

  #slice(bytes: Buffer, type: number): SliceCounters | null {
    const bits = new Bits(bytes, 8);
    bits.ue();
    bits.ue();
    const sps = this.#sps.get(this.#pps.get(bits.ue()) ?? -1);
    if (sps === undefined) return null;
    if (sps.separatePlanes) bits.read(2);
    const frame = bits.counter(sps.frameBits);
    if (!sps.framesOnly && bits.read(1) === 1) bits.read(1);
    if (type === 5) bits.ue();
    const order = sps.orderBits > 0 ? bits.counter(sps.orderBits) : null;
    if (bits.overrun) return null;
    return { reset: type === 5, reference: ((bytes[0] ?? 0) & 0x60) !== 0, frame, order };
  }
}

function skipScalingLists(bits: Bits, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (bits.read(1) === 0) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64); i++) {
      if (next !== 0) {
        const code = bits.ue();
        const delta = code % 2 === 1 ? (code + 1) / 2 : -code / 2;
        next = (last + delta + 256) % 256;
      }
      last = next === 0 ? last : next;
    }
  }
}

interface HevcSps {
  readonly orderBits: number;
  readonly separatePlanes: boolean;
  /** Width of slice_segment_address. */
  readonly addressBits: number;
}

interface HevcPps {
  readonly sps: number;
  readonly dependentSlices: boolean;
  readonly outputFlag: boolean;
  readonly extraBits: number;
}

/** @see ISO/IEC 23008-2 §7.3.2.2, §7.3.2.3, §7.3.6.1 */
export class HevcHeaderReader implements HeaderReader {
  readonly #sps = new Map<number, HevcSps>();
  readonly #pps = new Map<number, HevcPps>();

  read(bytes: Buffer): SliceCounters | null {
    const type = ((bytes[0] ?? 0) >> 1) & 0x3f;
    if (type === 33) this.#readSps(bytes);
    else if (type === 34) this.#readPps(bytes);
    else if (type <= 9 || (type >= 16 && type <= 21)) return this.#slice(bytes, type);
    return null;
  }

  #readPps(bytes: Buffer): void {
    const bits = new Bits(bytes, 16);
    const id = bits.ue();
    const sps = bits.ue();
    const dependentSlices = bits.read(1) === 1;
    const outputFlag = bits.read(1) === 1;
    this.#pps.set(id, { sps, dependentSlices, outputFlag, extraBits: bits.read(3) });
  }

  #readSps(bytes: Buffer): void {
    const bits = new Bits(bytes, 20);
    const subLayers = bits.read(3);
    bits.read(1);
    skipProfileTierLevel(bits, subLayers);
    const id = bits.ue();
    const separatePlanes = bits.ue() === 3 && bits.read(1) === 1;
    const width = bits.ue();
    const height = bits.ue();
    if (bits.read(1) === 1) for (let i = 0; i < 4; i++) bits.ue();
    bits.ue();
    bits.ue();
    const orderBits = bits.ue() + 4;
    for (let i = bits.read(1) === 1 ? 0 : subLayers; i <= subLayers; i++) {
      bits.ue();
      bits.ue();
      bits.ue();
    }
    const block = 2 ** Math.min(bits.ue() + 3 + bits.ue(), 6);
    const blocks = Math.ceil(width / block) * Math.ceil(height / block);
    if (bits.overrun || orderBits > 16) return;
    this.#sps.set(id, { orderBits, separatePlanes, addressBits: Math.ceil(Math.log2(Math.max(1, blocks))) });
  }

  #slice(bytes: Buffer, type: number): SliceCounters | null {
    const bits = new Bits(bytes, 16);
    const first = bits.read(1) === 1;
    if (type >= 16) bits.read(1);
    const pps = this.#pps.get(bits.ue());
    const sps = this.#sps.get(pps?.sps ?? -1);
    if (pps === undefined || sps === undefined) return null;
    if (!first) {
      if (pps.dependentSlices && bits.read(1) === 1) return null;
      bits.read(sps.addressBits);
    }
    bits.read(pps.extraBits);
    bits.ue();
    if (pps.outputFlag) bits.read(1);
    if (sps.separatePlanes) bits.read(2);
    const idr = type === 19 || type === 20;
    const order = idr ? null : bits.counter(sps.orderBits);
    if (bits.overrun) return null;
    // prevTid0Pic: temporal layer 0, and neither leading nor a sub-layer non-reference picture; §8.3.1
    const lowest = ((bytes[1] ?? 0) & 7) === 1;
    const reference = lowest && (type >= 16 || (type % 2 === 1 && type < 6));
    return { reset: type >= 16 && type <= 20, reference, frame: null, order };
  }
}

function skipProfileTierLevel(bits: Bits, subLayers: number): void {
  bits.position += 96;
  const present: [number, number][] = [];
  for (let i = 0; i < subLayers; i++) present.push([bits.read(1), bits.read(1)]);
  if (subLayers > 0) bits.position += 2 * (8 - subLayers);
  for (const [profile, level] of present) bits.position += profile * 88 + level * 8;
}
