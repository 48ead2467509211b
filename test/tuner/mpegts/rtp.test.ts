import t from "tap";
import fc from "fast-check";
import { RtpHeader, RtpSequence } from "../../../src/tuner/mpegts/rtp.ts";

/** A packet, written by the RFC's figure and not by our reader. */
function rtp(o: {
  sequence: number;
  payload: Buffer;
  ssrc?: number;
  csrc?: number;
  extension?: number;
  padding?: number;
}): Buffer {
  const { csrc = 0, padding = 0 } = o;
  const head = Buffer.alloc(12 + 4 * csrc);
  head[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (o.extension === undefined ? 0 : 0x10) | csrc;
  head[1] = 0x80 | 33;
  head.writeUInt16BE(o.sequence, 2);
  head.writeUInt32BE(0x01020304, 4);
  head.writeUInt32BE(o.ssrc ?? 0xdeadbeef, 8);
  const extension = o.extension === undefined ? Buffer.alloc(0) : Buffer.alloc(4 + 4 * o.extension);
  if (o.extension !== undefined) extension.writeUInt16BE(o.extension, 2);
  const tail = Buffer.alloc(padding);
  if (padding > 0) tail[padding - 1] = padding;
  return Buffer.concat([head, extension, o.payload, tail]);
}

t.test("rtp: the payload is found behind sources and extension, before padding", (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(0xffff),
      fc.nat(15),
      fc.option(fc.nat(5), { nil: undefined }),
      fc.nat(255),
      fc.nat(20),
      (bytes, sequence, csrc, extension, padding, before) => {
        const payload = Buffer.from(bytes);
        const packet = rtp({
          sequence,
          payload,
          csrc,
          padding,
          ...(extension !== undefined && { extension }),
        });
        const buffer = Buffer.concat([Buffer.alloc(before, 0x47), packet, Buffer.alloc(7, 0xff)]);
        const header = new RtpHeader();
        return (
          header.read(buffer, before, before + packet.length) &&
          header.sequence === sequence &&
          header.ssrc === 0xdeadbeef &&
          header.timestamp === 0x01020304 &&
          header.payloadType === 33 &&
          header.marker &&
          header.payloadLength === payload.length &&
          buffer.subarray(header.payloadOffset, header.payloadOffset + header.payloadLength).equals(payload)
        );
      },
    ),
  );
  t.end();
});

t.test("rtp: whatever the bytes are, the payload lies within them or there is none", (t) => {
  const header = new RtpHeader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, versioned) => {
      const buffer = Buffer.from(bytes);
      if (versioned && buffer.length > 0) buffer[0] = (buffer[0]! & 0x3f) | 0x80;
      if (!header.read(buffer)) return true;
      return header.payloadLength >= 0 && header.payloadOffset + header.payloadLength <= buffer.length;
    }),
    { numRuns: 2000 },
  );
  t.notOk(header.read(Buffer.alloc(1316, 0x47)), "transport packets without RTP are no RTP");
  t.notOk(header.read(rtp({ sequence: 1, payload: Buffer.alloc(0) }).subarray(0, 11)), "too short");
  t.ok(header.read(rtp({ sequence: 1, payload: Buffer.alloc(0) })), "an empty packet is one");
  t.equal(header.payloadLength, 0);
  t.end();
});

t.test("rtp: numbers passed over are lost until they come late", (t) => {
  const sequence = new RtpSequence();
  const places = [65533, 65534, 65535, 0, 3, 2, 2, 4, 4].map((number) => sequence.push(number, 1));
  t.same(places, ["next", "next", "next", "next", "gap", "late", "duplicate", "next", "duplicate"]);
  t.match(sequence, { received: 7, lost: 1, reordered: 1, duplicates: 2, restarts: 0 });
  t.end();
});

t.test("rtp: one stray packet changes nothing, two in a row are a new stream", (t) => {
  const sequence = new RtpSequence();
  t.same(
    [10, 30000, 11, 40000, 40001, 40002].map((number) => sequence.push(number, 1)),
    ["next", "stray", "next", "stray", "gap", "next"],
  );
  t.match(sequence, { received: 4, lost: 0, restarts: 1 });
  t.equal(sequence.push(40003, 2), "gap", "another source is another stream");
  t.equal(sequence.restarts, 2);
  sequence.reset();
  t.equal(sequence.push(7, 3), "next", "an expected one begins in order");
  t.equal(sequence.restarts, 2);
  t.end();
});

t.test("rtp: any loss and any disorder within the window is counted exactly", (t) => {
  const packet = fc.record({ lost: fc.integer({ min: 0, max: 9 }).map((n) => n === 0), delay: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 400 }), fc.nat(0xffff), (plan, start) => {
      // The first and the last come as they are: what is lost before or after nobody can know.
      const sent = [{ lost: false, delay: 0 }, ...plan, { lost: false, delay: 0 }]
        .map((each, i) => ({ ...each, i, due: i + (i === 0 || i === plan.length + 1 ? 0 : each.delay) }))
        .filter((each) => !each.lost)
        .sort((a, b) => (a.i === 0 ? -1 : b.i === 0 ? 1 : a.due - b.due || a.i - b.i));
      const sequence = new RtpSequence();
      let highest = -1;
      let late = 0;
      for (const { i } of sent) {
        const place = sequence.push((start + i) & 0xffff, 9);
        const expected = i < highest ? "late" : highest >= 0 && i > highest + 1 ? "gap" : "next";
        if (place !== expected) return false;
        if (i < highest) late++;
        highest = Math.max(highest, i);
      }
      return (
        sequence.received === sent.length &&
        sequence.reordered === late &&
        sequence.lost === plan.length + 2 - sent.length
      );
    }),
  );
  t.end();
});
