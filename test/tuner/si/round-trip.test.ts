import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import type { Delivery } from "../../../src/tuner/ports.ts";
import { decodeEit, encodeEit, type Eit } from "../../../src/tuner/si/eit.ts";
import { decodeNit, encodeNit, type Nit } from "../../../src/tuner/si/nit.ts";
import { decodePat, encodePat } from "../../../src/tuner/si/pat.ts";
import { decodePmt, describeStreams, encodePmt } from "../../../src/tuner/si/pmt.ts";
import { decodeSdt, encodeSdt } from "../../../src/tuner/si/sdt.ts";
import { decodeTdt, decodeTot, encodeTdt, encodeTot } from "../../../src/tuner/si/tdt.ts";

/** Plain objects, as decoders make them. */
const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const uint16 = fc.nat(0xffff);
const pid = fc.nat(0x1fff);
const header = {
  version: fc.nat(31),
  current: fc.boolean(),
  sectionNumber: fc.nat(255),
  lastSectionNumber: fc.nat(255),
};
/** Names and titles: any characters that a person may read. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: "grapheme", maxLength })

    .map((s) => s.replace(/[\u0000-\u001F\u007F-\u009F\uE080-\uE09F\uFEFF]/g, ""));
const loop = fc
  .array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 })), { maxLength: 4 })
  .map((list) => Buffer.concat(list.map(([tag, data]) => Buffer.from([tag, data.length, ...data]))));

const pat = record({
  ...header,
  transportStreamId: uint16,
  networkPid: fc.option(pid),
  programs: fc.array(record({ serviceId: fc.integer({ min: 1, max: 0xffff }), pid }), { maxLength: 100 }),
});

const pmt = record({
  serviceId: uint16,
  version: fc.nat(31),
  current: fc.boolean(),
  pcrPid: pid,
  descriptors: loop,
  streams: fc.array(record({ streamType: fc.nat(255), pid, descriptors: loop }), { maxLength: 8 }),
});

const sdt = record({
  ...header,
  actual: fc.boolean(),
  transportStreamId: uint16,
  originalNetworkId: uint16,
  services: fc.array(
    record({
      serviceId: uint16,
      eitSchedule: fc.boolean(),
      eitPresentFollowing: fc.boolean(),
      runningStatus: fc.nat(7),
      freeCaMode: fc.boolean(),
      serviceType: fc.nat(255),
      name: text(15),
      provider: text(8),
    }),
    { maxLength: 4 },
  ),
}).map((sdt) => ({ ...sdt, tableId: sdt.actual ? 0x42 : 0x46 }));

const CODE_RATES = ["1/2", "2/3", "3/4", "5/6", "7/8"] as const;
const delivery: fc.Arbitrary<Delivery | null> = fc.oneof(
  fc.constant(null),
  record({
    system: fc.constant("dvbt" as const),
    frequencyHz: fc.integer({ min: 100_000, max: 99_999_999 }).map((tens) => tens * 10),
    bandwidthHz: fc.constantFrom(5_000_000, 6_000_000, 7_000_000, 8_000_000),
    plp: fc.constant(null),
    modulation: fc.constantFrom("QPSK", "QAM/16", "QAM/64"),
    hierarchy: fc.constantFrom("NONE", "1", "2", "4"),
    codeRateHp: fc.constantFrom(...CODE_RATES),
    codeRateLp: fc.constantFrom(...CODE_RATES),
    guardInterval: fc.constantFrom("1/32", "1/16", "1/8", "1/4"),
    transmissionMode: fc.constantFrom("2K", "8K", "4K"),
  }),
  record({
    system: fc.constant("dvbt2" as const),
    frequencyHz: fc.integer({ min: 100_000, max: 99_999_999 }).map((tens) => tens * 10),
    bandwidthHz: fc.constantFrom(1_712_000, 5_000_000, 6_000_000, 7_000_000, 8_000_000, 10_000_000),
    plp: fc.nat(255),
    guardInterval: fc.constantFrom("1/32", "1/4", "1/128", "19/256"),
    transmissionMode: fc.constantFrom("1K", "16K", "32K"),
  }),
  record({
    system: fc.constant("dvbc" as const),
    frequencyHz: fc.integer({ min: 1, max: 99_999_999 }).map((hundreds) => hundreds * 100),
    symbolRate: fc.nat(9_999_999).map((hundreds) => hundreds * 100),
    modulation: fc.constantFrom("QAM/16", "QAM/64", "QAM/256", "QAM/AUTO"),
    innerFec: fc.constantFrom("1/2", "9/10", "NONE"),
  }),
  fc
    .record(
      {
        system: fc.constantFrom("dvbs" as const, "dvbs2" as const),
        frequencyKHz: fc.integer({ min: 1, max: 99_999_999 }).map((tens) => tens * 10),
        symbolRate: fc.nat(9_999_999).map((hundreds) => hundreds * 100),
        polarisation: fc.constantFrom("H" as const, "V" as const, "L" as const, "R" as const),
        orbital: fc
          .tuple(fc.nat(1800), fc.constantFrom("E", "W"))
          .map(([tenths, side]) => (tenths / 10).toFixed(1) + side),
        modulation: fc.constantFrom("QPSK", "PSK/8", "QAM/16"),
        innerFec: fc.constantFrom("2/3", "3/5"),
        streamId: fc.nat(255),
      },
      {
        noNullPrototype: true,
        requiredKeys: ["system", "frequencyKHz", "symbolRate", "polarisation", "orbital", "modulation"],
      },
    )
    .chain((one) =>
      fc.constantFrom("35", "25", "20").map((rollOff): Delivery => {
        const { streamId, ...first } = one;
        if (one.system === "dvbs") return first;
        return { ...first, rollOff, ...(streamId !== undefined && { streamId }) };
      }),
    ),
);

const channels = fc.array(record({ serviceId: uint16, number: fc.nat(1023), visible: fc.boolean() }), {
  maxLength: 66,
});

const nit: fc.Arbitrary<Nit> = record({
  ...header,
  actual: fc.boolean(),
  networkId: uint16,
  networkName: text(20),
  transportStreams: fc.array(
    record({
      transportStreamId: uint16,
      originalNetworkId: uint16,
      delivery,
      lcns: channels,
      hdSimulcastLcns: fc.array(record({ serviceId: uint16, number: fc.nat(1023), visible: fc.boolean() }), {
        maxLength: 3,
      }),
      services: fc.array(record({ serviceId: uint16, serviceType: fc.nat(255) }), { maxLength: 20 }),
    }),
    { maxLength: 2 },
  ),
}).map((nit) => ({ ...nit, tableId: nit.actual ? 0x40 : 0x41 }));

const language = fc.constantFrom("fra", "eng", "chi", "cze", null);
const event = record({
  eventId: uint16,
  startsAt: fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seconds) => seconds * 1000)),
  durationMs: fc.nat(359_999).map((seconds) => seconds * 1000),
  runningStatus: fc.nat(7),
  freeCaMode: fc.boolean(),
  title: text(30),
  description: fc.oneof(
    text(60),
    text(60)
      .map((s) => s.repeat(8))
      .filter((s) => !s.includes("\n")),
  ),
  language,
  content: fc.array(fc.nat(255), { maxLength: 4 }),
  rating: fc.array(record({ country: fc.constantFrom("FRA", "GBR"), age: fc.integer({ min: 4, max: 18 }) }), {
    maxLength: 2,
  }),
});

const eit: fc.Arbitrary<Eit> = record({
  ...header,
  tableId: fc.integer({ min: 0x4e, max: 0x6f }),
  serviceId: uint16,
  transportStreamId: uint16,
  originalNetworkId: uint16,
  segmentLastSectionNumber: fc.nat(255),
  lastTableId: fc.nat(255),
  events: fc.array(event, { maxLength: 2 }),
}).map((eit) => ({
  ...eit,
  actual: eit.tableId === 0x4e || (eit.tableId >= 0x50 && eit.tableId < 0x60),
  schedule: eit.tableId >= 0x50,
}));

const seconds = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((value) => value * 1000);
const tot = record({
  utc: seconds,
  offsets: fc.array(
    record({
      country: fc.constantFrom("FRA", "CAN", "AUS"),
      region: fc.nat(63),
      west: fc.boolean(),
      now: fc.nat(779),
      next: fc.nat(779),
      changesAt: fc.option(seconds),
    }).map(({ country, region, west, now, next, changesAt }) => {
      const sign = west ? -1 : 1;
      return {
        country,
        region,
        offsetMinutes: sign * now + 0,
        changesAt,
        nextOffsetMinutes: sign * next + 0,
      };
    }),
    { maxLength: 10 },
  ),
});

interface Table {
  readonly name: string;
  readonly sections: fc.Arbitrary<Buffer>;
  /** Throws, with the smallest value that does not come back as it went. */
  readonly check: () => void;
}

