import fc from "fast-check";
import t from "tap";
import { SlabMedia, SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";

t.test("slab pool: a segment that somebody holds is never written over", (t) => {
  const pool = new SlabPool({ slabBytes: 64, keepBytes: 1024 });
  const writer = pool.writer();
  const next = (fill: number, length: number): SlabMedia => {
    writer.write(Buffer.alloc(length, fill));
    const piece = writer.take(length);
    return new SlabMedia([...piece.buffers], [piece]);
  };
  const held = next(1, 200);
  const shared = next(2, 30);
  shared.retain();
  shared.release();
  for (let round = 3; round < 60; round++) next(round, 97).release();
  t.ok(Buffer.concat(held.buffers).equals(Buffer.alloc(200, 1)));
  t.ok(Buffer.concat(shared.buffers).equals(Buffer.alloc(30, 2)));
  held.release();
  shared.release();
  t.ok(
    pool.stats.freeBytes > 0 && pool.stats.freeBytes <= 1024,
    "memory is used again, and not all of it kept",
  );
  writer.close();
  t.equal(pool.stats.inUseBytes, 0);
  t.equal(pool.stats.freeBytes, 0, "without a writer nothing is kept");
  t.end();
});

t.test("slab pool: what was recycled may not be used", (t) => {
  const writer = new SlabPool().writer();
  writer.write(Buffer.from("bytes"));
  const piece = writer.take(5);
  const media = new SlabMedia([...piece.buffers], [piece]);
  t.equal(media.length, 5);
  media.release();
  t.throws(() => media.retain());
  t.throws(() => media.release());
  t.throws(() => writer.take(1), RangeError);
  writer.close();
  t.end();
});

t.test("slab pool: bytes come out as they went in, and the pool ends empty", (t) => {
  const step = fc.record({
    write: fc.uint8Array({ minLength: 0, maxLength: 150 }),
    take: fc.nat(200),
    release: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = new SlabPool({ slabBytes: 64, keepBytes: 256 });
      const writer = pool.writer();
      let waiting = Buffer.alloc(0);
      const live: { media: SlabMedia; bytes: Buffer }[] = [];
      for (const { write, take, release } of steps) {
        writer.write(Buffer.from(write));
        waiting = Buffer.concat([waiting, write]);
        const length = Math.min(take, waiting.length);
        const piece = writer.take(length);
        live.push({ media: new SlabMedia([...piece.buffers], [piece]), bytes: waiting.subarray(0, length) });
        waiting = waiting.subarray(length);
        if (release) live.shift()?.media.release();
        for (const { media, bytes } of live) if (!Buffer.concat(media.buffers).equals(bytes)) return false;
      }
      for (const { media } of live) media.release();
      writer.close();
      return pool.stats.inUseBytes === 0;
    }),
    { numRuns: 200 },
  );
  t.end();
});
