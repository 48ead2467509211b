import { decode, encode, type RecordType } from "dns-packet";
import fc from "fast-check";
import t from "tap";
import { AnswerLimit } from "../../../src/cloud/dns/answer-limit.ts";
import { Answerer } from "../../../src/cloud/dns/answerer.ts";
import { Zone } from "../../../src/cloud/dns/zone.ts";
import { readMessage } from "../../../src/protocol/dns/message.ts";

const ZONE = "tv.example";
const zone = new Zone(
  {
    origin: ZONE,
    nameServers: [
      { name: `ns1.${ZONE}`, addresses: ["192.0.2.53", "2001:db8::53"] },
      { name: `ns2.${ZONE}`, addresses: ["192.0.2.54"] },
    ],
    caa: ["0 issue ca.example"],
  },
  0,
);
const inner = new Zone({ origin: `inner.${ZONE}`, nameServers: [{ name: "ns.example", addresses: [] }] }, 0);
zone.publish(
  [
    { name: `box.${ZONE}`, sets: [{ type: "A", ttl: 60, values: ["192.0.2.1"] }] },
    {
      name: `many.${ZONE}`,
      sets: [{ type: "TXT", ttl: 60, values: Array.from({ length: 64 }, (_, n) => `${n}`.padEnd(240, "x")) }],
    },
    { name: `alias.${ZONE}`, sets: [{ type: "CNAME", ttl: 60, values: [`alias.inner.${ZONE}`] }] },
    { name: `to-zone.${ZONE}`, sets: [{ type: "CNAME", ttl: 60, values: [ZONE] }] },
    ...Array.from({ length: 12 }, (_, n) => ({
      name: `c${n}.${ZONE}`,
      sets: [{ type: "CNAME" as const, ttl: 60, values: [`c${n + 1}.${ZONE}`] }],
    })),
  ],
  0,
);
inner.publish(
  [{ name: `alias.inner.${ZONE}`, sets: [{ type: "CNAME", ttl: 60, values: [`box.${ZONE}`] }] }],
  0,
);
const answerer = new Answerer([zone, inner]);

const NAMES = [
  "box",
  "many",
  "alias",
  "to-zone",
  "c0",
  "c11",
  "missing",
  "a.b.c",
  "inner",
  "x.inner",
  "alias.inner",
];
const TYPES = ["A", "AAAA", "TXT", "CNAME", "NS", "SOA", "CAA", "ANY", "MX"] as RecordType[];
const udpPayloadSize = fc.constantFrom(0, 100, 512, 600, 1232, 4096, 65535);

const query = fc
  .record({
    id: fc.nat(65535),
    name: fc.constantFrom(ZONE, "other.example", ".", ...NAMES.map((name) => `${name}.${ZONE}`)),
    type: fc.constantFrom(...TYPES),
    udpPayloadSize,
    edns: fc.boolean(),
  })
  .map(({ id, name, type, udpPayloadSize, edns }) =>
    encode({
      id,
      questions: [{ name, type }],
      additionals: edns
        ? [
            {
              type: "OPT",
              name: ".",
              udpPayloadSize,
              extendedRcode: 0,
              ednsVersion: 0,
              flags: 0,
              flag_do: false,
              options: [],
            },
          ]
        : [],
    }),
  );

const mutated = fc
  .tuple(
    query,
    fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
    fc.nat(100),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([bytes, changes, cut, tail]) => {
    const out = Buffer.concat([
      bytes.subarray(0, cut < 70 ? bytes.length : cut - 60),
      tail.subarray(0, cut < 50 ? 0 : 40),
    ]);
    for (const [at, value] of changes) if (at < out.length) out[at] = value;
    return out;
  });

/** What our sender said that he can take. */
function limitOf(bytes: Buffer): number {
  const opt = readMessage(bytes)?.additionals.find(({ type }) => type === 41);
  return Math.max(512, Math.min(1232, opt?.class ?? 512));
}

t.test("whole queries get whole answers, within the size that was asked for", (t) => {
  fc.assert(
    fc.property(query, (bytes) => {
      const answer = answerer.answer(bytes, "udp");
      if (answer === null) return false;
      const read = decode(answer.bytes);
      const slip = decode(Answerer.slip(answer));
      return (
        readMessage(answer.bytes) !== null &&
        answer.bytes.length <= limitOf(bytes) &&
        read.id === bytes.readUInt16BE(0) &&
        read.questions?.length === 1 &&
        slip.flag_tc &&
        slip.questions?.length === 1
      );
    }),
    { numRuns: 1500 },
  );
  fc.assert(
    fc.property(query, (bytes) => {
      const answer = answerer.answer(bytes, "tcp");
      return answer !== null && readMessage(answer.bytes) !== null && !decode(answer.bytes).flag_tc;
    }),
  );
  t.end();
});

