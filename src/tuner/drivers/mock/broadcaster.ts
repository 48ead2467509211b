import { PCR_WRAP } from "../../../kernel/units.ts";
import { LINEUP, type AudioTrack, type MockMultiplex, type MockService } from "./lineup.ts";
import type { Loop, Loops } from "./loops.ts";
import {
  makePcrTemplate,
  makeTemplate,
  PACKET,
  type PacketTemplate,
  type PesUnit,
} from "./packet-template.ts";
import {
  nitSection,
  patSection,
  pidsOf,
  pmtSection,
  presentFollowing,
  schedule,
  sdtSections,
  timeSection,
  type ServicePids,
  type Ratings,
  type Timed,
} from "./tables.ts";
import { TELETEXT_HEADER_DATA_LENGTH, TELETEXT_PACKETS, teletextTurn } from "./teletext.ts";
import {
  firstUnit,
  modulo,
  sentAt,
  streamTrack,
  tableTrack,
  type StreamClock,
  type Timetable,
  type Track,
} from "./track.ts";

/** Ticks of the broadcast's time. */
export const TICKS_PER_SECOND = 27_000_000;
const TICKS_PER_MS = 27_000;

/** From sending to decoding: what the receiver's buffer holds. @see ISO/IEC 13818-1 §2.4.2 */
const VIDEO_LEAD = 500 * TICKS_PER_MS;
const AUDIO_LEAD = 300 * TICKS_PER_MS;
/**
 * Presentation of the first picture, and of the sound that belongs to it: late enough that nothing would have to be sent
 * before the broadcast begins. The services of a multiplex follow each other, lest all their large pictures meet.
 */
const FIRST_PICTURE = VIDEO_LEAD + 160 * TICKS_PER_MS;
const SERVICE_STAGGER = 320 * TICKS_PER_MS;
const RADIO_PCR_INTERVAL = 32 * TICKS_PER_MS;
/** Access units in one PES packet of sound. */
const AUDIO_GROUP = { "aac-adts": 3, "ac-3": 2, "mpeg-audio": 5 } as const;
/** Period of the loops with pictures. */
const LOOP_TICKS = 10.24 * TICKS_PER_SECOND;

/** PIDs of EN 300 468 §5.1.3 and the time between two sections on them. Beside it how often each section comes back. */
const PLAN = {
  /** PAT and each PMT: every 80 ms. */
  psi: 80 * TICKS_PER_MS,
  /** Three SDTs: 1.5 s. */
  sdt: 500 * TICKS_PER_MS,
  nit: 2_000 * TICKS_PER_MS,
  /** Eight sections: 1.6 s. */
  presentFollowing: 200 * TICKS_PER_MS,
  /** At most 64 sections: 13 s. */
  schedule: 200 * TICKS_PER_MS,
  /** TDT and TOT in turn: 5 s each. */
  time: 2_500 * TICKS_PER_MS,
};

/** By how much a continuity counter is on after a gap. */
const MISSED = 7;

/** Packets that {@link Broadcaster.generate} gives at most: 64 kB. */
const CHUNK = 348;

export interface BroadcasterOptions {
  readonly multiplex: MockMultiplex;
  readonly loops: Loops;
  /** Wall-clock time when the broadcast begins, epoch milliseconds: what the guide and the TDT go by. */
  readonly startsAt: number;
  /** PCR at that moment, ticks of 27 MHz, rounded down to a multiple of 300. Default: from `startsAt`, other for each multiplex. */
  readonly pcrStart?: number;
  /** All that the network has. Default: {@link LINEUP}. */
  readonly lineup?: readonly MockMultiplex[];
}

/** A value of the picture's counter, and when its access unit had been sent completely, in ticks. */
export interface Shown {
  readonly counter: number;
  readonly at: number;
}

interface OnAirService {
  readonly service: MockService;
  readonly position: number;
  pids: ServicePids;
  pmtVersion: number;
  pmtChanged: boolean;
  readonly audio: Track[];
  pcr: Track | null;
  video: { template: PacketTemplate; timetable: Timetable; counters: number[] } | null;
}

