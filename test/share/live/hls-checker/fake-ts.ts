import { crc32 } from "../../../helpers/hls-checker/ts-segment.ts";
import { mediaTime } from "./fake-timing.ts";

/** A transport stream of one picture per packet: PAT, PMT, and a PCR with each picture. */

const VIDEO = 0x100;
const PMT = 0x1000;
export const PICTURES = 25;

function section(bytes: readonly number[]): Buffer {
  const body = Buffer.from(bytes);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([Buffer.from([0]), body, crc]);
}

const PAT_SECTION = section([0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (PMT >> 8), PMT & 255]);
const PMT_SECTION = section([2, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, 0x1b, 0xe1, 0, 0xf0, 0]);

function packet(pid: number, counter: number, payload: Buffer, pcr: number | null): Buffer {
  const data = Buffer.alloc(188, 0xff);
  data[0] = 0x47;
  data.writeUInt16BE(0x4000 | pid, 1);
  const stuffing = 184 - payload.length;
  data[3] = (stuffing > 0 ? 0x30 : 0x10) | (counter & 15);
  if (stuffing > 0) {
    data[4] = stuffing - 1;
    data[5] = pcr === null ? 0 : 0x10;
    if (pcr !== null) {
      data.writeUInt32BE(Math.floor(pcr / 2), 6);
      data.writeUInt16BE((pcr & 1) << 15, 10);
    }
  }
  payload.copy(data, 188 - payload.length);
  return data;
}

function pes(pts: number): Buffer {
  const data = Buffer.alloc(100, 0x55);
  data.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5]);
  data[9] = 0x21 | (Math.floor(pts / 2 ** 30) << 1);
  data.writeUInt16BE(((Math.floor(pts / 2 ** 15) & 0x7fff) << 1) | 1, 10);
  data.writeUInt16BE(((pts & 0x7fff) << 1) | 1, 12);
  return data;
}

/** One segment; continuity counters go on from one to the next. */
export function fakeTs(msn: number): Buffer {
  const from = mediaTime(msn) * 90_000;
  const pad = (text: Buffer): Buffer => Buffer.concat([text, Buffer.alloc(184 - text.length, 0xff)]);
  return Buffer.concat([
    packet(0, msn, pad(PAT_SECTION), null),
    packet(PMT, msn, pad(PMT_SECTION), null),
    ...Array.from({ length: PICTURES }, (_, i) => {
      const at = from + i * 3600;
      return packet(VIDEO, msn * PICTURES + i, pes(at + 3600), at);
    }),
  ]);
}
