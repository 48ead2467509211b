import t from "tap";
import { AutoQuality } from "../../web/player/auto-quality.ts";

const MINUTE = 60_000;
const broadcast = 6_000_000;

t.test("auto quality: what plays without a stall stays as it is", async (t) => {
  const auto = new AutoQuality();
  for (let now = 0; now < 10 * MINUTE; now += 500)
    t.notOk(auto.look({ now, link: 1_000_000, rate: broadcast, stalls: 0 }) && now);
  t.equal(auto.quality.value, "original");
});

t.test("auto quality: a stall and a link that is too weak make it smaller", async (t) => {
  const auto = new AutoQuality();
  t.notOk(auto.look({ now: 0, link: 20e6, rate: broadcast, stalls: 3 }), "the link is not to blame");
  t.ok(auto.look({ now: 500, link: 3e6, rate: broadcast, stalls: 4 }));
  t.equal(auto.quality.value, "medium");
  const weak = new AutoQuality();
  t.ok(weak.look({ now: 0, link: 700_000, rate: broadcast, stalls: 1 }));
  t.equal(weak.quality.value, "low", "at once the one that is held");
  t.notOk(weak.look({ now: 500, link: 100_000, rate: 500_000, stalls: 1 }), "there is no smaller one");
  const unknown = new AutoQuality();
  t.notOk(unknown.look({ now: 0, link: null, rate: null, stalls: 1 }));
  t.ok(unknown.look({ now: 500, link: null, rate: null, stalls: 2 }));
  t.equal(unknown.quality.value, "medium", "one step, when nothing was measured");
});

t.test(
  "auto quality: a better one comes back after long steadiness with room, later each time",
  async (t) => {
    const auto = new AutoQuality();
    auto.look({ now: 0, link: 3e6, rate: broadcast, stalls: 1 });
    /** Milliseconds until a better one is tried. */
    const back = (from: number, link: number | null): number | null => {
      for (let past = 0; past <= 20 * MINUTE; past += 500)
        if (auto.look({ now: from + past, link, rate: 1.2e6, stalls: 0 })) return past;
      return null;
    };
    t.equal(back(1000, 7e6), null, "held, but with too little room");
    t.equal(back(MINUTE * 60, 12e6), 0, "it has been steady all that time");
    t.equal(auto.quality.value, "original");
    auto.look({ now: MINUTE * 100, link: 3e6, rate: broadcast, stalls: 1 });
    t.equal(back(MINUTE * 100, 12e6), 2 * MINUTE, "twice as long after the second time");
    auto.look({ now: MINUTE * 200, link: 3e6, rate: broadcast, stalls: 1 });
    t.equal(back(MINUTE * 200, null), 4 * MINUTE, "without a measure it is tried");
    for (let turn = 0; turn < 6; turn++) {
      auto.look({ now: MINUTE * (300 + 100 * turn), link: 3e6, rate: broadcast, stalls: 1 });
      back(MINUTE * (300 + 100 * turn), 12e6);
    }
    auto.look({ now: MINUTE * 2000, link: 3e6, rate: broadcast, stalls: 1 });
    t.equal(back(MINUTE * 2000, 12e6), 10 * MINUTE, "but not later than that");
  },
);

t.test(
  "auto quality: stalls of a better one count from its beginning; a box that cannot is left alone",
  async (t) => {
    const auto = new AutoQuality();
    auto.look({ now: 0, link: null, rate: null, stalls: 1 });
    t.notOk(auto.look({ now: 500, link: null, rate: null, stalls: 0 }), "another channel");
    t.ok(auto.look({ now: 1000, link: null, rate: null, stalls: 1 }));
    auto.refused();
    t.equal(auto.quality.value, "original");
    for (let stalls = 0; stalls < 9; stalls++)
      t.notOk(auto.look({ now: 2000 + stalls, link: 1e6, rate: broadcast, stalls }));
    auto.begin("low");
    t.equal(auto.quality.value, "low");
    t.ok(auto.look({ now: 3000, link: null, rate: null, stalls: 0 }) === false);
  },
);
