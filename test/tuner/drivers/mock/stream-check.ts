/**
 * Looks at a transport stream with nothing of the project's own: continuity counters, PCR, PTS and DTS, sections with their
 * CRC and how often they come. Fed with chunks of whole packets; memory does not grow with the length of the stream.
 */

const WRAP = 2 ** 33;
const PACKET = 188;
const SI_PIDS = new Set([0x00, 0x10, 0x11, 0x12, 0x14]);

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 24;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c11db7 : 0);
  return remainder;
});

function crc(data: Buffer): number {
  let remainder = -1;
  for (const byte of data) remainder = (remainder << 8) ^ CRC_TABLE[((remainder >>> 24) ^ byte) & 0xff]!;
  return remainder;
}

/** Signed difference of two 33-bit time stamps. */
const delta = (from: number, to: number): number => {
  const ahead = (((to - from) % WRAP) + WRAP) % WRAP;
  return ahead >= WRAP / 2 ? ahead - WRAP : ahead;
};

interface PcrLine {
  last: number;
  count: number;
  backwards: number;
  wraps: number;
  /** Ticks of 90 kHz. */
  widest: number;
  elapsed: number;
}

interface StampLine {
  last: number;
  count: number;
  backwards: number;
  wraps: number;
  widest: number;
  /** Of DTS (or PTS) over the service's PCR. */
  leastLead: number;
  mostLead: number;
}

interface SectionLine {
  count: number;
  lastAt: number;
  /** Seconds between two appearances. */
  widest: number;
  versions: Set<number>;
}

export class StreamCheck {
  packets = 0;
  syncErrors = 0;
  continuityErrors = 0;
  crcErrors = 0;
  sectionErrors = 0;
  scrambledPackets = 0;
  randomAccessPoints = 0;
  readonly pids = new Set<number>();
  readonly pcr = new Map<number, PcrLine>();
  readonly stamps = new Map<number, StampLine>();
  /** By `pid.table_id.extension.section_number`. */
  readonly sections = new Map<string, SectionLine>();
  /** The last section of each of those. */
  readonly last = new Map<string, Buffer>();
  readonly #continuity = new Int8Array(0x2000).fill(-1);
  readonly #partial = new Map<number, Buffer>();
  #clockPid = -1;

  /** Seconds that the first PCR seen has gone on. */
  get elapsed(): number {
    return (this.pcr.get(this.#clockPid)?.elapsed ?? 0) / 90_000;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += PACKET) this.#packet(chunk, at);
  }

  #packet(data: Buffer, at: number): void {
    this.packets++;
    if (data[at] !== 0x47) this.syncErrors++;
    const pid = ((data[at + 1]! & 0x1f) << 8) | data[at + 2]!;
    const unitStart = (data[at + 1]! & 0x40) !== 0;
    const flags = data[at + 3]!;
    const hasPayload = (flags & 0x10) !== 0;
    const before = this.#continuity[pid]!;
    const expected = before < 0 ? flags & 0x0f : (before + (hasPayload ? 1 : 0)) & 0x0f;
    if (before < 0) this.pids.add(pid);
    if ((flags & 0x0f) !== expected) this.continuityErrors++;
    this.#continuity[pid] = flags & 0x0f;
    let payload = at + 4;
    if ((flags & 0x20) !== 0) {
      payload += 1 + data[at + 4]!;
      if (data[at + 4]! > 0) {
        if ((data[at + 5]! & 0x40) !== 0) this.randomAccessPoints++;
        if ((data[at + 5]! & 0x10) !== 0) this.#pcr(pid, data, at + 6);
      }
    }
    if (!hasPayload) return;
    if ((flags & 0xc0) !== 0) {
      this.scrambledPackets++;
      return;
    }
    if (SI_PIDS.has(pid) || (pid & 0xff) === 0) this.#section(pid, data, payload, at + PACKET, unitStart);
    else if (unitStart) this.#pes(pid, data, payload);
  }

  #pcr(pid: number, data: Buffer, at: number): void {
    const base = data.readUInt32BE(at) * 2 + (data[at + 4]! >> 7);
    const line = this.pcr.get(pid);
    if (line === undefined) {
      if (this.#clockPid < 0) this.#clockPid = pid;
      this.pcr.set(pid, { last: base, count: 1, backwards: 0, wraps: 0, widest: 0, elapsed: 0 });
      return;
    }
    const ahead = delta(line.last, base);
    if (ahead <= 0) line.backwards++;
    if (base < line.last && ahead > 0) line.wraps++;
    if (ahead > line.widest) line.widest = ahead;
    line.elapsed += ahead;
    line.count++;
    line.last = base;
  }

  #pes(pid: number, data: Buffer, at: number): void {
    if (data.readUIntBE(at, 3) !== 1) throw new Error(`PID ${pid}: no PES packet where one should begin`);
    const flags = data[at + 7]! >> 6;
    const stamp = readStamp(data, flags === 3 ? at + 14 : at + 9);
    const clock = [...this.pcr].find(([pcrPid]) => pcrPid >> 8 === pid >> 8)?.[1];
    if (clock === undefined) return;
    const lead = delta(clock.last, stamp);
    const line = this.stamps.get(pid);
    if (line === undefined) {
      this.stamps.set(pid, {
        last: stamp,
        count: 1,
        backwards: 0,
        wraps: 0,
        widest: 0,
        leastLead: lead,
        mostLead: lead,
      });
      return;
    }
    const ahead = delta(line.last, stamp);
    if (ahead <= 0) line.backwards++;
    if (stamp < line.last && ahead > 0) line.wraps++;
    if (ahead > line.widest) line.widest = ahead;
    if (lead < line.leastLead) line.leastLead = lead;
    if (lead > line.mostLead) line.mostLead = lead;
    line.count++;
    line.last = stamp;
  }

