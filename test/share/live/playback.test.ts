import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import t from "tap";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { multivariantFaults, mediaPlaylistFaults } from "../../helpers/hls-playlists.ts";
import {
  FakeBytes,
  FakeSource,
  audioTrack,
  house,
  service,
  settle,
  videoTrack,
  type House,
} from "../fakes.ts";

const CHROMIUM = { video: ["avc"], audio: ["aac"] };

t.test("playback: a channel is locked, played, kept alive by media requests and released", async (t) => {
  const h = await house(t, [service(1)]);
  const channel = await idOf(h, 1);
  const answer = await play(h, channel);
  t.equal(answer.statusCode, 200);
  const body = answer.json();
  t.match(body, { hls: /^\/m\/grant\..+\/index\.m3u8$/, timings: { lock: 150, pmt: 200 } });
  t.same(Object.keys(body.timings), ["lock", "pmt", "randomAccess", "ready"]);
  t.match(answer.headers["server-timing"], /lock;dur=150, pmt;dur=200, randomAccess;dur=/);
  t.equal(h.sources[0]?.weight, "viewer");
  t.equal(h.packagers[0]?.longest, 4.4, "segments may not outgrow the target duration");

  const multivariant = await h.app.inject(body.hls);
  t.equal(multivariant.headers["content-type"], "application/vnd.apple.mpegurl");
  t.same(multivariantFaults(multivariant.body), []);
  h.packagers[0]?.cut();
  const base = body.hls.replace("index.m3u8", "");
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec(multivariant.body)?.[0] ?? "";
  const playlist = await h.app.inject(base + path);
  t.equal(playlist.statusCode, 200);
  t.equal(playlist.headers["cache-control"], "no-cache");
  t.same(mediaPlaylistFaults(playlist.body), []);
  const folder = base + path.replace("index.m3u8", "");
  t.equal((await h.app.inject(`${folder}init-1.mp4`)).body, "init v0 1");
  const segment = await h.app.inject(`${folder}1.m4s`);
  t.equal(segment.body, "moof v0 1 mdat");
  t.match(segment.headers["cache-control"], /immutable/);
  t.equal((await h.app.inject(`${folder}2.m4s`)).statusCode, 404);
  t.match((await h.app.inject({ url: base + path, headers: { "accept-encoding": "gzip" } })).headers, {
    "content-encoding": "gzip",
    vary: "accept-encoding",
  });

  for (let i = 0; i < 4; i++) {
    h.clock.advance(15_000);
    t.equal((await h.app.inject(base + path)).statusCode, 200, "media requests keep it alive");
  }
  const usage = h.share.playbacks();
  t.equal(usage.playbacks[0]?.seconds, 2, "each second of the programme once");
  t.ok((usage.playbacks[0]?.bytes ?? 0) > 100);
  t.match(usage.principals, [{ client: "phone", payer: "phone", seconds: 2 }]);

  t.equal((await renew(h, body.id, "other")).statusCode, 404, "not one's own");
  t.equal((await renew(h, body.id)).statusCode, 200);
  t.equal((await release(h, body.id, "other")).statusCode, 404);
  t.equal((await release(h, body.id)).statusCode, 204);
  t.ok(h.sources[0]?.stopped, "the tuner is free at once");
  t.ok(
    h.packagers[0]?.made.every(({ data }) => data.references === 0),
    "its memory too",
  );
  const late = await h.app.inject(base + path);
  t.match(late.json(), { status: 410, code: "playback-ended" });
  t.equal((await release(h, body.id)).statusCode, 404);
});

t.test("playback: a client says how its own goes, within bounds, and lets it go with that", async (t) => {
  const h = await house(t, [service(1)]);
  const { id } = (await play(h, await idOf(h, 1))).json();
  const said = { stalls: 2, stalledSeconds: 1.5, frames: 300, droppedFrames: 1 };
  const start = { kind: "start", seconds: 0.7 };
  t.equal((await report(h, id, { ...said, start }, "other")).statusCode, 404, "not one's own");
  for (const wrong of [{}, { ...said, stalls: -1 }, { ...said, start: { ...start, seconds: 1e9 } }])
    t.equal((await report(h, id, wrong)).statusCode, 400);
  t.equal((await report(h, id, { ...said, start })).statusCode, 204);
  t.notOk(h.sources[0]?.stopped);
  t.equal((await report(h, id, { ...said, start, stalls: 3, end: true })).statusCode, 204);
  t.ok(h.sources[0]?.stopped, "the tuner is free at once");
  t.match((await report(h, id, said)).json(), { status: 410, code: "playback-ended" });
  const samples = h.share
    .clientFigures()
    .flatMap(({ name, samples }) => samples.map(({ suffix = "", value }) => [name + suffix, value]));
  t.ok(samples.some(([name, value]) => name === "tellyport_client_stalls_total" && value === 3));
  t.ok(samples.some(([name, value]) => name === "tellyport_client_start_seconds_count" && value === 1));
});

