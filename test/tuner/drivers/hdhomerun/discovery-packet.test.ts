import fc from "fast-check";
import t from "tap";
import {
  decodeDiscoveryReply,
  encodeDiscoveryReply,
  encodeDiscoveryRequest,
  isDiscoveryRequest,
  type DiscoveryReply,
} from "../../../../src/tuner/drivers/hdhomerun/discovery-packet.ts";

const REPLY: DiscoveryReply = {
  deviceId: "1038A1B2",
  tunerCount: 4,
  baseUrl: "http://192.168.1.20:80",
  lineupUrl: `http://192.168.1.20:80/${"long/".repeat(40)}lineup.json`,
};

t.test("hdhomerun discovery: the request is the protocol's, byte by byte", (t) => {
  t.equal(
    encodeDiscoveryRequest().toString("hex"),
    "0002000c" + "010400000001" + "0204ffffffff" + "4e507f35",
  );
  t.ok(isDiscoveryRequest(encodeDiscoveryRequest()));
  t.notOk(isDiscoveryRequest(encodeDiscoveryReply(REPLY)));
  t.end();
});

t.test(
  "hdhomerun discovery: replies are read, long values, unknown tags and other devices among them",
  (t) => {
    t.same(decodeDiscoveryReply(encodeDiscoveryReply(REPLY)), REPLY);
    t.same(
      decodeDiscoveryReply(encodeDiscoveryReply({ ...REPLY, baseUrl: "http://x\u0001y" }))?.baseUrl,
      null,
    );
    t.equal(decodeDiscoveryReply(encodeDiscoveryRequest()), null);
    t.end();
  },
);

t.test("hdhomerun discovery: truncated and damaged replies are none", (t) => {
  const whole = encodeDiscoveryReply(REPLY);
  for (let length = 0; length < whole.length; length++)
    t.equal(decodeDiscoveryReply(whole.subarray(0, length)), null, `${length} bytes`);
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      if (decodeDiscoveryReply(damaged) !== null) throw new Error(`bit ${bit} was not noticed`);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test(
  "hdhomerun discovery: values that reach beyond the payload, under a right checksum, are refused",
  (t) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
        const reply = decodeDiscoveryReply(sealed(3, Buffer.from(payload)));
        if (reply !== null && !/^[0-9A-F]{8}$/.test(reply.deviceId))
          throw new Error("an id of another length");
      }),
      { numRuns: 500 },
    );
    t.equal(decodeDiscoveryReply(sealed(3, Buffer.from([1, 4, 0, 0, 0, 1, 2, 9, 1, 2, 3, 4]))), null);
    t.equal(decodeDiscoveryReply(sealed(3, Buffer.from([1, 4, 0, 0, 0, 1, 2, 0x84]))), null);
    t.equal(
      decodeDiscoveryReply(sealed(3, Buffer.from([1, 4, 0, 0, 0, 2, 2, 4, 1, 2, 3, 4]))),
      null,
      "a recorder",
    );
    t.same(decodeDiscoveryReply(sealed(3, Buffer.from([1, 4, 0, 0, 0, 1, 2, 4, 1, 2, 3, 4]))), {
      deviceId: "01020304",
      tunerCount: null,
      baseUrl: null,
      lineupUrl: null,
    });
    t.end();
  },
);

/** The table-less definition of the CRC, so that the test does not ask the code that it tests. */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

function sealed(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(payload.length, 2);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(crc(Buffer.concat([head, payload])));
  return Buffer.concat([head, payload, tail]);
}
