import t from "tap";
import { Places } from "../../../src/share/live/places.ts";
import { house, playing, service, type House } from "../fakes.ts";

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