t.test("playback: what is said of one that the box has ended meanwhile counts too, once", async (t) => {
  const h = await house(t, [service(1)]);
  const { id } = (await play(h, await idOf(h, 1))).json();
  const said = { stalls: 1, stalledSeconds: 1.5, frames: 300, droppedFrames: 1, end: true };
  const start = { kind: "zap", seconds: 0.7 };
  h.clock.advance(60_000); // nobody fetched anything
  t.equal((await report(h, id, { ...said, start }, "other")).statusCode, 404, "not one's own");
  for (let turn = 0; turn < 2; turn++) {
    const late = (await report(h, id, { ...said, start })).json();
    t.match(late, { status: 410, code: "playback-ended" });
  }
  const samples = h.share
    .clientFigures()
    .flatMap(({ name, samples }) => samples.map(({ suffix = "", value }) => [name + suffix, value]));
  const sum = (wanted: string): number =>
    samples.reduce((all, [name, value]) => (name === wanted ? all + Number(value) : all), 0);
  t.equal(sum("tellyport_client_zap_seconds_count"), 1);
  t.equal(sum("tellyport_client_stalls_total"), 1);
  t.equal(sum("tellyport_client_frames_total"), 300);
});

t.test("playback: a forged grant is refused, another run's address is not found", async (t) => {
  const h = await house(t, [service(1)]);
  const { hls } = (await play(h, await idOf(h, 1))).json();
  const forged = await h.app.inject("/m/forged/index.m3u8");
  t.match(forged.json(), { status: 403, code: "grant-invalid" });
  const foreign = await h.app.inject(hls.replace("index.m3u8", "otherrun/v0/index.m3u8"));
  t.match(foreign.json(), { status: 404, code: "segment-not-found" });
});

t.test("playback: P-04 a new run of the same channel has other addresses", async (t) => {
  const h = await house(t, [service(1)]);
  const id = await idOf(h, 1);
  const first = (await play(h, id)).json();
  const one = (await h.app.inject(first.hls)).body;
  await release(h, first.id);
  const second = (await play(h, id)).json();
  const two = (await h.app.inject(second.hls)).body;
  t.equal(h.sources.length, 2);
  t.not(/^(.*)\/v0\/index/m.exec(one)?.[1], /^(.*)\/v0\/index/m.exec(two)?.[1]);
});

t.test("playback: two viewers share one stream, which ends with the last of them", async (t) => {
  const h = await house(t, [service(1)]);
  const id = await idOf(h, 1);
  const a = (await play(h, id, { client: "a" })).json();
  h.clock.advance(500);
  const b = (await play(h, id, { client: "b" })).json();
  t.equal(h.sources.length, 1);
  t.same(b.timings, { lock: 0, pmt: 0, randomAccess: 0, ready: 0 }, "what runs already takes no time");
  await release(h, a.id, "a");
  t.notOk(h.sources[0]?.stopped);
  await release(h, b.id, "box:owner");
  t.ok(h.sources[0]?.stopped, "an owner may end anybody's");
});

t.test("playback: idle streams and idle playbacks end, a renewed one stays", async (t) => {
  const h = await house(t, [service(1)], { streamIdleMs: 20_000, playbackIdleMs: 30_000 });
  const id = await idOf(h, 1);
  const paused = (await play(h, id, { client: "paused" })).json();
  const gone = (await play(h, id, { client: "gone" })).json();
  for (let i = 0; i < 4; i++) {
    h.clock.advance(10_000);
    t.equal((await renew(h, paused.id, "paused")).statusCode, 200);
  }
  t.match((await renew(h, gone.id, "gone")).json(), {
    code: "playback-ended",
    detail: { code: "playback-ended" },
  });
  t.notOk(h.sources[0]?.stopped);
  h.clock.advance(21_000);
  t.ok(h.sources[0]?.stopped);
  t.match((await renew(h, paused.id, "paused")).json(), { status: 410, detail: { code: "stream-idle" } });
});

