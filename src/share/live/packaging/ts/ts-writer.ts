import { PTS_WRAP, ticks, type Ticks90k } from "../../../../kernel/units.ts";
import type { AccessUnit, Track } from "../../media-source.ts";
import { DISCONTINUITY, PacketSlab, PCR, RANDOM_ACCESS } from "./packet-slab.ts";
import { PesBuffer } from "./pes-buffer.ts";
import { describeStream, type StreamDescription } from "./stream-description.ts";
import { pat, pmt, type TablePackets } from "./tables.ts";

export interface TsWriterOptions {
  /** How far the PCR is behind the DTS: what a reader buffers. 90 kHz, 9 000..90 000; default 0.5 s. */
  readonly delay?: Ticks90k;
  /** PAT and PMT come again by themselves after so long. 90 kHz; default 0.5 s. @see TR 101 290 §5.2.1 */
  readonly tablesEvery?: Ticks90k;
  /** 1..65535, default 1. */
  readonly programNumber?: number;
  /** 0..65535, default 1. */
  readonly transportStreamId?: number;
}

/** The PMT's, and the first of the streams'; those of FFmpeg. */
const PMT_PID = 0x1000;
const FIRST_PID = 0x100;
/** A PMT of so many streams fits its section, whatever their descriptors. */
const MAX_STREAMS = 48;
/** 10 ms, 40 ms, 45 ms, 10 s: the least from PCR to PCR, the step of those that fill a gap, what is one, and what is a break. */
const [MIN_INTERVAL, STEP, MAX_INTERVAL, MAX_GAP] = [900, 3600, 4050, 900_000];
/** PES_packet_length has 16 bits. */
const MAX_PES = 0xffff;
const HEADER = 9;

interface Stream extends StreamDescription {
  readonly pid: number;
  readonly video: boolean;
  /** Of the next packet with a payload. */
  counter: number;
  /** The next packet tells that what came before is not continued. */
  broken: boolean;
}

/**
 * Access units become transport packets, in the order in which they come: one PES packet each, with PCRs no more than
 * 45 ms apart on the video's PID (or the first sound's). Pure; nothing is allocated per packet.
 *
 * For a reader that goes by the PCR, units come in order of their DTS, or less than `delay` out of it (see DtsOrder).
 * @see ISO/IEC 13818-1 §2.4.3, TS 101 154 §4.1
 */
export class TsWriter {
  readonly #slab: PacketSlab;
  readonly #pes = new PesBuffer();
  readonly #delay: number;
  readonly #tablesEvery: number;
  readonly #programNumber: number;
  readonly #transportStreamId: number;
  /** By track. PIDs and counters outlive a track: it may come back. */
  readonly #known = new Map<number, Pick<Stream, "pid" | "counter">>();
  readonly #streams = new Map<number, Stream>();
  #pcrStream: Stream | null = null;
  #version = -1;
  #tables: (TablePackets & { counter: number })[] = [];
  /** DTS at which the tables came last; null when the next unit's is. */
  #tablesAt: number | null = null;
  #tablesSent = false;
  /** DTS that the last PCR belongs to; null at the start of a time base. */
  #clock: number | null = null;

  /** @param out gets whole 188-byte packets, valid only during the call: the memory is used again */
  constructor(tracks: readonly Track[], out: (packets: Buffer) => void, options: TsWriterOptions = {}) {
    this.#slab = new PacketSlab(this.#pes, out);
    this.#delay = options.delay ?? ticks(45_000);
    this.#tablesEvery = options.tablesEvery ?? ticks(45_000);
    this.#programNumber = options.programNumber ?? 1;
    this.#transportStreamId = options.transportStreamId ?? 1;
    this.tracks(tracks);
  }

  /**
   * Other tracks from here on: a new version of the PMT before the next unit. A track keeps its PID, and every PID its
   * counter. Tracks that a transport stream cannot carry ({@link describeStream}) are left out, and so are their units.
   */
  tracks(tracks: readonly Track[]): void {
    this.#keepCounters();
    this.#streams.clear();
    this.#pcrStream = null;
    const listed: Stream[] = [];
    for (const track of tracks) {
      const description = describeStream(track);
      if (description === null || listed.length === MAX_STREAMS) continue;
      const known = this.#known.get(track.id) ?? { pid: FIRST_PID + this.#known.size, counter: 0 };
      this.#known.set(track.id, known);
      const video = track.kind === "video";
      const stream = { ...description, ...known, video, broken: this.#version >= 0 };
      this.#streams.set(track.id, stream);
      listed.push(stream);
    }
    this.#pcrStream = listed.find(({ video }) => video) ?? listed[0] ?? null;
    this.#clock = null;
    this.#describe(listed);
  }

  #keepCounters(): void {
    for (const [id, { counter }] of this.#streams) {
      const known = this.#known.get(id);
      if (known !== undefined) known.counter = counter;
    }
  }

