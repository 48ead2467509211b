import { gunzipSync } from "node:zlib";
import t from "tap";
import { seconds } from "../../../../src/kernel/units.ts";
import { MediaBudget } from "../../../../src/share/live/hls/media-budget.ts";
import { SegmentStore } from "../../../../src/share/live/hls/segment-store.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { mediaPlaylistFaults, readMediaPlaylist } from "../../../helpers/hls-playlists.ts";
import { FakeBytes, FakeJoined, audioTrack, part, rendition, segment, videoTrack } from "../../fakes.ts";

const MB = 1024 * 1024;

function storeOf(
  options: { budget?: MediaBudget; clock?: FakeClock; longest?: number; window?: number } = {},
) {
  const clock = options.clock ?? new FakeClock();
  const budget = options.budget ?? new MediaBudget(64 * MB);
  const history =
    options.longest === undefined
      ? null
      : { longestSegment: seconds(options.longest), peak: 5_000_000, average: 4_000_000 };
  const store = new SegmentStore({ budget, clock, history, window: options.window ?? 20 });
  store.setRenditions([rendition("v0", videoTrack()), rendition("a0", audioTrack())]);
  return { store, clock, budget };
}

t.test(
  "segment store: P-01 P-02 P-03 P-05 P-08 P-09 P-10 every playlist of a long run follows from the last",
  (t) => {
    const { store, clock } = storeOf({ longest: 2 });
    let previous: string | undefined;
    const wall = clock.now();
    for (let n = 1; n <= 60; n++) {
      const more = {
        discontinuity: n % 17 === 0,
        programDateTime: (wall + n * 1920) as typeof wall,
        duration: seconds(1.92),
      };
      const bytes = segment("v0", n, more);
      store.add(bytes);
      store.add(segment("a0", n, more));
      clock.advance(1920);
      const text = store.playlist("v0").plain.toString();
      t.same(mediaPlaylistFaults(text, previous), [], `after segment ${n}`);
      const read = readMediaPlaylist(text);
      const sum = read.segments.reduce((total, { duration }) => total + duration, 0);
      t.ok(n < 6 || read.segments.length >= 6, "P-10 at least six segments once warm");
      t.ok(n < 6 || sum >= 3 * read.targetDuration, "P-05 what remains lasts three target durations");
      const other = readMediaPlaylist(store.playlist("a0").plain.toString());
      t.equal(other.discontinuitySequence, read.discontinuitySequence, "P-03 alike in all renditions");
      t.equal(other.targetDuration, read.targetDuration, "P-12");
      previous = text;
    }
    store.close();
    t.end();
  },
);

t.test(
  "segment store: P-05 a removed segment stays fetchable for its own and the playlist's duration",
  (t) => {
    const { store, clock } = storeOf({ longest: 2 });
    const first = segment("v0", 1);
    store.add(first);
    for (let n = 2; n <= 11; n++) {
      clock.advance(2000);
      store.add(segment("v0", n));
    }
    t.equal(readMediaPlaylist(store.playlist("v0").plain.toString()).mediaSequence, 2);
    t.equal(store.segment("v0", 1).data, first.data);
    clock.advance(23_999);
    store.add(segment("v0", 12));
    t.equal(store.segment("v0", 1).data, first.data, "2 s and a playlist of 22 s");
    clock.advance(2);
    store.add(segment("v0", 13));
    t.throws(() => store.segment("v0", 1), { code: "segment-gone" });
    t.equal(first.data.references, 0);
    t.throws(() => store.segment("v0", 14), { code: "segment-not-found" });
    t.throws(() => store.segment("v9", 1), { code: "segment-not-found" });
    store.close();
    t.end();
  },
);

