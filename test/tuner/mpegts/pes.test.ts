import t from "tap";
import fc from "fast-check";
import { ms } from "../../../src/kernel/units.ts";
import { PacketScan } from "../../../src/tuner/mpegts/packet-scan.ts";
import type { PesPacket } from "../../../src/tuner/ports.ts";
import { tsPacket, type TsPacket } from "../../helpers/ts-packets.ts";

const PID = 0x101;

/** A 33-bit time stamp field. */
function stamp(prefix: number, value: number): Buffer {
  return Buffer.from([
    (prefix << 4) | (Math.floor(value / 2 ** 30) << 1) | 1,
    Math.floor(value / 2 ** 22) & 0xff,
    (Math.floor(value / 2 ** 14) & 0xfe) | 1,
    Math.floor(value / 2 ** 7) & 0xff,
    ((value * 2) & 0xfe) | 1,
  ]);
}

function pes(
  data: Buffer,
  options: { pts?: number; dts?: number; bounded: boolean; streamId?: number },
): Buffer {
  const { pts, dts } = options;
  const flags = pts === undefined ? 0 : dts === undefined ? 2 : 3;
  const stamps = Buffer.concat([
    ...(pts === undefined ? [] : [stamp(flags, pts)]),
    ...(dts === undefined ? [] : [stamp(1, dts)]),
  ]);
  const length = options.bounded ? 3 + stamps.length + data.length : 0;
  return Buffer.concat([
    Buffer.from([
      0,
      0,
      1,
      options.streamId ?? 0xe0,
      length >> 8,
      length & 0xff,
      0x80,
      flags << 6,
      stamps.length,
    ]),
    stamps,
    data,
  ]);
}

/** Cuts units into packets whose payload lengths come from `sizes`, again and again. */
function packetise(units: readonly Buffer[], sizes: readonly number[]): TsPacket[] {
  const packets: TsPacket[] = [];
  for (const unit of units) {
    for (let from = 0; from < unit.length;) {
      const size = sizes[packets.length % sizes.length]!;
      const payload = unit.subarray(from, from + size);
      packets.push({ pid: PID, cc: packets.length % 16, payload, payloadUnitStart: from === 0 });
      from += payload.length;
    }
  }
  return packets;
}

interface Seen extends Omit<PesPacket, "data"> {
  readonly text: string;
}

function collect(packets: readonly TsPacket[], chunks: readonly number[] = [7]): Seen[] {
  const scan = new PacketScan();
  const seen: Seen[] = [];
  scan.pes(PID, ({ data, ...rest }) => seen.push({ ...rest, text: data.toString("latin1") }));
  for (let from = 0, turn = 0; from < packets.length; turn++) {
    const count = chunks[turn % chunks.length]!;
    scan.scan(Buffer.concat(packets.slice(from, from + count).map(tsPacket)), ms(turn));
    from += count;
  }
  return seen;
}

t.test("pes: a packet with length is delivered when whole, one without when the next begins", (t) => {
  const text = Buffer.from("sound".repeat(80));
  const bounded = collect(packetise([pes(text, { pts: 5, bounded: true })], [184]));
  t.equal(bounded.length, 1);
  t.match(bounded[0], { pts: 5, dts: 5, damaged: false, text: text.toString() });
  const open = pes(text, { pts: 9, dts: 7, bounded: false });
  t.equal(collect(packetise([open], [184])).length, 0);
  t.match(collect(packetise([open, open], [184])), [
    { pts: 9, dts: 7, damaged: false, text: text.toString() },
  ]);
  t.end();
});

t.test("pes: cut anywhere, fed in any pieces, the same packets come out", (t) => {
  const unit = fc.record({
    data: fc.uint8Array({ maxLength: 700 }),
    pts: fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((value) => value * 4 + 3),
    bounded: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(unit, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 184 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      (units, sizes, chunks) => {
        const coded = units.map(({ data, ...options }) => pes(Buffer.from(data), options));
        const end = pes(Buffer.alloc(0), { bounded: true });
        const seen = collect(packetise([...coded, end], sizes), chunks);
        t.same(
          seen.slice(0, units.length).map(({ pts, damaged, text }) => ({ pts, damaged, text })),
          units.map(({ data, pts }) => ({ pts, damaged: false, text: Buffer.from(data).toString("latin1") })),
        );
      },
    ),
    { numRuns: 80 },
  );
  t.end();
});

t.test("pes: a lost packet damages the packet it belonged to and no other", (t) => {
  const unit = pes(Buffer.alloc(900, 1), { pts: 1, bounded: true });
  const packets = packetise([unit, unit, unit], [184]);
  const perUnit = packets.length / 3;
  const seen = collect(packets.filter((_, i) => i !== perUnit + 2));
  t.same(
    seen.map((packet) => packet.damaged),
    [false, true, false],
  );
  t.end();
});

t.test("pes: a loss at the start of a packet damages both neighbours", (t) => {
  const unit = pes(Buffer.alloc(900, 1), { pts: 1, bounded: false });
  const packets = packetise([unit, unit, unit, unit], [184]);
  const perUnit = packets.length / 4;
  const seen = collect(packets.filter((_, i) => i !== perUnit - 1));
  t.same(
    seen.map((packet) => packet.damaged),
    [true, true, false],
  );
  t.end();
});

t.test("pes: forbidden flags give no stamps, padding and non-PES payload give no packet", (t) => {
  const forbidden = pes(Buffer.from("x"), { bounded: true });
  forbidden[7] = 0x40;
  t.match(collect(packetise([forbidden], [184])), [{ pts: null, dts: null, text: "x" }]);
  t.same(collect(packetise([pes(Buffer.from("x"), { bounded: true, streamId: 0xbe })], [184])), []);
  t.same(collect(packetise([Buffer.from("no start code here"), Buffer.from("none")], [184])), []);
  t.end();
});

t.test("pes: flipped bits never throw", (t) => {
  const units = Array.from({ length: 6 }, (_, i) =>
    pes(Buffer.alloc(500, i), { pts: i, bounded: i % 2 === 0 }),
  );
  const stream = Buffer.concat(packetise(units, [184]).map(tsPacket));
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length * 8 - 1), { maxLength: 30 }), (bits) => {
      const flipped = Buffer.from(stream);
      for (const bit of bits) flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      const scan = new PacketScan();
      scan.pes(PID, (packet) => void packet.data.length);
      scan.scan(flipped, ms(0));
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("pes: a packet without end is given up at the limit, and what follows is marked", (t) => {
  const scan = new PacketScan();
  const seen: PesPacket[] = [];
  scan.pes(PID, (packet) => seen.push(packet));
  const open = pes(Buffer.alloc(170, 1), { bounded: false });
  scan.scan(tsPacket({ pid: PID, cc: 0, payload: open, payloadUnitStart: true }), ms(0));
  const body = Buffer.alloc(184, 7);
  const many = Buffer.concat(
    Array.from({ length: 1600 }, (_, i) => tsPacket({ pid: PID, cc: (i + 1) % 16, payload: body })),
  );
  for (let i = 0; i < 15; i++) scan.scan(many, ms(1));
  const small = pes(Buffer.from("next"), { bounded: true });
  scan.scan(tsPacket({ pid: PID, cc: 1, payload: small, payloadUnitStart: true }), ms(2));
  t.equal(seen.length, 1);
  t.match(seen[0], { damaged: true });
  t.equal(scan.counters.continuityErrors, 0);
  t.end();
});
