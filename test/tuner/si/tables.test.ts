import t from "tap";
import { decodeEit } from "../../../src/tuner/si/eit.ts";
import { decodeNit } from "../../../src/tuner/si/nit.ts";
import { decodePat, encodePat } from "../../../src/tuner/si/pat.ts";
import { decodePmt, encodePmt } from "../../../src/tuner/si/pmt.ts";
import { decodeSdt, encodeSdt, serviceKindOf } from "../../../src/tuner/si/sdt.ts";
import { decodeTdt, decodeTot, encodeTdt, encodeTot } from "../../../src/tuner/si/tdt.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** What FFmpeg's multiplexer writes. */
const PAT = hex("00b00d0001c100000001f0002ab104b2");
const SDT = hex("42f0250001c10000ff01ff0001fc8014481201 0646466d70656709 53657276696365 3031777c43ca");

t.test("si tables: a PAT, read and written", (t) => {
  const pat = decodePat(PAT);
  t.same(pat, {
    transportStreamId: 1,
    version: 0,
    current: true,
    sectionNumber: 0,
    lastSectionNumber: 0,
    networkPid: null,
    programs: [{ serviceId: 1, pid: 0x1000 }],
  });
  // FFmpeg leaves the reserved bits before the PID as they should be; so do we.
  t.same(pat === null ? null : encodePat(pat), PAT);
  t.end();
});

t.test("si tables: programme 0 of a PAT is the network", (t) => {
  const pat = decodePat(hex("00b0110438d900000000e0102262e0c800000000"));
  t.equal(pat?.networkPid, 0x10);
  t.same(pat?.programs, [{ serviceId: 0x2262, pid: 0xc8 }]);
  t.equal(pat?.version, 12);
  t.equal(pat?.transportStreamId, 1080);
  t.end();
});

t.test("si tables: an SDT, read and written", (t) => {
  const sdt = decodeSdt(SDT);
  t.match(sdt, { tableId: 0x42, actual: true, transportStreamId: 1, originalNetworkId: 0xff01 });
  t.same(sdt?.services, [
    {
      serviceId: 1,
      eitSchedule: false,
      eitPresentFollowing: false,
      runningStatus: 4,
      freeCaMode: false,
      serviceType: 1,
      name: "Service01",
      provider: "FFmpeg",
    },
  ]);
  t.same(sdt === null ? null : encodeSdt(sdt), SDT);
  t.end();
});

t.test("si tables: a PMT keeps nothing of the buffer that it came in", (t) => {
  const section = hex("02b01d0001c10000e100f0001be100f0000fe101f0060a046672650000000000");
  const pmt = decodePmt(section);
  section.fill(0);
  t.same(pmt, {
    serviceId: 1,
    version: 0,
    current: true,
    pcrPid: 0x100,
    descriptors: Buffer.alloc(0),
    streams: [
      { streamType: 0x1b, pid: 0x100, descriptors: Buffer.alloc(0) },
      { streamType: 0x0f, pid: 0x101, descriptors: hex("0a0466726500") },
    ],
  });
  t.end();
});

t.test("si tables: a loop that says more than there is keeps what was whole", (t) => {
  const pat = encodePat({
    transportStreamId: 1,
    version: 1,
    current: true,
    sectionNumber: 0,
    lastSectionNumber: 0,
    networkPid: null,
    programs: [
      { serviceId: 1, pid: 100 },
      { serviceId: 2, pid: 200 },
    ],
  });
  t.equal(decodePat(pat.subarray(0, pat.length - 1))?.programs.length, 1);
  const pmt = encodePmt({
    serviceId: 1,
    version: 1,
    current: true,
    pcrPid: 1,
    descriptors: Buffer.alloc(0),
    streams: [{ streamType: 2, pid: 7, descriptors: hex("520101520102") }],
  });
  t.same(decodePmt(pmt.subarray(0, pmt.length - 2))?.streams[0]?.descriptors, hex("52010152"));
  t.end();
});

t.test("si tables: other tables, and the other syntax, are none of theirs", (t) => {
  for (const decode of [decodePat, decodePmt, decodeSdt, decodeNit, decodeEit, decodeTdt, decodeTot]) {
    t.equal(decode(Buffer.alloc(0)), null);
    t.equal(decode(hex("72f0250001c10000ff01ff0001fc8014")), null);
  }
  const short = Buffer.from(PAT);
  short.writeUInt8(0x30, 1);
  t.equal(decodePat(short), null);
  t.end();
});

