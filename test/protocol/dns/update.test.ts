import { decode } from "dns-packet";
import fc from "fast-check";
import t from "tap";
import { encodeIpv6, ipv6Text } from "../../../src/protocol/dns/address.ts";
import { encodeQuery, readMessage, readQueryAnswer } from "../../../src/protocol/dns/message.ts";
import { encodeName, readName } from "../../../src/protocol/dns/name.ts";
import { decodeRdata, encodeRdata } from "../../../src/protocol/dns/rdata.ts";
import type { NameRecords } from "../../../src/protocol/dns/records.ts";
import {
  macIn,
  signMessage,
  signatureLength,
  verifyMessage,
  type TsigKey,
  tsigSecretOf,
} from "../../../src/protocol/dns/tsig.ts";
import { LONGEST_MESSAGE, encodeUpdate, readAnswer, splitUpdate } from "../../../src/protocol/dns/update.ts";

const ZONE = "tv.example";
const KEY: TsigKey = {
  name: "key.example",
  algorithm: "hmac-sha256",
  secret: Buffer.from("0123456789abcdef"),
};
const NOW = 1_795_000_000;
const NAMES: NameRecords[] = [
  {
    name: `box.${ZONE}`,
    sets: [
      { type: "A", ttl: 60, values: ["198.51.100.7"] },
      { type: "TXT", ttl: 5, values: ["one", "two"] },
    ],
  },
];

t.test("an update, octet by octet", (t) => {
  const { bytes } = encodeUpdate({ zone: ZONE, names: NAMES, types: ["A", "TXT"] }, KEY, NOW, 0x1234);
  const unsigned = [
    "1234 2800 0001 0000 0005 0001",
    "02 7476 07 6578616d706c65 00 0006 0001",
    // Delete A and TXT: class ANY, TTL 0, nothing.
    "03 626f78 c00c 0001 00ff 00000000 0000",
    "c01c 0010 00ff 00000000 0000",
    "c01c 0001 0001 0000003c 0004 c6336407",
    "c01c 0010 0001 00000005 0004 03 6f6e65",
    "c01c 0010 0001 00000005 0004 03 74776f",
  ];
  const hex = unsigned.join("").replaceAll(" ", "");
  t.equal(bytes.toString("hex").slice(0, hex.length), hex);
  t.equal(bytes.length - hex.length / 2, signatureLength(KEY));
  t.same(verifyMessage(bytes, KEY, NOW), { kind: "good" });
  const message = readMessage(bytes);
  t.match(message, {
    opcode: 5,
    authorities: { length: 5 },
    additionals: [{ name: "key.example", type: 250 }],
  });
  t.end();
});

t.test("prerequisites are asked in their classes", (t) => {
  const name = `box.${ZONE}`;
  const { bytes } = encodeUpdate(
    {
      zone: ZONE,
      names: [],
      prerequisites: [
        { kind: "name-in-use", name },
        { kind: "name-not-in-use", name },
        { kind: "set-exists", name, type: "A" },
        { kind: "set-missing", name, type: "A" },
      ],
    },
    KEY,
    NOW,
    1,
  );
  t.same(
    readMessage(bytes)?.answers.map(({ type, class: klass }) => [type, klass]),
    [
      [255, 255],
      [255, 254],
      [1, 255],
      [1, 254],
    ],
  );
  t.end();
});

t.test("what cannot be sent", (t) => {
  const send = (names: NameRecords[]): unknown => encodeUpdate({ zone: ZONE, names }, KEY, NOW, 1);
  const one = (type: "A" | "AAAA" | "TXT" | "CAA" | "CNAME", value: string): unknown =>
    send([{ name: `box.${ZONE}`, sets: [{ type, ttl: 1, values: [value] }] }]);
  t.throws(() => one("A", "1.2.3"), RangeError);
  t.throws(() => one("AAAA", "fe80::1%eth0"), RangeError);
  t.throws(() => one("TXT", "ü".repeat(128)), RangeError);
  t.throws(() => one("CAA", "256 issue x"), RangeError);
  t.throws(() => one("CNAME", "a..b"), RangeError);
  t.throws(() => send([{ name: "box.example", sets: [] }]), RangeError);
  for (const bad of [
    "*.tv.example",
    `${"a".repeat(64)}.${ZONE}`,
    "bö.tv.example",
    `${"ab.".repeat(84)}${ZONE}`,
  ])
    t.throws(() => send([{ name: bad, sets: [] }]), RangeError, bad);
  t.throws(
    () => encodeUpdate({ zone: ZONE, names: NAMES, types: ["A"] }, KEY, NOW, 1),
    RangeError,
    "a set of a type that is not replaced",
  );
  t.end();
});

