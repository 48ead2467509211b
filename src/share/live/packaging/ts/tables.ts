import { crc32Mpeg } from "../../../../kernel/crc32.ts";

/** PAT and PMT as transport packets. @see ISO/IEC 13818-1 §2.4.4 */

export const PACKET = 188;
const PAYLOAD = 184;
const PAT_PID = 0;

export interface ProgramStream {
  readonly streamType: number;
  readonly pid: number;
  readonly descriptors: Buffer;
}

export interface Program {
  readonly transportStreamId: number;
  /** program_number, the service_id: 1..65535. */
  readonly number: number;
  readonly pmtPid: number;
  readonly pcrPid: number;
  /** 0..31; goes up when the streams change. */
  readonly version: number;
  readonly streams: readonly ProgramStream[];
}

/** One section in packets; the continuity counter in each is to be set when it is sent. */
export interface TablePackets {
  readonly pid: number;
  readonly packets: Buffer;
}

export function pat({ transportStreamId, number, pmtPid }: Program): TablePackets {
  const body = Buffer.alloc(4);
  body.writeUInt16BE(number, 0);
  body.writeUInt16BE(0xe000 | pmtPid, 2);
  return inPackets(PAT_PID, section(0x00, transportStreamId, 0, body));
}

export function pmt({ number, pmtPid, pcrPid, version, streams }: Program): TablePackets {
  const parts: Buffer[] = [Buffer.from([0xe0 | (pcrPid >> 8), pcrPid & 0xff, 0xf0, 0])];
  for (const { streamType, pid, descriptors } of streams) {
    const size = descriptors.length;
    parts.push(Buffer.from([streamType, 0xe0 | (pid >> 8), pid & 0xff, 0xf0 | (size >> 8), size & 0xff]));
    parts.push(descriptors);
  }
  return inPackets(pmtPid, section(0x02, number, version, Buffer.concat(parts)));
}

/** @see ISO/IEC 13818-1 §2.4.4.10 */
function section(tableId: number, extension: number, version: number, body: Buffer): Buffer {
  const out = Buffer.alloc(8 + body.length + 4);
  out[0] = tableId;
  out.writeUInt16BE(0xb000 | (out.length - 3), 1);
  out.writeUInt16BE(extension, 3);
  out[5] = 0xc1 | (version << 1);
  body.copy(out, 8);
  out.writeUInt32BE(crc32Mpeg(out.subarray(0, -4)), out.length - 4);
  return out;
}

function inPackets(pid: number, section: Buffer): TablePackets {
  // One byte of pointer_field before it.
  const payload = Buffer.concat([Buffer.from([0]), section]);
  const count = Math.ceil(payload.length / PAYLOAD);
  const packets = Buffer.alloc(count * PACKET, 0xff);
  for (let index = 0; index < count; index++) {
    const at = index * PACKET;
    packets[at] = 0x47;
    packets[at + 1] = (index === 0 ? 0x40 : 0) | (pid >> 8);
    packets[at + 2] = pid & 0xff;
    packets[at + 3] = 0x10;
    payload.copy(packets, at + 4, index * PAYLOAD, (index + 1) * PAYLOAD);
  }
  return { pid, packets };
}
