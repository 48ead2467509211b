import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createGzip } from "node:zlib";
import t from "tap";
import { systemClock } from "../../src/kernel/clock.ts";
import { createGuideStore } from "../../src/share/guide/guide-store.ts";
import { Guide } from "../../src/share/guide/guide.ts";
import { XmltvFeeds } from "../../src/share/guide/xmltv/xmltv-feeds.ts";
import { xmltvTimeText } from "../../src/share/guide/xmltv/xmltv-time.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../share/fakes.ts";

const CHANNELS = 200;
const PROGRAMMES = 40 * 7;
const HALF_HOUR = 30 * 60_000;
const WORDS =
  "Ein junger Kommissar ermittelt in der Hafenstadt gegen seinen früheren Lehrer während die Stadt rüstet".split(
    " ",
  );

const words = (seed: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) => WORDS[((seed * 7919 + i * i * 31 + i * 17) >>> 0) % WORDS.length],
  ).join(" ");

/** @param byTime programmes of all channels by time, in place of one channel after another */
function* listing(begin: number, byTime: boolean): Generator<string> {
  yield "<tv>";
  for (let c = 0; c < CHANNELS; c++)
    yield `<channel id="c${c}"><display-name>Channel ${c + 1}</display-name></channel>`;
  for (let i = 0; i < CHANNELS * PROGRAMMES; i++) {
    const [c, p] = byTime
      ? [i % CHANNELS, Math.floor(i / CHANNELS)]
      : [Math.floor(i / PROGRAMMES), i % PROGRAMMES];
    const from = begin + p * 36 * 60_000;
    yield `<programme start="${xmltvTimeText(from)}" stop="${xmltvTimeText(from + 36 * 60_000)}" channel="c${c}"><title lang="de">${words(i, 4)}</title><desc lang="de">${words(i + 1, 60)}</desc><category>News</category></programme>\n`;
  }
  yield "</tv>";
}

for (const byTime of [false, true])
  t.test(
    `xmltv import: a week of 200 channels ${byTime ? "by time" : "by channel"}, without standing in anybody's way`,
    async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, "guide.xml.gz");
      const begin = Math.floor(Date.now() / HALF_HOUR) * HALF_HOUR;
      await pipeline(
        Readable.from(listing(begin, byTime)),
        createGzip({ level: 1 }),
        createWriteStream(path),
      );
      const database = openDatabase(join(folder, "guide.db"));
      const clock = systemClock;
      const guide = new Guide({
        tuners: new FakeTuners(),
        store: createGuideStore(database),
        clock,
        log: silent,
      });
      t.teardown(() => {
        guide.stop();
        database.close();
      });
      const told: object[] = [];
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      collect();
      const before = process.memoryUsage();
      let [imported, measuredAt, held] = [0, 0, 0];
      const feeds = new XmltvFeeds({
        sources: [{ path, refreshHours: 12, channels: {}, languages: [] }],
        channels: () =>
          Array.from({ length: CHANNELS }, (_, c) => ({
            id: `i${c}`,
            key: service(c + 1).key,
            name: `Channel ${c + 1}`,
            number: c + 1,
            lcn: null,
          })),
        guide: {
          import(events, stretches) {
            guide.import(events, stretches);
            imported += events.length;
            if (imported - measuredAt < 8000) return;
            measuredAt = imported;
            collect();
            const { heapUsed, external } = process.memoryUsage();
            held = Math.max(held, heapUsed + external - before.heapUsed - before.external);
          },
          flush: () => guide.flush(),
        },
        clock,
        log: { info: (facts) => void told.push(facts), warn: (facts) => t.fail("failed", facts) },
      });
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const started = performance.now();
      const cpu = process.cpuUsage();
      await feeds.look();
      const seconds = (performance.now() - started) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      delay.disable();
      collect();
      const figures = {
        seconds: seconds.toFixed(1),
        cpuSeconds: ((user + system) / 1e6).toFixed(1),
        longestBlockMs: (delay.max / 1e6).toFixed(0),
        p99Ms: (delay.percentile(99) / 1e6).toFixed(0),
        heldMB: (held / 1e6).toFixed(1),
        heapAfterMB: ((process.memoryUsage().heapUsed - before.heapUsed) / 1e6).toFixed(1),
      };
      t.comment(JSON.stringify(figures));
      t.ok(delay.percentile(99) / 1e6 < 200, "others have their turn");
      t.ok(held > 0 && held < 20e6, "the listing is never in memory");
      t.ok(Number(figures.heapAfterMB) < 15, "nothing of it stays");
      t.match(told[0], { programmes: CHANNELS * PROGRAMMES, channels: CHANNELS, unreadable: 0 });
      t.equal(guide.schedule(service(200).key, begin, begin + 8 * 24 * 3600_000, 9999).length, PROGRAMMES);
    },
  );
