import t, { type Test } from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { ms, ticks } from "../../../src/kernel/units.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { createShareFrom } from "../../../src/share/share.ts";
import { fakeTuners } from "../../tuner/feeding.ts";
import { audioTrack, FakeGrants, FakePackager, serve, silent, videoTrack } from "../fakes.ts";

t.test("replacing: a third channel on two tuners ends the client's oldest, and only that", async (t) => {
  const h = await realHouse(t, { drivers: 2, multiplexes: 3 });
  const first = await h.play(11);
  const second = await h.play(21);
  t.equal((await h.channel(31)).availability, "would-displace", "it may be watched");
  t.equal((await h.channel(31, "other")).availability, "busy", "not by others");
  t.equal((await h.channel(12)).availability, "shares-tuner");
  const third = await h.play(31);
  t.equal(third.statusCode, 200, third.body);
  const end = (await h.renew(first.json().id)).json();
  t.match(end, { code: "playback-ended", detail: { code: "displaced" } });
  t.same(end.detail.free, await h.ids(21, 22, 31, 32), "what is received now, and nothing else");
  t.equal(
    end.title,
    "The same client chose another channel, which needed the tuner. You can watch Service 2.1, Service 2.2 or Service 3.1 now.",
  );
  t.equal((await h.renew(second.json().id)).statusCode, 200, "the other one goes on");
  t.equal((await h.renew(third.json().id)).statusCode, 200);
});

t.test("replacing: the one goes that frees a tuner, even when it is not the oldest", async (t) => {
  const h = await realHouse(t, { drivers: 2, multiplexes: 3 });
  const shared = (await h.play(11)).json();
  await h.play(11, "other");
  const own = (await h.play(21)).json();
  t.equal((await h.play(31)).statusCode, 200);
  t.equal((await h.renew(shared.id)).statusCode, 200, "another client watches it too: it holds nothing up");
  t.match((await h.renew(own.id)).json(), { detail: { code: "displaced" } });
});

t.test("replacing: two of one multiplex go together when nothing less helps", async (t) => {
  const h = await realHouse(t, { drivers: 1, multiplexes: 2 });
  const both = [(await h.play(11)).json(), (await h.play(12)).json()];
  t.equal((await h.play(21)).statusCode, 200);
  for (const { id } of both) t.match((await h.renew(id)).json(), { detail: { code: "displaced" } });
});

t.test("replacing: nothing ends when that would not help, and the refusal names channels", async (t) => {
  const h = await realHouse(t, { drivers: 1, multiplexes: 2 });
  const own = (await h.play(11)).json();
  await h.play(12, "other");
  t.equal((await h.channel(21)).availability, "busy");
  const refused = await h.play(21);
  t.match(refused.json(), { status: 503, code: "no-tuner-free" });
  t.same(refused.json().detail.free, await h.ids(11, 12));
  t.match(refused.json().title, /You can watch Service 1\.1 or Service 1\.2 now\.$/);
  t.equal((await h.renew(own.id)).statusCode, 200);
});

t.test("replacing: a role's limit is met by leaving one's own", async (t) => {
  const h = await realHouse(t, { drivers: 3, multiplexes: 3, tunersPerClass: { guest: 1 } });
  const own = (await h.play(11, "g:guest")).json();
  t.equal((await h.channel(21, "g:guest")).availability, "would-displace");
  const refused = await h.play(31, "h:guest");
  t.match(refused.json(), { code: "tuner-limit" });
  t.equal((await h.play(21, "g:guest")).statusCode, 200);
  t.match((await h.renew(own.id, "g:guest")).json(), { detail: { code: "displaced" } });
});

/** A share on real tuners over fake drivers; its media are made up. */
async function realHouse(
  t: Test,
  options: { drivers: number; multiplexes: number; tunersPerClass?: { guest: number } },
) {
  const { drivers, multiplexes, tunersPerClass = {} } = options;
  const { tuners, clock, run, settle } = fakeTuners({
    drivers,
    multiplexes,
    options: { surveyPeriodMs: 1e9, guide: false, tunersPerClass },
  });
  const database = openDatabase(":memory:");
  const share = createShareFrom({
    tuners,
    database,
    clock,
    log: silent,
    grants: new FakeGrants(),
    createSource: ({ key }, weight, consumer) => {
      const abort = new AbortController();
      return {
        start: async (sink, signal) => {
          const subscription = await tuners.subscribe({
            service: key,
            weight,
            consumer,
            signal: AbortSignal.any([signal, abort.signal]),
            sink: {
              streams: () => sink.tracks([videoTrack(), audioTrack()]),
              pes: () => undefined,
              pcr: () => undefined,
              scrambling: () => undefined,
              ended: (code, message, detail) => sink.ended(code, message, detail),
            },
          });
          abort.signal.addEventListener("abort", () => subscription.close());
          const time = ticks(0);
          sink.accessUnit({
            track: 100,
            pts: time,
            dts: time,
            randomAccess: true,
            idr: true,
            data: Buffer.alloc(4),
          });
          return { lock: ms(subscription.timings.lock), pmt: ms(subscription.timings.pmt) };
        },
        stop: () => abort.abort(),
      };
    },
    createPackager: (sink, longest) => new FakePackager(sink, longest),
    convert: (source) => source,
    options: { probe: false, playbackIdleMs: 1e9, streamIdleMs: 1e9 },
  });
  const abort = new AbortController();
  tuners.start?.(abort.signal);
  share.start();
  const app = await serve(share);
  t.teardown(async () => {
    abort.abort();
    share.stop();
    await tuners.stop?.();
    await app.close();
    database.close();
  });
  await run(6000 * multiplexes);

  const list = async (client: string): Promise<Channel[]> =>
    (await app.inject({ url: "/api/v1/channels", headers: { "x-client": client } })).json().channels;
  const channel = async (serviceId: number, client = "phone"): Promise<Channel> => {
    const name = `Service ${String(serviceId).split("").join(".")}`;
    const found = (await list(client)).find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  return {
    channel,
    ids: (...services: number[]) =>
      Promise.all(services.map(async (serviceId) => (await channel(serviceId)).id)),
    play: async (serviceId: number, client = "phone") => {
      const { id } = await channel(serviceId, client);
      return settle(
        app
          .inject({
            method: "POST",
            url: "/api/v1/playback",
            headers: { "x-client": client },
            payload: { channel: id },
          })
          .then((answer) => answer),
      );
    },
    renew: (id: string, client = "phone") =>
      app.inject({ method: "POST", url: `/api/v1/playback/${id}/renew`, headers: { "x-client": client } }),
  };
}