t.test("si tables: more than a section holds is refused", (t) => {
  const programs = Array.from({ length: 254 }, (_, index) => ({ serviceId: index + 1, pid: 100 }));
  const pat = { transportStreamId: 1, version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
  t.equal(encodePat({ ...pat, networkPid: null, programs: programs.slice(0, 253) }).length, 1024);
  t.throws(() => encodePat({ ...pat, networkPid: null, programs }), RangeError);
  t.end();
});

t.test("si tables: TDT and TOT", (t) => {
  const tdt = hex("707005c079124500");
  t.same(decodeTdt(tdt), { utc: Date.UTC(1993, 9, 13, 12, 45) });
  t.same(encodeTdt({ utc: Date.UTC(1993, 9, 13, 12, 45) }), tdt);
  t.equal(decodeTdt(hex("707005ffffffffff")), null);
  const utc = Date.UTC(2020, 11, 14, 11, 16, 36);
  const changesAt = Date.UTC(2021, 2, 28, 1);
  // Off the air, in the United Kingdom.
  const tot = hex("737027e73d111636f01c581a474252020000e7a5010000010049524c020000e7a50100000100c6aee16f");
  const british = {
    utc,
    offsets: [
      { country: "GBR", region: 0, offsetMinutes: 0, changesAt, nextOffsetMinutes: 60 },
      { country: "IRL", region: 0, offsetMinutes: 0, changesAt, nextOffsetMinutes: 60 },
    ],
  };
  t.same(decodeTot(tot), british);
  t.same(encodeTot(british), tot);
  const canadian = {
    utc,
    offsets: [{ country: "CAN", region: 1, offsetMinutes: -210, changesAt: null, nextOffsetMinutes: -150 }],
  };
  t.same(decodeTot(encodeTot(canadian)), canadian);
  t.throws(
    () =>
      encodeTot({
        utc: 0,
        offsets: [{ country: "PRT", region: 2, offsetMinutes: -60, changesAt: null, nextOffsetMinutes: 60 }],
      }),
    RangeError,
  );
  t.end();
});

t.test("si tables: a NIT off the air, in Italy", (t) => {
  const section = hex(
    `40f0613001d50000f0054003526169f04f4800013ef0495a0b02f7e3401f825affffffff41180d49010d521f0d4a010d4b010d53010d4c02
     0d4d020d4e0283200d49fc010d52fc640d4afc020d4bfc030d53fc300d4cfebd0d4dfebe0d4efebf64652044`,
  );
  const services = [3401, 3410, 3402, 3403, 3411, 3404, 3405, 3406];
  const types = [1, 0x1f, 1, 1, 1, 2, 2, 2];
  const numbers = [1, 100, 2, 3, 48, 701, 702, 703];
  t.same(decodeNit(section), {
    tableId: 0x40,
    actual: true,
    networkId: 0x3001,
    networkName: "Rai",
    version: 10,
    current: true,
    sectionNumber: 0,
    lastSectionNumber: 0,
    transportStreams: [
      {
        transportStreamId: 0x4800,
        originalNetworkId: 318,
        delivery: {
          system: "dvbt",
          frequencyHz: 498_000_000,
          bandwidthHz: 8_000_000,
          plp: null,
          modulation: "QAM/64",
          hierarchy: "NONE",
          codeRateHp: "3/4",
          codeRateLp: "3/4",
          guardInterval: "1/4",
          transmissionMode: "8K",
        },
        lcns: services.map((serviceId, index) => ({ serviceId, number: numbers[index], visible: true })),
        hdSimulcastLcns: [],
        services: services.map((serviceId, index) => ({ serviceId, serviceType: types[index] })),
      },
    ],
  });
  t.end();
});

t.test("si tables: an EIT off the air, in Taiwan", (t) => {
  const section = hex(
    `4ef0b001f6cf00010022209e014e0016e86410300000300080955013f603006368691400730074006500720065006f5043f5
     0f00636869140076006900640065006f002c002000310036003a003900200061007300700065006300740020007200610074
     0069006f002c0020003300300048007a4d39636869211481fa7063597d54739053002d8db3597d98df002081fa7063547300
     28666e002913146230573076846d774e2d725b597677f386b54a7641bf`,
  );
  t.match(decodeEit(section), {
    tableId: 0x4e,
    actual: true,
    schedule: false,
    serviceId: 502,
    transportStreamId: 34,
    originalNetworkId: 8350,
    version: 7,
    segmentLastSectionNumber: 1,
    lastTableId: 0x4e,
    events: [
      {
        eventId: 22,
        startsAt: Date.UTC(2021, 9, 5, 10, 30),
        durationMs: 30 * 60_000,
        runningStatus: 4,
        freeCaMode: false,
        title: "臺灣好味道-足好食 臺灣味(普)",
        description: "戰地的海中牛奶石蚵",
        language: "chi",
        content: [],
        rating: [],
      },
    ],
  });
  t.end();
});

t.test("si tables: service types for people", (t) => {
  for (const type of [0x01, 0x05, 0x06, 0x0b, 0x11, 0x16, 0x19, 0x1c, 0x1f, 0x20])
    t.equal(serviceKindOf(type), "tv");
  for (const type of [0x02, 0x07, 0x0a]) t.equal(serviceKindOf(type), "radio");
  for (const type of [0x00, 0x03, 0x04, 0x0c, 0x10, 0x18, 0x1b, 0x1e, 0x80, 0xff])
    t.equal(serviceKindOf(type), "data");
  t.end();
});
