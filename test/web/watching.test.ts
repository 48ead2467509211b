import t from "tap";
import {
  audioOf,
  preferredAudio,
  readAudioWish,
  surroundOf,
  writeAudioWish,
} from "../../web/player/audio-tracks.ts";
import { mayGoOn, numbered, typedMore } from "../../web/player/channel-number.ts";
import { fetchableByOthers } from "../../web/player/fetchable.ts";
import { BitRate, heldRate } from "../../web/player/link-meter.ts";
import { isHeld, megabits } from "../../web/player/rates.ts";
import { smaller, StallAdvice } from "../../web/player/stall-advice.ts";
import { WatchFigures } from "../../web/player/watch-figures.ts";
import { lastSeconds, longer, sleepIn } from "../../web/screens/watch/sleep-timer.ts";
import { channelsKey, codecKey, frameRate } from "../../web/screens/watch/stream-words.ts";

t.test("watch figures: from the touch to the picture once, and every stall with its length", async (t) => {
  const figures = new WatchFigures({ kind: "zap", at: 1000 });
  figures.started(1450);
  figures.started(9000);
  figures.standing(true, 5000);
  figures.standing(true, 5500);
  figures.standing(false, 6000);
  figures.standing(true, 8000);
  figures.seen({ totalVideoFrames: 200, droppedVideoFrames: 2 });
  figures.seen({ totalVideoFrames: 0, droppedVideoFrames: 0 });
  t.same(figures.report(8250), {
    start: { kind: "zap", seconds: 0.45 },
    stalls: 2,
    stalledSeconds: 1.25,
    frames: 200,
    droppedFrames: 2,
  });
});

t.test("watch figures: nobody waited, no picture, or a machine that slept: no time is told", async (t) => {
  const told = (touch: { kind: "start"; at: number } | null, at: number) => {
    const figures = new WatchFigures(touch);
    figures.started(at);
    return figures.report(1e6).start;
  };
  t.equal(told(null, 500), undefined);
  t.equal(told({ kind: "start", at: 0 }, 500_000), undefined);
  t.equal(told({ kind: "start", at: 1000 }, 900), undefined);
});

t.test("link: told only after enough bytes, by the rate of half of them", async (t) => {
  const load = (bytes: number, rate: number) => ({ bytes, ms: (bytes * 8000) / rate });
  t.equal(heldRate([load(100_000, 6e6), load(100_000, 6e6)]), null, "two loads say nothing");
  const steady = Array.from({ length: 8 }, () => load(100_000, 6e6));
  t.equal(Math.round(heldRate(steady) ?? 0), 6e6);
  t.equal(Math.round(heldRate([...steady, load(100_000, 1e5), load(100_000, 9e8)]) ?? 0), 6e6);
  t.equal(megabits(6_040_000, "en"), "6");
  t.equal(megabits(1_230_000, "en"), "1.2");
  t.equal(megabits(500_000, "zh-CN"), "0.5");
  t.equal(megabits(12_400_000, "en"), "12");
  t.ok(isHeld(1_200_000, 2_000_000));
  t.notOk(isHeld(5_800_000, 6_000_000), "without any room it will stand still");
});

t.test("bit rate: of the latest seconds of every track", async (t) => {
  const rate = new BitRate();
  t.equal(rate.value, null);
  for (let i = 0; i < 40; i++) rate.add("main", i < 20 ? 1000 : 500_000, 1);
  rate.add("audio", 12_500, 1);
  t.equal(rate.value, 4_100_000);
});

t.test("stalls: three within two minutes, once for what is watched", async (t) => {
  const advice = new StallAdvice();
  t.same(
    [0, 100, 200_000, 210_000].map((at) => advice.stalled(at)),
    [false, false, false, false],
  );
  t.same(
    [220_000, 230_000].map((at) => advice.stalled(at)),
    [true, false],
  );
  advice.begin();
  t.same(
    [1, 2, 3].map((at) => advice.stalled(at)),
    [false, false, true],
  );
  t.same([smaller("original"), smaller("medium"), smaller("low")], ["medium", "low", null]);
});

