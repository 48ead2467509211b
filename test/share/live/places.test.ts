import t from "tap";
import { policyOf } from "../../../src/access-control/policy.ts";
import { sessionsToEnd } from "../../../src/access-control/rules/session-limits.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { Places } from "../../../src/share/live/places.ts";
import type { ViewingNote } from "../../../src/share/ports.ts";
import { FakeRules } from "../fake-rules.ts";
import { FakeTuners, PHONE, house, playing, service, type House } from "../fakes.ts";

const YEARS = 10 * 365 * 86_400_000;
const atHome = (address: string): boolean => address.startsWith("192.168.");

t.test("T6: places: home is one, each network elsewhere another, and there are two", (t) => {
  const phone = new Places(atHome);
  for (const [peer, admitted] of [
    ["192.168.1.20", true],
    ["::ffff:192.168.1.20", true],
    ["192.168.1.30", true], // the television
    ["198.51.100.7", true], // mobile
    ["192.168.1.20", true], // and home again
    ["::ffff:198.51.100.7", true],
    [undefined, true],
    ["198.51.100.8", false],
    ["2001:db8::1", false],
    ["198.51.100.7", true],
  ] as const)
    t.equal(phone.admits(peer), admitted, String(peer));
  const away = new Places(atHome);
  for (const [peer, admitted] of [
    ["2001:db8:1:2::1", true],
    ["2001:db8:1:2:aaaa::1", true],
    ["2001:db8:1:3::1", true],
    ["192.168.1.20", false],
    ["2001:db8:1:2::2", true],
  ] as const)
    t.equal(away.admits(peer), admitted, peer);
  t.ok(away.noteRefusal());
  t.notOk(away.noteRefusal(), "said once");
  t.end();
});

t.test("T2: places: what is for home alone goes nowhere else", (t) => {
  const lan = new Places(atHome, true);
  for (const [peer, admitted] of [
    ["198.51.100.7", false],
    ["192.168.1.20", true],
    ["::ffff:192.168.1.30", true],
    ["198.51.100.7", false],
    ["2001:db8::1", false],
    [undefined, false], // nobody knows where that is
    ["192.168.1.20", true],
  ] as const)
    t.equal(lan.admits(peer), admitted, String(peer));
  t.notOk(lan.away);
  t.end();
});

t.test("T6: places: it is told whether media went elsewhere than home", (t) => {
  const places = new Places(atHome);
  t.notOk(places.away);
  places.admits("192.168.1.20");
  places.admits(undefined);
  t.notOk(places.away);
  places.admits("198.51.100.7");
  places.admits("192.168.1.20");
  t.ok(places.away, "and stays so");
  t.end();
});

const from = (h: House, url: string, remoteAddress: string) => h.app.inject({ url, remoteAddress });

t.test("T6: playback: a media address that was passed on does not work in a third network", async (t) => {
  const h = await house(t, [service(1)], { playbackIdleMs: 30_000, streamIdleMs: 60_000 });
  const { playlist, id } = await playing(h);
  h.packagers[0]?.cut();
  t.equal((await from(h, playlist, "192.168.1.30")).statusCode, 200);
  t.equal((await from(h, playlist, "198.51.100.7")).statusCode, 200);
  for (let i = 0; i < 3; i++) {
    h.clock.advance(9_000);
    t.match((await from(h, playlist, "203.0.113.9")).json(), { status: 403, code: "grant-elsewhere" });
  }
  h.clock.advance(9_000);
  t.equal((await from(h, playlist, "198.51.100.7")).statusCode, 410, "a stranger does not keep it alive");
  const renewed = await h.app.inject({
    method: "POST",
    url: `/api/v1/playback/${id}/renew`,
    headers: { "x-client": "phone" },
  });
  t.equal(renewed.statusCode, 410);
});

