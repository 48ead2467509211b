import t from "tap";
import fc from "fast-check";
import { Grants } from "../../src/access-control/grants.ts";
import { AccessKeys } from "../../src/access-control/keys.ts";
import { ms } from "../../src/kernel/units.ts";
import type { Principal } from "../../src/protocol/principal.ts";
import { isTellyportError } from "../../src/kernel/errors.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const HOUR = 3_600_000;
const principalOf = (client: string): Principal => ({
  client,
  user: client,
  terminalType: "mobile",
  role: "viewer",
  payer: client,
});
const ANNA = principalOf("anna");

async function make(t: Teardown, keys?: AccessKeys, stay: number | null = Infinity) {
  const clock = new FakeClock();
  keys ??= await AccessKeys.load(await temporaryFolder(t), clock.now(), { token: HOUR, grant: HOUR });
  return { clock, keys, grants: new Grants(keys, clock, () => stay) };
}

t.test("grants: name their playback until they end", async (t) => {
  const { clock, grants } = await make(t);
  const until = ms(clock.now() + HOUR);
  const token = grants.issue("abcdefghijklmnop", ANNA, until);
  t.match(token, /^[A-Za-z0-9_-]{100,140}$/, `${token.length} characters, safe in a path`);
  t.equal(grants.check(token), "abcdefghijklmnop");
  clock.advance(HOUR - 1);
  t.equal(grants.check(token), "abcdefghijklmnop");
  clock.advance(1000);
  t.throws(() => grants.check(token), { code: "grant-ended", kind: "gone" });
});

t.test("grants: end with their playback, with their client, and with the process", async (t) => {
  const { clock, grants, keys } = await make(t);
  const until = ms(clock.now() + HOUR);
  const one = grants.issue("one", ANNA, until);
  const two = grants.issue("two", ANNA, until);
  const bens = grants.issue("three", principalOf("ben"), until);
  const again = grants.issue("one", ANNA, ms(until + HOUR));
  grants.end("one");
  t.throws(() => grants.check(one), { code: "grant-ended" });
  t.throws(() => grants.check(again), { code: "grant-ended" });
  t.equal(grants.check(two), "two");
  grants.endClient("anna");
  t.throws(() => grants.check(two), { code: "grant-ended" });
  t.equal(grants.check(bens), "three");
  const restarted = (await make(t, keys)).grants;
  t.throws(() => restarted.check(bens), { code: "grant-ended" }, "ours, but of a playback that is gone");
});

t.test("grants: of another box, forged or broken are refused", async (t) => {
  const { clock, grants } = await make(t);
  const token = grants.issue("one", ANNA, ms(clock.now() + HOUR));
  const foreign = (await make(t)).grants.issue("one", ANNA, ms(clock.now() + HOUR));
  t.throws(() => grants.check(foreign), { code: "grant-invalid", kind: "forbidden" });
  t.throws(() => grants.check(""), { code: "grant-invalid" });
  t.throws(() => grants.check("x".repeat(100_000)), { code: "grant-invalid" });
  const bytes = Buffer.from(token, "base64url");
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      t.throws(() => grants.check(flipped.toString("base64url")), { code: "grant-invalid" });
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.nat(token.length - 1), (length) => {
      t.throws(() => grants.check(token.slice(0, length)), { code: "grant-invalid" });
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      try {
        grants.check(text);
        return false;
      } catch (error) {
        return isTellyportError(error, "grant-invalid");
      }
    }),
  );
  t.equal(grants.check(token), "one", "the real one is still good");
});

t.test("grants: a wall clock that jumps ten years neither ends a stream nor prolongs a stay", async (t) => {
  const YEARS = 10 * 365 * 24 * HOUR;
  for (const jump of [YEARS, -YEARS]) {
    const start = new FakeClock().now();
    const { clock, grants } = await make(t, undefined, start + 2 * HOUR);
    const long = grants.issue("long", ANNA, ms(start + 24 * HOUR));
    const short = grants.issue("short", ANNA, ms(start + HOUR));
    clock.setWall(start + jump);
    t.equal(grants.check(long), "long", "it plays on");
    clock.advance(HOUR);
    t.throws(() => grants.check(short), { code: "grant-ended" }, "by the time that has passed");
    t.equal(grants.check(long), "long");
    grants.issue("other", ANNA, ms(clock.now() + HOUR));
    t.equal(grants.check(long), "long", "what others get does not sweep it away");
    clock.advance(HOUR);
    t.throws(() => grants.check(long), { code: "grant-ended" }, "the stay is over when it has lasted");
  }
});
