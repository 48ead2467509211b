import { BitWriter } from "../../../../src/share/live/packaging/no-idr/bit-writer.ts";
import { ServiceAssembly } from "../../../../src/share/live/packaging/elementary/service-assembly.ts";
import { audioParser, videoParser } from "../../../../src/share/live/packaging/elementary/parsers.ts";
import type { AudioConfig } from "../../../../src/share/live/packaging/elementary/audio-config.ts";
import type { VideoConfig } from "../../../../src/share/live/packaging/elementary/nal-stream.ts";
import type { CodedFrame } from "../../../../src/share/live/packaging/elementary/pes.ts";
import type { AccessUnit, MediaSink, Track } from "../../../../src/share/live/media-source.ts";
import { ms, pid } from "../../../../src/kernel/units.ts";
import type { ElementaryStream, PesPacket, StreamCodec } from "../../../../src/tuner/ports.ts";
import { demux } from "../../../helpers/ts-to-media.ts";

/** Coded pictures and sound, exact to the bit where a rule is about bits, and what becomes of them. */

export const stream = (
  codec: StreamCodec,
  descriptors: Buffer = Buffer.alloc(0),
  number = 100,
): ElementaryStream => ({
  pid: pid(number),
  streamType: 0,
  codec,
  language: null,
  audioDescription: false,
  descriptors,
});

export const pes = (data: Buffer, pts: number, more: Partial<PesPacket> = {}): PesPacket => ({
  pid: pid(100),
  pts,
  dts: pts,
  randomAccess: false,
  damaged: false,
  data,
  arrivedAt: ms(0),
  ...more,
});

/** The PES packets of a transport stream's one elementary stream: ffmpeg makes one of each picture. */
export function packetsOf(ts: Buffer): PesPacket[] {
  const packets: PesPacket[] = [];
  demux(ts, {
    streams: () => undefined,
    pes: (packet) => void packets.push({ ...packet, pid: pid(100), data: Buffer.from(packet.data) }),
    pcr: () => undefined,
    scrambling: () => undefined,
    ended: () => undefined,
  });
  return packets;
}

/** Every frame that the parser of this coding makes of the packets. */
export function pictures(codec: StreamCodec, packets: readonly PesPacket[]): CodedFrame<VideoConfig>[] {
  const frames: CodedFrame<VideoConfig>[] = [];
  const parser = videoParser(
    stream(codec),
    (frame) => void frames.push({ ...frame, data: Buffer.from(frame.data) }),
  );
  for (const packet of packets) parser.push(packet);
  parser.flush();
  return frames;
}

export function sounds(of: ElementaryStream, packets: readonly PesPacket[]): CodedFrame<AudioConfig>[] {
  const frames: CodedFrame<AudioConfig>[] = [];
  const parser = audioParser(of, (frame) => void frames.push({ ...frame, data: Buffer.from(frame.data) }));
  for (const packet of packets) parser.push(packet);
  parser.flush();
  return frames;
}

/** What a service of this one stream delivers, from its first random access point on. */
export function delivered(
  codec: StreamCodec,
  packets: readonly PesPacket[],
  beside?: MediaSink,
): { readonly tracks: readonly Track[]; readonly units: readonly AccessUnit[] } {
  const units: AccessUnit[] = [];
  let told: readonly Track[] = [];
  const assembly = new ServiceAssembly({
    tracks(tracks) {
      told = tracks;
      beside?.tracks(tracks);
    },
    accessUnit(unit) {
      units.push({ ...unit, data: Buffer.from(unit.data) });
      beside?.accessUnit(unit);
    },
    discontinuity: () => beside?.discontinuity(),
    ended: () => undefined,
  });
  assembly.streams({ serviceId: 1, pcrPid: pid(100), streams: [stream(codec)], scrambled: false });
  for (const packet of packets) assembly.pes(packet);
  assembly.flush();
  return { tracks: told, units };
}

// ---- bits

export function bits(write: (writer: BitWriter) => void): Buffer {
  const writer = new BitWriter();
  write(writer);
  return Buffer.from(writer.done());
}

/** A NAL unit behind its start code, emulation prevention put in. @see ISO/IEC 14496-10 §7.3.1 */
export function nal(header: readonly number[], rbsp: Buffer): Buffer {
  const out = [0, 0, 0, 1, ...header];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out.push(byte);
  }
  return Buffer.from(out);
}

/** An SEI NAL unit of these messages, each below 255 bytes. */
export const sei = (header: readonly number[], ...messages: readonly (readonly [number, Buffer])[]): Buffer =>
  nal(
    header,
    Buffer.concat([
      ...messages.flatMap(([type, payload]) => [Buffer.from([type, payload.length]), payload]),
      Buffer.from([0x80]),
    ]),
  );

