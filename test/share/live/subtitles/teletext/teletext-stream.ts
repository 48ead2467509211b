import { SectionPacketiser } from "../../../../../src/tuner/mpegts/section-packetiser.ts";
import { teletextDescriptor } from "../../../../../src/tuner/si/descriptors.ts";
import { encodePat } from "../../../../../src/tuner/si/pat.ts";
import { encodePmt } from "../../../../../src/tuner/si/pmt.ts";
import { tsPacket } from "../../../../helpers/ts-packets.ts";
import { pesData, type Line } from "./teletext-builder.ts";

/** One PES packet of a teletext stream. */
export interface TimedLines {
  /** 90 kHz */
  readonly pts: number;
  readonly lines: readonly Line[];
}

const PMT_PID = 0x100;
const TELETEXT_PID = 0x101;
const VERSION = { version: 0, current: true, sectionNumber: 0, lastSectionNumber: 0 };

/** A transport stream of one service with nothing but teletext, for other programs to read. */
export function teletextStream(
  packets: readonly TimedLines[],
  pages: Parameters<typeof teletextDescriptor>[0] = [{ language: "eng", teletextType: 2, page: 888 }],
): Buffer {
  const sections = [
    section(
      0,
      encodePat({
        ...VERSION,
        transportStreamId: 1,
        networkPid: null,
        programs: [{ serviceId: 1, pid: PMT_PID }],
      }),
    ),
    section(
      PMT_PID,
      encodePmt({
        ...VERSION,
        serviceId: 1,
        pcrPid: TELETEXT_PID,
        descriptors: Buffer.alloc(0),
        streams: [{ streamType: 6, pid: TELETEXT_PID, descriptors: teletextDescriptor(pages) }],
      }),
    ),
  ];
  let cc = 0;
  const media = packets.flatMap(({ pts, lines }) => {
    const pes = pesPacket(pts, pesData(lines));
    const parts = [
      tsPacket({ pid: TELETEXT_PID, cc: (cc + 15) & 15, adaptation: { pcr: (pts - 9_000) * 300 } }),
    ];
    for (let at = 0; at < pes.length; at += 184)
      parts.push(
        tsPacket({
          pid: TELETEXT_PID,
          cc: cc++ & 15,
          payloadUnitStart: at === 0,
          payload: pes.subarray(at, at + 184),
        }),
      );
    return parts;
  });
  return Buffer.concat([...sections, ...media]);
}

function section(pid: number, data: Buffer): Buffer {
  const out = Buffer.alloc(SectionPacketiser.size(data.length));
  new SectionPacketiser(pid).write(data, out, 0);
  return out;
}

/** @see EN 300 472 §4.2: stream_id private_stream_1, a header of 45 bytes */
function pesPacket(pts: number, data: Buffer): Buffer {
  const head = Buffer.alloc(45, 0xff);
  head.writeUInt32BE(0x000001bd, 0);
  head.writeUInt16BE(head.length - 6 + data.length, 4);
  head.writeUIntBE(0x858024, 6, 3);
  head.writeUInt8(0x21 | (Math.floor(pts / 2 ** 30) << 1), 9);
  head.writeUInt16BE((Math.floor(pts / 2 ** 15) % 2 ** 15) * 2 + 1, 10);
  head.writeUInt16BE((pts % 2 ** 15) * 2 + 1, 12);
  return Buffer.concat([head, data]);
}
