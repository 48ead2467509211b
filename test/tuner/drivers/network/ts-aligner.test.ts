import fc from "fast-check";
import t from "tap";
import { ms } from "../../../../src/kernel/units.ts";
import { TsAligner } from "../../../../src/tuner/drivers/network/ts-aligner.ts";
import { tsPacket } from "../../../helpers/ts-packets.ts";
import { RecordingSink } from "./recording-sink.ts";

/** Numbered packets, without a sync byte in their payload. */
function packets(count: number, from = 0): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, i) =>
      tsPacket({ pid: 0x100, cc: (from + i) % 16, payload: Buffer.alloc(184, ((from + i) % 64) + 1) }),
    ),
  );
}

/** Lengths of the pieces that the bytes come in. */
const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });

function pushIn(aligner: TsAligner, bytes: Buffer, lengths: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    aligner.push(bytes.subarray(at, at + length), ms(0));
    at += length;
  }
}

t.test("ts aligner: a stream cut anywhere comes out whole", (t) => {
  fc.assert(
    fc.property(cuts, fc.integer({ min: 0, max: 400 }), (lengths, garbage) => {
      const stream = packets(120);
      const sink = new RecordingSink();
      pushIn(new TsAligner(sink), Buffer.concat([Buffer.alloc(garbage, 0xaa), stream]), lengths);
      if (!stream.equals(sink.bytes) || sink.events.length > 0)
        throw new Error(`${sink.packetCount} packets, ${sink.events.join()}`);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("ts aligner: bytes lost in the middle are one loss of synchronisation, and it goes on", (t) => {
  fc.assert(
    fc.property(cuts, fc.integer({ min: 1, max: 187 }), (lengths, missing) => {
      const first = packets(50);
      const second = packets(50, 50);
      const sink = new RecordingSink();
      pushIn(
        new TsAligner(sink),
        Buffer.concat([first.subarray(0, first.length - missing), second]),
        lengths,
      );
      if (sink.events.join() !== "sync-loss") throw new Error(sink.events.join());
      if (!sink.bytes.subarray(-188).equals(second.subarray(-188))) throw new Error("the end is missing");
      if (sink.packetCount < 98 || sink.packetCount > 100) throw new Error(`${sink.packetCount} packets`);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("ts aligner: what is no stream gives nothing, and is counted", (t) => {
  fc.assert(
    fc.property(cuts, fc.uint8Array({ minLength: 1, maxLength: 20_000 }), (lengths, noise) => {
      const sink = new RecordingSink();
      const aligner = new TsAligner(sink);
      pushIn(aligner, Buffer.from(noise), lengths);
      if (sink.events.includes("misaligned")) throw new Error("misaligned");
    }),
    { numRuns: 100 },
  );
  const aligner = new TsAligner(new RecordingSink());
  aligner.push(Buffer.alloc(100_000, "<html>"), ms(0));
  t.not(aligner.found, true);
  t.ok(aligner.skipped > 95_000);
  t.end();
});
