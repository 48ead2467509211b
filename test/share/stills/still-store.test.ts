import t from "tap";
import { StillStore, type StillStoreOptions } from "../../../src/share/stills/still-store.ts";
import type { Still } from "../../../src/share/stills/still.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

const still = (bytes: number, fill = 1): Still => ({ type: "image/jpeg", body: Buffer.alloc(bytes, fill) });

function scene(options: Omit<StillStoreOptions, "clock"> = {}) {
  const clock = new FakeClock();
  return { clock, store: new StillStore({ clock, ...options }) };
}

t.test("still store: the newest of each channel, and when it was taken", (t) => {
  const { clock, store } = scene();
  t.equal(store.get("a"), undefined);
  t.equal(store.takenAt("a"), null);
  store.put("a", still(10));
  const first = store.get("a");
  t.equal(store.takenAt("a"), clock.now());
  clock.advance(1000);
  store.put("a", still(20, 2));
  t.equal(store.get("a")?.body.length, 20);
  t.equal(store.takenAt("a"), clock.now());
  t.not(store.get("a")?.etag, first?.etag);
  t.match(store.get("a")?.etag, /^"[\w-]{22}"$/);
  t.equal(store.bytes, 20);
  t.equal(store.count, 1);
  store.put("a", still(10));
  t.equal(store.get("a")?.etag, first?.etag, "the same bytes, the same tag");
  t.end();
});

t.test("still store: beyond its bytes the oldest go", (t) => {
  const { store } = scene({ mostBytes: 100 });
  for (const id of ["a", "b", "c"]) store.put(id, still(30));
  store.put("a", still(30));
  t.equal(store.put("d", still(40)), true);
  // 30 + 30 + 30 + 40 do not fit; b is the oldest.
  t.same(
    ["a", "b", "c", "d"].filter((id) => store.get(id)),
    ["a", "c", "d"],
  );
  t.equal(store.bytes, 100);
  t.equal(store.put("a", still(101)), false, "one that is too large by itself");
  t.equal(store.get("a"), undefined, "and what it would have replaced misleads");
  t.equal(store.bytes, 70);
  t.end();
});

t.test("still store: beyond its count, too", (t) => {
  const { store } = scene({ most: 3 });
  for (let id = 0; id < 10; id++) store.put(String(id), still(1));
  t.equal(store.count, 3);
  t.ok(store.get("9"));
  t.notOk(store.get("6"));
  t.end();
});

t.test("still store: bounded whatever comes", (t) => {
  const { store, clock } = scene({ mostBytes: 5000, most: 20 });
  let wrong = 0;
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 16_807) % 2_147_483_647) % below;
  for (let turn = 0; turn < 3000; turn++) {
    const id = String(random(50));
    if (random(10) === 0) store.forget(id);
    else store.put(id, still(random(6000)));
    clock.advance(random(120_000));
    store.get(id);
    const sum = Array.from({ length: 50 }, (_, one) => store.get(String(one))?.body.length ?? 0);
    const bytes = sum.reduce((a, b) => a + b, 0);
    wrong += Number(store.bytes !== bytes || bytes > 5000 || store.count > 20);
  }
  t.equal(wrong, 0);
  t.end();
});

t.test("still store: one of more than half an hour ago misleads, whatever the wall clock does", (t) => {
  const { clock, store } = scene();
  store.put("a", still(10));
  clock.setWall(Date.UTC(2030, 0, 1));
  clock.advance(30 * 60_000);
  t.ok(store.get("a"));
  store.put("b", still(10));
  clock.advance(1);
  t.equal(store.get("a"), undefined);
  t.equal(store.takenAt("a"), null);
  t.ok(store.get("b"));
  t.equal(store.bytes, 10, "and is not held");
  t.end();
});

t.test("still store: forgets channels that go", (t) => {
  const { store } = scene();
  for (const id of ["a", "b", "c"]) store.put(id, still(10));
  store.keepOnly(new Set(["b", "x"]));
  t.same([store.get("a"), store.get("c")], [undefined, undefined]);
  t.ok(store.get("b"));
  t.equal(store.bytes, 10);
  store.clear();
  t.same([store.count, store.bytes], [0, 0]);
  t.end();
});