t.test("playback: the tuner's failure ends the stream and tells every viewer its code", async (t) => {
  const h = await house(t, [service(1)]);
  const id = await idOf(h, 1);
  const { hls } = (await play(h, id)).json();
  h.sources[0]?.sink?.ended("displaced", "Somebody with more weight needs the tuner.");
  const media = await h.app.inject(hls);
  t.match(media.json(), {
    status: 410,
    code: "playback-ended",
    title: "Somebody with more weight needs the tuner.",
    detail: { code: "displaced" },
  });
  t.equal((await play(h, id)).statusCode, 200, "it can be started again");
});

t.test("playback: a source that does not start answers with its code and what is free", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  h.tuners.states.set("1.10.1", "busy");
  FakeSource.failWith = new TellyportError("no-tuner-free", "All tuners are in use.", { retryAfterMs: 5000 });
  const answer = await play(h, await idOf(h, 1), { ready: false });
  t.match(answer.json(), {
    status: 503,
    code: "no-tuner-free",
    retryAfterMs: 5000,
    detail: { free: [await idOf(h, 2)] },
  });
  t.equal(answer.headers["retry-after"], "5");
  t.equal(h.share.live().streams, 0);
});

t.test("playback: a channel without tracks or random access point times out, and is let go", async (t) => {
  const h = await house(t, [service(1)], { startTimeoutMs: 10_000 });
  const id = await idOf(h, 1);
  const pending = play(h, id, { ready: false });
  await settle();
  h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
  h.clock.advance(9_999);
  await settle();
  t.notOk(h.sources[0]?.stopped);
  h.clock.advance(2);
  t.match((await pending).json(), { status: 504, code: "stream-start-timeout" });
  t.ok(h.sources[0]?.stopped);
});

t.test("playback: radio needs no random access point", async (t) => {
  const h = await house(t, [service(1, { kind: "radio" })]);
  const pending = play(h, await idOf(h, 1), { ready: false, capabilities: { video: [], audio: ["aac"] } });
  await settle();
  h.sources[0]?.sink?.tracks([audioTrack()]);
  const answer = await pending;
  t.equal(answer.statusCode, 200);
  t.match((await h.app.inject(answer.json().hls)).body, /CODECS="mp4a\.40\.2"\n.*\/a0\/index\.m3u8/);
});

t.test("playback: the first playlist waits for the first segment, and not for ever", async (t) => {
  const h = await house(t, [service(1)], { firstMediaMs: 8000 });
  const { hls } = (await play(h, await idOf(h, 1))).json();
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
  const url = hls.replace("index.m3u8", path);
  const early = h.app.inject(url);
  await settle();
  h.clock.advance(8001);
  const refused = await early;
  t.match(refused.json(), { status: 503, code: "no-picture-or-sound" });
  t.equal(refused.headers["retry-after"], "2");
  const held = h.app.inject(url);
  await settle();
  h.packagers[0]?.cut();
  t.match((await held).body, /1\.m4s/);
});

t.test("playback: a held playlist is told when the stream fails", async (t) => {
  const h = await house(t, [service(1)]);
  const { hls } = (await play(h, await idOf(h, 1))).json();
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
  const held = h.app.inject(hls.replace("index.m3u8", path));
  await settle();
  h.sources[0]?.sink?.ended("no-data", "The multiplex sends nothing.");
  t.match((await held).json(), { status: 503, code: "no-data" });
});

