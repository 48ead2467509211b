import fc from "fast-check";
import t from "tap";
import { addressText } from "../../src/kernel/address-text.ts";
import { addressBytes } from "../../src/kernel/safe-fetch/address-bytes.ts";
import {
  decodeBindingAnswer,
  decodeBindingRequest,
  encodeBindingAnswer,
  encodeBindingRequest,
} from "../../src/protocol/stun.ts";

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");
const TRANSACTION = hex("b7e7a701bc34d686fa87dfae");
/** RFC 5769 §2.2 and §2.3, whose last lines are MESSAGE-INTEGRITY and FINGERPRINT. */
const IPV4 = hex(`0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`);
const IPV6 = hex(`01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275
  bfe3ed41 80280004 c8fb0b4c`);

t.test("stun: the answers of RFC 5769", (t) => {
  for (const [answer, address] of [
    [IPV4, "192.0.2.1"],
    [IPV6, "2001:db8:1234:5678:11:2233:4455:6677"],
  ] as const) {
    const read = decodeBindingAnswer(answer, TRANSACTION);
    t.match(read, { kind: "mapped", port: 32853 });
    if (read?.kind === "mapped") t.equal(addressText(read.address), address);
    t.equal(decodeBindingAnswer(answer, Buffer.alloc(12)), null, "of another transaction");
    const bent = Buffer.from(answer);
    bent[bent.length - 1]! ^= 1;
    t.equal(decodeBindingAnswer(bent, TRANSACTION), null, "with another fingerprint");
  }
  t.end();
});

t.test("stun: an answer is read as it was written, and so is a request", (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.oneof(fc.ipV4(), fc.ipV6()),
      fc.integer({ min: 1, max: 65_535 }),
      (transaction, text, port) => {
        const address = addressBytes(text)!;
        const read = decodeBindingAnswer(encodeBindingAnswer(transaction, { address, port }), transaction);
        t.strictSame(read, { kind: "mapped", address: Uint8Array.from(address), port });
        const request = decodeBindingRequest(encodeBindingRequest(transaction));
        t.ok(request?.equals(transaction));
      },
    ),
    { numRuns: 100 },
  );
  t.end();
});

t.test("stun: a refusal, and what has to be understood", (t) => {
  const refusal = hex(`01110008 2112a442 b7e7a701 bc34d686 fa87dfae 00090004 00000414`);
  t.same(decodeBindingAnswer(refusal, TRANSACTION), { kind: "refused", code: 420 });
  const strange = hex(`01010008 2112a442 b7e7a701 bc34d686 fa87dfae 7fff0004 00000000`);
  t.equal(decodeBindingAnswer(strange, TRANSACTION), null, "an unknown attribute that must be known");
  const asked = hex(`00010008 2112a442 b7e7a701 bc34d686 fa87dfae 00030004 00000000`);
  t.equal(decodeBindingRequest(asked), null, "CHANGE-REQUEST: nobody sends answers elsewhere");
  t.ok(decodeBindingRequest(hex(`00010000 2112a442 b7e7a701 bc34d686 fa87dfae`)), "without a fingerprint");
  t.end();
});

t.test("stun: whatever comes is an answer, a request or nothing", (t) => {
  const nearly = fc
    .tuple(fc.constantFrom(IPV4, IPV6, encodeBindingRequest(TRANSACTION)), fc.nat(), fc.nat(255), fc.nat(120))
    .map(([message, at, byte, length]) => {
      const bent = Buffer.from(message);
      bent[at % bent.length] = byte;
      return bent.subarray(0, length);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1400 }), nearly), (bytes) => {
      decodeBindingAnswer(bytes, TRANSACTION);
      decodeBindingRequest(bytes);
    }),
    { numRuns: 3000 },
  );
  t.end();
});