/** A house with the limits of a policy: `away` watch away from home at a time. */
async function limited(t: Parameters<typeof house>[0], away: number) {
  const services = [service(1)];
  const rules = new FakeRules();
  const { perClient } = policyOf({ policy: "nextv-f", lanHttp: true }).sessions;
  rules.admit = (wish, running) => sessionsToEnd(wish, running, { away, perClient });
  const h = await house(t, services, {}, openDatabase(":memory:"), new FakeTuners(services), rules);
  const notes: ViewingNote[] = [];
  h.share.onViewing((note) => notes.push(note));
  const { id: first, playlist } = await playing(h);
  h.packagers[0]?.cut();
  const channel = (await h.app.inject({ url: "/api/v1/channels", headers: PHONE })).json().channels[0].id;
  const start = async (client: string): Promise<{ id: string; playlist: string }> => {
    const { id, hls } = (
      await h.app.inject({
        method: "POST",
        url: "/api/v1/playback",
        headers: { "x-client": client },
        payload: { channel },
      })
    ).json<{ id: string; hls: string }>();
    return { id, playlist: hls.replace("index.m3u8", playlist.split("/").slice(3).join("/")) };
  };
  const renewed = async (id: string, client: string) =>
    h.app.inject({
      method: "POST",
      url: `/api/v1/playback/${id}/renew`,
      headers: { "x-client": client.split(":")[0] },
    });
  return { h, notes, first: { id: first, playlist }, start, renewed };
}

t.test(
  "T6: playback: what began at home and goes on elsewhere is one away, and may be one too many",
  async (t) => {
    const { h, notes, first, start, renewed } = await limited(t, 1);
    const second = await start("other");
    for (const { playlist } of [first, second])
      t.equal((await from(h, playlist, "192.168.1.30")).statusCode, 200, "at home");
    t.equal((await from(h, first.playlist, "198.51.100.7")).statusCode, 200, "one may leave");
    const refused = await from(h, second.playlist, "203.0.113.9");
    t.match(refused.json(), {
      status: 410,
      code: "playback-ended",
      detail: { code: "session-limit", where: "away", limit: 1 },
    });
    t.match((await from(h, second.playlist, "192.168.1.30")).json(), { status: 410 }, "it has ended");
    t.match((await renewed(second.id, "other")).json(), { detail: { code: "session-limit" } });
    t.equal((await from(h, first.playlist, "198.51.100.7")).statusCode, 200);
    t.match(notes, [{ kind: "watched", client: "other", reason: "session-limit", home: false }]);
    const third = await start("other");
    t.equal((await from(h, third.playlist, "192.168.1.30")).statusCode, 200, "at home there is room");
    await h.app.inject({ method: "DELETE", url: `/api/v1/playback/${first.id}`, headers: PHONE });
    t.match(notes.at(-1), { client: "phone", home: false }, "as it is written down");
    t.equal((await from(h, third.playlist, "203.0.113.9")).statusCode, 200, "now it may");
  },
);

t.test("T6: playback: who leaves home ends its own picture elsewhere, an owner somebody's", async (t) => {
  const { h, first, start } = await limited(t, 1);
  const again = await start("phone");
  t.equal((await from(h, first.playlist, "198.51.100.7")).statusCode, 200);
  t.equal((await from(h, again.playlist, "198.51.100.7")).statusCode, 200);
  t.match((await from(h, first.playlist, "198.51.100.7")).json(), { detail: { code: "too-many-playbacks" } });
  const owner = await start("olga:owner");
  t.equal((await from(h, owner.playlist, "203.0.113.9")).statusCode, 200);
  t.match((await from(h, again.playlist, "198.51.100.7")).json(), { detail: { code: "session-limit" } });
});

t.test("playback: a wall clock that jumps ten years neither ends nor keeps it", async (t) => {
  for (const jump of [YEARS, -YEARS]) {
    const h = await house(t, [service(1)], { playbackIdleMs: 30_000, streamIdleMs: 60_000 });
    const { playlist } = await playing(h);
    h.packagers[0]?.cut();
    h.clock.advance(5_000);
    h.clock.setWall(h.clock.now() + jump);
    t.equal((await h.app.inject(playlist)).statusCode, 200);
    h.clock.advance(29_000);
    t.equal((await h.app.inject(playlist)).statusCode, 200);
    h.clock.advance(31_000);
    t.equal((await h.app.inject(playlist)).statusCode, 410, "idle by the time that has passed");
  }
});
