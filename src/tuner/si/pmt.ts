import { pid } from "../../kernel/units.ts";
import type { ServiceStreams } from "../ports.ts";
import { findDescriptor, TAG } from "./descriptors.ts";
import { BODY, loopLength, loopWithin, openSection, sealSection, uint16 } from "./section.ts";
import { codecOf, isAudioDescription, languageOf } from "./stream-codec.ts";

/** Programme map section: there is one per service. @see ISO/IEC 13818-1 §2.4.4.8 */
export interface Pmt {
  readonly serviceId: number;
  /** 0..31 */
  readonly version: number;
  readonly current: boolean;
  /** PID of the packets with the PCR; 0x1FFF when there is none. */
  readonly pcrPid: number;
  /** Descriptor loop of the whole service. */
  readonly descriptors: Buffer;
  readonly streams: readonly PmtStream[];
}

export interface PmtStream {
  readonly streamType: number;
  readonly pid: number;
  /** Descriptor loop of the stream. */
  readonly descriptors: Buffer;
}

const TABLE_ID = 0x02;

/** @returns null when it is not a PMT section; holds no reference to `section` otherwise */
export function decodePmt(section: Buffer): Pmt | null {
  const open = openSection(section, (id) => id === TABLE_ID, 4);
  if (open === null) return null;
  const own = Buffer.from(section.subarray(0, open.end));
  const infoLength = own.readUInt16BE(BODY + 2) & 0x0fff;
  const streams: PmtStream[] = [];
  for (let at = BODY + 4 + infoLength; at + 5 <= own.length;) {
    const length = own.readUInt16BE(at + 3) & 0x0fff;
    streams.push({
      streamType: own.readUInt8(at),
      pid: own.readUInt16BE(at + 1) & 0x1fff,
      descriptors: loopWithin(own, at + 5, length, own.length),
    });
    at += 5 + length;
  }
  return {
    serviceId: open.extension,
    version: open.version,
    current: open.current,
    pcrPid: own.readUInt16BE(BODY) & 0x1fff,
    descriptors: loopWithin(own, BODY + 4, infoLength, own.length),
    streams,
  };
}

/** @throws RangeError when it does not fit into one section of 1024 bytes */
export function encodePmt(pmt: Pmt): Buffer {
  const body = [uint16(0xe000 | pmt.pcrPid), loopLength(0xf000, pmt.descriptors.length), pmt.descriptors];
  for (const stream of pmt.streams) {
    body.push(
      Buffer.from([stream.streamType]),
      uint16(0xe000 | stream.pid),
      loopLength(0xf000, stream.descriptors.length),
      stream.descriptors,
    );
  }
  const header = { version: pmt.version, current: pmt.current, sectionNumber: 0, lastSectionNumber: 0 };
  return sealSection(TABLE_ID, pmt.serviceId, header, body, false);
}

/** What the streams of a service are, from stream types and descriptors alone: nothing is probed. */
export function describeStreams(pmt: Pmt): ServiceStreams {
  return {
    serviceId: pmt.serviceId,
    pcrPid: pid(pmt.pcrPid),
    streams: pmt.streams.map((stream) => ({
      pid: pid(stream.pid),
      streamType: stream.streamType,
      codec: codecOf(stream.streamType, stream.descriptors),
      language: languageOf(stream.descriptors),
      audioDescription: isAudioDescription(stream.descriptors),
      descriptors: stream.descriptors,
    })),
    scrambled: [pmt, ...pmt.streams].some((part) => findDescriptor(part.descriptors, TAG.ca) !== null),
  };
}
