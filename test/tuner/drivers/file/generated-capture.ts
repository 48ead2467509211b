import { SectionPacketiser } from "../../../../src/tuner/mpegts/section-packetiser.ts";
import { writeTimestamp } from "../../../../src/tuner/mpegts/packet.ts";
import { encodePat } from "../../../../src/tuner/si/pat.ts";
import { encodePmt } from "../../../../src/tuner/si/pmt.ts";
import { encodeSdt } from "../../../../src/tuner/si/sdt.ts";
import { tsPacket } from "../../../helpers/ts-packets.ts";

export const VIDEO = 0x101;
export const AUDIO = 0x102;
const HEADER = { version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
const FRAME = 3600;
const AUDIO_FRAME = 2160;
const PTS_WRAP = 2 ** 33;

export interface CaptureOptions {
  readonly seconds: number;
  /** PCR base of the first packet, 90 kHz; default 0. */
  readonly startsAt?: number;
  /** Added to all clocks from the middle on, 90 kHz; default 0. */
  readonly jump?: number;
  /** Default true. */
  readonly pcr?: boolean;
  /** Names in the SDT by service_id; default one service. */
  readonly services?: readonly { readonly id: number; readonly name: string }[];
  readonly transportStreamId?: number;
  /** The SDT promises a schedule of each service; default false. */
  readonly schedule?: boolean;
}

/**
 * A small transport stream with PAT, PMT, SDT, video with a random access point every 12 pictures, and audio, at an even rate
 * of 20 packets a picture; the first pictures belong to a GOP whose beginning is not there, as in any capture.
 */
export function generateCapture(options: CaptureOptions): Buffer {
  const services = options.services ?? [{ id: 1, name: "One" }];
  const packets: Buffer[] = [];
  const counters = new Map<number, number>();
  const cc = (pid: number): number => {
    const value = counters.get(pid) ?? 0;
    counters.set(pid, (value + 1) % 16);
    return value;
  };
  const tables = sections(services, options.transportStreamId ?? 7, options.schedule ?? false);
  const frames = Math.round(options.seconds * 25);
  let audioPts = 0;
  for (let frame = 0; frame < frames; frame++) {
    const from = packets.length;
    const shift = (options.startsAt ?? 0) + (frame >= frames / 2 ? (options.jump ?? 0) : 0);
    if (frame % 5 === 0) for (const write of tables) packets.push(...write());
    for (const [i] of services.entries()) {
      const time = (frame * FRAME + shift) % PTS_WRAP;
      const start = frame % 12 === 5 ? "000000010967000000016800000001" : "00000001094100000001";
      packets.push(
        tsPacket({
          pid: VIDEO + i * 16,
          cc: cc(VIDEO + i * 16),
          payloadUnitStart: true,
          payload: Buffer.concat([
            pesHeader(0xe0, time + 27_000),
            Buffer.from(start, "hex"),
            Buffer.alloc(100, frame),
          ]),
          adaptation: options.pcr === false ? {} : { pcr: time * 300, randomAccess: frame % 12 === 5 },
        }),
      );
      for (let k = 0; k < 3; k++)
        packets.push(
          tsPacket({ pid: VIDEO + i * 16, cc: cc(VIDEO + i * 16), payload: Buffer.alloc(184, frame) }),
        );
    }
    while (audioPts < (frame + 1) * FRAME) {
      const body = Buffer.alloc(270, 3);
      const unit = Buffer.concat([pesHeader(0xc0, (audioPts + shift + 9000) % PTS_WRAP, body.length), body]);
      for (const [i] of services.entries()) {
        const pid = AUDIO + i * 16;
        packets.push(tsPacket({ pid, cc: cc(pid), payloadUnitStart: true, payload: unit.subarray(0, 184) }));
        packets.push(tsPacket({ pid, cc: cc(pid), payload: unit.subarray(184) }));
      }
      audioPts += AUDIO_FRAME;
    }
    while (packets.length - from < 20 * services.length + 6)
      packets.push(tsPacket({ pid: 0x1fff, payload: Buffer.alloc(184, 0xff) }));
  }
  return Buffer.concat(packets);
}

function sections(
  services: readonly { id: number; name: string }[],
  transportStreamId: number,
  schedule: boolean,
): (() => Buffer[])[] {
  const program = services.map((service, i) => ({ serviceId: service.id, pid: 0x1000 + i }));
  const pat = encodePat({ ...HEADER, transportStreamId, networkPid: null, programs: program });
  const sdt = encodeSdt({
    ...HEADER,
    tableId: 0x42,
    actual: true,
    transportStreamId,
    originalNetworkId: 99,
    services: services.map(({ id, name }) => ({
      serviceId: id,
      eitSchedule: schedule,
      eitPresentFollowing: false,
      runningStatus: 4,
      freeCaMode: false,
      serviceType: 1,
      name,
      provider: "Test",
    })),
  });
  const pmts = services.map(({ id }, i) =>
    encodePmt({
      serviceId: id,
      version: 1,
      current: true,
      pcrPid: VIDEO + i * 16,
      descriptors: Buffer.alloc(0),
      streams: [
        { streamType: 0x1b, pid: VIDEO + i * 16, descriptors: Buffer.alloc(0) },
        { streamType: 0x03, pid: AUDIO + i * 16, descriptors: Buffer.alloc(0) },
      ],
    }),
  );
  return [packetiser(0, pat), packetiser(17, sdt), ...pmts.map((pmt, i) => packetiser(0x1000 + i, pmt))];
}

function packetiser(pid: number, section: Buffer): () => Buffer[] {
  const writer = new SectionPacketiser(pid);
  return () => {
    const out = Buffer.alloc(SectionPacketiser.size(section.length));
    writer.write(section, out, 0);
    return [out.subarray(0)];
  };
}

function pesHeader(streamId: number, pts: number, bodyLength = 0): Buffer {
  const length = bodyLength === 0 ? 0 : bodyLength + 8;
  const header = Buffer.from([
    0,
    0,
    1,
    streamId,
    length >> 8,
    length & 0xff,
    0x80,
    0x80,
    5,
    0x21,
    1,
    0,
    1,
    0,
  ]);
  writeTimestamp(header, 9, pts);
  return header;
}

/** The same packets with something before or behind each. */
export function withStride(stream: Buffer, stride: 192 | 204): Buffer {
  const out: Buffer[] = [];
  for (let at = 0; at < stream.length; at += 188) {
    if (stride === 192) out.push(Buffer.from([0x12, 0x34, 0x56, 0x78]));
    out.push(stream.subarray(at, at + 188));
    if (stride === 204) out.push(Buffer.alloc(16, 0xee));
  }
  return Buffer.concat(out);
}
