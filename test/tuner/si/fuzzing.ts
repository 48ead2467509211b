import { readFileSync } from "node:fs";
import { EitCollector } from "../../../src/tuner/guide/eit-collector.ts";
import { PACKET_BYTES } from "../../../src/tuner/mpegts/packet.ts";
import { PacketScan } from "../../../src/tuner/mpegts/packet-scan.ts";
import { SectionAssembler } from "../../../src/tuner/mpegts/section-assembler.ts";
import { crc32Mpeg } from "../../../src/kernel/crc32.ts";
import { MuxTables, TABLE_PID } from "../../../src/tuner/mux-tables.ts";
import { decodeBat } from "../../../src/tuner/si/bat.ts";
import { decodeDelivery, decodeFrequencies } from "../../../src/tuner/si/delivery.ts";
import * as delivery from "../../../src/tuner/si/delivery-descriptors.ts";
import { decodeEit } from "../../../src/tuner/si/eit.ts";
import { decodeEvent } from "../../../src/tuner/si/eit-event.ts";
import * as event from "../../../src/tuner/si/event-descriptors.ts";
import { readLogicalChannels } from "../../../src/tuner/si/logical-channels.ts";
import { decodeNit } from "../../../src/tuner/si/nit.ts";
import { decodePat } from "../../../src/tuner/si/pat.ts";
import { decodePmt, describeStreams } from "../../../src/tuner/si/pmt.ts";
import { decodeSdt } from "../../../src/tuner/si/sdt.ts";
import * as service from "../../../src/tuner/si/service-descriptors.ts";
import { decodeTdt, decodeTot } from "../../../src/tuner/si/tdt.ts";
import { decodeDvbText, type TextOptions } from "../../../src/tuner/si/text.ts";
import { DEFAULT_TABLES } from "../../../src/tuner/si/unmarked-text.ts";
import { ms } from "../../../src/kernel/units.ts";
import { siOfFile } from "../../helpers/si-of-file.ts";

/** Numbers that come again with the same seed (xorshift32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed === 0 ? 1 : seed;
  }

  /** 0 to `below` - 1 */
  next(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % below;
  }
}

/** What inputs are made of. */
export interface Corpus {
  readonly sections: readonly Buffer[];
  /** Whole packets, one after another. */
  readonly packets: Buffer;
}

const SI_PIDS: ReadonlySet<number> = new Set([0, 0x10, 0x11, 0x12, 0x14]);
const MOST_PACKETS = 8000;

/** Every distinct section of these captures, PMTs included, and the first packets of each. */
export function corpusOf(paths: readonly string[]): Corpus {
  const sections = new Map<string, Buffer>();
  const packets: Buffer[] = [];
  for (const path of paths) {
    const pids = new Set(SI_PIDS);
    for (const section of siOfFile(path, (pid) => pid === 0).sections.get(0) ?? [])
      for (const { pid } of decodePat(section)?.programs ?? []) pids.add(pid);
    for (const found of siOfFile(path, (pid) => pids.has(pid)).sections.values())
      for (const section of found) sections.set(section.toString("latin1"), section);
    const file = readFileSync(path);
    packets.push(
      file.subarray(0, Math.min(MOST_PACKETS, Math.trunc(file.length / PACKET_BYTES)) * PACKET_BYTES),
    );
  }
  return { sections: [...sections.values()], packets: Buffer.concat(packets) };
}

/** How many of each. */
export interface FuzzCounts {
  readonly packets: number;
  readonly sections: number;
}

export interface FuzzReport {
  readonly packets: number;
  readonly sections: number;
  /** Whole sections that came out of mutated packets, and PES packets. */
  readonly assembled: number;
  readonly pes: number;
  /** Characters of text decoded: that something was. */
  readonly characters: number;
  /** Longest time for one section and all that is decoded of it, ms; and for one block of 64 packets. */
  readonly slowestSection: number;
  readonly slowestBlock: number;
}

const BLOCK = 64;
const TEXT_OPTIONS: readonly TextOptions[] = [
  {},
  { standard: "arib" },
  ...DEFAULT_TABLES.map((table): TextOptions => ({ default: table })),
];
const AT = ms(0);

/**
 * Feeds mutated packets and mutated sections to everything that reads bytes off the air. Throws what they throw.
 * @param tenth called after each tenth, for a look at the memory
 */