t.test("segment store: the budget of all streams holds, whoever is the larger sheds first", (t) => {
  const budget = new MediaBudget(20 * MB);
  const clock = new FakeClock();
  const large = storeOf({ budget, clock }).store;
  const small = storeOf({ budget, clock }).store;
  const made: FakeBytes[] = [];
  const add = (store: SegmentStore, n: number, size: number): void => {
    const data = new FakeBytes([Buffer.alloc(size)]);
    made.push(data);
    store.add(segment("v0", n, { data }));
  };
  for (let n = 1; n <= 30; n++) {
    add(large, n, 2 * MB);
    add(small, n, MB / 4);
    t.ok(budget.used <= budget.limit, `${budget.used} bytes after segment ${n}`);
  }
  t.ok(
    readMediaPlaylist(large.playlist("v0").plain.toString()).segments.length >= 6,
    "P-10 for the large one",
  );
  t.ok(
    readMediaPlaylist(small.playlist("v0").plain.toString()).segments.length >= 10,
    "the small one's window is whole",
  );
  const alive = made.filter(({ references }) => references > 0).reduce((sum, { length }) => sum + length, 0);
  t.equal(alive, budget.used, "what is not counted was released");
  large.close();
  small.close();
  t.ok(made.every(({ references }) => references === 0));
  t.equal(budget.used, 0);
  t.end();
});

t.test("segment store: one stream too large for the budget keeps going with what fits", (t) => {
  const { store, budget } = storeOf({ budget: new MediaBudget(5 * MB) });
  for (let n = 1; n <= 10; n++) store.add(segment("v0", n, { data: new FakeBytes([Buffer.alloc(2 * MB)]) }));
  t.ok(budget.used <= budget.limit);
  const read = readMediaPlaylist(store.playlist("v0").plain.toString());
  t.same(
    read.segments.map(({ sequence }) => sequence),
    [9, 10],
  );
  store.close();
  t.end();
});

t.test("segment store: a playlist is written once per version, compressed once", (t) => {
  const { store } = storeOf();
  store.add(segment("v0", 1));
  const text = store.playlist("v0");
  t.equal(store.playlist("v0"), text);
  t.equal(text.gzip(), text.gzip());
  t.same(gunzipSync(text.gzip()), text.plain);
  store.add(segment("v0", 2));
  t.not(store.playlist("v0"), text);
  store.close();
  t.end();
});

t.test(
  "segment store: a new init is listed with the first segment that needs it, the old one stays while needed",
  (t) => {
    const { store, clock } = storeOf({ longest: 2 });
    store.add(segment("v0", 1));
    store.setRenditions([rendition("v0", videoTrack({ width: 720 }), 2)]);
    store.add(segment("v0", 2, { initVersion: 2, discontinuity: true }));
    t.equal(store.init("v0", 1).toString(), "init v0 1");
    t.equal(store.init("v0", 2).toString(), "init v0 2");
    t.match(
      store.playlist("v0").plain.toString(),
      /1\.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-2\.mp4"/,
    );
    for (let n = 3; n < 40; n++) {
      clock.advance(2000);
      store.add(segment("v0", n, { initVersion: 2 }));
    }
    t.throws(() => store.init("v0", 1), { code: "segment-gone" });
    t.throws(() => store.init("v0", 3), { code: "segment-not-found" });
    t.throws(() => store.playlist("a0"), { code: "segment-gone" }, "a sound track that is gone");
    store.close();
    t.end();
  },
);

t.test(
  "segment store: P-03 a rendition that comes later has the discontinuity sequence of the others",
  (t) => {
    const { store } = storeOf();
    const v0 = rendition("v0", videoTrack());
    store.setRenditions([v0]);
    store.add(segment("v0", 1));
    store.add(segment("v0", 2, { discontinuity: true }));
    store.setRenditions([v0, rendition("a1", audioTrack())]);
    store.add(segment("v0", 3, { discontinuity: true }));
    store.add(segment("a1", 3, { discontinuity: true }));
    const number = (id: string): number | undefined => {
      const read = readMediaPlaylist(store.playlist(id).plain.toString());
      let n = read.discontinuitySequence ?? 0;
      for (const s of read.segments) {
        if (s.discontinuity) n++;
        if (s.sequence === 3) return n;
      }
      return undefined;
    };
    t.equal(number("a1"), number("v0"));
    store.close();
    t.end();
  },
);