t.test("whatever comes, the answer can be read and is no longer than it may be", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets)),
      ),
      (bytes) => {
        const answer = answerer.answer(bytes, "udp");
        const isQuery = bytes.length >= 12 && ((bytes[2] ?? 0) & 0x80) === 0;
        if (answer === null) return !isQuery;
        decode(answer.bytes);
        decode(Answerer.slip(answer));
        return (
          isQuery &&
          answer.bytes.length <= 1232 &&
          readMessage(answer.bytes) !== null &&
          answer.bytes.readUInt16BE(0) === bytes.readUInt16BE(0) &&
          ((answer.bytes[2] ?? 0) & 0x80) !== 0
        );
      },
    ),
    { numRuns: 20_000 },
  );
  t.end();
});

t.test("queries that are not whole", (t) => {
  const ask = (hex: string): string | null => {
    const answer = answerer.answer(Buffer.from(hex.replaceAll(" ", ""), "hex"), "udp");
    return answer === null ? null : answer.bytes.toString("hex");
  };
  const question = "03626f78 027476 076578616d706c65 00 0001 0001";
  t.equal(ask("1234 8000 0001 0000 0000 0000" + question), null, "an answer is not answered");
  t.equal(ask("1234 0100 0001 0000 0000"), null, "less than a header");
  t.equal(ask("1234 0100 0000 0000 0000 0000"), "123481010000000000000000", "no question");
  t.equal(ask("1234 0100 0002 0000 0000 0000" + question + question), "123481010000000000000000", "two");
  t.equal(ask("1234 0100 0001 0000 0000 0000 c00c 0001 0001"), "123481010000000000000000", "a pointer");
  t.equal(
    ask("1234 0100 0001 0000 0000 0000" + question + "00"),
    "123481010000000000000000",
    "more than it says",
  );
  t.equal(ask("1234 2800 0001 0000 0000 0000" + question), "1234a8040000000000000000", "an update");
  const opt = "00 0029 04d0 00000000 0000";
  t.match(ask("1234 0100 0001 0000 0000 0002" + question + opt + opt), /^12348101/, "two OPT records");
  t.match(
    ask("1234 0100 0001 0000 0000 0001" + question + "0000290200 0001 0000 0000".replaceAll(" ", "")),
    /04d0010000000000$/,
  );
  t.end();
});

t.test("aliases lead from zone to zone, and end", (t) => {
  const answers = (name: string, type: RecordType): unknown =>
    decode(
      answerer.answer(encode({ questions: [{ name, type }] }), "udp")?.bytes ?? Buffer.alloc(0),
    ).answers?.map(({ name, type }) => [name, type]);
  t.same(answers(`alias.${ZONE}`, "A"), [
    [`alias.${ZONE}`, "CNAME"],
    [`alias.inner.${ZONE}`, "CNAME"],
    [`box.${ZONE}`, "A"],
  ]);
  t.same(answers(`to-zone.${ZONE}`, "NS"), [
    [`to-zone.${ZONE}`, "CNAME"],
    [ZONE, "NS"],
    [ZONE, "NS"],
  ]);
  const glue = decode(
    answerer.answer(encode({ questions: [{ name: `to-zone.${ZONE}`, type: "NS" }] }), "udp")?.bytes ??
      Buffer.alloc(0),
  );
  t.same(
    glue.additionals?.map(({ name }) => name),
    [`ns1.${ZONE}`, `ns1.${ZONE}`, `ns2.${ZONE}`],
  );
  t.equal((answers(`c0.${ZONE}`, "A") as unknown[]).length, 9, "so many are followed");
  t.same(answers(`inner.${ZONE}`, "SOA"), [[`inner.${ZONE}`, "SOA"]], "the zone within is its own");
  t.end();
});

t.test("one network gets the same answer so often only", (t) => {
  const limit = new AnswerLimit({ perSecond: 10, slip: 2, seed: 7 });
  const answer = { kind: "records", subject: "x", bytes: Buffer.alloc(12) } as const;
  const judge = (address: string, now: number, more: object = {}): string =>
    limit.judge(address, { ...answer, ...more }, now);
  const all = (address: string, now: number, times: number): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let n = 0; n < times; n++) {
      const verdict = judge(address, now);
      counts[verdict] = (counts[verdict] ?? 0) + 1;
    }
    return counts;
  };
  t.same(all("192.0.2.1", 0, 100), { send: 20, slip: 40, drop: 40 });
  t.not(judge("192.0.2.200", 0), "send", "its neighbour is of the same network");
  t.equal(judge("192.0.3.1", 0), "send");
  t.equal(judge("192.0.2.1", 0, { subject: "y" }), "send", "of another name");
  t.equal(judge("192.0.2.1", 0, { kind: "no-name" }), "send", "of another sort");
  t.equal(judge("192.0.2.1", 100), "send", "after a tenth of a second, one");
  t.not(judge("192.0.2.1", 100), "send");
  t.same(all("192.0.2.1", 60_000, 21).send, 20, "no more than that is saved up");
  all("2001:db8::1", 0, 20);
  t.not(judge("2001:db8::ffff:1", 0), "send");
  t.equal(judge("2001:db8:0:1::1", 0), "send");
  const silent = new AnswerLimit({ perSecond: 0, slip: 0, seed: 7 });
  silent.judge("192.0.2.1", answer, 0);
  t.equal(silent.judge("192.0.2.1", answer, 1e9), "drop");
  t.end();
});
