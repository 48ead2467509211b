import fc from "fast-check";
import t from "tap";
import { addressText } from "../../src/kernel/address-text.ts";
import { addressBytes } from "../../src/kernel/safe-fetch/address-bytes.ts";

t.test("address text: canonical, as RFC 5952 has it", (t) => {
  const canonical = (text: string): string => addressText(addressBytes(text)!);
  for (const [text, expected] of [
    ["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["10:0:0:10:0:0:10:0", "10::10:0:0:10:0"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["192.0.2.1", "192.0.2.1"],
  ] as const)
    t.equal(canonical(text), expected);
  t.throws(() => addressText(new Uint8Array(5)), RangeError);
  t.end();
});

t.test("address text: what a URL makes of it, and the same bytes again", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.array(fc.nat(15)), (bytes, zeros) => {
      for (const at of zeros) bytes[at] = 0;
      bytes[0] = 0x20;
      const text = addressText(bytes);
      t.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
      t.ok(Buffer.from(addressBytes(text)!).equals(bytes));
    }),
    { numRuns: 200 },
  );
  t.end();
});
