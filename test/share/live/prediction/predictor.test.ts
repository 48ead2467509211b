import t from "tap";
import { TellyportError } from "../../../../src/kernel/errors.ts";
import { likelyNext } from "../../../../src/share/live/prediction/likely-next.ts";
import type { ListedChannel } from "../../../../src/share/channels/stored-channel.ts";
import type { SubscribeRequest, Subscription } from "../../../../src/tuner/ports.ts";
import { serviceKeyText } from "../../../../src/tuner/ports.ts";
import { FakeTuners, house, service, settle, videoTrack, type House } from "../../fakes.ts";

const channel = (id: string, more: Partial<ListedChannel> = {}) =>
  ({ id, visible: true, scrambled: false, kind: "tv", favourite: false, ...more }) as ListedChannel;
const ids = (channels: readonly ListedChannel[]) => channels.map(({ id }) => id).join(" ");

t.test("prediction: back, next, previous, favourites; never what is watched, hidden or encrypted", (t) => {
  const list = ["a", "b", "c", "d", "e", "f"].map((id) => channel(id, { favourite: id === "f" }));
  t.equal(ids(likelyNext([{ channel: "c", previous: "e" }], list)), "e d b f");
  t.equal(ids(likelyNext([{ channel: "a", previous: null }], list)), "b f", "the list is a ring");
  t.equal(
    ids(
      likelyNext(
        [
          { channel: "c", previous: "d" },
          { channel: "d", previous: "c" },
        ],
        list,
      ),
    ),
    "e b f",
  );
  const closed = [
    channel("a"),
    channel("b", { visible: false }),
    channel("c", { scrambled: true }),
    channel("d"),
  ];
  t.equal(ids(likelyNext([{ channel: "a", previous: null }], closed)), "d");
  t.equal(ids(likelyNext([{ channel: "gone", previous: "gone too" }], closed)), "");
  t.end();
});

/** Tuners that say yes, so many at a time, and remember who asked. */
class Patient extends FakeTuners {
  free = 1;
  readonly held: string[] = [];
  readonly requests: SubscribeRequest[] = [];
  failWith: TellyportError | null = null;

  override subscribe(request: SubscribeRequest): Promise<Subscription> {
    if (this.failWith !== null) return Promise.reject(this.failWith);
    this.requests.push(request);
    const key = serviceKeyText(request.service);
    this.held.push(key);
    const close = (): void => void this.held.splice(this.held.indexOf(key), 1);
    return Promise.resolve({ timings: { lock: 1, pmt: 1 }, close });
  }

  override availability(key: SubscribeRequest["service"], weight?: string) {
    if (weight !== "predictive") return super.availability(key);
    return this.held.includes(serviceKeyText(key))
      ? "shares-tuner"
      : this.held.length < this.free
        ? "free"
        : "busy";
  }
}

const on = (multiplex: number) =>
  ({ multiplex: { id: `mock-${multiplex}`, delivery: { system: "mock", index: multiplex } } }) as const;

/** Channels 1 and 2 on one multiplex, 3, 4 and 5 on one each. */
const SERVICES = [
  service(1, { lcn: 1, ...on(1) }),
  service(2, { lcn: 2, ...on(1) }),
  service(3, { lcn: 3, ...on(2) }),
  service(4, { lcn: 4, ...on(3) }),
  service(5, { lcn: 5, ...on(4) }),
];

/** Nobody fetches media here, and is watching all the same. */
const LASTING = { playbackIdleMs: 1e9, streamIdleMs: 1e9 };

async function watch(h: House, number: number, client = "phone"): Promise<string> {
  const headers = { "x-client": client };
  const list = (await h.app.inject({ url: "/api/v1/channels", headers })).json();
  const channel = list.channels.find((one: { number: number }) => one.number === number).id;
  const answer = h.app.inject({ method: "POST", url: "/api/v1/playback", headers, payload: { channel } });
  await settle();
  h.sources.at(-1)?.sink?.tracks([videoTrack()]);
  h.sources.at(-1)?.randomAccess();
  await settle();
  return (await answer).json().id;
}

t.test(
  "prediction: an idle tuner waits where the next channel is, at the lowest weight, as long as somebody watches",
  async (t) => {
    const tuners = new Patient([...SERVICES]);
    const h = await house(t, SERVICES, { ...LASTING, predictiveTuners: 2 }, undefined, tuners);
    t.same(tuners.held, [], "nobody watches");
    const leave = (id: string) =>
      h.app.inject({ method: "DELETE", url: `/api/v1/playback/${id}`, headers: { "x-client": "phone" } });
    const first = await watch(h, 2);
    t.same(tuners.held, ["1.10.3"], "the next of the list; the one before is on the same multiplex");
    t.match(tuners.requests[0], { weight: "predictive", consumer: String });
    t.equal(tuners.requests[0]?.select?.({} as never), false, "it takes nothing");
    const second = await watch(h, 4);
    await leave(first);
    t.same(tuners.held, ["1.10.2"], "back to where the phone came from goes before the next");
    tuners.free = 2;
    h.clock.advance(5000);
    await settle();
    t.same(tuners.held.length, 2, "a tuner became idle");
    tuners.requests.at(-1)?.sink.ended("displaced", "Somebody needs it.");
    tuners.held.pop();
    tuners.free = 1;
    h.clock.advance(5000);
    await settle();
    t.equal(tuners.held.length, 1, "it gives way without a word");
    await leave(second);
    t.same(tuners.held, [], "nobody watches any more");
  },
);

t.test("prediction: a multiplex that cannot be had is left alone for a minute", async (t) => {
  const tuners = new Patient([...SERVICES]);
  const h = await house(t, SERVICES, { ...LASTING, predictiveTuners: 1 }, undefined, tuners);
  tuners.failWith = new TellyportError("no-lock", "nothing there");
  await watch(h, 2);
  tuners.failWith = null;
  h.clock.advance(5000);
  await settle();
  t.notOk(tuners.held.includes("1.10.3"));
  h.clock.advance(60_000);
  await settle();
  t.ok(tuners.held.includes("1.10.3"));
});
