import t from "tap";
import fc from "fast-check";
import { closeRanks, findPackets, packetsInRow, type Stride } from "../../../src/tuner/mpegts/resync.ts";

function stream(packets: number, stride: Stride, before: Buffer): Buffer {
  const bytes = Buffer.alloc(packets * stride, 0x11);
  // A time stamp comes before the packet (192), check bytes behind it (204).
  const lead = stride === 192 ? 4 : 0;
  for (let i = 0; i < packets; i++) bytes[i * stride + lead] = 0x47;
  return Buffer.concat([before, bytes]);
}

t.test("resync: packets of each length are found behind any garbage", (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom<Stride>(188, 192, 204),
      fc.uint8Array({ maxLength: 2000 }),
      (stride, garbage) => {
        const bytes = stream(40, stride, Buffer.from(garbage));
        const found = findPackets(bytes, 0, bytes.length);
        if (found === null) return false;
        // Garbage may by chance look like packets; then it is at least consistent.
        if (found.offset < garbage.length)
          return packetsInRow(bytes, found.offset, bytes.length, found.stride) >= 5;
        return found.stride === stride && found.offset === garbage.length + (stride === 192 ? 4 : 0);
      },
    ),
  );
  t.end();
});

t.test("resync: four packets are not enough in the middle, three are at the end", (t) => {
  const four = Buffer.concat([stream(4, 188, Buffer.alloc(0)), Buffer.alloc(2000)]);
  t.equal(findPackets(four, 0, four.length), null);
  const three = stream(3, 188, Buffer.alloc(10));
  t.equal(findPackets(three, 0, three.length), null);
  t.same(findPackets(three, 0, three.length, { atEnd: true }), { offset: 10, stride: 188 });
  t.end();
});

t.test("resync: text is no transport stream", (t) => {
  const text = Buffer.from("GREAT GATSBY, a novel of G. Gatsby\n".repeat(400));
  t.equal(findPackets(text, 0, text.length, { atEnd: true }), null);
  t.end();
});

t.test("resync: time stamps and check bytes are taken out from between the packets", (t) => {
  const bytes = stream(5, 192, Buffer.alloc(0));
  closeRanks(bytes, 4, 5, 192);
  t.equal(packetsInRow(bytes, 0, 5 * 188, 188), 5);
  t.end();
});