  #describe(streams: readonly Stream[]): void {
    this.#version = (this.#version + 1) & 31;
    const program = {
      transportStreamId: this.#transportStreamId,
      number: this.#programNumber,
      pmtPid: PMT_PID,
      pcrPid: this.#pcrStream?.pid ?? 0x1fff,
      version: this.#version,
      streams,
    };
    const [patCounter, pmtCounter] = this.#tables.map(({ counter }) => counter);
    this.#tables = [
      { ...pat(program), counter: patCounter ?? 0 },
      { ...pmt(program), counter: pmtCounter ?? 0 },
    ];
    this.#tablesSent = false;
  }

  /** PAT and PMT, at once: before every segment. */
  tables(): void {
    this.#writeTables();
    this.#slab.flush();
  }

  #writeTables(): void {
    for (const table of this.#tables) table.counter = this.#slab.ready(table.packets, table.counter);
    this.#tablesSent = true;
    this.#tablesAt = null;
  }

  /** The time base begins anew with the next unit: it comes with a PCR and discontinuity_indicator. @see ISO/IEC 13818-1 §2.4.3.5 */
  discontinuity(): void {
    this.#clock = null;
    for (const stream of this.#streams.values()) stream.broken = true;
  }

  /** One access unit as one PES packet. Time stamps are written modulo 2^33. Empty units, and frames too long for their framing, are left out. */
  unit(unit: AccessUnit): void {
    const stream = this.#streams.get(unit.track);
    if (stream === undefined || unit.data.length === 0) return;
    const dts = Math.round(unit.dts);
    const pts = Math.round(unit.pts);
    this.#repeatTables(dts);
    let flags = this.#advance(stream, dts, unit.randomAccess);
    if (unit.randomAccess && (stream.video || flags !== 0)) flags |= RANDOM_ACCESS;
    if (stream.broken) flags |= DISCONTINUITY;
    const stamps = pts === dts ? 5 : 10;
    this.#pes.begin(HEADER + stamps);
    const fits = stream.framing.frame(unit.data, unit.randomAccess, this.#pes);
    const length = this.#pes.end - this.#pes.start - 6;
    if (!fits || (!stream.video && length > MAX_PES)) {
      // The clock goes on without it.
      if ((flags & PCR) !== 0) this.#writeClock(dts);
    } else {
      stream.broken = false;
      this.#writeHeader(stream, length, stamps, pts, dts);
      stream.counter = this.#slab.pes(stream.pid, stream.counter, flags, dts - this.#delay);
    }
    this.#slab.flush();
  }

  #repeatTables(dts: number): void {
    if (!this.#tablesSent) this.#writeTables();
    this.#tablesAt ??= dts;
    if (Math.abs(dts - this.#tablesAt) < this.#tablesEvery) return;
    this.#writeTables();
    this.#tablesAt = dts;
  }

  /** Time goes on to `dts`. @returns the flag for a PCR, when it goes into this stream's packet */
  #advance(stream: Stream, dts: number, randomAccess: boolean): number {
    const carrier = this.#pcrStream;
    if (carrier === null) return 0;
    if (this.#clock !== null && Math.abs(dts - this.#clock) > MAX_GAP) {
      this.#clock = null;
      carrier.broken = true;
    }
    if (this.#clock !== null) {
      while (dts - this.#clock > MAX_INTERVAL) this.#writeClock((this.#clock += STEP));
      if (stream !== carrier || dts - this.#clock < (randomAccess ? 1 : MIN_INTERVAL)) return 0;
    }
    this.#clock = dts;
    if (stream === carrier) return PCR;
    this.#writeClock(dts);
    return 0;
  }

  /** A PCR on its own. */
  #writeClock(dts: number): void {
    const carrier = this.#pcrStream;
    if (carrier === null) return;
    const flags = carrier.broken ? PCR | DISCONTINUITY : PCR;
    carrier.broken = false;
    this.#slab.clock(carrier.pid, (carrier.counter + 15) & 15, flags, dts - this.#delay);
  }

  /** @param length of what follows the length field; 0, unbounded, is for video. @see ISO/IEC 13818-1 §2.4.3.7 */
  #writeHeader(stream: Stream, length: number, stamps: number, pts: number, dts: number): void {
    const { bytes, start } = this.#pes;
    const said = stream.video ? 0 : length;
    bytes[start] = 0;
    bytes[start + 1] = 0;
    bytes[start + 2] = 1;
    bytes[start + 3] = stream.streamId;
    bytes[start + 4] = said >> 8;
    bytes[start + 5] = said & 0xff;
    bytes[start + 6] = 0x84; // data_alignment_indicator: an access unit begins here
    bytes[start + 7] = stamps === 5 ? 0x80 : 0xc0;
    bytes[start + 8] = stamps;
    writeTimestamp(bytes, start + HEADER, stamps === 5 ? 0x21 : 0x31, pts);
    if (stamps === 10) writeTimestamp(bytes, start + HEADER + 5, 0x11, dts);
  }
}

/** @param prefix with its marker bit */
function writeTimestamp(bytes: Buffer, at: number, prefix: number, value: number): void {
  const wrapped = ((value % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
  bytes[at] = prefix | (Math.floor(wrapped / 0x40000000) << 1);
  bytes[at + 1] = (wrapped / 0x400000) & 0xff;
  bytes[at + 2] = ((wrapped / 0x4000) & 0xfe) | 1;
  bytes[at + 3] = (wrapped / 0x80) & 0xff;
  bytes[at + 4] = ((wrapped * 2) & 0xfe) | 1;
}
