import fc from "fast-check";
import t from "tap";
import {
  decodeDataBroadcast,
  decodeDefaultAuthority,
  decodeLinkage,
  decodeName,
  decodePrivateDataSpecifier,
  decodeService,
  decodeServiceList,
} from "../../../src/tuner/si/service-descriptors.ts";
import { serviceKindOf, serviceTypeName } from "../../../src/tuner/si/service-types.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

t.test("si service descriptors: names, lists, specifiers", (t) => {
  t.same(decodeService(hex("19 03 534d52 03 544631")), { serviceType: 25, provider: "SMR", name: "TF1" });
  t.same(decodeService(hex("01 00 03 544631")), { serviceType: 1, provider: "", name: "TF1" });
  t.same(decodeService(hex("01 09 4142")), { serviceType: 1, provider: "AB", name: "" }, "cut off");
  t.equal(decodeService(hex("01 00")), null);
  t.same(decodeServiceList(hex("0601 19 0606 1f 06")), [
    { serviceId: 0x601, serviceType: 25 },
    { serviceId: 0x606, serviceType: 31 },
  ]);
  t.equal(decodePrivateDataSpecifier(hex("00000028")), 0x28);
  t.equal(decodePrivateDataSpecifier(hex("0000")), null);
  t.equal(decodeName(hex("15 c3a9")), "é");
  t.equal(decodeDefaultAuthority(Buffer.from("fp.BBC.co.uk")), "fp.bbc.co.uk");
  t.equal(decodeDefaultAuthority(hex("")), null);
  t.equal(decodeDefaultAuthority(hex("00ff")), null);
  t.end();
});

t.test("si service descriptors: linkage and data broadcast", (t) => {
  t.same(decodeLinkage(hex("0001 20fa 0101 09 aabb")), {
    transportStreamId: 1,
    originalNetworkId: 0x20fa,
    serviceId: 0x101,
    linkageType: 9,
    privateData: hex("aabb"),
  });
  t.equal(decodeLinkage(hex("0001")), null);
  t.same(decodeDataBroadcast(hex("000a 12 02 0102 656e67 02 4f4b")), {
    dataBroadcastId: 10,
    componentTag: 0x12,
    selector: hex("0102"),
    language: "eng",
    text: "OK",
  });
  t.match(decodeDataBroadcast(hex("000a 00 00")), { language: null, text: "" });
  t.equal(decodeDataBroadcast(hex("000a 12 09 0102")), null);
  t.end();
});

t.test("si service descriptors: types have the standard's names, and kinds for people", (t) => {
  t.equal(serviceTypeName(0x1f), "HEVC television");
  t.equal(serviceTypeName(0x0d), null);
  t.equal(serviceTypeName(0x80), null);
  t.equal(serviceKindOf(0x20), "tv");
  t.equal(serviceKindOf(0x0a), "radio");
  t.equal(serviceKindOf(0x04), "data");
  t.equal(serviceKindOf(0x80), "data");
  t.end();
});

t.test("si service descriptors: any bytes give values or nothing", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const data = Buffer.from(bytes);
      decodeService(data);
      decodeLinkage(data);
      decodeDataBroadcast(data);
      decodeDefaultAuthority(data);
      decodePrivateDataSpecifier(data);
      return decodeServiceList(data).length === Math.trunc(data.length / 3);
    }),
    { numRuns: 500 },
  );
  t.end();
});
