import t from "tap";
import { ms } from "../../../src/kernel/units.ts";
import { PlaybackMeter } from "../../../src/share/live/playback-meter.ts";

const NOW = ms(1000);

t.test("playback meter: every byte counts, each second of the programme once", (t) => {
  const meter = new PlaybackMeter();
  t.equal(meter.book(100, NOW), 0, "a playlist has no programme time");
  t.equal(meter.book(1000, NOW, { from: 50, seconds: 4 }), 4);
  t.equal(meter.book(1000, NOW, { from: 50, seconds: 4 }), 0, "the same again");
  t.equal(meter.book(1000, NOW, { from: 52, seconds: 4 }), 2, "half of it is new");
  t.equal(meter.book(1000, NOW, { from: 40, seconds: 4 }), 4, "who goes back watches what was before");
  t.equal(meter.book(1000, NOW, { from: 90, seconds: 4 }), 4, "a gap was not watched");
  t.equal(meter.bytes, 5100);
  t.equal(meter.seconds, 14);
  t.end();
});

t.test("playback meter: the rules are told of each second once", (t) => {
  const meter = new PlaybackMeter();
  meter.book(1, NOW, { from: 0, seconds: 3 });
  t.equal(meter.untold(), 3);
  t.equal(meter.untold(), 0);
  meter.book(1, NOW, { from: 2, seconds: 3 });
  t.equal(meter.untold(), 2);
  t.end();
});
