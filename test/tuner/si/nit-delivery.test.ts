import t from "tap";
import { decodeDelivery, decodeFrequencies, encodeDelivery } from "../../../src/tuner/si/delivery.ts";
import {
  decodeC2,
  decodeFrequencyList,
  decodeS2,
  decodeT2,
} from "../../../src/tuner/si/delivery-descriptors.ts";
import { decodeNit } from "../../../src/tuner/si/nit.ts";
import { sealSection } from "../../../src/tuner/si/section.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

t.test("si delivery: terrestrial", (t) => {
  // Rai, Bologna.
  t.same(decodeDelivery(hex("5a0b02f7e3401f825affffffff")), {
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
  });
  // French networks name no frequency, in one of these ways.
  t.equal(decodeDelivery(hex("5a0bffffffff1f8552ffffffff")), null);
  t.equal(decodeDelivery(hex("7f0d0400000003140000000000" + "0040")), null);
  // Short form: PLP and system only.
  t.equal(decodeDelivery(hex("7f0404000001")), null);
  t.end();
});

t.test("si delivery: satellite, where the second generation may have a descriptor beside", (t) => {
  // The example values of EN 300 468 §6.2.13.2: 011.75725 GHz, 019.2 degrees, 027.4500 Msymbol/s.
  const satellite = "430b" + "01175725" + "0192" + "81" + "0274500" + "3";
  const expected = {
    system: "dvbs",
    frequencyKHz: 11_757_250,
    symbolRate: 27_450_000,
    polarisation: "H",
    orbital: "19.2E",
    modulation: "QPSK",
    innerFec: "3/4",
  };
  t.same(decodeDelivery(hex(satellite)), expected);
  t.same(decodeDelivery(hex(satellite + "790100")), { ...expected, system: "dvbs2" });
  const { innerFec: _, ...unsaid } = expected;
  t.same(decodeDelivery(hex(satellite.replace("019281", "005026").replace(/3$/, "0"))), {
    ...unsaid,
    system: "dvbs2",
    polarisation: "V",
    orbital: "5.0W",
    modulation: "PSK/8",
    rollOff: "35",
  });
  // 8PSK, roll-off 0.20, FEC not defined; input stream 6 behind a scrambling index.
  const multistream = satellite.replace("0192" + "81", "0050" + "36").replace(/3$/, "0") + "7905df03ffff06";
  t.match(decodeDelivery(hex(multistream)), {
    system: "dvbs2",
    rollOff: "20",
    streamId: 6,
    polarisation: "V",
  });
  t.notOk("innerFec" in (decodeDelivery(hex(multistream)) ?? {}));
  t.equal(decodeDelivery(hex(satellite.replace("01175725", "0117572a"))), null);
  t.end();
});

t.test("si delivery: cable", (t) => {
  // 346 MHz, 6.9 Msymbol/s, 64-QAM.
  const cable = hex("440b" + "03460000" + "fff2" + "03" + "0069000" + "f");
  const delivery = {
    system: "dvbc",
    frequencyHz: 346_000_000,
    symbolRate: 6_900_000,
    modulation: "QAM/64",
    innerFec: "NONE",
  } as const;
  t.same(decodeDelivery(cable), delivery);
  t.same(encodeDelivery(delivery), cable);
  t.end();
});

t.test("si delivery: what the second generation of satellite adds", (t) => {
  const nothing = { scramblingIndex: null, streamId: null, timeSlice: null };
  t.same(decodeS2(hex("1f")), nothing);
  t.same(decodeS2(hex("00")), nothing, "a flag that was reserved when it was sent");
  t.same(decodeS2(hex("df" + "03ffff" + "2a")), { ...nothing, scramblingIndex: 0x3ffff, streamId: 0x2a });
  t.same(decodeS2(hex("4f" + "07" + "03")), { ...nothing, streamId: 7, timeSlice: 3 });
  t.equal(decodeS2(hex("df03ffff")), null);
  t.equal(decodeS2(hex("")), null);
  t.end();
});