t.test("audio: description is wished for on every channel, and its language first", async (t) => {
  const track = (language: string, described: boolean) => ({ language, described });
  const all = [track("fr", false), track("en", false), track("en", true)];
  t.equal(preferredAudio(all, { language: "en", described: true }), all[2]);
  t.equal(preferredAudio(all, { language: "en", described: false }), all[1]);
  t.equal(preferredAudio(all, { language: "fr", described: true }), all[0], "its language first");
  t.equal(preferredAudio(all, { language: "de", described: true }), all[2], "else description in any");
  t.equal(preferredAudio(all, { language: "de", described: false }), null, "else as it is broadcast");
  t.equal(preferredAudio(all, null), null);
  for (const wish of [track("en", true), { language: null, described: false }])
    t.same(readAudioWish(writeAudioWish(wish)), wish);
  t.same(readAudioWish("fra"), { language: "fra", described: false }, "as earlier versions wrote it");
  t.match(audioOf({ characteristics: "public.accessibility.describes-video", channels: "6" }), {
    described: true,
    channels: "6",
  });
  t.same(["1", "2", "6", "8", "16/JOC", null].map(surroundOf), [null, null, "5.1", "7.1", "atmos", null]);
});

t.test("numbers: typed digit by digit, and known as soon as no further one can follow", async (t) => {
  const channels = [1, 2, 12, 120, 7].map((number) => ({ number }));
  t.same(
    ["1", "12", "120", "1205", "5"],
    ["1", "2", "0", "5", "5"].reduce<string[]>(
      (all, digit) => [...all, typedMore(all.at(-1) ?? "", digit)],
      [],
    ),
  );
  t.equal(typedMore("", "0"), "");
  t.equal(numbered(channels, "12")?.number, 12);
  t.equal(numbered(channels, "3"), null);
  t.same(
    ["1", "12", "7", "120"].map((typed) => mayGoOn(channels, typed)),
    [true, true, false, false],
  );
});

t.test("sleep timer: a minute before it says so, and longer is longer", async (t) => {
  const choice = sleepIn(15, 0);
  t.equal(lastSeconds(choice, 0), null);
  t.equal(lastSeconds(choice, 14 * 60_000 - 1), null);
  t.equal(lastSeconds(choice, 14 * 60_000), 60);
  t.equal(lastSeconds(choice, 20 * 60_000), 0);
  t.equal(longer(choice, 14.5 * 60_000).until, 30 * 60_000);
  t.equal(longer(choice, 60 * 60_000).until, 75 * 60_000);
});

t.test("stream: codecs and sounds have words, and frame rates are those that there are", async (t) => {
  t.same(["avc1.640028", "hvc1.1.6.L93.B0", "mp4a.40.2", "mp4a.40.5", "ec-3", "vp09"].map(codecKey), [
    "codec.avc",
    "codec.hevc",
    "codec.aac",
    "codec.he-aac",
    "codec.ec-3",
    null,
  ]);
  t.same(
    ["1", "2", "6", "16/JOC", null].map((one) => channelsKey(one)?.[0] ?? null),
    ["sound.mono", "sound.stereo", "sound.surround", "sound.atmos", null],
  );
  t.same(
    [frameRate(25, 1.01), frameRate(60, 1.001), frameRate(12, 1), frameRate(3, 0.1)],
    [25, 59.94, 12, null],
  );
});

t.test("other screens: they know no certificate that the box made itself", async (t) => {
  const page = { protocol: "https:", hostname: "abc.example.net" };
  t.notOk(fetchableByOthers(page, [null, undefined]));
  t.ok(fetchableByOthers(page, ["abc.example.net"]));
  t.ok(fetchableByOthers({ ...page, protocol: "http:" }, []));
});