t.test("long batches are split, and each part fits", (t) => {
  const texts = Array.from({ length: 10 }, (_, n) => `${n}`.padEnd(200, "y"));
  const names = Array.from({ length: 450 }, (_, n): NameRecords => ({
    name: `_acme-challenge.box${n}.${ZONE}`,
    sets: [{ type: "TXT", ttl: 5, values: texts.slice(0, 1 + (n % 10)) }],
  }));
  const parts = splitUpdate({ zone: ZONE, names }, KEY);
  t.same(
    parts.flatMap((part) => part.names),
    names,
  );
  t.ok(parts.length > 3);
  for (const part of parts) {
    const { bytes } = encodeUpdate(part, KEY, NOW, 1);
    t.ok(bytes.length <= LONGEST_MESSAGE);
    t.ok(part.names.length <= 200);
    t.same(verifyMessage(bytes, KEY, NOW), { kind: "good" });
  }
  const small = splitUpdate({ zone: ZONE, names: names.map(({ name }) => ({ name, sets: [] })) }, KEY);
  t.same(
    small.map((part) => part.names.length),
    [200, 200, 50],
  );
  t.end();
});

/** An answer to a request, as a server makes it. */
function answerTo(request: Buffer, rcode: number): Buffer {
  const head = Buffer.from(request.subarray(0, 12));
  head.writeUInt16BE(0xa800 | rcode, 2);
  head.fill(0, 4);
  return head;
}

t.test("answers to updates", (t) => {
  const { bytes, mac } = encodeUpdate({ zone: ZONE, names: NAMES }, KEY, NOW, 77);
  const context = { id: 77, key: KEY, mac, now: NOW };
  const sign = (rcode: number, ...more: [number?, Parameters<typeof signMessage>[3]?]): Buffer =>
    signMessage(answerTo(bytes, rcode), KEY, more[0] ?? NOW, { requestMac: mac, ...more[1] }).bytes;
  t.same(readAnswer(sign(0), context), { kind: "done" });
  t.same(readAnswer(sign(2), context), { kind: "refused", rcode: "SERVFAIL" });
  t.same(readAnswer(sign(8), context), { kind: "refused", rcode: "NXRRSET" });
  t.same(readAnswer(answerTo(bytes, 0), context), { kind: "not-trusted", error: "unsigned" });
  t.same(readAnswer(answerTo(bytes, 5), context), { kind: "refused", rcode: "REFUSED" });
  for (const error of ["BADKEY", "BADSIG"] as const)
    t.same(readAnswer(sign(9, NOW, { error }), context), { kind: "key-refused", error, serverTime: null });
  const late = sign(9, NOW, { error: "BADTIME", serverTime: NOW + 1000 });
  t.same(readAnswer(late, context), { kind: "key-refused", error: "BADTIME", serverTime: NOW + 1000 });
  t.same(readAnswer(sign(0, NOW - 301), context), { kind: "not-trusted", error: "BADTIME" });
  t.same(readAnswer(sign(0, NOW - 300), context), { kind: "done" });
  const other = signMessage(answerTo(bytes, 0), { ...KEY, secret: Buffer.alloc(16) }, NOW, {
    requestMac: mac,
  });
  t.same(readAnswer(other.bytes, context), { kind: "not-trusted", error: "BADSIG" });
  const elsewhere = signMessage(answerTo(bytes, 0), { ...KEY, name: "other.example" }, NOW, {
    requestMac: mac,
  });
  t.same(readAnswer(elsewhere.bytes, context), { kind: "not-trusted", error: "BADKEY" });
  t.same(readAnswer(sign(0), { ...context, mac: Buffer.alloc(32) }), {
    kind: "not-trusted",
    error: "BADSIG",
  });
  t.same(readAnswer(sign(0), { ...context, id: 78 }), { kind: "unreadable" });
  t.same(readAnswer(bytes, context), { kind: "unreadable" }, "the request itself is no answer");
  t.same(macIn(bytes), mac);
  t.end();
});

