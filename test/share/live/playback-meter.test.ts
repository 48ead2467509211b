import t from "tap";
import { PlaybackMeter } from "../../../src/share/live/playback-meter.ts";

t.test("playback meter: every byte counts, each second of the programme once", (t) => {
  const meter = new PlaybackMeter();
  t.equal(meter.book(100), 0, "a playlist has no programme time");
  t.equal(meter.book(1000, { from: 50, seconds: 4 }), 4);
  t.equal(meter.book(1000, { from: 50, seconds: 4 }), 0, "the same again");
  t.equal(meter.book(1000, { from: 52, seconds: 4 }), 2, "half of it is new");
  t.equal(meter.book(1000, { from: 40, seconds: 4 }), 0, "what was before is not watched anew");
  t.equal(meter.book(1000, { from: 90, seconds: 4 }), 4, "a gap was not watched");
  t.equal(meter.bytes, 5100);
  t.equal(meter.seconds, 10);
  t.end();
});

t.test("playback meter: the rules are told of each second once", (t) => {
  const meter = new PlaybackMeter();
  meter.book(1, { from: 0, seconds: 3 });
  t.equal(meter.untold(), 3);
  t.equal(meter.untold(), 0);
  meter.book(1, { from: 2, seconds: 3 });
  t.equal(meter.untold(), 2);
  t.end();
});
