import fc from "fast-check";
import t from "tap";
import { counterBlocks, counterValue } from "../../../../src/tuner/drivers/mock/counter-geometry.ts";
import { readCounter } from "../../../helpers/picture-counter.ts";

const WIDTH = 320;
const HEIGHT = 180;

t.test("mock: every counter value survives its blocks, and one block changes from one to the next", (t) => {
  for (let value = 0; value < 256; value++) {
    const blocks = counterBlocks(value);
    t.equal(counterValue(blocks), value);
    const next = counterBlocks((value + 1) % 256);
    t.equal(blocks.filter((white, index) => white !== next[index]).length, 2, "one bit and the parity");
  }
  t.end();
});

t.test("mock: one wrong block is never another value", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 11 }), (value, block) => {
      const blocks = counterBlocks(value);
      blocks[block] = blocks[block] !== true;
      return counterValue(blocks) === null;
    }),
  );
  t.end();
});

t.test("mock: no counter is read out of a picture without one", (t) => {
  t.equal(readCounter(new Uint8Array(WIDTH * HEIGHT * 4).fill(128), WIDTH, HEIGHT), null);
  t.equal(readCounter(new Uint8Array(10), WIDTH, HEIGHT), null);
  t.end();
});
