import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import type { ViewingNote } from "../../../src/share/ports.ts";
import type { GuideEvent, Service } from "../../../src/tuner/ports.ts";
import { mediaPlaylistFaults, readMediaPlaylist } from "../../helpers/hls-playlists.ts";
import { FakeRules } from "../fake-rules.ts";
import {
  FakeBytes,
  FakeTuners,
  audioTrack,
  house,
  part,
  service,
  settle,
  videoTrack,
  type House,
} from "../fakes.ts";

const KID = { "x-client": "kim:kid" };
const GUEST = { "x-client": "gil:guest" };
const VIEWER = { "x-client": "vic" };

interface RuledHouse extends House {
  readonly rules: FakeRules;
  readonly notes: ViewingNote[];
}

async function ruled(t: Parameters<typeof house>[0], services: Service[]): Promise<RuledHouse> {
  const rules = new FakeRules();
  const h = await house(t, services, {}, openDatabase(":memory:"), new FakeTuners(services), rules);
  const notes: ViewingNote[] = [];
  h.share.onViewing((note) => notes.push(note));
  return { ...h, rules, notes };
}

const channelsOf = async (h: House, headers: Record<string, string>): Promise<Channel[]> =>
  (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;

const idOf = async (h: House, number: number): Promise<string> =>
  (await channelsOf(h, VIEWER)).find(({ name }) => name === `Channel ${number}`)!.id;

/** What is on, on one service. */
function onAir(
  h: RuledHouse,
  serviceId: number,
  minimumAge: number | null,
  more: Partial<GuideEvent> = {},
): void {
  const now = h.clock.now();
  const event: GuideEvent = {
    service: service(serviceId).key,
    eventId: serviceId,
    startsAt: now - 60_000,
    endsAt: now + 3_600_000,
    title: `Programme of ${serviceId}`,
    description: "What it is about.",
    language: "eng",
    ...(minimumAge !== null && { minimumAge }),
    ...more,
  };
  h.tuners.emit({ kind: "guide", events: [event], stretches: [] });
}

/** Starts the channel; picture and sound of the newest source begin. */
async function play(h: House, headers: Record<string, string>, channel: string) {
  const before = h.sources.length;
  const answer = h.app.inject({ method: "POST", url: "/api/v1/playback", headers, payload: { channel } });
  await settle();
  const source = h.sources.length > before ? h.sources.at(-1) : undefined;
  source?.sink?.tracks([videoTrack(), audioTrack()]);
  source?.randomAccess();
  return answer;
}

/** @returns address of the picture's folder */
async function folderOf(h: House, hls: string): Promise<string> {
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
  return hls.replace("index.m3u8", path).replace("index.m3u8", "");
}

t.test(
  "rules: a programme that is too old is refused, and what is named instead is none of those",
  async (t) => {
    const h = await ruled(t, [service(1), service(2), service(3), service(4)]);
    h.rules.ceiling = 12;
    for (const [id, age] of [
      [1, 16],
      [2, 6],
      [3, 18],
      [4, null],
    ] as const)
      onAir(h, id, age);
    const refused = await play(h, KID, await idOf(h, 1));
    t.equal(refused.statusCode, 403);
    t.match(refused.json(), { code: "parental-rating", detail: { minimumAge: 16 } });
    t.same(refused.json().detail.free, [await idOf(h, 2), await idOf(h, 4)]);
    t.equal(h.sources.length, 0, "no tuner was asked");
    t.match(h.rules.wishes[0], { home: true, minimumAge: 16, principal: { client: "kim" } });
    t.match(h.notes, [
      {
        kind: "watch-refused",
        client: "kim",
        reason: "parental-rating",
        channel: { name: "Channel 1" },
        home: true,
      },
    ]);
    t.equal((await play(h, VIEWER, await idOf(h, 1))).statusCode, 200, "for a viewer it is on");
  },
);

t.test("rules: where a request comes from is the socket's to say", async (t) => {
  const h = await ruled(t, [service(1)]);
  await play(h, { ...KID, "x-from": "away", "x-forwarded-for": "192.168.1.20" }, await idOf(h, 1));
  t.equal(h.rules.wishes[0]?.home, false);
});

t.test("rules: another programme begins, and it ends for the kid alone, with the reason", async (t) => {
  const h = await ruled(t, [service(1), service(2)]);
  h.rules.ceiling = 12;
  onAir(h, 1, 6);
  const id = await idOf(h, 1);
  const kid = (await play(h, KID, id)).json();
  const viewer = (await play(h, VIEWER, id)).json();
  h.packagers[0]?.cut();
  const [ofKid, ofViewer] = [await folderOf(h, kid.hls), await folderOf(h, viewer.hls)];
  t.equal((await h.app.inject(`${ofKid}1.m4s`)).statusCode, 200);

  onAir(h, 1, 16);
  h.clock.advance(1000);
  const answer = await h.app.inject(`${ofKid}index.m3u8`);
  t.equal(answer.statusCode, 410);
  t.match(answer.json(), { code: "playback-ended", detail: { code: "parental-rating", minimumAge: 16 } });
  t.same(answer.json().detail.free, [await idOf(h, 2)]);
  for (const path of [kid.hls, `${ofKid}1.m4s`, `${ofKid}init-1.mp4`])
    t.equal((await h.app.inject(path)).statusCode, 410, path.slice(-12));
  t.equal((await h.app.inject(`${ofViewer}1.m4s`)).statusCode, 200, "the stream goes on");
  t.notOk(h.sources[0]?.stopped);
  t.match(h.notes, [{ kind: "watched", client: "kim", reason: "parental-rating", seconds: 2 }]);
});

t.test(
  "rules: a programme that begins by the clock ends it, without a word from the broadcaster",
  async (t) => {
    const h = await ruled(t, [service(1)]);
    h.rules.ceiling = 12;
    const now = h.clock.now();
    onAir(h, 1, 6, { endsAt: now + 60_000 });
    onAir(h, 1, 18, { eventId: 2, startsAt: now + 60_000 });
    const { id, hls } = (await play(h, KID, await idOf(h, 1))).json();
    const renew = () => h.app.inject({ method: "POST", url: `/api/v1/playback/${id}/renew`, headers: KID });
    for (let s = 0; s < 55; s += 5) {
      h.clock.advance(5000);
      t.equal((await renew()).statusCode, 200, `${s} s`);
    }
    h.clock.advance(10_000);
    t.match((await h.app.inject(hls)).json(), { detail: { code: "parental-rating" } });
  },
);

t.test("rules: an answer that is on its way is cut off when the rules end it", async (t) => {
  const h = await ruled(t, [service(1)]);
  const { hls } = (await play(h, KID, await idOf(h, 1))).json();
  const folder = await folderOf(h, hls);
  // Far more than the kernel holds for a receiver that reads nothing.
  h.packagers[0]?.cut({ data: () => new FakeBytes([Buffer.alloc(32 * 1024 * 1024)]) });
  const server = createServer((request, response) => {
    if (!h.share.answerAtOnce(request, response)) h.app.routing(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const cut = new Promise<boolean>((resolve, reject) => {
    httpRequest({ port, host: "127.0.0.1", path: `${folder}1.m4s`, agent: false }, (response) => {
      response.once("data", () => {
        response.pause();
        h.rules.closed = true;
        h.rules.changed.emit("kim");
        response.resume();
      });
      response.once("error", () => undefined);
      response.once("close", () => resolve(!response.complete));
    })
      .once("error", reject)
      .end();
  });
  t.ok(await cut, "it never comes to its end");
  t.match((await h.app.inject(hls)).json(), {
    code: "playback-ended",
    detail: { code: "parental-hours", until: "2026-11-21T07:00:00Z" },
  });
});

t.test("rules: what was watched is told every few seconds, each second once, and at the end", async (t) => {
  const h = await ruled(t, [service(1)]);
  const { id, hls } = (await play(h, KID, await idOf(h, 1))).json();
  const folder = await folderOf(h, hls);
  for (let i = 0; i < 3; i++) h.packagers[0]?.cut();
  await h.app.inject(`${folder}1.m4s`);
  await h.app.inject(`${folder}1.m4s`);
  await h.app.inject(`${folder}2.m4s`);
  t.same(h.rules.told, [], "not at each request");
  h.clock.advance(5000);
  t.same(h.rules.told, [{ client: "kim", seconds: 4 }]);
  await h.app.inject(`${folder}3.m4s`);
  await h.app.inject({ method: "DELETE", url: `/api/v1/playback/${id}`, headers: KID });
  t.same(h.rules.told, [
    { client: "kim", seconds: 4 },
    { client: "kim", seconds: 2 },
  ]);
  t.match(h.notes, [
    { kind: "watched", seconds: 6, reason: "playback-ended", channel: { name: "Channel 1" } },
  ]);
});

t.test("rules: who jumps to the end and back again is told of as having watched all of it", async (t) => {
  const h = await ruled(t, [service(1)]);
  const { hls } = (await play(h, KID, await idOf(h, 1))).json();
  const folder = await folderOf(h, hls);
  for (let i = 0; i < 10; i++) h.packagers[0]?.cut();
  const get = async (name: string) => t.equal((await h.app.inject(folder + name)).statusCode, 200);
  await get("10.m4s");
  for (let n = 1; n < 5; n++) await get(`${n}.m4s`);
  h.clock.advance(5000);
  t.same(h.rules.told, [{ client: "kim", seconds: 10 }]);
});

t.test("rules: who only listens is told of as who watches, and both at once count once", async (t) => {
  const h = await ruled(t, [service(1)]);
  const { hls } = (await play(h, KID, await idOf(h, 1))).json();
  const folder = await folderOf(h, hls);
  for (let i = 0; i < 4; i++) h.packagers[0]?.cut();
  const sound = folder.replace("/v0/", "/a0/");
  for (const n of [1, 2, 3]) await h.app.inject(`${sound}${n}.m4s`);
  for (const n of [2, 3, 4]) await h.app.inject(`${folder}${n}.m4s`);
  for (const name of ["init-1.mp4", "index.m3u8"]) await h.app.inject(sound + name);
  h.clock.advance(5000);
  t.same(h.rules.told, [{ client: "kim", seconds: 8 }]);
});

t.test("rules: whoever has to leave for a new one is told why, one that is still starting too", async (t) => {
  const h = await ruled(t, [service(1), service(2), service(3)]);
  const [one, two, three] = [await idOf(h, 1), await idOf(h, 2), await idOf(h, 3)];
  const first = (await play(h, GUEST, one)).json();
  const starting = h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers: GUEST,
    payload: { channel: two },
  });
  await settle();
  h.rules.ending = (running) => running.map(({ id }) => id);
  const own = (await play(h, GUEST, three)).json();
  t.match((await h.app.inject(first.hls)).json(), { detail: { code: "too-many-playbacks" } });
  t.match((await starting).json(), { code: "too-many-playbacks" });
  const owner = await play(h, { "x-client": "olga:owner" }, two);
  t.equal(owner.statusCode, 200);
  t.match((await h.app.inject(own.hls)).json(), { detail: { code: "session-limit" } });
});

t.test("rules: a guest sees the end of the stream alone, and is given nothing before it", async (t) => {
  const h = await ruled(t, [service(1)]);
  const id = await idOf(h, 1);
  const [guest, viewer] = [(await play(h, GUEST, id)).json(), (await play(h, VIEWER, id)).json()];
  const [ofGuest, ofViewer] = [await folderOf(h, guest.hls), await folderOf(h, viewer.hls)];
  const listed = async (folder: string) =>
    readMediaPlaylist((await h.app.inject(`${folder}index.m3u8`)).body);
  const sink = h.packagers[0]!.sink;
  sink.part(part("v0", 1, 0, { independent: true }));
  for (let i = 0; i < 5; i++) h.packagers[0]?.cut({ discontinuity: i === 3 });
  t.equal((await listed(ofGuest)).segments.length, 5, "what players need");
  for (let i = 0; i < 55; i++) h.packagers[0]?.cut();

  const whole = await h.app.inject(`${ofViewer}index.m3u8`);
  const live = await h.app.inject(`${ofGuest}index.m3u8`);
  t.equal(readMediaPlaylist(whole.body).segments.length, 60);
  const uris = readMediaPlaylist(live.body).segments.map(({ uri }) => uri);
  t.same(uris, ["55.m4s", "56.m4s", "57.m4s", "58.m4s", "59.m4s", "60.m4s"]);
  t.same(mediaPlaylistFaults(live.body), []);
  t.match(live.body, /#EXT-X-MEDIA-SEQUENCE:55\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n/);
  t.equal(
    (await h.app.inject(`${ofGuest}index.m3u8?_HLS_skip=YES`)).body,
    live.body,
    "there is nothing to leave out",
  );
  t.equal((await listed(ofGuest.replace("/v0/", "/a0/"))).segments.length, 6);

  for (const sequence of [1, 30, 48]) {
    const answer = await h.app.inject(`${ofGuest}${sequence}.m4s`);
    t.equal(answer.statusCode, 403, `${sequence}`);
    t.equal(answer.json().code, "guest-live-only");
    t.equal((await h.app.inject(`${ofViewer}${sequence}.m4s`)).statusCode, 200);
  }
  t.equal((await h.app.inject(`${ofGuest}p0.m4s`)).json().code, "guest-live-only", "a part of it");
  t.equal((await h.app.inject(`${ofViewer}p0.m4s`)).statusCode, 200);
  // What has just left the playlist is still given: a player that has read it before asks for it now.
  for (const sequence of [49, 54, 60]) {
    const [mine, theirs] = [
      await h.app.inject(`${ofGuest}${sequence}.m4s`),
      await h.app.inject(`${ofViewer}${sequence}.m4s`),
    ];
    t.equal(mine.statusCode, 200, `${sequence}`);
    t.equal(mine.body, theirs.body, "the same bytes");
  }
  t.equal((await h.app.inject(`${ofGuest}init-1.mp4`)).statusCode, 200);
});

t.test("rules: the short way past the framework keeps to them", async (t) => {
  const h = await ruled(t, [service(1)]);
  const { hls } = (await play(h, GUEST, await idOf(h, 1))).json();
  const folder = await folderOf(h, hls);
  for (let i = 0; i < 40; i++) h.packagers[0]?.cut();
  const short: boolean[] = [];
  const server = createServer((request, response) => {
    short.push(h.share.answerAtOnce(request, response));
    if (short.at(-1) === false) h.app.routing(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = async (name: string) => {
    const answer = await fetch(origin + folder + name);
    return { status: answer.status, text: await answer.text() };
  };
  t.match(await get("1.m4s"), { status: 403, text: /guest-live-only/ });
  t.same(short, [false]);
  t.equal((await get("40.m4s")).status, 200);
  t.equal(readMediaPlaylist((await get("index.m3u8")).text).segments.length, 6);
  t.same(short, [false, true, true], "what is allowed takes it");
});

t.test(
  "rules: who has a ceiling goes back to where it began, since what was before is not judged",
  async (t) => {
    const h = await ruled(t, [service(1)]);
    const id = await idOf(h, 1);
    onAir(h, 1, 18);
    await play(h, VIEWER, id);
    for (let i = 0; i < 30; i++) h.packagers[0]?.cut();
    onAir(h, 1, 6, { eventId: 2, startsAt: h.clock.now() });
    h.rules.ceiling = 12;
    const { hls } = (await play(h, KID, id)).json();
    const folder = await folderOf(h, hls);
    for (let i = 0; i < 30; i++) h.packagers[0]?.cut();
    const { segments } = readMediaPlaylist((await h.app.inject(`${folder}index.m3u8`)).body);
    t.same([segments[0]?.uri, segments.length], ["25.m4s", 36]);
    t.match((await h.app.inject(`${folder}10.m4s`)).json(), { status: 410, code: "segment-gone" });
    t.equal((await h.app.inject(`${folder}25.m4s`)).statusCode, 200);

    h.rules.ceiling = null; // as the PIN does
    h.rules.changed.emit("kim");
    t.equal((await h.app.inject(`${folder}10.m4s`)).statusCode, 200);
    h.rules.ceiling = 12;
    h.rules.changed.emit("kim");
    t.equal(
      (await h.app.inject(`${folder}30.m4s`)).json().code,
      "segment-gone",
      "what the PIN allowed is over",
    );
    t.equal((await h.app.inject(`${folder}55.m4s`)).statusCode, 200);
  },
);

t.test("rules: a ceiling that is lowered draws the line anew, for the one whom it is about", async (t) => {
  const h = await ruled(t, [service(1)]);
  const id = await idOf(h, 1);
  h.rules.ceiling = 16;
  onAir(h, 1, 16);
  const TIM = { "x-client": "tim:kid" };
  const [kim, tim] = [(await play(h, KID, id)).json(), (await play(h, TIM, id)).json()];
  const [ofKim, ofTim] = [await folderOf(h, kim.hls), await folderOf(h, tim.hls)];
  for (let i = 0; i < 30; i++) h.packagers[0]?.cut();
  onAir(h, 1, 6, { eventId: 2, startsAt: h.clock.now() });
  h.clock.advance(6000);
  t.equal((await h.app.inject(`${ofKim}10.m4s`)).statusCode, 200, "it was judged when it was on");
  h.rules.ceiling = 12;
  h.rules.changed.emit("kim");
  t.match((await h.app.inject(`${ofKim}10.m4s`)).json(), { status: 410, code: "segment-gone" });
  const { segments } = readMediaPlaylist((await h.app.inject(`${ofKim}index.m3u8`)).body);
  t.same([segments[0]?.uri, segments.length], ["25.m4s", 6], "it goes on with what players need");
  t.equal((await h.app.inject(`${ofTim}10.m4s`)).statusCode, 200);
  h.rules.changed.emit(null);
  t.equal((await h.app.inject(`${ofTim}10.m4s`)).json().code, "segment-gone", "or about all");
  h.clock.advance(6000);
  t.equal((await h.app.inject(`${ofKim}25.m4s`)).statusCode, 200, "a look changes nothing");
});

t.test(
  "rules: who has a ceiling gets nothing of what was on before the programme it may watch",
  async (t) => {
    for (const headers of [KID, GUEST]) {
      for (const [began, first] of [
        [40_000, 26], // what players hold back is all of it
        [59_000, 30],
        [62_000, 31],
        [63_000, 31], // in the newest: with less nobody can start
      ] as const) {
        const h = await ruled(t, [service(1)]);
        const base = h.clock.now();
        const id = await idOf(h, 1);
        onAir(h, 1, 18, { endsAt: base + began });
        await play(h, VIEWER, id);
        for (let i = 0; i < 31; i++) h.packagers[0]?.cut(); // the last one begins at 62 s
        h.clock.setWall(base + 64_000);
        onAir(h, 1, 6, { eventId: 2, startsAt: base + began });
        h.rules.ceiling = 12;
        const folder = await folderOf(h, (await play(h, headers, id)).json().hls);
        const { segments } = readMediaPlaylist((await h.app.inject(`${folder}index.m3u8`)).body);
        const name = `${headers["x-client"]} ${began}`;
        t.same([segments[0]?.uri, segments.at(-1)?.uri], [`${first}.m4s`, "31.m4s"], name);
        t.not((await h.app.inject(`${folder}${first - 1}.m4s`)).statusCode, 200, name);
        t.equal((await h.app.inject(`${folder}${first}.m4s`)).statusCode, 200, name);
        for (let i = 0; i < 10; i++) h.packagers[0]?.cut();
        const later = readMediaPlaylist((await h.app.inject(`${folder}index.m3u8`)).body).segments;
        t.equal(later.at(-1)?.uri, "41.m4s", "and it goes on");
        t.equal(later.length, headers === KID ? 41 - first + 1 : 6);
      }
    }
  },
);

t.test("rules: lists, guide, search, listing and events show what somebody may see", async (t) => {
  const h = await ruled(t, [service(1), service(2)]);
  onAir(h, 1, 16, { subtitle: "A word", genres: [0x10] });
  onAir(h, 2, 6);
  h.rules.ceiling = 12;
  const [one, two] = [await idOf(h, 1), await idOf(h, 2)];
  const get = async (url: string, headers = KID) => h.app.inject({ url, headers });
  const [first, second] = await channelsOf(h, KID);
  t.match(first, { id: one, now: { title: "", description: "", minimumAge: 16, restricted: true } });
  t.strictSame(Object.keys(first?.now ?? {}).sort(), [
    "description",
    "endsAt",
    "language",
    "minimumAge",
    "restricted",
    "startsAt",
    "title",
  ]);
  t.match(second?.now, { title: "Programme of 2", minimumAge: 6 });
  t.match((await channelsOf(h, VIEWER))[0]?.now, { title: "Programme of 1" });

  for (const url of ["/api/v1/guide", `/api/v1/guide?channel=${one}`, "/api/v1/guide.xmltv"]) {
    t.notMatch((await get(url)).body, /Programme of 1|A word/, url);
    t.match((await get(url, VIEWER)).body, /Programme of 1/);
  }
  t.same((await get("/api/v1/guide/search?q=programme")).json().found.length, 1);
  t.same((await get("/api/v1/guide/search?q=programme", VIEWER)).json().found.length, 2);

  h.rules.channels = new Set([two]);
  t.same(
    (await channelsOf(h, KID)).map(({ id }) => id),
    [two],
  );
  t.equal((await get(`/api/v1/guide?channel=${one}`)).statusCode, 404);
  t.equal((await get(`/api/v1/channels/${one}/still`)).json().code, "channel-not-found");
  t.notMatch((await get("/api/v1/guide.xmltv")).body, new RegExp(`"${one}"`));
  const [hidden, unknown] = [await play(h, KID, one), await play(h, KID, "nowhere")];
  t.equal(hidden.json().code, "channel-not-found");
  t.same([hidden.statusCode, hidden.json()], [unknown.statusCode, unknown.json()], "one is like the other");
});

t.test("rules: who sees only what somebody has rated reads of nothing else", async (t) => {
  const h = await ruled(t, [service(1), service(2)]);
  onAir(h, 1, null, { subtitle: "A word" });
  onAir(h, 2, 6);
  h.rules.unrated = false;
  const one = await idOf(h, 1);
  const get = async (url: string, headers = KID) => h.app.inject({ url, headers });
  for (const ceiling of [null, 12]) {
    h.rules.ceiling = ceiling;
    const [first, second] = await channelsOf(h, KID);
    t.match(first?.now, { title: "", description: "", restricted: true });
    t.match(second?.now, { title: "Programme of 2" });
    for (const url of ["/api/v1/guide", `/api/v1/guide?channel=${one}`, "/api/v1/guide.xmltv"]) {
      t.notMatch((await get(url)).body, /Programme of 1|A word/, url);
      t.match((await get(url, VIEWER)).body, /Programme of 1/);
    }
    t.same((await get("/api/v1/guide/search?q=programme")).json().found.length, 1);
    t.equal((await play(h, KID, one)).json().code, "parental-rating");
  }
  t.match((await channelsOf(h, VIEWER))[0]?.now, { title: "Programme of 1" });
});

t.test("rules: events follow them at once, for the one whom they are about", async (t) => {
  const h = await ruled(t, [service(1), service(2)]);
  const [one, two] = [await idOf(h, 1), await idOf(h, 2)];
  await h.app.listen({ port: 0, host: "127.0.0.1" });
  const origin = `http://127.0.0.1:${(h.app.server.address() as AddressInfo).port}`;
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const heard: Record<string, string> = { kim: "", vic: "" };
  for (const [name, headers] of [
    ["kim", KID],
    ["vic", VIEWER],
  ] as const) {
    const stream = await fetch(`${origin}/api/v1/events`, { headers, signal: abort.signal });
    const read = async () => {
      for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>)
        heard[name] += Buffer.from(chunk).toString();
    };
    read().catch(() => undefined);
  }
  h.rules.channels = new Set([two]);
  h.rules.changed.emit("kim");
  h.clock.advance(1000);
  for (let i = 0; i < 200 && (heard["kim"]?.match(/event: snapshot/g)?.length ?? 0) < 2; i++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const snapshots = heard["kim"]?.split("event: snapshot\n") ?? [];
  t.match(snapshots[1], new RegExp(one));
  t.notMatch(snapshots[2], new RegExp(one));
  t.equal(heard["vic"]?.match(/event: snapshot/g)?.length, 1);
});

t.test("T22: who zaps waits for cold tunes alone, and four of them are free", async (t) => {
  const services = Array.from({ length: 8 }, (_, n) => service(n + 1));
  const h = await ruled(t, services);
  const key = (serviceId: number): string => `1.10.${serviceId}`;
  const ids = await Promise.all(services.map((_, n) => idOf(h, n + 1)));
  const zap = async (id: string) => {
    const answer = await play(h, VIEWER, id);
    await h.app.inject({ method: "DELETE", url: `/api/v1/playback/${answer.json().id}`, headers: VIEWER });
    return answer.statusCode;
  };
  for (const {
    key: { serviceId },
  } of services)
    h.tuners.states.set(key(serviceId), "shares-tuner");
  for (let i = 0; i < 20; i++) t.equal(await zap(ids[i % 8]!), 200, "warm");
  for (const {
    key: { serviceId },
  } of services)
    h.tuners.states.set(key(serviceId), "free");
  for (let i = 0; i < 4; i++) t.equal(await zap(ids[i]!), 200, "cold");
  const begun = h.sources.length;
  const fifth = h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers: VIEWER,
    payload: { channel: ids[5] },
  });
  await settle();
  t.equal(h.sources.length, begun, "it waits its turn");
  t.equal((await play(h, { "x-client": "wanda" }, ids[6]!)).statusCode, 200, "nobody else does");
  h.clock.advance(1500);
  await settle();
  h.sources.at(-1)?.sink?.tracks([videoTrack(), audioTrack()]);
  h.sources.at(-1)?.randomAccess();
  t.equal((await fifth).statusCode, 200);
});

t.test("T22: a wish that is left while it waits has ended nothing and costs nothing", async (t) => {
  const services = Array.from({ length: 8 }, (_, n) => service(n + 1));
  const h = await ruled(t, services);
  const ids = await Promise.all(services.map((_, n) => idOf(h, n + 1)));
  await h.app.listen({ port: 0, host: "127.0.0.1" });
  const origin = `http://127.0.0.1:${(h.app.server.address() as AddressInfo).port}`;
  const press = (channel: string | undefined): AbortController => {
    const abort = new AbortController();
    const headers = { ...VIEWER, "content-type": "application/json" };
    fetch(`${origin}/api/v1/playback`, {
      method: "POST",
      headers,
      body: JSON.stringify({ channel }),
      signal: abort.signal,
    }).catch(() => undefined);
    return abort;
  };
  const until = async (what: string, there: () => boolean) => {
    for (let n = 0; n < 400 && !there(); n++) await new Promise((resolve) => setTimeout(resolve, 5));
    t.ok(there(), what);
  };
  h.rules.ending = (running) => running.map(({ id }) => id); // one picture at a time
  let watching = "";
  for (const id of ids.slice(0, 4)) watching = (await play(h, VIEWER, id ?? "")).json().hls;
  const begun = h.sources.length;
  for (let n = 0; n < 20; n++) {
    const asked = h.rules.wishes.length;
    const abort = press(ids[4 + (n % 4)]);
    await until("it waits", () => h.rules.wishes.length > asked);
    abort.abort();
  }
  await settle();
  t.equal(h.sources.length, begun, "nothing was tuned");
  t.equal((await h.app.inject(watching)).statusCode, 200, "the picture goes on");
  h.rules.closed = true;
  const refused = await h.app.inject({
    method: "POST",
    url: "/api/v1/playback",
    headers: KID,
    payload: { channel: ids[5] },
  });
  t.equal(refused.json().code, "parental-hours", "what is refused is refused at once");
  press(ids[5]);
  const asked = h.rules.wishes.length;
  await until("the last one waits", () => h.rules.wishes.length > asked);
  t.equal((await h.app.inject(watching)).statusCode, 200);
  h.clock.advance(1500);
  await settle();
  t.equal(h.sources.length, begun + 1, "its turn has come");
  t.match((await h.app.inject(watching)).json(), { detail: { code: "too-many-playbacks" } });
});

t.test(
  "T22: who leaves when the tuner was told has had its turn; one client waits for so many only",
  async (t) => {
    const services = Array.from({ length: 8 }, (_, n) => service(n + 1));
    const h = await ruled(t, services);
    const ids = await Promise.all(services.map((_, n) => idOf(h, n + 1)));
    await h.app.listen({ port: 0, host: "127.0.0.1" });
    const origin = `http://127.0.0.1:${(h.app.server.address() as AddressInfo).port}`;
    for (let n = 0; n < 4; n++) {
      const abort = new AbortController();
      const headers = { ...VIEWER, "content-type": "application/json" };
      const body = JSON.stringify({ channel: ids[n] });
      const left = fetch(`${origin}/api/v1/playback`, {
        method: "POST",
        headers,
        body,
        signal: abort.signal,
      }).catch(() => null);
      for (let i = 0; i < 400 && h.sources.length <= n; i++) await new Promise((go) => setTimeout(go, 5));
      abort.abort();
      await left;
    }
    t.equal(h.sources.length, 4);
    for (let i = 0; i < 400 && !h.sources.at(-1)?.stopped; i++) await new Promise((go) => setTimeout(go, 5));
    const wish = (n: number) =>
      h.app.inject({
        method: "POST",
        url: "/api/v1/playback",
        headers: VIEWER,
        payload: { channel: ids[n] },
      });
    const waiting = [4, 5, 6, 7].map(wish);
    await settle();
    t.equal(h.sources.length, 4, "a fifth waits");
    t.match((await wish(0)).json(), { status: 503, code: "too-many-playbacks" });
    h.clock.advance(1500);
    await settle();
    t.equal(h.sources.length, 5);
    await h.share.stop();
    for (const answer of await Promise.all(waiting)) t.not(answer.statusCode, 200);
  },
);
