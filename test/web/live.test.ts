import fc from "fast-check";
import t from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { causeOf, otherWays, reachedOf, waysOf, type Way } from "../../web/away/ways.ts";
import { favouritesFirst, isFavourite, marksOf, toggled, type Marks } from "../../web/live/favourites.ts";
import { groupsOf, inGroup } from "../../web/live/groups.ts";
import { initials, tintOf } from "../../web/live/initials.ts";
import { groundFor } from "../../web/live/logo-ground.ts";
import { keptList, keptText } from "../../web/live/kept-list.ts";
import { Stills } from "../../web/live/stills.ts";
import { suggestions } from "../../web/live/suggestions.ts";
import { NOTHING, beginning, noted, watchedOf, type Watched } from "../../web/live/watched.ts";
import { cacheName, newestFirst, scriptIn, servingOf } from "../../web/shell/serving.ts";
import { sampleChannels } from "../browser/sample-channels.ts";
import { largeLineUp } from "../browser/sample-line-up.ts";

const AT = Date.UTC(2026, 10, 20, 12);
const few = sampleChannels(AT).filter(({ kind }) => kind !== "data");
const byId = (id: string): Channel => few.find((one) => one.id === id) as Channel;
const can = ({ availability }: Channel): boolean => availability === "free";
const none = (): boolean => false;
const ids = (channels: readonly Channel[]): string[] => channels.map(({ id }) => id);

t.test("web live: a star is this person's, over the owner's mark", async (t) => {
  const marked = { ...byId("news"), favourite: true };
  t.ok(isFavourite(marked, {}));
  const off = toggled(marked, {});
  t.same(off, { news: false });
  t.notOk(isFavourite(marked, off));
  t.same(toggled(marked, off), {}, "as the owner has it: nothing to remember");
  t.same(toggled(byId("arte"), {}), { arte: true });
  t.same(ids(favouritesFirst(few, { cts: true, arte: true })).slice(0, 3), ["arte", "cts", "news"]);
  let marks: Marks = {};
  for (let index = 0; index < 600; index++) marks = toggled({ id: `c${index}` }, marks);
  t.equal(Object.keys(marks).length, 500, "bounded");
  for (const text of [null, "", "7", "[]", '{"a":1}', "{", "null"]) t.same(marksOf(text), {});
  t.same(marksOf('{"a":true,"b":"x"}'), { a: true });
});

t.test("web live: groups are there when they help", async (t) => {
  const kinds = (channels: readonly Channel[], favourite: (one: Channel) => boolean = none) =>
    groupsOf(channels, favourite, can).map(({ id }) => id);
  t.same(kinds(few), ["all", "tv", "radio"]);
  t.same(kinds(few.slice(0, 3)), [], "the whole list is all there is");
  t.same(
    kinds(few.slice(0, 3), ({ id }) => id === "arte"),
    ["all", "favourites"],
  );
  const many = largeLineUp(AT).filter(({ kind }) => kind !== "data");
  const groups = groupsOf(many, none, can);
  t.same(groups.map(({ id }) => id).slice(0, 4), ["all", "tv", "radio", "free"]);
  t.equal(groups.filter(({ kind }) => kind === "provider").length, 5);
  for (const group of groups) t.ok(inGroup(many, group, none, can).length > 0, group.id);
  t.same(ids(inGroup(few, { kind: "radio", name: "" }, none, can)), ["radio"]);
});

t.test("web live: one begins where one left off", async (t) => {
  const start = (watched: Watched, favourite: (one: Channel) => boolean = none) => {
    const found = beginning(few, watched, favourite, can);
    return found && [found.channel.id, found.again];
  };
  t.same(start(NOTHING), ["news", false]);
  t.same(
    start(NOTHING, ({ id }) => id === "cts"),
    ["cts", false],
  );
  t.same(start({ last: null, counts: { cctv: 2, arte: 3 } }), ["arte", false]);
  t.same(start({ last: "radio", counts: {} }), ["radio", true]);
  t.same(
    start({ last: "pay", counts: { cctv: 1 } }),
    ["cctv", false],
    "what cannot be watched is not offered",
  );
  t.equal(beginning(few, NOTHING, none, none), null);
  let watched: Watched = NOTHING;
  for (let index = 0; index < 300; index++) watched = noted(watched, `c${index % 60}`, true);
  t.equal(Object.keys(watched.counts).length, 40, "bounded");
  t.equal(watched.last, "c59");
  t.ok(watched.counts.c59, "the latest is among them");
  t.equal(noted(watched, "zapped", false).counts, watched.counts);
  t.same(watchedOf(JSON.stringify(watched)), watched);
  for (const text of [null, "{", "7", '{"last":1,"counts":null}']) t.same(watchedOf(text), NOTHING);
});

