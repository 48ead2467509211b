import type { Milliseconds } from "../../../../kernel/units.ts";

/** What an elementary stream takes of a PES packet (the tuner's `PesPacket` fits). */
export interface PesInput {
  /** 33-bit; null when not coded. */
  readonly pts: number | null;
  readonly dts: number | null;
  readonly randomAccess: boolean;
  readonly damaged: boolean;
  /** Valid during the call. */
  readonly data: Buffer;
  readonly arrivedAt: Milliseconds;
}

/** A frame that came out of an elementary stream, still on the 33-bit clock of the multiplex. */
export interface CodedFrame<Config> {
  /** 33-bit. */
  readonly pts: number;
  /** 33-bit. */
  readonly dts: number;
  /** Nominal duration in 90 kHz ticks, fractional; what comes next is expected there. */
  readonly duration: number;
  readonly randomAccess: boolean;
  readonly idr: boolean;
  /** Cannot be decoded when decoding began at the random access point before it (HEVC RASL). */
  readonly skippedLeading: boolean;
  /** Decodable although shown before its random access point (HEVC RADL, closed GOP). */
  readonly decodableLeading: boolean;
  /** Something of it is missing. */
  readonly damaged: boolean;
  /** What decodes this frame; a new object when it changed. Null until the stream has told. */
  readonly config: Config | null;
  /** Valid during the call. */
  readonly data: Buffer;
}

/** An elementary stream: PES packets in, frames out. Never throws, whatever comes in. */
export interface ElementaryParser {
  push(packet: PesInput): void;
  /** Lets out what waits for its end; the stream may go on afterwards. */
  flush(): void;
  /** Forgets everything that is half done (loss, splice). */
  reset(): void;
}
