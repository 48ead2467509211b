import fc from "fast-check";
import t from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { Problem } from "../../web/api/problem.ts";
import { backOff, createEventParser, type ServerEvent } from "../../web/api/events.ts";
import { showCode, strangeLetters } from "../../web/pairing/code-field.ts";
import { capabilitiesOf } from "../../web/player/capabilities.ts";
import { freeChannels } from "../../web/player/free-channels.ts";
import { matching, neighbour, obstacleOf, withChanges } from "../../web/player/obstacle.ts";
import { destination } from "../../web/screens/grid.ts";
import { sampleChannels } from "../browser/sample-channels.ts";

const channels = sampleChannels(Date.UTC(2026, 10, 20, 12));
const byId = (id: string): Channel => channels.find((channel) => channel.id === id) as Channel;
const plain = capabilitiesOf((type) => /avc1|mp4a\.40/.test(type), false);

t.test("web list: capabilities are what the browser says, recovery points what was seen", async (t) => {
  t.same(plain, { video: ["avc"], audio: ["aac"] });
  t.same(
    capabilitiesOf(() => true, true),
    {
      video: ["avc", "hevc", "mpeg2", "avc-recovery-point"],
      audio: ["aac", "ac-3", "ec-3", "mp2"],
    },
  );
  t.same(
    capabilitiesOf(() => false, true),
    { video: [], audio: [] },
  );
});

t.test("web list: obstacles", async (t) => {
  t.equal(obstacleOf(byId("news"), plain), null);
  t.equal(obstacleOf(byId("hevc"), plain), null, "the box may convert it");
  t.same(obstacleOf(byId("hevc"), { video: [], audio: ["aac"] }), { kind: "video", family: "hevc" });
  t.equal(obstacleOf(byId("hevc"), null), null, "nothing is said before it is measured");
  t.equal(obstacleOf(byId("ac3"), plain), null);
  t.same(obstacleOf(byId("ac3"), { video: ["avc"], audio: [] }), { kind: "audio", family: "ac-3" });
  t.same(obstacleOf(byId("pay"), plain), { kind: "scrambled" });
  t.same(obstacleOf(byId("dead"), plain), { kind: "no-signal" });
  t.same(obstacleOf(byId("busy"), plain), { kind: "busy" });
  t.same(obstacleOf(byId("data"), plain), { kind: "data" });
  t.equal(obstacleOf(byId("radio"), plain), null);
});

t.test("web list: zapping skips what cannot be watched and goes round the corner", async (t) => {
  t.equal(neighbour(channels, "cctv", 1, plain)?.id, "hevc");
  t.equal(neighbour(channels, "radio", -1, plain)?.id, "noidr");
  t.equal(neighbour(channels, "kids", 1, plain)?.id, "news");
  t.equal(neighbour(channels, "news", -1, plain)?.id, "kids");
  t.equal(neighbour([byId("news")], "news", 1, plain), null);
  t.equal(neighbour([], "news", 1, plain), null);
  t.equal(neighbour(channels, "gone", 1, plain)?.id, "news", "from a channel that left the list");
});

t.test("web list: changes replace what is known and put new channels in their place", async (t) => {
  const renamed = { ...byId("arte"), name: "Arte HD" };
  const fresh = { ...byId("arte"), id: "fresh", number: 3, name: "Fresh" };
  const names = withChanges(channels.slice(0, 4), [fresh, renamed]).map(({ name }) => name);
  t.same(names, ["Nova 24", "Arte HD", "華視新聞資訊台", "Fresh", "央视综合"]);
});

t.test("web list: search finds numbers, names and programmes, accents and width aside", async (t) => {
  const found = (text: string) => matching(channels, text).map(({ id }) => id);
  t.same(found("mediterranee"), ["arte"]);
  t.same(found("ＡＲＴＥ"), ["arte"]);
  t.same(found("11"), ["busy", "kids", "data"]);
  t.same(found("新聞"), ["cts"]);
  t.equal(found("  ").length, channels.length);
});

t.test("web list: free channels of a refusal, in any shape the detail has", async (t) => {
  const free = (detail: unknown) =>
    freeChannels(new Problem("x", "x", { detail }), channels, "busy").map(({ id }) => id);
  t.same(free({ free: ["arte", "busy", "unknown"] }), ["arte"]);
  t.same(free({ free: [{ id: "news" }] }), ["news"]);
  for (const nothing of [undefined, null, 7, {}, { free: 3 }, { free: [null, 4] }]) t.same(free(nothing), []);
});

t.test("web list: events come out the same however the text is cut", async (t) => {
  const text =
    ': hello\r\nevent: snapshot\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:x\n\nevent: none\n\nevent: é\rdata: 头\r\r';
  const all: ServerEvent[] = [
    { event: "snapshot", data: '{"a":\n1}' },
    { event: "message", data: "x" },
    { event: "é", data: "头" },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const parse = createEventParser();
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const events = places.slice(1).flatMap((to, index) => parse(text.slice(places[index], to)));
      events.push(...parse("\n")); // what follows decides whether the last CR stood alone
      t.same(events, all);
    }),
    { numRuns: 200 },
  );
  t.throws(() => createEventParser()("x".repeat(5_000_000)), RangeError);
});

t.test("web list: back-off grows, never beyond 20 s, never to nothing", async (t) => {
  t.equal(backOff(0, 0), 500);
  t.equal(backOff(3, 0), 4000);
  t.equal(backOff(50, 0), 20_000);
  t.ok(backOff(0, 1) > 300);
});

t.test("web list: the code field", async (t) => {
  t.equal(showCode("wdjbmjht"), "WDJB-MJHT");
  t.equal(showCode("WDJB"), "WDJB");
  t.equal(showCode("wdjb-m"), "WDJB-M");
  t.equal(showCode(" wd jb–mj.ht xxx"), "WDJB-MJHT");
  t.same(strangeLetters("wd-a1 éa"), ["A", "1", "É"]);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => /^[B-Z]{0,4}(-[B-Z]{1,4})?$/.test(showCode(text))),
  );
});

t.test("web list: arrow keys in a grid of three columns", async (t) => {
  const go = (key: string, at: number) => destination(key, at, 8, () => 3);
  t.same([go("ArrowRight", 0), go("ArrowLeft", 0), go("ArrowDown", 1), go("ArrowDown", 6)], [1, -1, 4, -1]);
  t.same([go("ArrowUp", 4), go("Home", 5), go("End", 5), go("x", 5)], [1, 0, 7, -1]);
});