t.test(
  "playback: a client that cannot decode is refused before anything is tuned, once that is known",
  async (t) => {
    const h = await house(t, [service(1), service(2)]);
    const [one, two] = [await idOf(h, 1), await idOf(h, 2)];
    const full = (
      await play(h, one, { tracks: [videoTrack({ family: "hevc", codec: "hvc1" }), audioTrack()] })
    ).json();
    await release(h, full.id);
    const good = await play(h, two, { capabilities: CHROMIUM });
    t.equal(good.statusCode, 200);
    const refused = await play(h, one, { capabilities: CHROMIUM, ready: false });
    t.match(refused.json(), {
      status: 503,
      code: "transcoder-missing",
      title: "This channel's picture is HEVC, which this browser cannot play. The box has no ffmpeg.",
      detail: { video: "hevc", audio: [], free: [two] },
    });
    t.equal(h.sources[2]?.sink, null, "nothing was tuned for it");
    const list = (await h.app.inject({ url: "/api/v1/channels", headers: { "x-client": "phone" } })).json();
    t.equal(list.channels[0].codecs.video.family, "hevc");
  },
);

t.test(
  "playback: H.264 without IDR is refused to who needs one, after two random access points",
  async (t) => {
    const h = await house(t, [service(1)]);
    const id = await idOf(h, 1);
    const pending = play(h, id, { capabilities: CHROMIUM, ready: false });
    await settle();
    h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
    h.sources[0]?.randomAccess(false);
    await settle();
    h.sources[0]?.randomAccess(false);
    t.match((await pending).json(), {
      code: "transcoder-missing",
      detail: { video: "avc-recovery-point" },
    });
    t.ok(h.sources[0]?.stopped);
    const able = { video: ["avc", "avc-recovery-point"], audio: ["aac"] };
    t.equal((await play(h, id, { capabilities: able, idr: false })).statusCode, 200);
    t.equal(
      (await play(h, id, { client: "full", idr: false })).statusCode,
      200,
      "a full player gets everything",
    );
  },
);

t.test("playback: only sound that the client decodes is listed", async (t) => {
  const h = await house(t, [service(1)]);
  const tracks = [
    videoTrack(),
    audioTrack({ family: "mp2", codec: "mp4a.6B" }),
    audioTrack({ id: 102, language: "fra" }),
  ];
  const id = await idOf(h, 1);
  const { hls } = (await play(h, id, { tracks, capabilities: CHROMIUM })).json();
  const text = (await h.app.inject(hls)).body;
  t.match(text, /NAME="French",DEFAULT=YES/);
  t.notMatch(text, /mp4a\.6B/);
  const full = (await play(h, id, { client: "full" })).json();
  t.match((await h.app.inject(full.hls)).body, /mp4a\.6B/);
});

t.test("playback: scrambled, unknown and vanished channels are refused in words", async (t) => {
  const h = await house(t, [service(1, { scrambled: true }), service(2)]);
  const two = await idOf(h, 2);
  t.match((await play(h, await idOf(h, 1), { ready: false })).json(), {
    status: 503,
    code: "scrambled",
    detail: { free: [two] },
  });
  t.match((await play(h, "nonsense", { ready: false })).json(), { status: 404, code: "channel-not-found" });
  h.tuners.list = [];
  h.tuners.emit({ kind: "lineup" });
  h.clock.advance(300);
  t.match((await play(h, two, { ready: false })).json(), { status: 503, code: "service-not-on-air" });
  const nothing = await h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers: { "x-client": "phone" },
    payload: {},
  });
  t.match(nothing.json(), { status: 400, code: "body-invalid" });
  const stranger = await h.app.inject({ method: "POST", url: "/api/v1/playback", payload: { channel: two } });
  t.equal(stranger.statusCode, 401);
});

t.test("playback: a client's fifth ends its first; the box as a whole has a limit too", async (t) => {
  const h = await house(t, [service(1)], { playbacksPerClient: 2, playbacksInAll: 3 });
  const id = await idOf(h, 1);
  const first = (await play(h, id)).json();
  await play(h, id);
  t.equal((await play(h, id)).statusCode, 200);
  t.match((await renew(h, first.id)).json(), { detail: { code: "too-many-playbacks" } });
  t.equal((await play(h, id, { client: "b" })).statusCode, 200);
  t.match((await play(h, id, { client: "c", ready: false })).json(), {
    status: 503,
    code: "too-many-playbacks",
  });
});