/**
 * One multiplex as it goes out: a pure function from time to packets. The same options give the same bytes, in steps of
 * whatever size.
 */
export class Broadcaster {
  readonly multiplex: MockMultiplex;
  readonly startsAt: number;
  readonly #clock: StreamClock;
  readonly #services: OnAirService[] = [];
  readonly #tracks: Track[] = [];
  readonly #seeks: ((at: number) => void)[] = [];
  readonly #due: Float64Array;
  readonly #continuity = new Uint8Array(0x2000);
  readonly #chunk = Buffer.alloc(CHUNK * PACKET);
  #ratings: Ratings = new Map();
  /** Of the ratings, so far. */
  #changes = 0;

  constructor(options: BroadcasterOptions) {
    const { multiplex, loops, startsAt, lineup = LINEUP } = options;
    this.multiplex = multiplex;
    this.startsAt = startsAt;
    const pcrStart = options.pcrStart ?? (startsAt + multiplex.index * 3_600_000) * TICKS_PER_MS;
    this.#clock = { offset: Math.floor((pcrStart % PCR_WRAP) / 300) * 300 };
    for (const [position, service] of multiplex.services.entries())
      this.#addService(service, position, loops);
    this.#addTables(lineup);
    this.#due = new Float64Array(this.#tracks.length);
    this.seek(0);
  }

  /**
   * Goes to a time, in ticks since the start: what was broadcast in between is not made, but counted by the continuity
   * counters, as a receiver would see it that was elsewhere.
   */
  seek(at: number): void {
    for (let pid = 0; at > 0 && pid < this.#continuity.length; pid++) this.#continuity[pid]! += MISSED;
    for (const seek of this.#seeks) seek(at);
    for (const [index, track] of this.#tracks.entries()) this.#due[index] = track.begin();
  }

  /**
   * The packets that are due before `until` (ticks since the start), in the order in which they are sent; at most 64 kB.
   * Call it again until it gives nothing.
   * @returns a view of memory that the next call writes over
   */
  generate(until: number): Buffer {
    const due = this.#due;
    const count = due.length;
    let packets = 0;
    while (packets < CHUNK) {
      let best = 0;
      let at = due[0]!;
      for (let index = 1; index < count; index++) {
        const other = due[index]!;
        if (other < at) {
          at = other;
          best = index;
        }
      }
      if (at >= until) break;
      const track = this.#tracks[best]!;
      const together = Math.min(track.together, CHUNK - packets);
      this.#send(track, packets, together);
      due[best] = track.advance(together);
      packets += together;
    }
    return this.#chunk.subarray(0, packets * PACKET);
  }

  /** Copies the track's next packets into the chunk, with their continuity counters. */
  #send(track: Track, packet: number, count: number): void {
    const chunk = this.#chunk;
    const start = packet * PACKET;
    const end = start + count * PACKET;
    track.bytes.copy(chunk, start, track.packet * PACKET, (track.packet + count) * PACKET);
    let counter = this.#continuity[track.pid]!;
    for (let flags = start + 3; flags < end; flags += PACKET) {
      // Packets without payload repeat the counter of the one before.
      chunk[flags] = (chunk[flags]! & 0xf0) | ((counter + track.counts - 1) & 0x0f);
      counter += track.counts;
    }
    this.#continuity[track.pid] = counter;
  }

  /** Ticks of the broadcast's time at a wall-clock time. @param at epoch milliseconds */
  ticksAt(at: number): number {
    return (at - this.startsAt) * TICKS_PER_MS;
  }

  #epoch(ticks: number): number {
    return this.startsAt + ticks / TICKS_PER_MS;
  }

  /** From now on PCR, PTS and DTS are ahead by so many ticks of 27 MHz (back, when negative). */
  jumpClock(ticks: number): void {
    this.#clock.offset = (this.#clock.offset + Math.round(ticks / 300) * 300) % PCR_WRAP;
  }

  /**
   * Sends another PMT version; the sound moves to other PIDs when `audioShift` says so.
   * @param serviceId default: of all services
   * @param audioShift added to the PIDs of the line-up, 0..0x70; undefined leaves them
   * @returns false when there is no such service
   */
  changePmt(serviceId?: number, audioShift?: number): boolean {
    const chosen = this.#services.filter((one) => serviceId === undefined || one.service.id === serviceId);
    for (const one of chosen) {
      one.pmtVersion++;
      one.pmtChanged = true;
      if (audioShift === undefined) continue;
      one.pids = pidsOf(one.service, one.position, audioShift);
      for (const [index, track] of one.audio.entries()) track.moveTo(one.pids.audio[index] ?? track.pid);
      one.pcr?.moveTo(one.pids.pcr);
    }
    return chosen.length > 0;
  }

  /** The PIDs of a service as they are now, or null. */
  pids(serviceId: number): ServicePids | null {
    return this.#services.find((one) => one.service.id === serviceId)?.pids ?? null;
  }

  /**
   * The last values of a service's counter that had gone on air by `at` (ticks), the latest first.
   * @returns null when the service is not here or has no picture
   */
  shown(serviceId: number, at: number, count: number): Shown[] | null {
    const video = this.#services.find((one) => one.service.id === serviceId)?.video;
    if (video === null || video === undefined) return null;
    const { template, timetable, counters } = video;
    let unit = firstUnit(timetable, at);
    while (sentAt(timetable, template, unit) > at) unit--;
    return Array.from({ length: count }, (_, back) => ({
      counter: counters[modulo(unit - back, counters.length)] ?? 0,
      at: sentAt(timetable, template, unit - back),
    }));
  }

  #add(made: { track: Track; seek: (at: number) => void }): Track {
    this.#tracks.push(made.track);
    this.#seeks.push(made.seek);
    return made.track;
  }