  #section(pid: number, data: Buffer, from: number, to: number, unitStart: boolean): void {
    let partial = this.#partial.get(pid);
    if (unitStart) {
      // Where the last one was not finished.
      if (partial !== undefined) this.sectionErrors++;
      // The mock begins every section in a packet of its own.
      if (data[from] !== 0) throw new Error(`PID ${pid}: pointer_field ${data[from]}`);
      partial = Buffer.from(data.subarray(from + 1, to));
    } else {
      if (partial === undefined) return;
      partial = Buffer.concat([partial, data.subarray(from, to)]);
    }
    const length = 3 + (partial.readUInt16BE(1) & 0x0fff);
    if (partial.length < length) this.#partial.set(pid, partial);
    else {
      this.#partial.delete(pid);
      this.#complete(pid, partial.subarray(0, length));
    }
  }

  #complete(pid: number, section: Buffer): void {
    const tableId = section[0]!;
    const long = (section[1]! & 0x80) !== 0;
    if ((long || tableId === 0x73) && crc(section) !== 0) this.crcErrors++;
    const key = long ? `${pid}.${tableId}.${section.readUInt16BE(3)}.${section[6]}` : `${pid}.${tableId}`;
    const now = this.elapsed;
    const line = this.sections.get(key);
    const version = long ? (section[5]! >> 1) & 0x1f : 0;
    if (line === undefined)
      this.sections.set(key, { count: 1, lastAt: now, widest: 0, versions: new Set([version]) });
    else {
      line.widest = Math.max(line.widest, now - line.lastAt);
      line.lastAt = now;
      line.count++;
      line.versions.add(version);
    }
    this.last.set(key, section);
  }

  /** The widest gap, in seconds, of all sections whose key begins so. */
  widestGap(prefix: string): number {
    let widest = 0;
    let found = false;
    for (const [key, line] of this.sections) {
      if (!key.startsWith(prefix)) continue;
      found = true;
      widest = Math.max(widest, line.widest, this.elapsed - line.lastAt);
    }
    return found ? widest : Infinity;
  }
}

function readStamp(data: Buffer, at: number): number {
  return (
    ((data[at]! >> 1) & 7) * 2 ** 30 +
    (((data[at + 1]! << 8) | data[at + 2]!) >> 1) * 2 ** 15 +
    (((data[at + 3]! << 8) | data[at + 4]!) >> 1)
  );
}
