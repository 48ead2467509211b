import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { readMediaPlaylist } from "../../../helpers/hls-playlists.ts";
import { rendition, segment, videoTrack } from "../../fakes.ts";
import { add, content, fetch, MB, rig, storeOn, type Rig } from "./disks.ts";

type Assertions = Pick<typeof t, "fail" | "same">;

const listedIn = (r: Rig, of = "v0"): number[] =>
  readMediaPlaylist(r.store.playlist(of).plain.toString()).segments.map(({ sequence }) => sequence);

const sizeOf = (r: Rig, name: string): number => statSync(join(r.directory, name)).size;

/** Adds segments as they would come, with a disk that has time. */
async function run(r: Rig, from: number, to: number, video = MB / 2): Promise<void> {
  for (let n = from; n <= to; n++) {
    add(r.store, n, video);
    r.clock.advance(2000);
    await r.folder.idle();
  }
}

async function everythingListedIsThere(t: Assertions, r: Rig, video = MB / 2): Promise<void> {
  for (const [of, length] of [
    ["v0", video],
    ["a0", 4096],
  ] as const) {
    for (const n of listedIn(r, of)) {
      const bytes = await fetch(r.store, of, n);
      if (!bytes.equals(content(of, n, length))) t.fail(`${of} ${n} has other bytes`);
    }
  }
  t.same(listedIn(r, "a0"), listedIn(r), "P-12 the same window in all renditions");
}

t.test("time-shift: what leaves the memory stays listed, and is what it was", async (t) => {
  const r = await rig(t);
  await run(r, 1, 60);
  t.same(listedIn(r)[0], 1, "4 MB of memory hold eight of 60 segments, the disk all");
  t.ok(r.budget.used <= r.budget.limit);
  t.equal(r.disk.used, r.onDisk());
  t.not(r.store.shifted("v0", 1), null);
  t.throws(() => r.store.segment("v0", 1), { code: "segment-gone" }, "not in memory");
  t.equal(r.store.shifted("v0", 60), null, "the newest are in memory");
  await everythingListedIsThere(t, r);
  t.equal(r.disk.skipped, 0);
});

t.test("time-shift: the window ends where it should, and what left it stays fetchable, P-05", async (t) => {
  const r = await rig(t, { window: 60 });
  await run(r, 1, 100);
  const [first = 0] = listedIn(r);
  t.equal(100 - first + 1, 30, "60 s of 2 s");
  t.ok((await fetch(r.store, "v0", first - 1)).equals(content("v0", first - 1, MB / 2)));
  t.ok((await fetch(r.store, "v0", first - 30)).equals(content("v0", first - 30, MB / 2)), "62 s later");
  await t.rejects(fetch(r.store, "v0", first - 40), { code: "segment-gone" });
  t.ok(r.onDisk() < 70 * (MB / 2 + 4096), "old files are gone");
  await everythingListedIsThere(t, r);
});

t.test(
  "time-shift: the disk's limit holds, the windows are what fits, and the larger stream gives way",
  async (t) => {
    const r = await rig(t, { limit: 24 * MB });
    const small = storeOn({ budget: r.budget, clock: r.clock, disk: r.disk, window: 3600 });
    for (let n = 1; n <= 120; n++) {
      add(r.store, n, MB / 2);
      add(small, n, 32 * 1024);
      r.clock.advance(2000);
      await r.folder.idle();
      if (r.onDisk() > 24 * MB) t.fail(`${r.onDisk()} bytes after segment ${n}`);
      if (r.disk.used < r.onDisk()) t.fail("more on disk than is known");
    }
    await everythingListedIsThere(t, r);
    t.ok(listedIn(r).length >= 24, `${listedIn(r).length} segments: about three quarters of 24 MB`);
    t.equal(
      readMediaPlaylist(small.playlist("v0").plain.toString()).segments.length,
      120,
      "the small one has all",
    );
    const [first = 0] = listedIn(r);
    t.ok(await fetch(r.store, "v0", first - 2), "P-05 a quarter is for what was listed lately");
    small.close();
    await r.folder.idle();
    r.store.close();
    await r.folder.idle();
    t.same(readdirSync(r.directory), [], "ended streams leave no file");
    t.equal(r.disk.used, 0);
  },
);