/** Sequence and picture parameter set of 720 by 576 in fields, BT.2020 colours, 25 frames a second. */
export const H264_SETS = Buffer.concat([
  nal(
    [0x67],
    bits((w) => {
      for (const byte of [77, 0, 30]) w.bits(byte, 8);
      for (const value of [0, 0, 2, 1]) w.ue(value); // id, 4 bits of frame_num, order type 2, one reference
      w.flag(false);
      w.ue(44);
      w.ue(17);
      w.bits(0b0010, 4); // fields, no macroblock pairs, direct_8x8_inference, no cropping
      w.bits(0b1001, 4); // VUI: no aspect ratio, no overscan, video signal type
      w.bits(0b10101, 5); // unspecified, limited range, colour description
      for (const code of [9, 14, 9]) w.bits(code, 8);
      w.bits(0b01, 2); // no chroma location, timing
      w.bits(1, 32);
      w.bits(50, 32);
      w.bits(0b10000, 5); // fixed rate; no HRD, no pic_struct, no restriction
      w.bits(1, 1);
    }),
  ),
  nal(
    [0x68],
    bits((w) => {
      w.ue(0);
      w.ue(0);
      w.bits(0b00, 2);
      for (const value of [0, 0, 0]) w.ue(value);
      w.bits(0, 3);
      for (const value of [0, 0, 0]) w.se(value);
      w.bits(0b0001, 4);
    }),
  ),
]);

export interface H264Slice {
  /** Default P. */
  readonly type?: "I" | "P" | "B";
  readonly idr?: boolean;
  /** Default: a frame. */
  readonly field?: "top" | "bottom";
  readonly frameNum?: number;
  readonly reference?: boolean;
}

const SLICE_TYPE = { P: 5, B: 6, I: 7 } as const;

/** The one slice of a picture of {@link H264_SETS}; its macroblocks are noise. */
export function h264Slice({
  type = "P",
  idr = false,
  field,
  frameNum = 0,
  reference = true,
}: H264Slice): Buffer {
  return nal(
    [(reference ? 0x60 : 0) | (idr ? 5 : 1)],
    bits((w) => {
      w.ue(0);
      w.ue(SLICE_TYPE[type]);
      w.ue(0);
      w.bits(frameNum, 4);
      w.flag(field !== undefined);
      if (field !== undefined) w.flag(field === "bottom");
      if (idr) w.ue(0);
      for (let i = 0; i < 16; i++) w.bits(0xa5, 8);
    }),
  );
}

export const H264_AUD = nal([9], Buffer.from([0xf0]));

export interface Mpeg2Picture {
  readonly type: "I" | "P" | "B";
  readonly temporalReference: number;
  /** Present: sequence and group of pictures headers stand before the picture. */
  readonly group?: { readonly closed?: boolean; readonly broken?: boolean };
  /** Behind the picture's headers. */
  readonly userData?: Buffer;
}

const START = Buffer.from([0, 0, 1]);

/** A frame of 720 by 576, 25 a second; its slice is noise. */
export function mpeg2Picture({ type, temporalReference, group, userData }: Mpeg2Picture): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE((temporalReference << 6) | ({ I: 1, P: 2, B: 3 }[type] << 3));
  const flags = (group?.closed ? 0x40 : 0) | (group?.broken ? 0x20 : 0);
  return Buffer.concat([
    ...(group === undefined
      ? []
      : [
          Buffer.from("000001b32d0240231869c4000001b5148a00010000000001b8000800", "hex"),
          Buffer.from([flags]),
        ]),
    Buffer.concat([START, Buffer.from([0]), header]),
    Buffer.from("000001b58ffff3c180", "hex"),
    ...(userData === undefined ? [] : [Buffer.concat([START, Buffer.from([0xb2]), userData])]),
    Buffer.from("00000101123456789a", "hex"),
  ]);
}

export interface Eac3 {
  /** 0 independent, 1 dependent. */
  readonly type: 0 | 1;
  readonly substream?: number;
  /** Bytes, even. */
  readonly length: number;
  readonly channelMap?: number;
  /** complexity_index_type_a. */
  readonly joc?: number;
}

/** A frame of six blocks at 48 kHz, 5.1 or, where it depends, two channels; its sound is noise. @see TS 102 366 §E.1.2 */
export function eac3({ type, substream = 0, length, channelMap, joc }: Eac3): Buffer {
  const head = bits((w) => {
    w.bits(0x0b77, 16);
    w.bits(type, 2);
    w.bits(substream, 3);
    w.bits(length / 2 - 1, 11);
    w.bits(0b0011, 4); // 48 kHz, six blocks
    w.bits(type === 0 ? 7 : 2, 3);
    w.flag(type === 0);
    w.bits(16, 5);
    w.bits(27, 5);
    w.flag(false);
    if (type === 1) {
      w.flag(channelMap !== undefined);
      if (channelMap !== undefined) w.bits(channelMap, 16);
    }
    w.bits(0, 2); // no mixing, no informational metadata
    w.flag(joc !== undefined);
    if (joc === undefined) return;
    w.bits(1, 6);
    w.bits(1, 8); // reserved bits, flag_ec3_extension_type_a
    w.bits(joc, 8);
  });
  return Buffer.concat([head, Buffer.alloc(length - head.length, 0x55)]);
}
