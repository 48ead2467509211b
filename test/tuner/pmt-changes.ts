import { SectionPacketiser } from "../../src/tuner/mpegts/section-packetiser.ts";
import { decodePmt, encodePmt, type Pmt } from "../../src/tuner/si/pmt.ts";

const FIRST_PMT_PID = 0x1000;

/** The same stream with its first service's PMT changed. */
function withPmt(stream: Buffer, change: (pmt: Pmt) => Pmt): Buffer {
  const out = Buffer.from(stream);
  for (let at = 0; at < out.length; at += 188) {
    if ((out.readUInt16BE(at + 1) & 0x1fff) !== FIRST_PMT_PID) continue;
    const counter = out[at + 3]! & 15;
    const start = at + 5;
    const pmt = decodePmt(
      Buffer.from(out.subarray(start, start + 3 + (out.readUInt16BE(start + 1) & 0xfff))),
    );
    if (pmt === null) throw new Error("the PMT is longer than a packet");
    const packet = Buffer.alloc(188);
    new SectionPacketiser(FIRST_PMT_PID).write(encodePmt(change(pmt)), packet, 0);
    packet[3] = 0x10 | counter;
    packet.copy(out, at);
  }
  return out;
}

export const reversioned = (stream: Buffer): Buffer =>
  withPmt(stream, (pmt) => ({ ...pmt, version: (pmt.version + 1) % 32 }));

export const retyped = (stream: Buffer, pid: number, streamType: number): Buffer =>
  withPmt(stream, (pmt) => ({
    ...pmt,
    version: (pmt.version + 2) % 32,
    streams: pmt.streams.map((one) => (one.pid === pid ? { ...one, streamType } : one)),
  }));