t.test("web live: what is kept for the next visit has no titles, and comes back", async (t) => {
  const text = keptText("box-1", "Living room", few);
  t.notMatch(text, /Noon|Matinale/);
  const last = keptList(text);
  t.same(
    last?.channels.map(({ id, number, name, kind }) => [id, number, name, kind]),
    few.map(({ id, number, name, kind }) => [id, number, name, kind]),
  );
  t.ok(last?.channels.every(({ now, next, still }) => now === null && next === null && still === null));
  for (const nothing of [null, "", "{}", "[]", '{"box":1}', '{"box":"b","name":"n","channels":[[1]]}'])
    t.equal(keptList(nothing), null);
  t.equal(keptList(keptText("b", "n", largeLineUp(AT, 1000)))?.channels.length, 300, "bounded");
});

t.test("web live: three others: of the same kind, favourites first, then near by", async (t) => {
  t.same(ids(suggestions(few, byId("pay"), NOTHING, none, can)), ["noidr", "ac3", "hevc"]);
  t.same(ids(suggestions(few, byId("pay"), NOTHING, ({ id }) => id === "cts", can))[0], "cts");
  t.same(ids(suggestions(few, byId("pay"), { last: null, counts: { arte: 3 } }, none, can))[0], "arte");
  t.same(suggestions(few, byId("pay"), NOTHING, none, none), []);
});

t.test("web live: what stands for a channel without a picture", async (t) => {
  t.same(["华视新闻", "Nova 24", "Canal Sud", "3sat", "arte HD", "RTL", "Das Erste HD", "…"].map(initials), [
    "华视",
    "N24",
    "CS",
    "3",
    "A",
    "RTL",
    "DE",
    "",
  ]);
  t.same(
    ["AⰀῒ", "ßa b", "𝟙𝟚𝟛𝟜 x"].map(initials),
    ["AⰀΙ", "SB", "𝟙𝟚𝟛"],
    "letters, whatever their capitals are",
  );
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (name) => [...initials(name)].length <= 3));
  fc.assert(fc.property(fc.string(), (id) => tintOf(id, 6) >= 0 && tintOf(id, 6) < 6));
});

t.test("web live: pictures are fetched a few at a time, and given back", async (t) => {
  const held = new Set<string>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const stills = new Stills({
    fetch: async (channel) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => waiting.push(resolve));
      running--;
      if (channel === "broken") throw new Error("not a picture");
      const address = `${channel}-${held.size}`;
      held.add(address);
      return address;
    },
    release: (address) => void held.delete(address),
  });
  const settle = async (): Promise<void> => {
    while (waiting.length > 0) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  for (let index = 0; index < 10; index++) stills.show(`c${index}`, "1");
  stills.hide("c0"); // out of sight before its turn came
  await settle();
  t.equal(most, 3);
  t.equal(held.size, 9);
  t.equal(stills.of("c0").value, null);
  t.ok(stills.of("c5").value);

  stills.show("c5", "2"); // another place shows it as well, newer
  t.ok(stills.of("c5").value, "the former one stays until then");
  await settle();
  t.equal(held.size, 9);
  stills.show("c5", null);
  t.equal(stills.of("c5").value, null, "the box has none any more");
  t.equal(held.size, 8);

  stills.show("broken", "1");
  await settle();
  t.equal(stills.of("broken").value, null);
  t.equal(waiting.length, 0, "not asked again for the same");

  for (let index = 0; index < 200; index++) {
    stills.show(`d${index}`, "1");
    await settle();
    stills.hide(`d${index}`);
  }
  t.equal(held.size, 8 + 60, "as many as one scrolls back for");
  stills.clear();
  t.equal(held.size, 0);
});