  #addService(service: MockService, position: number, loops: Loops): void {
    const pids = pidsOf(service, position);
    const scrambled = service.scrambled === true;
    const begins = FIRST_PICTURE + position * SERVICE_STAGGER;
    const onAir: OnAirService = {
      service,
      position,
      pids,
      pmtVersion: 0,
      pmtChanged: true,
      audio: [],
      pcr: null,
      video: null,
    };
    this.#services.push(onAir);
    if (service.video !== undefined) {
      const loop = loopOf(loops, service.video.loop);
      const template = videoTemplate(loop, pids.video, scrambled);
      const delay = loop.ptsOffsets[0] ?? 0;
      const timetable: Timetable = {
        duration: loop.duration,
        phase: begins - delay * loop.duration - VIDEO_LEAD,
        lead: VIDEO_LEAD,
        ptsOffsets: Float64Array.from(loop.ptsOffsets, (units) => units * loop.duration),
      };
      const counters = loop.ptsOffsets.map((offset, unit) =>
        modulo(unit + offset - delay, loop.units.length),
      );
      onAir.video = { template, timetable, counters };
      this.#add(streamTrack(pids.video, template, timetable, this.#clock));
    } else {
      const timetable = even(RADIO_PCR_INTERVAL, 0, 0, 1);
      onAir.pcr = this.#add(streamTrack(pids.pcr, makePcrTemplate(pids.pcr), timetable, this.#clock, false));
    }
    for (const [index, track] of service.audio.entries()) {
      onAir.audio.push(this.#addAudio(track, index, pids.audio[index] ?? 0x1fff, begins, scrambled, loops));
    }
    if (service.teletext !== undefined) {
      const units = teletextTurn(service.teletext.page).map((data) => ({
        data,
        dts: false,
        randomAccess: false,
      }));
      const template = makeTemplate(units, {
        ...plainPes(pids.teletext, 0xbd, scrambled),
        headerDataLength: TELETEXT_HEADER_DATA_LENGTH,
      });
      const timetable = even(LOOP_TICKS / TELETEXT_PACKETS, begins - AUDIO_LEAD, AUDIO_LEAD, units.length);
      this.#add(streamTrack(pids.teletext, template, timetable, this.#clock));
    }
    this.#add(
      tableTrack({
        pid: pids.pmt,
        interval: PLAN.psi,
        phase: ((position + 1) * PLAN.psi) / 8,
        refresh: () => {
          if (!onAir.pmtChanged) return null;
          onAir.pmtChanged = false;
          return [pmtSection(service, onAir.pids, onAir.pmtVersion)];
        },
      }),
    );
  }

  #addAudio(
    track: AudioTrack,
    index: number,
    pid: number,
    begins: number,
    scrambled: boolean,
    loops: Loops,
  ): Track {
    const loop = loopOf(loops, track.loop);
    const group = AUDIO_GROUP[track.codec];
    const units: PesUnit[] = [];
    for (let at = 0; at < loop.units.length; at += group) {
      units.push({ data: Buffer.concat(loop.units.slice(at, at + group)), dts: false, randomAccess: false });
    }
    const streamId = track.codec === "ac-3" ? 0xbd : 0xc0 + index;
    const template = makeTemplate(units, plainPes(pid, streamId, scrambled));
    const timetable = even(loop.duration * group, begins - AUDIO_LEAD, AUDIO_LEAD, units.length);
    return this.#add(streamTrack(pid, template, timetable, this.#clock));
  }

  /**
   * Rates what is on in place of the guide, from now on.
   * @param ratings years by service_id; a service that is not in it has what the guide says
   */
  rate(ratings: Ratings): void {
    const same =
      ratings.size === this.#ratings.size && [...ratings].every(([id, age]) => this.#ratings.get(id) === age);
    if (same) return;
    this.#ratings = new Map(ratings);
    this.#changes++;
  }

  #addTables(lineup: readonly MockMultiplex[]): void {
    const { multiplex } = this;
    const once = (sections: readonly Buffer[]): (() => readonly Buffer[] | null) => {
      let given = false;
      return () => (given ? null : ((given = true), sections));
    };
    const timed = (build: (at: number) => Timed): ((at: number) => readonly Buffer[] | null) => {
      let until = -Infinity;
      let changes = 0;
      return (at) => {
        const now = this.#epoch(at);
        if (now < until && changes === this.#changes) return null;
        const made = build(now);
        until = made.until;
        changes = this.#changes;
        return made.sections;
      };
    };
    let turn = 0;
    const time = (at: number): readonly Buffer[] => [
      timeSection(multiplex, this.#epoch(at), turn++ % 2 === 1),
    ];
    const table = (
      pid: number,
      interval: number,
      phase: number,
      refresh: (at: number) => readonly Buffer[] | null,
    ) => this.#add(tableTrack({ pid, interval, phase: phase * TICKS_PER_MS, refresh }));
    table(0x00, PLAN.psi, 0, once([patSection(multiplex)]));
    table(0x10, PLAN.nit, 11, once([nitSection(lineup)]));
    table(0x11, PLAN.sdt, 13, once(sdtSections(multiplex, lineup)));
    table(
      0x12,
      PLAN.presentFollowing,
      17,
      timed((at) => presentFollowing(multiplex, at, this.#ratings, this.#changes)),
    );
    table(
      0x12,
      PLAN.schedule,
      119,
      timed((at) => schedule(multiplex, at)),
    );
    table(0x14, PLAN.time, 23, time);
  }
}

function loopOf(loops: Loops, name: string): Loop {
  const loop = loops.get(name);
  if (loop === undefined) throw new Error(`the mock's line-up names a loop "${name}" that loops.json lacks`);
  return loop;
}

function videoTemplate(loop: Loop, pid: number, scrambled: boolean): PacketTemplate {
  const units = loop.units.map((data, index) => ({
    data,
    dts: (loop.ptsOffsets[index] ?? 0) !== 0,
    randomAccess: loop.randomAccess.has(index),
  }));
  return makeTemplate(units, { pid, streamId: 0xe0, unbounded: true, pcr: true, scrambled });
}

const plainPes = (pid: number, streamId: number, scrambled: boolean) => ({
  pid,
  streamId,
  unbounded: false,
  pcr: false,
  scrambled,
});

const even = (duration: number, phase: number, lead: number, units: number): Timetable => ({
  duration,
  phase,
  lead,
  ptsOffsets: new Float64Array(units),
});
