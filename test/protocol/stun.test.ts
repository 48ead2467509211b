import fc from "fast-check";
import t from "tap";
import {
  bindingAnswer,
  bindingRequest,
  readBindingAnswer,
  readBindingRequest,
  unknownAttributes,
} from "../../src/protocol/stun.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const transaction = hex("b7e7a701bc34d686fa87dfae");

/** RFC 5769 §2.2, §2.3: SOFTWARE, XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY, FINGERPRINT. */
const SAMPLE_IPV4 =
  hex(`0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643
  000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96`);
const SAMPLE_IPV6 =
  hex(`010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a147
  0113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c`);

t.test("stun: the standard's own answers are read", (t) => {
  t.same(readBindingAnswer(SAMPLE_IPV4, transaction), { address: Uint8Array.of(192, 0, 2, 1), port: 32853 });
  t.same(readBindingAnswer(SAMPLE_IPV6, transaction), {
    address: hex("20010db8123456780011223344556677"),
    port: 32853,
  });
  t.equal(readBindingAnswer(SAMPLE_IPV4, new Uint8Array(12)), null, "of another transaction");
  t.end();
});

t.test("stun: a request and its answers, byte for byte", (t) => {
  t.same(bindingRequest(transaction), hex("000100002112a442b7e7a701bc34d686fa87dfae"));
  t.same(readBindingRequest(bindingRequest(transaction)), { transaction, unknown: [] });
  t.same(
    bindingAnswer(transaction, { address: Uint8Array.of(192, 0, 2, 1), port: 32853 }),
    hex("0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643"),
  );
  t.same(
    unknownAttributes(transaction, [0x7f01]),
    hex("011100102112a442b7e7a701bc34d686fa87dfae00090004 00000414 000a0002 7f010000"),
  );
  t.end();
});

t.test("stun: what has to be understood, and what not", (t) => {
  const request = (attributes: string) => {
    const body = hex(attributes);
    const head = bindingRequest(transaction);
    head[3] = body.length;
    return readBindingRequest(Uint8Array.from([...head, ...body]));
  };
  t.same(request("8022000474657374")?.unknown, [], "SOFTWARE");
  t.same(request("0006000361626300")?.unknown, [], "USERNAME");
  t.same(request("00030004000000067f0100007f0200007f010000")?.unknown, [0x0003, 0x7f01, 0x7f02]);
  t.equal(request("7f010008aaaaaaaa"), null, "longer than there is");
  t.end();
});

t.test("stun: what is none is nothing", (t) => {
  const good = bindingRequest(transaction);
  for (const [what, bytes] of [
    ["nothing", new Uint8Array()],
    ["19 bytes", good.subarray(0, 19)],
    ["a wrong length", Uint8Array.from([...good, 0, 0, 0, 0])],
    ["no cookie (RFC 3489)", Uint8Array.from(good, (byte, at) => (at === 4 ? 0 : byte))],
    ["an answer", bindingAnswer(transaction, { address: Uint8Array.of(1, 2, 3, 4), port: 1 })],
    ["an indication", Uint8Array.from(good, (byte, at) => (at === 1 ? 0x11 : byte))],
    ["no STUN", Uint8Array.from(good, (byte, at) => (at === 0 ? 0x80 : byte))],
    ["too long", new Uint8Array(1500)],
  ] as const)
    t.equal(readBindingRequest(bytes), null, what);
  t.end();
});

t.test("stun: hostile bytes", (t) => {
  const near = fc
    .tuple(
      fc.constantFrom(SAMPLE_IPV4, SAMPLE_IPV6, bindingRequest(transaction)),
      fc.array(fc.tuple(fc.nat(95), fc.nat(255))),
    )
    .map(([bytes, changes]) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, byte] of changes) changed[at] = byte;
      return changed;
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      const request = readBindingRequest(bytes);
      const answer = readBindingAnswer(bytes, transaction);
      return (
        (request === null || (request.transaction.length === 12 && request.unknown.length <= 4)) &&
        (answer === null || answer.address.length === 4 || answer.address.length === 16)
      );
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(
      fc.constantFrom(4, 16),
      fc.nat(65535),
      fc.uint8Array({ minLength: 28, maxLength: 28 }),
      (length, port, bytes) => {
        const [own, address] = [bytes.subarray(0, 12), bytes.subarray(12, 12 + length)];
        const back = readBindingAnswer(bindingAnswer(own, { address, port }), own);
        return back?.port === port && Buffer.compare(back.address, address) === 0;
      },
    ),
  );
  t.end();
});
