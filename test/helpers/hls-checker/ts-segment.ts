import type { Expect } from "./findings.ts";

/** A transport stream's segments, by their packets alone. @see ISO/IEC 13818-1 §2.4.3 */

const PACKET = 188;
const NULL_PID = 0x1fff;
/** A PCR at least so often, 27 MHz. @see ISO/IEC 13818-1 §2.7.2; a little more for what a multiplexer rounds */
const PCR_APART = 0.1 * 27e6 * 1.05;

/** Follows the segments of one rendition. */
export class TsFollower {
  readonly #counters = new Map<number, number>();
  #pcrPid = NULL_PID;

  /** A discontinuity or a gap: counters may begin anew. */
  restart(): void {
    this.#counters.clear();
  }

  /** @returns first PTS of it, 90 kHz; null when there is none */
  follow(data: Buffer, where: string, expect: Expect): number | null {
    const whole = data.length > 0 && data.length % PACKET === 0;
    expect("TS-01", whole, where, `${data.length} bytes are no whole packets`);
    const order: number[] = [];
    let pmtPid = -1;
    let firstPts: number | null = null;
    let lastPcr: number | null = null;
    let pcrs = 0;
    for (let at = 0; at + PACKET <= data.length; at += PACKET) {
      const packet = data.subarray(at, at + PACKET);
      expect("TS-01", packet[0] === 0x47, where, `no sync byte at ${at}`);
      if (packet[0] !== 0x47) {
        this.restart();
        break;
      }
      const head = packet.readUInt16BE(1);
      const pid = head & 0x1fff;
      const control = packet[3] ?? 0;
      expect("TS-02", (head & 0x8000) === 0, where, `a damaged packet of PID ${pid}`);
      expect("TS-03", pid !== NULL_PID, where, "a null packet");
      expect("TS-05", control >> 6 === 0, where, `a scrambled packet of PID ${pid}`);
      expect("TS-04", (control & 0x30) !== 0, where, `PID ${pid}: adaptation_field_control 0`);
      if (pid === NULL_PID) continue;
      order.push(pid);
      const adaptation = control & 0x20 ? (packet[4] ?? 0) : -1;
      const flags = adaptation > 0 ? (packet[5] ?? 0) : 0;
      this.#checkCounter(pid, control, (flags & 0x80) !== 0, where, expect);
      if (flags & 0x10 && pid === this.#pcrPid) {
        const pcr =
          (packet.readUInt32BE(6) * 2 + ((packet[10] ?? 0) >> 7)) * 300 + (packet.readUInt16BE(10) & 0x1ff);
        pcrs++;
        if (lastPcr !== null) {
          const apart = pcr - lastPcr;
          const what = `PCRs ${(apart / 27e3).toFixed(0)} ms apart`;
          expect("TS-07", apart > -27e6 * 3600 && apart <= PCR_APART, where, what);
        }
        lastPcr = pcr;
      }
      if ((control & 0x10) === 0 || (head & 0x4000) === 0) continue;
      const payload = packet.subarray(adaptation < 0 ? 4 : 5 + adaptation);
      if (pid === 0) pmtPid = this.#readPat(payload, where, expect);
      else if (pid === pmtPid) this.#readPmt(payload, where, expect);
      else {
        const pts = readPes(payload, where, expect);
        firstPts ??= pts;
      }
    }
    const begins = order[0] === 0 && order[1] === pmtPid;
    expect(
      "TS-07",
      begins,
      where,
      `begins with PIDs ${order.slice(0, 2).join(" and ")}, not with PAT and PMT`,
    );
    expect("TS-07", pcrs > 0, where, "no PCR");
    return firstPts;
  }

  #checkCounter(pid: number, control: number, discontinuity: boolean, where: string, expect: Expect): void {
    const counter = control & 15;
    const before = this.#counters.get(pid);
    this.#counters.set(pid, counter);
    if (before === undefined || discontinuity) return;
    const wanted = control & 0x10 ? (before + 1) & 15 : before;
    expect("TS-04", counter === wanted, where, `PID ${pid}: continuity counter ${counter} behind ${before}`);
  }

  #readPat(payload: Buffer, where: string, expect: Expect): number {
    const section = sectionOf(payload, "PAT", where, expect);
    for (let at = 8; section !== null && at + 4 <= section.length - 4; at += 4)
      if (section.readUInt16BE(at) !== 0) return section.readUInt16BE(at + 2) & 0x1fff;
    return -1;
  }

  #readPmt(payload: Buffer, where: string, expect: Expect): void {
    const section = sectionOf(payload, "PMT", where, expect);
    if (section !== null) this.#pcrPid = section.readUInt16BE(8) & 0x1fff;
  }
}

/** A section of one packet. */
function sectionOf(payload: Buffer, name: string, where: string, expect: Expect): Buffer | null {
  const from = 1 + (payload[0] ?? 0);
  if (payload.length < from + 12) {
    expect("TS-06", false, where, `${name} does not fit into its packet`);
    return null;
  }
  const size = 3 + (payload.readUInt16BE(from + 1) & 0xfff);
  const section = payload.subarray(from, from + size);
  // One that goes on in further packets is not followed: our own tables are small.
  if (section.length < size) return null;
  expect("TS-06", crc32(section) === 0, where, `${name} with a wrong CRC`);
  return section;
}

/** @see ISO/IEC 13818-1 annex A */
export function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

function readPes(payload: Buffer, where: string, expect: Expect): number | null {
  if (payload.length < 14 || payload.readUIntBE(0, 3) !== 1) return null;
  const stamps = (payload[7] ?? 0) >> 6;
  expect("TS-08", stamps !== 1, where, "PTS_DTS_flags 01");
  if ((stamps & 2) === 0) return null;
  return (
    (((payload[9] ?? 0) >> 1) & 7) * 2 ** 30 +
    (payload.readUInt16BE(10) >> 1) * 2 ** 15 +
    (payload.readUInt16BE(12) >> 1)
  );
}
