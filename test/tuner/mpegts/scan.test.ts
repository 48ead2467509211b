import t from "tap";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { ms } from "../../../src/kernel/units.ts";
import { PacketScan } from "../../../src/tuner/mpegts/packet-scan.ts";
import { SectionAssembler } from "../../../src/tuner/mpegts/section-assembler.ts";
import type { PesPacket } from "../../../src/tuner/ports.ts";
import { capture, skipWithout } from "../../helpers/captures.ts";
import { tsPacket, type TsPacket } from "../../helpers/ts-packets.ts";

const at = ms(0);

function scanned(...packets: TsPacket[]): PacketScan["counters"] {
  const scan = new PacketScan();
  scan.scan(Buffer.concat(packets.map(tsPacket)), at);
  return scan.counters;
}

const full = (byte: number): Buffer => Buffer.alloc(184, byte);

t.test("packet-scan: the continuity counter goes up by one with each payload", (t) => {
  const packets = Array.from({ length: 40 }, (_, i) => ({ pid: 100, cc: i % 16, payload: full(i) }));
  t.equal(scanned(...packets).continuityErrors, 0);
  t.equal(
    scanned({ pid: 1, cc: 3, payload: full(1) }, { pid: 1, cc: 5, payload: full(2) }).continuityErrors,
    1,
  );
  t.end();
});

t.test("packet-scan: one duplicate is no error, a second one is", (t) => {
  const packet = { pid: 100, cc: 4, payload: full(1) };
  const next = { pid: 100, cc: 5, payload: full(2) };
  t.equal(scanned(packet, packet, next).continuityErrors, 0);
  t.equal(scanned(packet, packet, packet, next).continuityErrors, 1);
  t.end();
});

t.test("packet-scan: sixteen lost packets are no duplicate on a PID that somebody wants", (t) => {
  const scan = new PacketScan();
  scan.pes(100, () => undefined);
  scan.scan(tsPacket({ pid: 100, cc: 4, payload: full(1) }), at);
  scan.scan(tsPacket({ pid: 100, cc: 4, payload: full(2) }), at);
  t.equal(scan.counters.continuityErrors, 1);
  t.end();
});

t.test(
  "packet-scan: packets without payload, null packets and indicated discontinuities are no errors",
  (t) => {
    const { continuityErrors } = scanned(
      { pid: 100, cc: 4, payload: full(1) },
      { pid: 100, cc: 4, adaptation: {} },
      { pid: 100, cc: 5, payload: full(1) },
      { pid: 0x1fff, cc: 9, payload: full(1) },
      { pid: 0x1fff, cc: 1, payload: full(1) },
      { pid: 100, cc: 12, payload: Buffer.alloc(100), adaptation: { discontinuity: true } },
      { pid: 100, cc: 13, payload: full(1) },
    );
    t.equal(continuityErrors, 0);
    t.end();
  },
);

t.test("packet-scan: a packet with transport_error_indicator is dropped and damages its PES packet", (t) => {
  const scan = new PacketScan();
  const seen: boolean[] = [];
  scan.pes(100, (packet) => seen.push(packet.damaged));
  const start = Buffer.concat([Buffer.from("000001e00000800000", "hex"), Buffer.alloc(175)]);
  const stream = [
    { pid: 100, cc: 0, payload: start, payloadUnitStart: true },
    { pid: 100, cc: 1, payload: full(1), transportError: true },
    { pid: 100, cc: 2, payload: start, payloadUnitStart: true },
    { pid: 100, cc: 3, payload: start, payloadUnitStart: true },
    { pid: 100, cc: 4, payload: start, payloadUnitStart: true },
  ];
  scan.scan(Buffer.concat(stream.map(tsPacket)), at);
  t.equal(scan.counters.transportErrors, 1);
  t.same(seen, [true, true, false], "the packet that lost its end, and the one behind the loss");
  t.end();
});

t.test("packet-scan: PCRs are told with their discontinuity", (t) => {
  const scan = new PacketScan();
  const seen: unknown[] = [];
  scan.pcr(200, (base, discontinuity) => seen.push([base, discontinuity]));
  const late = (2 ** 33 - 1) * 300 + 299;
  scan.scan(
    Buffer.concat([
      tsPacket({ pid: 200, adaptation: { pcr: late } }),
      tsPacket({ pid: 200, adaptation: { pcr: 300, discontinuity: true } }),
      tsPacket({ pid: 201, adaptation: { pcr: 600 } }),
    ]),
    at,
  );
  t.same(seen, [
    [2 ** 33 - 1, false],
    [1, true],
  ]);
  t.end();
});

t.test("packet-scan: scrambled payload is never handed on", (t) => {
  const scan = new PacketScan();
  const assembler = scan.pes(100, () => t.fail("a scrambled PES packet"));
  const payload = Buffer.concat([Buffer.from("000001c0000380", "hex"), Buffer.alloc(177)]);
  scan.scan(tsPacket({ pid: 100, payload, payloadUnitStart: true, scrambling: 2 }), ms(5));
  t.equal(assembler.scrambledAt, 5);
  t.equal(assembler.clearAt, -1);
  t.end();
});

t.test(
  "packet-scan: counts what was counted independently in the captures",
  { skip: skipWithout(...Object.keys(COUNTS())) },
  (t) => {
    for (const [name, expected] of Object.entries(COUNTS())) {
      const scan = new PacketScan();
      const file = readFileSync(capture(name)!);
      scan.scan(file.subarray(0, file.length - (file.length % 188)), at);
      t.match(scan.counters, expected, name);
    }
    t.end();
  },
);

/** Packets, continuity errors and transport errors as the captures' README has them. */
function COUNTS(): Record<string, Partial<PacketScan["counters"]>> {
  return {
    "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": { packets: 14260, continuityErrors: 0, transportErrors: 0 },
    "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": { packets: 13515, continuityErrors: 2, transportErrors: 0 },
    "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": { packets: 7333, continuityErrors: 31, transportErrors: 0 },
    "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": { packets: 20000, continuityErrors: 0, transportErrors: 0 },
    "dvbt-tw-cts-si-epg-chinese.ts": { packets: 1566, continuityErrors: 3, transportErrors: 0 },
    "broken-sat-animalplanet-tei-cc-pcr-1s.ts": { packets: 4000, transportErrors: 19 },
  };
}

t.test("packet-scan: any bytes behind any sync bytes give nothing but counts", (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 187, maxLength: 187 }), { maxLength: 40 }), (bodies) => {
      const scan = new PacketScan();
      const seen: PesPacket[] = [];
      for (let pid = 0; pid < 0x2000; pid += 3) {
        if (pid % 2 === 0) scan.pes(pid, (packet) => seen.push(packet));
        else scan.sections(pid, new SectionAssembler(() => undefined));
        scan.pcr(pid, () => undefined);
      }
      scan.scan(Buffer.concat(bodies.map((body) => Buffer.concat([Buffer.from([0x47]), body]))), at);
      return scan.counters.packets === bodies.length;
    }),
    { numRuns: 60 },
  );
  t.end();
});