export function fuzz(
  corpus: Corpus,
  counts: FuzzCounts,
  seed: number,
  tenth: () => void = () => {},
): FuzzReport {
  const dice = new Dice(seed);
  const report = {
    packets: 0,
    sections: 0,
    assembled: 0,
    pes: 0,
    characters: 0,
    slowestSection: 0,
    slowestBlock: 0,
  };
  const target = new Target(report);
  const block = Buffer.alloc(BLOCK * PACKET_BYTES);
  const scratch = Buffer.alloc(4200);
  let told = 0;
  /** Blocks of packets for each block of sections. */
  const share = Math.max(1, Math.round(counts.packets / counts.sections));
  while (report.packets < counts.packets || report.sections < counts.sections) {
    for (let n = 0; n < share && report.packets < counts.packets; n++) {
      const from = dice.next(corpus.packets.length / PACKET_BYTES - BLOCK) * PACKET_BYTES;
      corpus.packets.copy(block, 0, from, from + block.length);
      for (let at = 0; at < block.length; at += PACKET_BYTES) mutatePacket(block, at, dice);
      const began = performance.now();
      target.packets(block);
      report.slowestBlock = Math.max(report.slowestBlock, performance.now() - began);
      report.packets += BLOCK;
    }
    for (let n = 0; n < BLOCK && report.sections < counts.sections; n++, report.sections++) {
      const section = mutatedSection(corpus, scratch, dice);
      const began = performance.now();
      target.section(section, dice);
      report.slowestSection = Math.max(report.slowestSection, performance.now() - began);
    }
    if (report.sections >= (counts.sections / 10) * (told + 1)) {
      told++;
      tenth();
    }
  }
  return report;
}

/** Most packets get one to four changes, half of them in header, adaptation field or the beginning of the payload. */
function mutatePacket(block: Buffer, at: number, dice: Dice): void {
  for (let changes = dice.next(5); changes > 0; changes--) {
    const place = dice.next(2) === 0 ? 1 + dice.next(20) : 1 + dice.next(PACKET_BYTES - 1);
    block[at + place] = dice.next(3) === 0 ? EXTREMES[dice.next(EXTREMES.length)]! : dice.next(256);
  }
}

const EXTREMES = [0x00, 0xff, 0x7f, 0x80, 0x01, 0xfe, 0x0f, 0xf0];

function mutatedSection(corpus: Corpus, scratch: Buffer, dice: Dice): Buffer {
  const source = corpus.sections[dice.next(corpus.sections.length)]!;
  let length = source.copy(scratch);
  // Bytes, runs of one byte, pieces of another section, a cut, what is not there.
  for (let changes = 1 + dice.next(6); changes > 0; changes--) {
    const place = dice.next(length);
    switch (dice.next(8)) {
      case 0:
        scratch.fill(
          EXTREMES[dice.next(EXTREMES.length)]!,
          place,
          Math.min(length, place + 1 + dice.next(16)),
        );
        break;
      case 1: {
        const other = corpus.sections[dice.next(corpus.sections.length)]!;
        const from = dice.next(other.length);
        other.copy(
          scratch,
          place,
          from,
          Math.min(other.length, from + Math.min(dice.next(200), length - place)),
        );
        break;
      }
      case 2:
        if (dice.next(4) === 0) length = Math.max(1, place);
        break;
      case 3:
        if (dice.next(4) === 0) length = Math.min(scratch.length, length + dice.next(40));
        break;
      default:
        scratch[place] = dice.next(256);
    }
  }
  // Half of them pass for whole.
  if (length > 12 && dice.next(2) === 0) {
    scratch[1] = (scratch[1]! & 0xf0) | (((length - 3) >> 8) & 0x0f);
    scratch[2] = (length - 3) & 0xff;
    scratch.writeUInt32BE(crc32Mpeg(scratch, 0, length - 4), length - 4);
  }
  return scratch.subarray(0, length);
}

type Counts = { -readonly [K in keyof FuzzReport]: FuzzReport[K] };

const PES_PIDS = 40;
/** Tables are those of a multiplex for so many sections; another one is tuned to then, as in life. */
const TABLES_LIVE = 50_000;