t.test("no octet of a signed answer can be changed unnoticed", (t) => {
  const { bytes, mac } = encodeUpdate({ zone: ZONE, names: NAMES }, KEY, NOW, 77);
  const good = signMessage(answerTo(bytes, 0), KEY, NOW, { requestMac: mac }).bytes;
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const forged = Buffer.from(good);
      forged[at] = (forged[at] ?? 0) ^ by;
      const answer = readAnswer(forged, { id: 77, key: KEY, mac, now: NOW });
      // Letters of both names have no case.
      const names = 12 + encodeName(KEY.name).length + 10 + encodeName(KEY.algorithm).length;
      const name = at >= 12 && at < names && by === 0x20;
      return name || answer.kind !== "done";
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test("whatever comes, readers give a typed result", (t) => {
  const { bytes, mac } = encodeUpdate({ zone: ZONE, names: NAMES }, KEY, NOW, 77);
  const context = { id: 77, key: KEY, mac, now: NOW };
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(bytes.length),
      )
      .map(([changes, length]) => {
        const out = Buffer.from(bytes);
        out[2] = 0xa8;
        for (const [at, value] of changes) out[at] = value;
        return out.subarray(0, length);
      }),
  );
  fc.assert(
    fc.property(hostile, (octets) => {
      readMessage(octets);
      const read = readAnswer(octets, context);
      readQueryAnswer(octets, `box.${ZONE}`, "TXT", 77);
      for (const type of ["A", "AAAA", "CNAME", "TXT", "CAA"] as const)
        decodeRdata(type, octets, 0, octets.length);
      return read.kind !== "done";
    }),
    { numRuns: 5000 },
  );
  t.end();
});

t.test("names", (t) => {
  t.same(encodeName("A.b"), Buffer.from([1, 97, 1, 98, 0]));
  t.same(readName(Buffer.from([1, 65, 0xc0, 0]), 0), null, "a pointer to itself");
  t.same(readName(Buffer.from([0xc0, 0]), 0), null);
  t.same(readName(Buffer.from([1, 97, 0, 1, 66, 0xc0, 0]), 3), { name: "b.a", end: 7 });
  t.same(readName(Buffer.from([2, 0x2e, 0xff, 0]), 0), { name: "\\046\\255", end: 4 });
  const longest = `${`${"a".repeat(63)}.`.repeat(3)}${"a".repeat(61)}`;
  t.equal(encodeName(longest).length, 255);
  t.throws(() => encodeName(`${longest}a`), RangeError);
  t.equal(readName(encodeName(longest), 0)?.name, longest);
  t.end();
});

t.test("values come back as they were", (t) => {
  for (const [type, value] of [
    ["A", "198.51.100.7"],
    ["AAAA", "2001:db8::7"],
    ["AAAA", "::"],
    ["CNAME", "a-b._c.example"],
    ["TXT", ""],
    ["TXT", 'ü "x" \\'],
    ["CAA", "0 issue ;"],
    ["CAA", "128 issuewild ca.example; x=y"],
    ["CAA", "0 issue "],
  ] as const) {
    const data = encodeRdata(type, value);
    t.equal(decodeRdata(type, data, 0, data.length), value);
  }
  t.equal(ipv6Text(encodeIpv6("2001:0DB8:0:0:1:0:0:0")), "2001:db8:0:0:1::");
  t.equal(ipv6Text(encodeIpv6("::ffff:192.0.2.1")), "::ffff:c000:201");
  t.equal(ipv6Text(encodeIpv6("1:0:2:3:4:5:6:7")), "1:0:2:3:4:5:6:7");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
      t.same(new Uint8Array(encodeIpv6(ipv6Text(octets))), octets);
      const host = new URL(`http://[${ipv6Text(octets)}]/`).hostname;
      return host === `[${ipv6Text(octets)}]`;
    }),
  );
  t.end();
});

t.test("dns-packet reads our queries, and we its answers", (t) => {
  const query = encodeQuery(`box.${ZONE}`, "CAA", 9);
  t.match(decode(query), { id: 9, questions: [{ name: `box.${ZONE}`, type: "CAA", class: "IN" }] });
  t.end();
});

t.test("TSIG: a key is base64 alone, and not the file that tsig-keygen writes", (t) => {
  t.same(Buffer.from(tsigSecretOf(" c2VzYW0=\n") ?? ""), Buffer.from("sesam"));
  for (const text of ["", "%%%", "c2Vz YW0=", 'key "k" {\n secret "c2VzYW0=";\n};', "c2VzYW0_"])
    t.equal(tsigSecretOf(text), null, text);
  t.end();
});