t.test("playback: what a client is about to start counts too, and an owner finds room", async (t) => {
  const h = await house(t, [service(1), service(2)], { playbacksPerClient: 2, playbacksInAll: 3 });
  const [one, two] = [await idOf(h, 1), await idOf(h, 2)];
  const starting = Array.from({ length: 5 }, () => play(h, one, { client: "g:guest", ready: false }));
  await settle();
  const other = play(h, one, { client: "h:guest", ready: false });
  await settle();
  t.match((await play(h, one, { client: "i:guest", ready: false })).json(), { code: "too-many-playbacks" });
  t.equal((await play(h, two, { client: "box:owner" })).statusCode, 200, "the owner is not kept out");
  h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
  h.sources[0]?.randomAccess();
  const codes = (await Promise.all(starting)).map((answer) => answer.statusCode);
  t.same(codes, [503, 200, 503, 503, 503], "two had a place, and one of them gave it to the owner");
  t.equal((await other).statusCode, 200, "who has less keeps it");
  t.equal(
    (await play(h, one, { client: "box2:owner" })).statusCode,
    200,
    "running ones end for an owner too",
  );
  t.match((await play(h, one, { client: "v" })).statusCode, 200, "a viewer is heavier than a guest");
  t.match(
    (await play(h, one, { client: "w" })).json(),
    { code: "too-many-playbacks" },
    "and not than a viewer",
  );
});

t.test("playback: a client's new wish replaces its old one when no tuner is free", async (t) => {
  const h = await house(t, [
    service(1),
    service(2, { multiplex: { id: "mock-2", delivery: { system: "mock", index: 2 } } }),
  ]);
  const old = (await play(h, await idOf(h, 1))).json();
  h.tuners.states.set("1.10.2", "busy");
  t.equal((await play(h, await idOf(h, 2))).statusCode, 200);
  t.ok(h.sources[0]?.stopped);
  t.match((await renew(h, old.id)).json(), { detail: { code: "displaced" } });
});

t.test("playback: revocation ends what plays and what is about to play, at once", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  const { hls } = (await play(h, await idOf(h, 1))).json();
  const other = (await play(h, await idOf(h, 1), { client: "other" })).json();
  const starting = play(h, await idOf(h, 2), { ready: false });
  await settle();
  h.share.endPlaybacksOf("phone", "client-revoked", "The owner ended this phone's access.");
  t.match((await h.app.inject(hls)).json(), { status: 410, detail: { code: "client-revoked" } });
  t.match((await starting).json(), { code: "client-revoked" });
  t.ok(h.sources[1]?.stopped);
  t.equal((await h.app.inject(other.hls)).statusCode, 200, "others go on");
  await release(h, other.id, "other");
  t.ok(h.sources[0]?.stopped);
});

t.test("playback: a stream weighs as much as the heaviest of those who watch", async (t) => {
  const h = await house(t, [service(1)]);
  const id = await idOf(h, 1);
  const guest = (await play(h, id, { client: "g:guest" })).json();
  t.equal(h.sources[0]?.weight, "guest");
  const owner = (await play(h, id, { client: "box:owner" })).json();
  t.equal(h.sources[0]?.weight, "owner");
  await play(h, id, { client: "v" });
  await release(h, owner.id, "box:owner");
  t.equal(h.sources[0]?.weight, "viewer");
  await release(h, guest.id, "g:guest");
  t.equal(h.sources[0]?.weight, "viewer");
});

