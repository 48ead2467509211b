import { SectionPacketiser } from "../../src/tuner/mpegts/section-packetiser.ts";
import { decodePat, encodePat } from "../../src/tuner/si/pat.ts";
import { decodePmt, encodePmt, type Pmt } from "../../src/tuner/si/pmt.ts";

const PAT_PID = 0;
const FIRST_PMT_PID = 0x1000;

/** The same stream with the sections of a PID changed; each is in a packet of its own, before and after. */
function withSections(stream: Buffer, pid: number, change: (section: Buffer) => Buffer): Buffer {
  const out = Buffer.from(stream);
  for (let at = 0; at < out.length; at += 188) {
    if ((out.readUInt16BE(at + 1) & 0x1fff) !== pid) continue;
    const counter = out[at + 3]! & 15;
    const start = at + 5;
    const section = Buffer.from(out.subarray(start, start + 3 + (out.readUInt16BE(start + 1) & 0xfff)));
    const packet = Buffer.alloc(188);
    new SectionPacketiser(pid).write(change(section), packet, 0);
    packet[3] = 0x10 | counter;
    packet.copy(out, at);
  }
  return out;
}

function withPmt(stream: Buffer, change: (pmt: Pmt) => Pmt): Buffer {
  return withSections(stream, FIRST_PMT_PID, (section) => {
    const pmt = decodePmt(section);
    if (pmt === null) throw new Error("the PMT is longer than a packet");
    return encodePmt(change(pmt));
  });
}

export const reversioned = (stream: Buffer): Buffer =>
  withPmt(stream, (pmt) => ({ ...pmt, version: (pmt.version + 1) % 32 }));

export const retyped = (stream: Buffer, pid: number, streamType: number): Buffer =>
  withPmt(stream, (pmt) => ({
    ...pmt,
    version: (pmt.version + 2) % 32,
    streams: pmt.streams.map((one) => (one.pid === pid ? { ...one, streamType } : one)),
  }));

/** One stream of the first service goes on under another PID. */
export function moved(stream: Buffer, from: number, to: number): Buffer {
  const out = withPmt(stream, (pmt) => ({
    ...pmt,
    version: (pmt.version + 3) % 32,
    streams: pmt.streams.map((one) => (one.pid === from ? { ...one, pid: to } : one)),
  }));
  for (let at = 0; at < out.length; at += 188)
    if ((out.readUInt16BE(at + 1) & 0x1fff) === from)
      out.writeUInt16BE((out.readUInt16BE(at + 1) & 0xe000) | to, at + 1);
  return out;
}

/** Its PAT has the first service no more. */
export const withoutFirstService = (stream: Buffer): Buffer =>
  withSections(stream, PAT_PID, (section) => {
    const pat = decodePat(section);
    if (pat === null) throw new Error("the PAT is longer than a packet");
    return encodePat({ ...pat, version: (pat.version + 1) % 32, programs: pat.programs.slice(1) });
  });
