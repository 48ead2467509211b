import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { openGuideDatabase } from "../../src/share/guide/guide-database.ts";
import { createGuideStore } from "../../src/share/guide/guide-store.ts";
import { Guide } from "../../src/share/guide/guide.ts";
import type { GuideEvent, GuideStretch } from "../../src/tuner/ports.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../share/fakes.ts";

const CHANNELS = 200;
const DAYS = 7;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MB = 1e6;
const begin = Date.UTC(2026, 10, 20);
const keys = Array.from({ length: CHANNELS }, (_, i) => service(i + 1).key);
const LENGTHS = [15, 30, 45, 30, 60] as const;
const WORDS =
  "Ein junger Kommissar ermittelt in der Hafenstadt gegen seinen früheren Lehrer während die Stadt für das große Fest rüstet und niemand ihm glaubt Nachrichten aus aller Welt mit Wetter Gäste Küche Reise nach Süden Köln Zürich Ärzte über den Fluß".split(
    " ",
  );

/** Always the same for the same numbers. */
const text = (seed: number, words: number): string =>
  Array.from(
    { length: words },
    (_, i) => WORDS[((seed * 7919 + i * i * 31 + i * 17) >>> 0) % WORDS.length],
  ).join(" ");

/** The events that begin in three hours: five, of 300 characters on average. */
function segment(
  channel: number,
  number: number,
  edition: number,
): { events: GuideEvent[]; stretch: GuideStretch } {
  const key = keys[channel] ?? service(1).key;
  const from = begin + number * 3 * HOUR;
  let startsAt = from;
  const events = LENGTHS.map((minutes, i): GuideEvent => {
    const eventId = (number * LENGTHS.length + i) % 65536;
    const seed = channel * 100_003 + eventId;
    const endsAt = startsAt + minutes * MINUTE;
    const event: GuideEvent = {
      service: key,
      eventId,
      startsAt,
      endsAt,
      title: text(seed, 2 + (seed % 4)),
      description:
        text(seed + 1, 25 + (seed % 40)) + (edition > 0 && i === edition % 5 ? ` (${edition})` : ""),
      language: "deu",
      origin: { table: "schedule", actual: true },
      genres: [0x10 + (seed % 8)],
    };
    startsAt = endsAt;
    return event;
  });
  const eventIds = events.map(({ eventId }) => eventId);
  return { events, stretch: { service: key, from, to: from + 3 * HOUR, eventIds, actual: true } };
}

const io = (name: "wchar" | "write_bytes"): number =>
  Number(new RegExp(`^${name}: (\\d+)`, "m").exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

/** A guide of some channels, and what they broadcast. */
function openBox(path: string, channels: number) {
  const clock = new FakeClock(begin + 12 * HOUR);
  const tuners = new FakeTuners();
  const database = openGuideDatabase(path);
  const guide = new Guide({ tuners, store: createGuideStore(database), clock, log: silent });
  guide.start();
  /** A channel at a time: sections come over minutes, and what is done with them ends in between. */
  const receive = async (
    first: number,
    last: number,
    edition: (channel: number, number: number) => number,
  ): Promise<void> => {
    for (let channel = 0; channel < channels; channel++) {
      for (let number = first; number < last; number++) {
        const { events, stretch } = segment(channel, number, edition(channel, number));
        tuners.emit({ kind: "guide", events, stretches: [stretch] });
      }
      await setImmediate();
    }
    guide.flush();
  };
  /** Present/following every hour; every three the whole schedule, a segment in a hundred changed in one text, for good. The week grows. */
  const day = async (): Promise<void> => {
    for (let hour = 1; hour <= 24; hour++) {
      clock.advance(HOUR);
      const segmentNow = Math.floor((clock.now() - begin) / (3 * HOUR));
      for (let channel = 0; channel < channels; channel++) {
        const { events } = segment(channel, segmentNow, 0);
        const shown = events.filter(({ endsAt }) => endsAt > clock.now()).slice(0, 2);
        tuners.emit({
          kind: "guide",
          events: shown.map((event) => ({ ...event, origin: { table: "present-following", actual: true } })),
        });
      }
      if (hour % 3 === 0)
        await receive(segmentNow, segmentNow + DAYS * 8 - 4, (channel, number) => {
          const changedAt = ((channel * 31 + number * 7) % 100) * 3;
          return changedAt > 0 && changedAt <= hour ? changedAt : 0;
        });
      guide.flush();
      await setImmediate();
    }
  };
  const close = (): void => {
    guide.stop();
    database.close();
  };
  return { clock, database, guide, receive, day, close };
}

t.test(
  "guide: a week of 200 channels in memory, on disk and in writes of a day",
  { timeout: 600_000 },
  async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "guide.db");
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    // Freed pages go back to the system in the background.
    const rest = async (): Promise<NodeJS.MemoryUsage> => {
      for (let i = 0; i < 4; i++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return process.memoryUsage();
    };
    // The code is there, and has run, before anything is in the guide: what is measured is the guide. What the code takes is told.
    const cold = await rest();
    const small = openBox(join(folder, "small.db"), 4);
    for (let i = 0; i < 25; i++) await small.receive(0, DAYS * 8, () => i);
    for (let i = 0; i < 3; i++) await small.day();
    small.close();
    const before = await rest();

    const box = openBox(path, CHANNELS);
    t.teardown(() => box.close());
    const { database, guide } = box;
    const from = performance.now();
    await box.receive(0, DAYS * 8, () => 0);
    const loaded = performance.now() - from;
    for (const key of keys) guide.nowAndNext(key);
    const after = await rest();

    const startOfDay = { wchar: io("wchar"), blocks: io("write_bytes") };
    await box.day();
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const written = io("wchar") - startOfDay.wchar;
    const blocks = io("write_bytes") - startOfDay.blocks;
    const disk = ["", "-wal"].reduce(
      (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    const slots = Number(database.prepare("SELECT count(*) AS n FROM guide_slot").get()?.["n"]);
    const evening = await rest();
    const resident = Math.max(after.rss, evening.rss) - before.rss;

    const times: number[] = [];
    for (const words of ["Kommissar Zurich", "kuche", "nirgends"]) {
      const at = performance.now();
      const found = await guide.search(words, 50, () => true);
      times.push(performance.now() - at);
      t.equal(found.length, words === "nirgends" ? 0 : 50, words);
    }
    t.comment(
      `${slots} slots, loaded in ${(loaded / 1000).toFixed(1)} s; resident +${((after.rss - before.rss) / MB).toFixed(1)}, a day later +${((evening.rss - before.rss) / MB).toFixed(1)} MB ` +
        `(heap used +${((after.heapUsed - before.heapUsed) / MB).toFixed(1)}, committed +${((after.heapTotal - before.heapTotal) / MB).toFixed(1)}); disk ${(disk / MB).toFixed(1)} MB; ` +
        `code and small guide before that +${((before.rss - cold.rss) / MB).toFixed(1)} MB; ` +
        `written in a day ${(written / MB).toFixed(1)} MB (blocks ${(blocks / MB).toFixed(1)}); ` +
        `search ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`,
    );
    t.ok(slots > CHANNELS * DAYS * 7, `${slots} slots`);
    t.ok(resident < 10 * MB, `resident +${(resident / MB).toFixed(1)} MB`);
    t.ok(disk < 40 * MB, `disk ${(disk / MB).toFixed(1)} MB`);
    const most = Math.max(written, blocks);
    t.ok(most > 0 && most < 20 * MB, `written ${(most / MB).toFixed(1)} MB`);
  },
);
