import t from "tap";
import type { Channel, Tuner } from "../../src/protocol/api.ts";
import {
  asBroadcast,
  decisionOf,
  inOrder,
  isDecided,
  numbered,
  stepped,
  undoing,
  withChanged,
} from "../../web/box/line-up.ts";
import { logoSize } from "../../web/box/logo-size.ts";
import { cloudAddress, obstacleWords, onlineStanding, routerStanding } from "../../web/box/online-view.ts";
import { signalOf, sourceOf, standingOf } from "../../web/box/reception.ts";
import { ownCountry, placesToScan, scanRequest, timeLeft } from "../../web/box/scan-view.ts";
import { boxEn } from "../../web/i18n/box-en.ts";
import { boxZh } from "../../web/i18n/box-zh.ts";
import { sampleChannels } from "../browser/sample-channels.ts";
import { sampleOnline, sampleTuners } from "../browser/sample-owner-pages.ts";

const [model] = sampleChannels(0);
const channels = [1, 2, 3, 5].map((number): Channel => ({
  ...(model as Channel),
  id: `c${number}`,
  name: `Channel ${number}`,
  number,
}));
const numbers = (decisions: ReturnType<typeof numbered>): [string, number | null][] =>
  (decisions ?? []).map(({ channel, number }) => [channel, number]);

t.test("web box: one step exchanges numbers, and the ends of the list stay", async (t) => {
  t.same(numbers(stepped(channels, "c2", -1)), [
    ["c2", 1],
    ["c1", 2],
  ]);
  t.same(numbers(stepped(channels, "c3", 1)), [
    ["c3", 5],
    ["c5", 3],
  ]);
  t.equal(stepped(channels, "c1", -1), null);
  t.equal(stepped(channels, "c5", 1), null);
  t.equal(stepped(channels, "gone", 1), null);
});

t.test("web box: who takes a number makes the others move on, as far as there is no gap", async (t) => {
  t.same(numbers(numbered(channels, "c5", 2)), [
    ["c5", 2],
    ["c2", 3],
    ["c3", 4],
  ]);
  t.same(numbers(numbered(channels, "c1", 4)), [["c1", 4]], "a free number moves nobody");
  t.same(
    numbers(numbered(channels, "c1", 2)),
    [
      ["c1", 2],
      ["c2", 3],
      ["c3", 4],
    ],
    "its own number is free then",
  );
  const last = [{ ...channels[0], number: 9998 } as Channel, { ...channels[1], number: 9999 } as Channel];
  t.equal(numbered(last, "c1", 9999), null, "there is nothing beyond 9999");
  t.equal(numbered(channels, "gone", 9), null);
});

t.test("web box: decisions are taken back to what was decided before, and to nothing", async (t) => {
  const named = { ...channels[1], decided: { number: null, name: "Mine", hidden: null } } as Channel;
  const all = inOrder([channels[0] as Channel, named]);
  const decisions = stepped(all, "c2", -1) ?? [];
  t.same(undoing(all, decisions), [
    { channel: "c1", number: null, name: null, hidden: null, favourite: false },
    { channel: "c2", number: null, name: "Mine", hidden: null, favourite: false },
  ]);
  t.same(undoing(all, []), []);
  t.ok(isDecided(named));
  t.notOk(isDecided(channels[0] as Channel));
  t.ok(isDecided({ ...channels[0], favourite: true } as Channel));
  t.same(asBroadcast(named), { ...decisionOf(named), name: null });
  const moved = withChanged(all, [{ ...named, number: 0 }]);
  t.same(
    moved.map(({ id }) => id),
    ["c2", "c1"],
  );
});

t.test("web box: what a tuner does, people first", async (t) => {
  const idle = sampleTuners().tuners[3] as Tuner;
  const streaming: Tuner = { ...idle, state: "streaming", multiplex: "m" };
  t.same(standingOf(idle), { kind: "idle" });
  t.same(standingOf({ ...streaming, consumers: ["live: x"], viewers: ["A", "A", "B"] }), {
    kind: "watched",
    viewers: ["A", "B"],
  });
  t.same(standingOf({ ...streaming, consumers: ["live: x"] }), { kind: "used" });
  t.same(standingOf({ ...streaming, consumers: ["channel scan"] }), { kind: "busy", use: "scan" });
  t.same(standingOf(streaming), { kind: "linger" });
  t.same(standingOf({ ...streaming, state: "tuning" }), { kind: "tuning" });
  t.same(standingOf({ ...streaming, state: "degraded", viewers: ["A"] }), { kind: "degraded" });
  t.equal(signalOf(idle), null);
  t.same(signalOf(sampleTuners().tuners[1] as Tuner), { level: "poor", code: "too-weak", margin: -2 });
  t.same(sourceOf({ name: "satip:192.168.1.20,tv", problems: [] }), {
    kind: "satip",
    at: "192.168.1.20, tv",
  });
  t.same(sourceOf({ name: "mock", problems: [] }), { kind: "mock", at: "" });
  t.same(sourceOf({ name: "new:1", problems: [] }), { kind: "other", at: "1" });
});

