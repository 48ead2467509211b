import fc from "fast-check";
import t from "tap";
import { SectionPacketiser } from "../../../src/tuner/mpegts/section-packetiser.ts";
import { tsPacket } from "../../helpers/ts-packets.ts";

t.test("section packetiser: one packet, pointer field 0, stuffed with 0xFF", (t) => {
  const section = Buffer.from("00b00d0001c100000001f0002ab104b2", "hex");
  const out = Buffer.alloc(200, 0xaa);
  t.equal(new SectionPacketiser(0).write(section, out, 7), 7 + 188);
  const expected = Buffer.alloc(188, 0xff);
  Buffer.from("4740001000", "hex").copy(expected);
  section.copy(expected, 5);
  t.same(out.subarray(7, 195), expected);
  t.equal(out[6], 0xaa);
  t.equal(out[195], 0xaa);
  t.same(
    expected,
    tsPacket({
      pid: 0,
      payload: Buffer.concat([Buffer.from([0]), section]),
      payloadUnitStart: true,
      stuff: "payload",
    }),
  );
  t.end();
});

t.test("section packetiser: a section of several packets, and the counter goes round", (t) => {
  const packetiser = new SectionPacketiser(0x1abc);
  // 183 bytes fit into the first packet, 184 into each of the others.
  t.equal(SectionPacketiser.size(183), 188);
  t.equal(SectionPacketiser.size(184), 2 * 188);
  t.equal(SectionPacketiser.size(183 + 184), 2 * 188);
  const out = Buffer.alloc(40 * 188);
  let at = 0;
  for (let count = 0; count < 20; count++) at = packetiser.write(Buffer.alloc(184, count), out, at);
  t.equal(at, out.length);
  for (let packet = 0; packet < 40; packet++) {
    const header = out.readUInt32BE(packet * 188);
    t.equal(
      header >>> 0,
      (0x47000010 | ((packet & 1) === 0 ? 0x400000 : 0) | 0x1abc00 | (packet & 15)) >>> 0,
    );
  }
  t.end();
});

t.test("section packetiser: no room is said before a byte is written", (t) => {
  const out = Buffer.alloc(188);
  t.throws(() => new SectionPacketiser(1).write(Buffer.alloc(184), out, 0), RangeError);
  t.throws(() => new SectionPacketiser(1).write(Buffer.alloc(3), out, 1), RangeError);
  t.same(out, Buffer.alloc(188));
  t.end();
});

t.test("section packetiser: always the size that it says", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 4096 }), (length) => {
      const size = SectionPacketiser.size(length);
      return new SectionPacketiser(1).write(Buffer.alloc(length), Buffer.alloc(size), 0) === size;
    }),
  );
  t.end();
});