t.test("time-shift: a stalled disk takes what it can, the live edge does not wait", async (t) => {
  const r = await rig(t);
  let go = (): void => undefined;
  r.folder.hold = new Promise((resolve) => (go = resolve));
  const made = [];
  for (let n = 1; n <= 40; n++) {
    made.push(...add(r.store, n, MB / 2));
    r.clock.advance(2000);
    await new Promise((resolve) => setImmediate(resolve));
    t.ok(r.budget.used <= r.budget.limit);
    t.equal(listedIn(r).at(-1), n);
  }
  const alive = made.filter(({ references }) => references > 0).reduce((sum, { length }) => sum + length, 0);
  t.ok(alive <= r.budget.used + MB / 2, "beside the budget, one segment is held: the one that is written");
  t.ok(r.disk.skipped > 20, `${r.disk.skipped} were not shifted`);
  t.equal(r.logged.filter((line) => line === "time-shift-disk-too-slow").length, 1, "told once");
  await everythingListedIsThere(t, r);
  t.ok((listedIn(r)[0] ?? 0) > 30, "as with memory alone");
  r.folder.hold = Promise.resolve();
  go();
  await r.folder.idle();
  const [before] = listedIn(r);
  await run(r, 41, 80);
  await everythingListedIsThere(t, r);
  t.equal(listedIn(r)[0], before, "a disk that recovers takes the rest");
});

t.test("time-shift: a disk that others fill has less, and more again later", async (t) => {
  const r = await rig(t);
  await run(r, 1, 40);
  r.folder.fail("write", "ENOSPC");
  await run(r, 41, 41);
  r.folder.fail("write", null);
  t.ok(r.disk.limit < 64 * MB);
  t.ok(r.disk.ready);
  t.same(
    r.logged.filter((line) => line.startsWith("time-shift-disk-f")),
    ["time-shift-disk-full"],
  );
  await run(r, 42, 60);
  await everythingListedIsThere(t, r);
  t.equal(listedIn(r).at(-1), 60);
  r.clock.advance(600_000);
  t.equal(r.disk.limit, 64 * MB);
});

t.test("time-shift: a disk that stays full leaves memory alone", async (t) => {
  const r = await rig(t);
  await run(r, 1, 40);
  r.folder.fail("write", "ENOSPC");
  await run(r, 41, 80);
  t.ok(r.onDisk() <= r.disk.limit);
  t.equal(listedIn(r).at(-1), 80);
  t.ok(listedIn(r).length >= 4);
  await everythingListedIsThere(t, r);
});

for (const [operation, code, how] of [
  ["write", "EIO", "a broken disk"],
  ["write", "EROFS", "a disk that became read-only"],
  ["create", "ENOENT", "a disk that was unplugged"],
  ["remove", "EIO", "a file that cannot be removed"],
] as const) {
  t.test(`time-shift: ${how} leaves what is in memory, and is asked again later`, async (t) => {
    const r = await rig(t, { limit: 16 * MB, window: 30 });
    await run(r, 1, 40);
    r.folder.fail(operation, code);
    await run(r, 41, 60);
    t.notOk(r.disk.ready);
    t.equal(listedIn(r).at(-1), 60, "live goes on");
    await everythingListedIsThere(t, r);
    await run(r, 61, 120);
    const told = r.logged.filter((line) => line === "time-shift-disk-failed").length;
    // In between it writes: that is another failure.
    if (operation === "remove") t.ok(told <= 2);
    else t.equal(told, 1, "told once");
    await everythingListedIsThere(t, r);
    r.folder.fail(operation, null);
    r.clock.advance(60_000);
    await r.folder.idle();
    t.ok(r.disk.ready);
    await run(r, 121, 160);
    t.ok(r.disk.ready);
    t.ok(r.logged.includes("time-shift-disk-recovered"));
    t.ok(listedIn(r).length >= 15, "the window is whole again");
    await everythingListedIsThere(t, r);
  });
}

t.test(
  "time-shift: a segment that the disk does not give back is gone, typed, and the list says so",
  async (t) => {
    const r = await rig(t);
    await run(r, 1, 40);
    const shifted = r.store.shifted("v0", 1);
    t.ok(shifted);
    r.folder.fail("read", "EIO");
    await t.rejects(fetch(r.store, "v0", 1), { code: "segment-gone" });
    r.folder.fail("read", null);
    t.notOk(r.disk.ready);
    await everythingListedIsThere(t, r);
    t.ok((listedIn(r)[0] ?? 0) > 30);
    await t.rejects(fetch(r.store, "v0", 1), { code: "segment-gone" });
  },
);