t.test("si delivery: every cell and transposer of DVB-T2, and the frequency list", (t) => {
  const field = (megahertz: number): string => (megahertz * 100_000).toString(16).padStart(8, "0");
  // PLP 1, system 0x8001; 8 MHz; 19/256, 32K, time-frequency slicing.
  const sliced = "01" + "8001" + "03" + "d5";
  const cells =
    "0001" + "08" + field(498) + field(506) + "05" + "07" + field(514) + ("0002" + "04" + field(522) + "00");
  t.same(decodeT2(hex(sliced + cells)), {
    plp: 1,
    t2SystemId: 0x8001,
    brief: false,
    bandwidthHz: 8_000_000,
    guardInterval: "19/256",
    transmissionMode: "32K",
    otherFrequency: false,
    cells: [
      {
        cellId: 1,
        frequenciesHz: [498_000_000, 506_000_000],
        subcells: [{ cellIdExtension: 7, frequencyHz: 514_000_000 }],
      },
      { cellId: 2, frequenciesHz: [522_000_000], subcells: [] },
    ],
  });
  t.match(decodeT2(hex("018001")), { plp: 1, brief: true, bandwidthHz: null, cells: [] });
  t.equal(decodeT2(hex("01")), null);
  const t2 = "04" + sliced + cells;
  const loop = hex("7f" + (t2.length / 2).toString(16) + t2 + "6209ff" + field(530) + field(498));
  t.match(decodeDelivery(loop), {
    system: "dvbt2",
    frequencyHz: 498_000_000,
    plp: 1,
    transmissionMode: "32K",
  });
  t.same(
    decodeFrequencies(loop).map((hertz) => hertz / 1e6),
    [498, 506, 514, 522, 530],
  );
  t.end();
});

t.test("si delivery: frequency lists of each coding, and DVB-C2", (t) => {
  t.same(decodeFrequencyList(hex("fd" + "01175725")), [11_757_250_000]);
  t.same(decodeFrequencyList(hex("fe" + "03460000" + "034x0000".replace("x", "a"))), [346_000_000]);
  t.same(decodeFrequencyList(hex("ff" + "ffffffff" + "00000000" + "02f7e340" + "02f7")), [498_000_000]);
  t.same(decodeFrequencyList(hex("fc" + "02f7e340")), []);
  t.same(decodeFrequencyList(hex("")), []);
  t.same(decodeC2(hex("0102" + "1443fd00" + "00")), { plp: 1, dataSlice: 2, frequencyHz: 340_000_000 });
  t.equal(decodeC2(hex("0102")), null);
  t.end();
});

t.test("si delivery: files and mocks are in no NIT, odd numbers are refused", (t) => {
  t.equal(encodeDelivery({ system: "file", path: "x" }), null);
  t.equal(encodeDelivery({ system: "mock", index: 0 }), null);
  t.throws(
    () => encodeDelivery({ system: "dvbt", frequencyHz: 1, bandwidthHz: 9_000_000, plp: null }),
    RangeError,
  );
  t.throws(
    () =>
      encodeDelivery({
        system: "dvbs",
        frequencyKHz: 1,
        symbolRate: 1,
        polarisation: "H",
        orbital: "nineteen",
      }),
    RangeError,
  );
  t.end();
});

t.test("si delivery: channel numbers of NorDig, both versions", (t) => {
  const nit = (descriptors: string): ReturnType<typeof decodeNit> => {
    const loop = hex(descriptors);
    const header = { version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
    const lengths = [0xf000, 0xf000 | (loop.length + 6)].map((length) => length.toString(16)).join("");
    const body = [hex(lengths + "00010002"), hex((0xf000 | loop.length).toString(16)), loop];
    return decodeNit(sealSection(0x40, 1, header, body, true));
  };
  // 14 bits of number.
  t.same(nit("5f0400000029" + "83040064ffff")?.transportStreams[0]?.lcns, [
    { serviceId: 100, number: 0x3fff, visible: true },
  ]);
  t.same(nit("5f0400000028" + "83040064ffff")?.transportStreams[0]?.lcns, [
    { serviceId: 100, number: 0x03ff, visible: true },
  ]);
  const v2 = "87" + "10" + "01" + "03414243" + "535745" + "04" + "00647c05" + "02" + "00" + "46";
  t.same(nit("5f0400000029" + v2)?.transportStreams[0]?.lcns, [
    { serviceId: 100, number: 5, visible: false },
  ]);
  t.same(nit("5f0400000028" + v2)?.transportStreams[0]?.lcns, []);
  t.end();
});
