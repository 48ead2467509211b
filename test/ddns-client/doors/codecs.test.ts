import fc from "fast-check";
import t from "tap";
import { isSameNatPmpEpoch, isSamePcpEpoch } from "../../../src/ddns-client/doors/epoch.ts";
import {
  decodeNatPmp,
  encodeNatPmpAddress,
  encodeNatPmpMap,
} from "../../../src/ddns-client/doors/nat-pmp.ts";
import {
  answersWish,
  decodePcp,
  encodePcpAnnounce,
  encodePcpMap,
  speaksNatPmpOnly,
  type PcpWish,
} from "../../../src/ddns-client/doors/pcp.ts";
import { pcpWaits, natPmpWaits } from "../../../src/ddns-client/doors/ask-gateway.ts";

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");
const NONCE = hex("0102030405060708090a0b0c");
const WISH: PcpWish = {
  client: "192.168.1.10",
  nonce: NONCE,
  internalPort: 8443,
  externalPort: 443,
  externalAddress: null,
  lifetime: 7200,
};

t.test("pcp: the bytes of a MAP request", (t) => {
  t.equal(
    encodePcpMap(WISH).toString("hex"),
    hex(`02010000 00001c20 00000000000000000000ffffc0a8010a
      0102030405060708090a0b0c 06000000 20fb 01bb 00000000000000000000ffff00000000`).toString("hex"),
  );
  t.equal(
    encodePcpMap({ ...WISH, client: "2a01::5", lifetime: 0 }).toString("hex"),
    hex(`02010000 00000000 2a010000000000000000000000000005
      0102030405060708090a0b0c 06000000 20fb 01bb 00000000000000000000000000000000`).toString("hex"),
    "the address of all zeros is of the client's family",
  );
  t.equal(encodePcpAnnounce("192.168.1.10").length, 24);
  t.end();
});

t.test("pcp: answers", (t) => {
  const answer = hex(`02810000 00000e10 00000064 000000000000000000000000
    0102030405060708090a0b0c 06000000 20fb 2328 00000000000000000000ffff05050505`);
  const read = decodePcp(answer);
  t.match(read, {
    kind: "map",
    code: 0,
    result: "SUCCESS",
    lifetime: 3600,
    epoch: 100,
    externalPort: 9000,
    externalAddress: "5.5.5.5",
  });
  t.ok(read !== null && answersWish(read, WISH));
  t.notOk(read !== null && answersWish(read, { ...WISH, internalPort: 80 }));
  t.notOk(read !== null && answersWish(read, { ...WISH, nonce: Buffer.alloc(12) }), "another's mapping");
  const refused = Buffer.from(answer);
  refused[3] = 8;
  refused.set(hex("64400005"), 56);
  t.match(decodePcp(refused), { result: "NO_RESOURCES", externalAddress: "100.64.0.5" });
  t.match(decodePcp(hex("02800000 00000000 00000007 000000000000000000000000")), {
    kind: "announce",
    epoch: 7,
  });
  t.equal(decodePcp(answer.subarray(0, 24)), null, "a success without its mapping");
  t.equal(decodePcp(encodePcpMap(WISH)), null, "a request");
  t.ok(speaksNatPmpOnly(hex("0080000100000000")));
  t.end();
});

t.test("nat-pmp: requests and answers", (t) => {
  t.equal(encodeNatPmpAddress().toString("hex"), "0000");
  t.equal(encodeNatPmpMap(8443, 443, 7200).toString("hex"), "0002000020fb01bb00001c20");
  t.same(decodeNatPmp(hex("00800000 00000064 05050505")), {
    kind: "address",
    result: "SUCCESS",
    code: 0,
    epoch: 100,
    externalAddress: "5.5.5.5",
  });
  t.same(decodeNatPmp(hex("00820000 00000064 20fb 01bb 00000e10")), {
    kind: "map",
    result: "SUCCESS",
    code: 0,
    epoch: 100,
    internalPort: 8443,
    externalPort: 443,
    lifetime: 3600,
  });
  t.match(decodeNatPmp(hex("00800003 00000064")), { result: "NETWORK_FAILURE", externalAddress: null });
  t.match(decodeNatPmp(hex("00800000 00000064 00000000")), { externalAddress: null }, "none");
  t.equal(decodeNatPmp(hex("00820000 00000064")), null);
  t.end();
});

t.test("gateways: whatever comes is an answer or nothing", (t) => {
  const heads = fc.constantFrom("0281", "0280", "0080", "0082").map((text) => hex(text));
  const nearly = fc
    .tuple(heads, fc.uint8Array({ maxLength: 80 }))
    .map(([head, rest]) => Buffer.concat([head, rest]));
  fc.assert(
    fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 1200 })), (bytes) => {
      const read = decodePcp(bytes);
      if (read !== null) answersWish(read, WISH);
      decodeNatPmp(bytes);
      speaksNatPmpOnly(bytes);
    }),
    { numRuns: 3000 },
  );
  t.end();
});

t.test("epochs: as the two standards have them", (t) => {
  const at = (server: number, client: number) => ({ server, client });
  t.ok(isSamePcpEpoch(at(1000, 0), at(1030, 30)));
  t.ok(isSamePcpEpoch(at(1000, 0), at(999, 0)), "an answer that was overtaken");
  t.notOk(isSamePcpEpoch(at(1000, 0), at(998, 0)));
  t.notOk(isSamePcpEpoch(at(1000, 0), at(0, 30)), "it began anew");
  t.notOk(isSamePcpEpoch(at(10, 0), at(2, 30)));
  t.notOk(isSamePcpEpoch(at(10, 0), at(100, 30)), "it goes far too fast");
  t.notOk(isSamePcpEpoch(at(10, 0), at(20, 30)), "it began anew, and got beyond");
  t.ok(isSamePcpEpoch(at(10, 0), at(36, 27)), "crystals differ");
  t.ok(isSameNatPmpEpoch(at(1000, 0), at(1030, 30)));
  t.ok(isSameNatPmpEpoch(at(1000, 0), at(1025, 30)));
  t.notOk(isSameNatPmpEpoch(at(1000, 0), at(1020, 30)));
  t.notOk(isSameNatPmpEpoch(at(1000, 0), at(3, 30)));
  t.end();
});

t.test("retransmission: as the two standards have it", (t) => {
  t.same(
    pcpWaits(4, () => 0.5),
    [3000, 6000, 12_000, 24_000],
  );
  for (const wait of pcpWaits(20, () => 1).slice(10)) t.ok(wait <= 1024_000);
  t.ok(pcpWaits(1, () => 0)[0]! >= 2700 && pcpWaits(1, () => 1)[0]! <= 3300);
  t.same(natPmpWaits(4), [250, 500, 1000, 2000]);
  t.end();
});