t.test("web away: what it probably is, and where else the box is", async (t) => {
  const addresses = { home: "https://lan.box.example:8443", away: "https://box.example" };
  const nearby = {
    name: "http://tellyport-abcd.local:8080",
    addresses: ["http://192.168.1.5:8080", "javascript:alert(1)"],
  };
  const ways = waysOf({ addresses, nearby });
  t.same(
    ways.map(({ kind }) => kind),
    ["home", "local", "address", "away"],
  );
  t.same(waysOf({}), []);
  t.equal(causeOf(false, "https://box.example", ways), "offline");
  t.equal(causeOf(true, "https://box.example", ways), "outside");
  t.equal(causeOf(true, "http://192.168.1.5:8080", ways), "inside");
  t.equal(causeOf(true, "https://box.example", [ways[3] as Way]), "silent");
  t.equal(causeOf(true, "http://192.168.1.5:8080", []), "silent");
  t.same(
    otherWays("https://box.example", [...ways, ...ways]).map(({ kind }) => kind),
    ["home", "local", "address"],
  );
  const reached = { box: "b", name: "n", at: 5, ways };
  t.same(reachedOf(JSON.stringify(reached)), reached);
  t.same(reachedOf(JSON.stringify({ ...reached, ways: [{ kind: "home", url: "data:x" }] }))?.ways, []);
  for (const nothing of [null, "", "{}", "7", '{"box":"b","name":"n","at":"x"}'])
    t.equal(reachedOf(nothing), null);
});

t.test("web shell: the page and its hashed parts, and nothing else", async (t) => {
  const origin = "https://box.example";
  const serving = (path: string, mode = "cors", method = "GET") =>
    servingOf({ method, mode, url: origin + path }, origin);
  t.equal(serving("/", "navigate"), "page");
  t.equal(serving("/assets/main-ABCD1234.js"), "part");
  for (const path of [
    "/",
    "/tv",
    "/api/v1/box",
    "/m/grant/live.m3u8",
    "/sw.js",
    "/manifest.webmanifest",
    "/assets/recovery-point-ABCD1234.mp4",
    "/assets/main.js",
    "/assets/main-ABCD1234.js?x",
  ])
    t.equal(serving(path), null, path);
  for (const path of ["/tv", "/api/v1/box", "/?a=b"]) t.equal(serving(path, "navigate"), null, path);
  t.equal(serving("/", "navigate", "POST"), null);
  t.equal(servingOf({ method: "GET", mode: "navigate", url: "https://other.example/" }, origin), null);
  t.same(newestFirst([cacheName("b", 5), "other", cacheName("a", 7), cacheName("b", 6)]), [
    "shell-a-7",
    "shell-b-6",
    "shell-b-5",
  ]);
  t.equal(
    scriptIn('<script type="module" src="/assets/main-ABCD1234.js"></script>'),
    "/assets/main-ABCD1234.js",
  );
  t.equal(scriptIn("<html>Sign in to this Wi-Fi</html>"), null);
});

t.test("web live: a white logo gets a dark ground", async (t) => {
  const points = (...all: readonly (readonly [number, number, number, number])[]): number[] => all.flat();
  t.equal(groundFor(points([255, 255, 255, 255], [0, 0, 0, 0])), "dark");
  t.equal(groundFor(points([0, 0, 0, 255], [0, 0, 0, 0])), "light");
  t.equal(groundFor(points([200, 40, 40, 255], [0, 0, 0, 0])), "light");
  t.equal(groundFor(points([255, 255, 255, 255], [250, 250, 250, 255])), "light", "it has its own ground");
  t.equal(groundFor(points([255, 255, 255, 20], [0, 0, 0, 255], [0, 0, 0, 0])), "light", "haze is nothing");
  t.equal(groundFor([]), "light");
  t.equal(groundFor(points([0, 0, 0, 0])), "light");
});