t.test("segment store: remembers how long segments were and how much they carried", (t) => {
  const { store } = storeOf();
  for (let n = 1; n <= 4; n++) store.add(segment("v0", n, { duration: seconds(1) }));
  t.equal(store.history(), null, "too short to remember");
  store.add(segment("v0", 5, { duration: seconds(1), data: new FakeBytes([Buffer.alloc(125_000)]) }));
  t.match(store.history(), { longestSegment: 1, peak: 1_000_000 });
  store.add(segment("v0", 6, { duration: seconds(4), independent: false }));
  t.match(store.history(), { longestSegment: 6 }, "one that was cut would have been longer");
  store.close();
  t.end();
});

t.test("segment store: BANDWIDTH comes from what was measured, then from memory, else from a guess", (t) => {
  const fresh = storeOf();
  const v0 = rendition("v0", videoTrack());
  t.ok(fresh.store.rates(v0).average > 1_000_000);
  fresh.store.add(segment("v0", 1, { duration: seconds(1), data: new FakeBytes([Buffer.alloc(250_000)]) }));
  t.match(fresh.store.rates(v0), { peak: 2_200_000 });
  const known = storeOf({ longest: 2 });
  t.match(known.store.rates(v0), { peak: 5_500_000 });
  fresh.store.close();
  known.store.close();
  t.end();
});

t.test("segment store: parts are played before their segment is whole, and are the same memory", (t) => {
  const { store, budget } = storeOf();
  const one = part("v0", 1, 0, { independent: true });
  const two = part("v0", 1, 1);
  store.addPart(one);
  t.ok(store.hasMedia("v0", "part"));
  t.notOk(store.hasMedia("v0"), "to some players a playlist of parts alone is empty");
  t.notOk(store.hasMedia("a0", "part"));
  store.addPart(two);
  const ring = store.ring("v0");
  t.ok(ring.reached(1, 1));
  t.notOk(ring.reached(1, 2), "not there yet");
  t.notOk(ring.reached(1, null), "the segment is not whole");
  t.equal(store.part("v0", 1).data, two.data);
  t.throws(() => store.part("v0", 2), { code: "segment-not-found" });
  t.throws(() => store.segment("v0", 1), { code: "segment-not-found" });
  const held = budget.used;
  one.data.retain();
  two.data.retain();
  store.add(segment("v0", 1, { data: new FakeJoined([one.data, two.data]) }));
  t.equal(budget.used, held, "the segment takes no memory of its own");
  t.ok(ring.reached(1, null));
  t.ok(ring.reached(1, 1));
  t.notOk(ring.reached(1, 2), "beyond its last part: the first of the next segment");
  t.notOk(ring.reached(2, 0));
  store.addPart(part("v0", 2, 2));
  t.ok(ring.reached(1, 2) && ring.reached(2, 0));
  t.same(ring.report(), { id: "v0", sequence: 2, part: 0 });
  store.close();
  t.equal(one.data.references + two.data.references, 0);
  t.equal(budget.used, 0);
  t.end();
});

t.test("segment store: P-05 what leaves the playlist for want of memory stays fetchable for a while", (t) => {
  const budget = new MediaBudget(16 * MB);
  const { store } = storeOf({ budget, window: 600 });
  for (let n = 1; n <= 40; n++) {
    store.add(segment("v0", n, { data: new FakeBytes([Buffer.alloc(MB)]) }));
    const first = readMediaPlaylist(store.playlist("v0").plain.toString()).mediaSequence;
    t.ok(budget.used <= budget.limit);
    if (n > 20) t.ok(store.segment("v0", first - 3), `${n}: three before the first of the list`);
  }
  store.close();
  t.end();
});