function table<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Buffer,
  decode: (section: Buffer) => T | null,
): Table {
  const check = (): void =>
    fc.assert(fc.property(values, (value) => deepStrictEqual(decode(encode(value)), value)));
  return { name, sections: values.map(encode), check };
}

/** The short text comes back beside the description that begins with it, and is not given when encoding. */
function withoutShortText(section: Buffer): Eit | null {
  const decoded = decodeEit(section);
  if (decoded === null) return null;
  return {
    ...decoded,
    events: decoded.events.map(({ shortText = "", ...event }) => {
      if (!event.description.startsWith(shortText)) throw new Error(`${event.eventId} begins otherwise`);
      return event;
    }),
  };
}

const TABLES: readonly Table[] = [
  table("PAT", pat, encodePat, decodePat),
  table("PMT", pmt, encodePmt, decodePmt),
  table("SDT", sdt, encodeSdt, decodeSdt),
  table("NIT", nit, encodeNit, decodeNit),
  table("EIT", eit, encodeEit, withoutShortText),
  table("TDT", record({ utc: seconds }), encodeTdt, decodeTdt),
  table("TOT", tot, encodeTot, decodeTot),
];

for (const { name, check } of TABLES) {
  t.test(`si round trip: ${name} comes back as it went`, (t) => {
    t.doesNotThrow(check);
    t.end();
  });
}