/** All that reads what comes off the air. */
class Target {
  readonly #report: Counts;
  readonly #scan = new PacketScan();
  readonly #assembler: SectionAssembler;
  readonly #wrapped = Buffer.alloc(4300);
  #tables = new MuxTables({ id: "fuzz", delivery: { system: "mock", index: 0 } });
  #guide = new EitCollector({ system: "isdbt" });

  constructor(report: Counts) {
    this.#report = report;
    const collect = (section: Buffer): void => {
      this.#report.assembled++;
      this.#tables.push(pidOf(section), section);
    };
    this.#assembler = new SectionAssembler(collect);
    for (let pid = 0; pid < 0x1fff; pid++) {
      if (SI_PIDS.has(pid) || pid % 64 === 0x30) this.#scan.sections(pid, new SectionAssembler(collect));
    }
    for (let n = 0; n < PES_PIDS; n++) {
      const count = (): void => void this.#report.pes++;
      this.#scan.pes(100 + n * 20, count);
      this.#scan.pes(500 + n, count);
      this.#scan.pcr(500 + n, count);
    }
  }

  packets(block: Buffer): void {
    this.#scan.scan(block, AT);
  }

  section(section: Buffer, dice: Dice): void {
    if (this.#report.sections % TABLES_LIVE === 0) {
      this.#tables = new MuxTables({ id: "fuzz", delivery: { system: "mock", index: 0 } });
      this.#guide = new EitCollector({ system: "isdbt" });
    }
    decodeTables(section);
    this.#tables.push(pidOf(section), section);
    this.#guide.push(section);
    this.#guide.take(100);
    this.#tables.takeEvents(100);
    if (dice.next(64) === 0) this.#tables.services();
    // Behind a pointer_field that may point anywhere, in two pieces.
    const pointer = dice.next(8) === 0 ? dice.next(256) : 0;
    this.#wrapped[0] = pointer;
    const end = 1 + section.copy(this.#wrapped, 1);
    const cut = 1 + dice.next(end);
    this.#assembler.push(this.#wrapped, 0, cut, true);
    this.#assembler.push(this.#wrapped, cut, end, dice.next(16) === 0);
    const from = dice.next(section.length);
    const piece = section.subarray(from, from + dice.next(256));
    if (dice.next(4) === 0) decodeDescriptors(piece);
    this.#report.characters += decodeDvbText(piece, TEXT_OPTIONS[dice.next(TEXT_OPTIONS.length)]).length;
  }
}

/** Where a table belongs; a PMT anywhere. */
function pidOf(section: Buffer): number {
  const id = section[0] ?? 0;
  if (id === 0) return TABLE_PID.pat;
  if (id === 0x40 || id === 0x41) return TABLE_PID.nit;
  if (id === 0x42 || id === 0x46 || id === 0x4a) return TABLE_PID.sdt;
  if (id >= 0x4e && id <= 0x6f) return TABLE_PID.eit;
  return id === 0x70 || id === 0x73 ? TABLE_PID.tdt : 100;
}

function decodeTables(section: Buffer): void {
  decodePat(section);
  const pmt = decodePmt(section);
  if (pmt !== null) describeStreams(pmt);
  decodeSdt(section);
  decodeNit(section);
  decodeBat(section);
  decodeEit(section);
  decodeTdt(section);
  decodeTot(section);
}

function decodeDescriptors(data: Buffer): void {
  event.decodeContent(data);
  event.decodeParentalRating(data);
  for (const { crid } of event.decodeContentIdentifiers(data)) event.completeCrid(crid, "a.b");
  event.decodeShortEvent(data);
  event.decodeExtendedEvents([data, data.subarray(1)]);
  event.decodeComponent(data);
  service.decodeService(data);
  service.decodeServiceList(data);
  service.decodeDefaultAuthority(data);
  service.decodeLinkage(data);
  service.decodeDataBroadcast(data);
  service.decodePrivateDataSpecifier(data);
  delivery.decodeTerrestrial(data);
  delivery.decodeT2(data);
  delivery.decodeCable(data);
  delivery.decodeSatellite(data);
  delivery.decodeS2(data);
  delivery.decodeC2(data);
  delivery.decodeFrequencyList(data);
  decodeDelivery(data);
  decodeFrequencies(data);
  readLogicalChannels(data);
  decodeEvent(data);
}
