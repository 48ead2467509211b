import t from "tap";
import { copyInto } from "../../../src/kernel/memory/copy.ts";

t.test("copy: exactly the bytes, in memory of every kind and at every place", (t) => {
  const kinds = [
    (size: number) => Buffer.alloc(size),
    (size: number) => Buffer.from(new SharedArrayBuffer(size)),
  ];
  const pattern = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7 + 1) & 255));
  for (const from of kinds)
    for (const to of kinds)
      for (const length of [0, 1, 7, 184, 300])
        for (const at of [0, 1, 3, 8]) {
          const source = from(300);
          for (let n = 0; n < 300; n++) source[n] = pattern[n] ?? 0;
          const target = to(320);
          copyInto(target, at, source.subarray(0, length));
          const right = Buffer.concat([
            Buffer.alloc(at),
            pattern.subarray(0, length),
            Buffer.alloc(320 - at - length),
          ]);
          if (!right.equals(target)) t.fail(`${length} bytes to ${at}`);
        }
  t.pass("looked at");
  t.end();
});
