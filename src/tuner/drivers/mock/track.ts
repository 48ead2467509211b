import { SectionPacketiser } from "../../mpegts/section-packetiser.ts";
import { PACKET, renumber, writePcr, writeTimestamp, type PacketTemplate } from "./packet-template.ts";

/** What goes into time stamps, shared by all tracks of a multiplex. */
export interface StreamClock {
  /** PCR at broadcast time 0, in ticks of 27 MHz; a multiple of 300. */
  offset: number;
}

/**
 * One sequence of packets with its own timetable: an elementary stream, a table, a PCR. The broadcaster always sends the
 * packet that is due first; a track says which that is, and writes time stamps when a new unit begins. Times are ticks of
 * 27 MHz since the broadcast began.
 *
 * One class with fields for all kinds on purpose: the broadcaster's loop sees one shape only.
 */
export class Track {
  pid: number;
  /** The packets of all units. */
  bytes: Buffer;
  /** First packet of the present unit, the one to send next, and the end of the unit. */
  first = 0;
  packet = 0;
  end = 0;
  unitStart = 0;
  /** Ticks between two packets of a unit; 0 sends the unit in one piece. */
  step = 0;
  /** 0 when the packets are without payload: the continuity counter stands still. */
  readonly counts: 0 | 1;
  readonly #begin: (track: Track) => void;

  /** @param begin sets the fields for the unit after the present one */
  constructor(pid: number, counts: boolean, begin: (track: Track) => void) {
    this.pid = pid;
    this.counts = counts ? 1 : 0;
    this.#begin = begin;
    this.bytes = Buffer.alloc(0);
  }

  /** How many packets are due at once. */
  get together(): number {
    return this.step === 0 ? this.end - this.packet : 1;
  }

  /** Moves on by so many packets of the unit. @returns when the next one is due */
  advance(packets: number): number {
    this.packet += packets;
    if (this.packet === this.end) return this.begin();
    return this.unitStart + this.step * (this.packet - this.first);
  }

  /** Goes to the first packet of the next unit. @returns when it is due */
  begin(): number {
    this.#begin(this);
    return this.unitStart;
  }

  moveTo(pid: number): void {
    this.pid = pid;
    renumber(this.bytes, pid);
  }
}

/** Timetable of a stream whose units repeat for ever. */
export interface Timetable {
  /** Ticks from one unit to the next. */
  readonly duration: number;
  /** When unit 0 is sent. */
  readonly phase: number;
  /** From sending to DTS. */
  readonly lead: number;
  /** PTS less DTS of each unit, in ticks. */
  readonly ptsOffsets: Float64Array;
}

/** Index of the first unit that is sent at or after `at`: there is none before unit 0. */
export const firstUnit = (timetable: Timetable, at: number): number =>
  Math.max(0, Math.ceil((at - timetable.phase) / timetable.duration));

/** Up to so many packets are sent in one piece; more are spread over the time until the next unit. */
const ONE_PIECE = 6;

/** Ticks between two packets of a unit. */
const stepOf = (packets: number, duration: number): number => (packets <= ONE_PIECE ? 0 : duration / packets);

/** When the last packet of a unit is sent. */
export function sentAt(timetable: Timetable, template: PacketTemplate, unit: number): number {
  const slot = modulo(unit, template.ptsAt.length);
  const packets = (template.firstPacket[slot + 1] ?? 0) - (template.firstPacket[slot] ?? 0);
  return timetable.phase + unit * timetable.duration + (packets - 1) * stepOf(packets, timetable.duration);
}

export const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** A track of an elementary stream, or of PCRs alone, from `at` on. */
export function streamTrack(
  pid: number,
  template: PacketTemplate,
  timetable: Timetable,
  clock: StreamClock,
  counts = true,
): { track: Track; seek: (at: number) => void } {
  const units = template.ptsAt.length;
  let next = 0;
  const track = new Track(pid, counts, (self) => {
    const slot = modulo(next, units);
    self.unitStart = timetable.phase + next * timetable.duration;
    next++;
    self.first = self.packet = template.firstPacket[slot]!;
    self.end = template.firstPacket[slot + 1]!;
    self.step = stepOf(self.end - self.first, timetable.duration);
    const now = clock.offset + self.unitStart;
    const pcrAt = template.pcrAt[slot]!;
    if (pcrAt >= 0) writePcr(self.bytes, pcrAt, now);
    const ptsAt = template.ptsAt[slot]!;
    if (ptsAt < 0) return;
    const dts = now + timetable.lead;
    const pts = (dts + timetable.ptsOffsets[slot]!) / 300;
    if (template.hasDts[slot] === 1) {
      writeTimestamp(self.bytes, ptsAt, 3, pts);
      writeTimestamp(self.bytes, ptsAt + 5, 1, dts / 300);
    } else writeTimestamp(self.bytes, ptsAt, 2, pts);
  });
  track.bytes = template.bytes;
  return { track, seek: (at) => (next = firstUnit(timetable, at)) };
}

/** When a table is sent, and what of it. */
export interface TablePlan {
  readonly pid: number;
  /** Ticks between two sections. */
  readonly interval: number;
  /** Offset of the first section within the interval. */
  readonly phase: number;
  /**
   * Asked whenever all sections were sent: the sections from now on, or null when they are still the same.
   * @param at ticks
   */
  readonly refresh: (at: number) => readonly Buffer[] | null;
}

/** A track of sections, each sent in one piece. */
export function tableTrack(plan: TablePlan): { track: Track; seek: (at: number) => void } {
  let firsts: number[] = [0];
  let section = 0;
  let next = 0;
  const track = new Track(plan.pid, true, (self) => {
    self.unitStart = plan.phase + next * plan.interval;
    next++;
    if (section === firsts.length - 1 || section === 0) {
      section = 0;
      const fresh = plan.refresh(self.unitStart);
      if (fresh !== null) {
        const made = packetise(plan.pid, fresh);
        self.bytes = made.bytes;
        firsts = made.firsts;
      }
    }
    self.first = self.packet = firsts[section]!;
    self.end = firsts[section + 1]!;
    section++;
  });
  const seek = (at: number): void => {
    next = Math.ceil((at - plan.phase) / plan.interval);
    section = 0;
  };
  return { track, seek };
}

function packetise(pid: number, sections: readonly Buffer[]): { bytes: Buffer; firsts: number[] } {
  const packetiser = new SectionPacketiser(pid);
  const length = sections.reduce((sum, section) => sum + SectionPacketiser.size(section.length), 0);
  const bytes = Buffer.alloc(length);
  const firsts = [0];
  let at = 0;
  for (const section of sections) {
    at = packetiser.write(section, bytes, at);
    firsts.push(at / PACKET);
  }
  return { bytes, firsts };
}