t.test("time-shift: a folder that is not there at the start is used once it is", async (t) => {
  const r = await rig(t);
  await r.disk.stop();
  r.folder.fail("clear", "ENOENT");
  await r.disk.start();
  t.notOk(r.disk.ready);
  await run(r, 1, 20);
  t.equal(listedIn(r).at(-1), 20);
  t.equal(r.onDisk(), 0);
  r.folder.fail("clear", null);
  r.clock.advance(60_000);
  await r.folder.idle();
  await run(r, 21, 60);
  t.ok(r.onDisk() > 10 * MB);
  await everythingListedIsThere(t, r);
});

t.test("time-shift: who reads keeps the file until done, and nobody waits for it", async (t) => {
  const r = await rig(t, { limit: 8 * MB });
  await run(r, 1, 1);
  const [name = ""] = readdirSync(r.directory).filter((name) => sizeOf(r, name) >= MB / 2);
  await run(r, 2, 12);
  const shifted = r.store.shifted("v0", 1);
  if (shifted === null) throw new Error("it is in memory");
  const reader = shifted.disk.reader(0, shifted.length);
  await run(r, 13, 60);
  await t.rejects(fetch(r.store, "v0", 1), { code: "segment-gone" }, "the window went on");
  const piece = await reader.next();
  t.ok(piece?.equals(content("v0", 1, MB / 2).subarray(0, piece.length)), "but these bytes are the same");
  t.ok(r.onDisk() <= 8 * MB);
  t.ok(listedIn(r).length >= 6);
  t.ok(readdirSync(r.directory).includes(name));
  reader.close();
  await r.folder.idle();
  t.notOk(readdirSync(r.directory).includes(name));
  await everythingListedIsThere(t, r);
});

t.test("time-shift: leftovers of a crash are removed at the start, others' files are not", async (t) => {
  const first = await rig(t);
  await run(first, 1, 20);
  t.ok(readdirSync(first.directory).length > 0);
  writeFileSync(join(first.directory, "film.mkv"), "a film");
  const second = await rig(t, { directory: first.directory });
  t.same(readdirSync(first.directory), ["film.mkv"]);
  await run(second, 1, 20);
  await everythingListedIsThere(t, second);
  await second.disk.stop();
  t.same(readdirSync(first.directory), ["film.mkv"], "nor at the end");
});

t.test(
  "time-shift: a pause within the window goes on where it was; beyond, the segment is gone",
  async (t) => {
    const r = await rig(t, { window: 120 });
    await run(r, 1, 10);
    const paused = 8;
    await run(r, 11, 60);
    t.ok(listedIn(r).includes(paused), "50 segments later, 100 s");
    t.ok((await fetch(r.store, "v0", paused)).equals(content("v0", paused, MB / 2)));
    await run(r, 61, 200);
    await t.rejects(fetch(r.store, "v0", paused), { code: "segment-gone" });
    t.throws(() => r.store.part("v0", 0), { code: "segment-not-found" });
  },
);

t.test("time-shift: a rendition that was away begins its list anew, numbered as the others", async (t) => {
  const r = await rig(t);
  await run(r, 1, 5);
  const v0 = rendition("v0", videoTrack());
  const a0 = r.store.renditions[1];
  r.store.setRenditions([v0]);
  for (let n = 6; n <= 9; n++) r.store.add(segment("v0", n, { discontinuity: n === 6 }));
  r.store.setRenditions(a0 === undefined ? [v0] : [v0, a0]);
  for (const of of ["v0", "a0"]) r.store.add(segment(of, 10, { discontinuity: true }));
  t.same(listedIn(r, "a0"), [10]);
  const number = (of: string): number | null => {
    const read = readMediaPlaylist(r.store.playlist(of).plain.toString());
    return read.segments.reduce(
      (sum, { discontinuity }) => sum + (discontinuity ? 1 : 0),
      read.discontinuitySequence ?? 0,
    );
  };
  t.equal(number("a0"), number("v0"), "P-03");
});
