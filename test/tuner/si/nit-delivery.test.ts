import t from "tap";
import { decodeDelivery, encodeDelivery } from "../../../src/tuner/si/delivery.ts";
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
  };
  t.same(decodeDelivery(hex(satellite)), expected);
  t.same(decodeDelivery(hex(satellite + "790100")), { ...expected, system: "dvbs2" });
  t.same(decodeDelivery(hex(satellite.replace("019281", "005026"))), {
    ...expected,
    system: "dvbs2",
    polarisation: "V",
    orbital: "5.0W",
  });
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
  } as const;
  t.same(decodeDelivery(cable), delivery);
  t.same(encodeDelivery(delivery), cable);
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