t.test("web box: what can be scanned, and how long it takes", async (t) => {
  const none = {
    systems: [],
    countries: ["DE", "GB"],
    cable: [],
    satellites: [],
    multiplexes: 0,
    services: 0,
  };
  t.same(placesToScan(none), []);
  t.same(placesToScan({ ...none, multiplexes: 3 }), ["known"]);
  t.same(placesToScan({ ...none, systems: ["dvbt", "dvbc"] }), ["air", "cable"]);
  t.same(placesToScan({ ...none, systems: ["dvbs2"] }), ["satellite"]);
  const choice = { where: null, country: null, satellite: null, initial: null };
  t.equal(scanRequest(choice), null);
  t.same(scanRequest({ ...choice, where: "known", country: "DE" }), {});
  t.equal(scanRequest({ ...choice, where: "air" }), null, "a country is missing");
  t.same(scanRequest({ ...choice, where: "cable", country: "DE" }), { country: "DE", system: "cable" });
  t.same(scanRequest({ ...choice, where: "satellite", satellite: "19.2E" }), { satellite: "19.2E" });
  t.same(scanRequest({ ...choice, where: "satellite", satellite: "19.2E", initial: "x" }), { initial: "x" });
  t.equal(scanRequest({ ...choice, where: "satellite" }), null);
  t.equal(timeLeft(0, 60_000), null);
  t.equal(timeLeft(50, 1000), null, "too early to say");
  t.equal(timeLeft(25, 60_000), 180_000);
  t.equal(timeLeft(100, 60_000), null);
  t.equal(ownCountry(["en", "de-DE"], none.countries), "DE");
  t.equal(ownCountry(["zh-Hant-TW"], none.countries), null);
});

t.test("web box: remote access in a few words", async (t) => {
  const on = sampleOnline(true);
  t.equal(onlineStanding(sampleOnline()), "off");
  t.equal(onlineStanding(on), "works");
  t.equal(onlineStanding({ ...on, problem: { code: "cloud-unreachable", message: "" } }), "trouble");
  const away = { ...on, addresses: { home: null, away: null } };
  t.equal(onlineStanding(away), "closed");
  t.equal(onlineStanding({ ...away, registration: "starting" }), "starting");
  t.equal(obstacleWords(on, "en"), null);
  t.match(obstacleWords({ ...on, diagnosis: { kind: "double-nat", reason: null } }, "zh")?.title, /路由器/);
  t.equal(routerStanding(on), "open");
  t.equal(routerStanding({ ...on, openPorts: false }), "off");
  t.equal(routerStanding({ ...on, router: { ...on.router, port: null } }), "refuses");
  t.equal(routerStanding(sampleOnline()), "off");
  t.equal(cloudAddress(" cloud.example/ "), "https://cloud.example");
  t.equal(cloudAddress("http://10.0.0.2:8080"), "http://10.0.0.2:8080");
  for (const no of ["", "a b", "https://", "https://x/y", "ftp://x/", "https://me@x"])
    t.equal(cloudAddress(no), null, no);
});

t.test("web box: a channel's picture is made small, never large", async (t) => {
  t.same(logoSize(512, 256), { width: 256, height: 128 });
  t.same(logoSize(40, 30), { width: 40, height: 30 });
  t.same(logoSize(4000, 1), { width: 256, height: 1 });
  t.same(logoSize(0, 0), { width: 1, height: 1 });
});

t.test("web box: both languages have every word, with the same things filled in", async (t) => {
  const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  t.same(Object.keys(boxZh).sort(), Object.keys(boxEn).sort());
  for (const key of Object.keys(boxEn) as (keyof typeof boxEn)[]) {
    t.same(holes(boxZh[key]), holes(boxEn[key]), key);
    if (key !== "watched.for") t.match(boxZh[key], /\p{Script=Han}/u, key);
  }
});
