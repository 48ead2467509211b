import fc from "fast-check";
import t from "tap";
import { handOffFragment, parseHandOffFragment } from "../../src/protocol/pairing.ts";
import { nameIn, withName } from "../../web/pairing/handed-name.ts";

const bare = handOffFragment("pass-1", "A".repeat(22));

t.test("web hand-off: the parent's name goes along, and the pass stays what it is", async (t) => {
  for (const name of ["Ada’s phone", "奶奶的手机", "x".repeat(64), "📺".repeat(64)]) {
    const fragment = withName(bare, name);
    t.match(fragment, /^#h=1\.[\w-]+\.[\w-]+\.[\w-]+$/);
    t.equal(nameIn(fragment), name);
    t.same(parseHandOffFragment(fragment), parseHandOffFragment(bare));
  }
  t.equal(withName(bare, ""), bare);
  t.equal(nameIn(bare), "");
});

t.test("web hand-off: whatever stands there, it is a short text or none", async (t) => {
  fc.assert(fc.property(fc.string(), (rest) => [...nameIn(`${bare}.${rest}`)].length <= 64));
  t.equal(nameIn(`${bare}._w`), "", "bytes that are no text");
});