t.test("playback: revocation cuts off what is on its way, and refuses what was held", async (t) => {
  const h = await house(t, [service(1)]);
  const id = await idOf(h, 1);
  const { hls } = (await play(h, id)).json();
  await play(h, id, { client: "other" });
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
  const playlist = hls.replace("index.m3u8", path);
  const held = h.app.inject(playlist);
  await settle();
  h.share.endPlaybacksOf("phone", "client-revoked", "The owner ended this phone's access.");
  h.packagers[0]?.cut({ data: () => new FakeBytes([Buffer.alloc(32 * 1024 * 1024)]) });
  t.match((await held).json(), { status: 410, detail: { code: "client-revoked" } });

  const again = (await play(h, id)).json().hls;
  const segment = again.replace("index.m3u8", path.replace("index.m3u8", "1.m4s"));
  await h.app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = h.app.server.address() as AddressInfo;
  const open = await Promise.all(
    Array.from({ length: 24 }, async () => {
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET ${segment} HTTP/1.1\r\nhost: box\r\n\r\n`);
      await once(socket, "readable");
      return socket;
    }),
  );
  t.match((await h.app.inject(segment)).json(), { status: 503, code: "too-many-playbacks" });
  h.share.endPlaybacksOf("phone", "client-revoked", "The owner ended this phone's access.");
  await Promise.all(
    open.map(async (socket) => {
      socket.on("error", () => undefined).resume();
      await once(socket, "close");
      t.ok(socket.bytesRead < 32 * 1024 * 1024, "not the whole segment");
    }),
  );
  t.equal(h.packagers[0]?.made[0]?.data.references, 1, "only the store keeps it");
});

t.test(
  "playback T6: what is held for a client is refused when it is revoked, not when the next part comes",
  async (t) => {
    const h = await house(t, [service(1)]);
    const id = await idOf(h, 1);
    const { hls } = (await play(h, id)).json();
    const other = (await play(h, id, { client: "other" })).json().hls as string;
    const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
    const first = h.app.inject(hls.replace("index.m3u8", path));
    const others = h.app.inject(other.replace("index.m3u8", path));
    await settle();
    h.share.endPlaybacksOf("phone", "client-revoked", "The owner ended this phone's access.");
    t.match((await first).json(), { status: 410, detail: { code: "client-revoked" } }, "a first playlist");
    h.packagers[0]?.cut({});
    t.equal((await others).statusCode, 200, "who may watch waits on");

    const again = (await play(h, id)).json().hls as string;
    const held = h.app.inject(`${again.replace("index.m3u8", path)}?_HLS_msn=3`);
    const text = (await h.app.inject(again.replace("index.m3u8", path))).body;
    const hint = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1] ?? "";
    const part = h.app.inject(again.replace("index.m3u8", path.replace("index.m3u8", hint)));
    await settle();
    h.share.endPlaybacksOf("phone", "client-revoked", "The owner ended this phone's access.");
    t.match((await held).json(), { status: 410, detail: { code: "client-revoked" } }, "a playlist of later");
    t.match(
      (await part).json(),
      { status: 410, detail: { code: "client-revoked" } },
      "a part that is to come",
    );
  },
);

t.test("playback: a stop of the daemon ends everything and leaves no timer", async (t) => {
  const h = await house(t, [service(1)]);
  const { hls } = (await play(h, await idOf(h, 1))).json();
  h.packagers[0]?.cut({ data: () => new FakeBytes([Buffer.alloc(1000)]) });
  h.share.stop();
  t.equal(h.clock.pending, 0);
  t.equal(h.tuners.listeners, 0);
  t.equal(h.share.live().mediaBytes, 0);
  t.match((await h.app.inject(hls)).json(), { detail: { code: "stopping" } });
});

// ----

async function idOf(h: House, serviceId: number): Promise<string> {
  const list = (await h.app.inject({ url: "/api/v1/channels", headers: { "x-client": "x" } })).json();
  return list.channels.find((c: { name: string }) => c.name === `Channel ${serviceId}`)?.id ?? "";
}

/** Asks for a channel and, unless told otherwise, puts it on air. */
async function play(
  h: House,
  channel: string,
  options: {
    client?: string;
    capabilities?: unknown;
    ready?: boolean;
    idr?: boolean;
    tracks?: Parameters<NonNullable<FakeSource["sink"]>["tracks"]>[0];
  } = {},
) {
  const { client = "phone", capabilities, ready = true, idr = true, tracks } = options;
  const before = h.sources.length;
  const pending = h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers: { "x-client": client },
    payload: { channel, ...(capabilities !== undefined && { capabilities }) },
  });
  if (ready) {
    await settle();
    const source = h.sources[before];
    source?.sink?.tracks(tracks ?? [videoTrack(), audioTrack()]);
    source?.randomAccess(idr);
  }
  return pending;
}

const renew = (h: House, id: string, client = "phone") =>
  h.app.inject({ method: "POST", url: `/api/v1/playback/${id}/renew`, headers: { "x-client": client } });

const report = (h: House, id: string, payload: object, client = "phone") =>
  h.app.inject({
    method: "POST",
    url: `/api/v1/playback/${id}/report`,
    headers: { "x-client": client },
    payload,
  });

const release = (h: House, id: string, client = "phone") =>
  h.app.inject({ method: "DELETE", url: `/api/v1/playback/${id}`, headers: { "x-client": client } });
