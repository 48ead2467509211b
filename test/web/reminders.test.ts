import t from "tap";
import type { Programme } from "../../src/protocol/api.ts";
import { readRecent, withSearch } from "../../web/guide/recent.ts";
import {
  dueAt,
  readReminders,
  stillToCome,
  withReminder,
  withoutReminder,
  type Reminder,
} from "../../web/guide/reminders.ts";
import { isWorthAsking, resultsOf } from "../../web/guide/results.ts";
import { otherShowings } from "../../web/guide/showings.ts";
import { sampleChannels } from "../browser/sample-channels.ts";

const MINUTE = 60_000;
const noon = Date.UTC(2026, 10, 20, 12);
const programme = (title: string, from: number, to: number, more: Partial<Programme> = {}): Programme => ({
  title,
  description: "",
  language: null,
  startsAt: new Date(noon + from * MINUTE).toISOString(),
  endsAt: new Date(noon + to * MINUTE).toISOString(),
  ...more,
});
const titles = (all: readonly Reminder[]): string[] => all.map(({ title }) => title);

t.test("web reminders: the next comes first, each once, and not without end", async (t) => {
  let all = withReminder([], "a", programme("Late", 60, 90));
  all = withReminder(all, "a", programme("Soon", 30, 60));
  all = withReminder(all, "a", programme("Soon, renamed", 30, 60));
  t.same(titles(all), ["Soon, renamed", "Late"]);
  t.same(titles(withoutReminder(all, "a", programme("", 30, 60).startsAt)), ["Late"]);
  t.same(titles(withoutReminder(all, "b", programme("", 30, 60).startsAt)).length, 2);
  for (let day = 1; day < 150; day++)
    all = withReminder(all, "a", programme("x".repeat(999), day * 1440, day * 1440 + 9));
  t.equal(all.length, 100);
  t.ok(JSON.stringify(all).length < 40_000, "a browser keeps that");
});

t.test("web reminders: due from a minute before the start, and for ten after it at most", async (t) => {
  const all = withReminder([], "a", programme("Film", 30, 120));
  const due = (minute: number): number => dueAt(all, noon + minute * MINUTE).length;
  t.same([due(28.9), due(29), due(35), due(40)], [0, 1, 1, 0]);
  t.equal(dueAt(withReminder([], "a", programme("Short", 30, 33)), noon + 34 * MINUTE).length, 0);
  t.equal(stillToCome(all, noon + 39 * MINUTE), all, "the same while nothing goes");
  t.same(stillToCome(all, noon + 40 * MINUTE), []);
});

t.test("web reminders: what an earlier visit left is read with care", async (t) => {
  const all = withReminder([], "a", programme("Film", 30, 120));
  t.same(readReminders(JSON.stringify(all)), all);
  for (const text of [null, "", "{", "7", "null", '{"a":1}', "[null,3,{}]", '[{"channel":"a","title":1}]'])
    t.same(readReminders(text), [], String(text));
  t.same(readReminders(JSON.stringify([{ ...all[0], startsAt: "x" }])), []);
});

t.test("web search: channels and what is on at once, the rest when the box has found it", async (t) => {
  const channels = sampleChannels(noon);
  const ids = (typed: string, found: { channel: string; programme: Programme }[] | null = null) => {
    const results = resultsOf(channels, typed, found, noon);
    return {
      channels: results.channels.map(({ id }) => id),
      now: results.now.map(({ channel, programme }) => `${channel.id} ${programme.title}`),
      later: results.later.map(({ channel, programme }) => `${channel.id} ${programme.title}`),
    };
  };
  t.same(ids("  "), { channels: [], now: [], later: [] });
  t.same(ids("arte"), { channels: ["arte"], now: [], later: [] }, "a name is no programme");
  t.same(ids("noon"), { channels: [], now: ["news The World at Noon"], later: [] });
  t.same(ids("2").channels, ["news", "arte"], "by number, and by name");
  const onNow = channels[0]?.now ?? programme("", 0, 1);
  const found = [
    { channel: "news", programme: onNow },
    { channel: "cts", programme: programme("Noon again", 90, 120) },
    { channel: "gone", programme: programme("Noon elsewhere", 30, 60) },
    { channel: "arte", programme: programme("Noon, the film", 30, 60) },
    { channel: "arte", programme: programme("Noon is over", -60, -30) },
  ];
  t.same(ids("noon", found), {
    channels: [],
    now: ["news The World at Noon"],
    later: ["arte Noon, the film", "cts Noon again"],
  });
  t.same(["a", " ab", "新", " "].map(isWorthAsking), [false, true, true, false]);
});

t.test("web search: recent searches", async (t) => {
  t.same(withSearch(["b", "a"], " A "), ["A", "b"]);
  t.same(withSearch(["a"], "  "), ["a"]);
  t.equal(withSearch(["1", "2", "3", "4", "5", "6", "7", "8"], "9").length, 8);
  t.same(readRecent('["a",3,"",null,"b"]'), ["a", "b"]);
  for (const text of [null, "", "{", '{"a":1}']) t.same(readRecent(text), []);
});

t.test("web guide: other showings have the series, or the title", async (t) => {
  const series = { programme: null, series: "crid://s" };
  const one = programme("Part 1", 0, 30, { series });
  const found = [
    { channel: "a", programme: one },
    { channel: "a", programme: programme("Part 2", 1440, 1470, { series }) },
    { channel: "b", programme: programme("Part 1", 60, 90) },
    { channel: "b", programme: programme("Part 1, the making", 90, 120) },
  ];
  t.same(
    otherShowings(found, "a", one).map(({ programme: { title } }) => title),
    ["Part 1", "Part 2"],
  );
});
