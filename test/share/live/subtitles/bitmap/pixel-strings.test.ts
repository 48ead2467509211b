import t from "tap";
import {
  read2BitString,
  read4BitString,
  read8BitString,
} from "../../../../../src/share/live/subtitles/bitmap/pixel-strings.ts";
import { RandomPictures } from "./random-pictures.ts";
import { codeString } from "./subtitle-builder.ts";

const READERS = { 2: read2BitString, 4: read4BitString, 8: read8BitString };

/** @returns runs as `length x code`, and the end */
function read(bits: 2 | 4 | 8, data: Buffer, full = false): [string, number] {
  const runs: string[] = [];
  const end = READERS[bits](data, 0, { full, run: (length, code) => runs.push(`${length}x${code}`) });
  return [runs.join(" "), end];
}

/** Bits as the tables of §11 write them. */
function bits(text: string): Buffer {
  const digits = text.replaceAll(" ", "");
  const padded = digits.padEnd(Math.ceil(digits.length / 8) * 8, "0");
  return Buffer.from(padded.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
}

t.test("2-bit codes, EN 300 743 table 42", (t) => {
  for (const [code, runs] of [
    ["01", "1x1"],
    ["10", "1x2"],
    ["11", "1x3"],
    ["00 01", "1x0"],
    ["00 00 01", "2x0"],
    ["00 10 00 11", "3x3"],
    ["00 11 11 10", "10x2"],
    ["00 00 10 00 00 01", "12x1"],
    ["00 00 10 11 11 00", "27x0"],
    ["00 00 11 00 00 00 00 11", "29x3"],
    ["00 00 11 11 11 11 11 10", "284x2"],
  ] as const) {
    const data = bits(`${code} 00 00 00`);
    t.strictSame(read(2, Buffer.concat([data, Buffer.from([0xff])])), [runs, data.length], code);
  }
  t.end();
});

t.test("4-bit codes, EN 300 743 table 43", (t) => {
  for (const [code, runs] of [
    ["0001", "1x1"],
    ["1111", "1x15"],
    ["0000 1100", "1x0"],
    ["0000 1101", "2x0"],
    ["0000 0001", "3x0"],
    ["0000 0111", "9x0"],
    ["0000 1000 0101", "4x5"],
    ["0000 1011 1010", "7x10"],
    ["0000 1110 0000 0011", "9x3"],
    ["0000 1110 1111 0000", "24x0"],
    ["0000 1111 0000 0000 0001", "25x1"],
    ["0000 1111 1111 1111 1110", "280x14"],
  ] as const) {
    const data = bits(`${code} 0000 0000`);
    t.strictSame(read(4, Buffer.concat([data, Buffer.from([0xff])])), [runs, data.length], code);
  }
  t.end();
});

t.test("8-bit codes, EN 300 743 table 44", (t) => {
  for (const [code, runs] of [
    ["00000001", "1x1"],
    ["11111111", "1x255"],
    ["00000000 00000001", "1x0"],
    ["00000000 01111111", "127x0"],
    ["00000000 10000011 00000111", "3x7"],
    ["00000000 11111111 11110000", "127x240"],
  ] as const) {
    const data = bits(`${code} 00000000 00000000`);
    t.strictSame(read(8, Buffer.concat([data, Buffer.from([0xff])])), [runs, data.length], code);
  }
  t.end();
});

t.test("an 8-bit string with one zero byte at its end, as ffmpeg's encoder writes it", (t) => {
  const line = Buffer.from([0x05, 0x00, 0xf0, 0x12, 0x07]);
  t.strictSame(
    read(8, line, true),
    ["1x5", 2],
    "behind the right edge it is the end, and 0xF0 is left to be read",
  );
  t.strictSame(read(8, line, false), ["1x5 112x18 1x7", 7], "before, it is a run");
  t.end();
});

t.test("a string without end ends with its data", (t) => {
  t.strictSame(read(2, bits("01 10")), ["1x1 1x2", 2]);
  t.strictSame(read(4, bits("0000 1111")), ["25x0", 4]);
  t.strictSame(read(8, Buffer.from([0x05, 0x00])), ["1x5", 3]);
  t.end();
});

t.test("lines of all runs come back", (t) => {
  const random = new RandomPictures(1);
  for (const bits of [2, 4, 8] as const)
    for (const line of random.lines(700, 40, bits)) {
      const decoded: number[] = [];
      const data = codeString(line, bits);
      const end = READERS[bits](data, 1, {
        full: false,
        run: (length, code) => decoded.push(...Array<number>(length).fill(code)),
      });
      if (end !== data.length || decoded.join() !== line.join()) t.fail(`${bits} bits: ${line.join()}`);
    }
  t.pass("they did");
  t.end();
});