/** All that may come of anything: nothing thrown, and streams that can be described. */
function decodeAll(section: Buffer): boolean {
  const pmt = decodePmt(section);
  if (pmt !== null && describeStreams(pmt).streams.length !== pmt.streams.length) return false;
  const decoders = [decodePat, decodeSdt, decodeNit, decodeEit, decodeTdt, decodeTot];
  return decoders.every((decode) => {
    const value = decode(section);
    return value === null || typeof value === "object";
  });
}

t.test("si fuzz: cut, flipped and random sections give a value or null", (t) => {
  const sections = fc.oneof(...TABLES.map((one) => one.sections));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        sections,
        fc.nat(4096),
        fc.array(fc.tuple(fc.nat(4095), fc.nat(7)), { maxLength: 8 }),
        (section, length, flips) => {
          const damaged = Buffer.from(section.subarray(0, length));
          for (const [at, bit] of flips) {
            if (at < damaged.length) damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
          }
          return decodeAll(damaged);
        },
      ),
      { numRuns: 1000 },
    ),
  );
  // Random bytes behind a table_id and a section_length that may be true.
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.constantFrom(0x00, 0x02, 0x40, 0x41, 0x42, 0x46, 0x4e, 0x50, 0x6f, 0x70, 0x73),
        fc.uint8Array({ maxLength: 200 }),
        fc.option(uint16),
        (tableId, bytes, length) => {
          const section = Buffer.from([tableId, 0, 0, ...bytes]);
          section.writeUInt16BE(length ?? 0xf000 | bytes.length, 1);
          return decodeAll(section);
        },
      ),
      { numRuns: 1000 },
    ),
  );
  t.end();
});

t.test("si fuzz: what is read lies within the section", (t) => {
  const sections = fc.oneof(...TABLES.map((one) => one.sections));
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(sections, fc.uint8Array({ minLength: 50, maxLength: 50 }), (section, around) => {
        const inside = Buffer.concat([around, section, around]).subarray(50, 50 + section.length);
        const decoders = [decodePat, decodePmt, decodeSdt, decodeNit, decodeEit, decodeTdt, decodeTot];
        for (const decode of decoders) deepStrictEqual(decode(inside), decode(section));
      }),
      { numRuns: 300 },
    ),
  );
  t.end();
});
