import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { ChannelList } from "../../../src/share/channels/channel-list.ts";
import { createChannelStore } from "../../../src/share/channels/channel-store.ts";
import { Prober } from "../../../src/share/channels/prober.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import type { Service } from "../../../src/tuner/ports.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { FakeSource, FakeTuners, audioTrack, service, settle, silent, videoTrack } from "../fakes.ts";

function scene(t: { teardown(fn: () => unknown): unknown }, services: Service[]) {
  FakeSource.failWith = null;
  const database = openDatabase(":memory:");
  database.migrate("share", SHARE_MIGRATIONS);
  const clock = new FakeClock();
  const tuners = new FakeTuners(services);
  const channels = new ChannelList({ tuners, store: createChannelStore(database), clock, log: silent });
  channels.start();
  const sources: FakeSource[] = [];
  const prober = new Prober({
    channels,
    clock,
    log: silent,
    createSource: (of, weight) => {
      const source = new FakeSource(of, weight);
      sources.push(source);
      return source;
    },
  });
  t.teardown(() => {
    prober.stop();
    channels.stop();
    database.close();
  });
  prober.start();
  return { clock, tuners, channels, prober, sources };
}

t.test(
  "prober: learns one channel after another with the lightest weight, and stops when it knows",
  async (t) => {
    const { clock, channels, sources } = scene(t, [service(1), service(2, { kind: "radio" })]);
    clock.advance(500);
    t.equal(sources.length, 1);
    t.equal(sources[0]?.weight, "idleScan");
    sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
    sources[0]?.randomAccess(false);
    await settle();
    t.notOk(sources[0]?.stopped, "one random access point is not enough");
    sources[0]?.randomAccess(false);
    await settle();
    t.ok(sources[0]?.stopped);
    t.equal(channels.all()[0]?.codecs?.video?.family, "avc-recovery-point");
    clock.advance(500);
    t.equal(sources.length, 2);
    sources[1]?.sink?.tracks([audioTrack()]);
    await settle();
    t.ok(sources[1]?.stopped);
    clock.advance(120_000);
    t.equal(sources.length, 2, "nothing left to learn");
  },
);

t.test("prober: leaves alone what is scrambled, data, hidden, known or not to be had", async (t) => {
  const { clock, sources, tuners } = scene(t, [
    service(1, { scrambled: true }),
    service(2, { kind: "data" }),
    service(3, { visible: false }),
    service(4),
    service(5),
  ]);
  tuners.states.set("1.10.4", "busy");
  tuners.states.set("1.10.5", "would-displace");
  clock.advance(61_000);
  t.equal(sources.length, 0);
  tuners.states.set("1.10.5", "shares-tuner");
  clock.advance(61_000);
  t.equal(sources[0]?.service.key.serviceId, 5);
});

t.test("prober: prefers the multiplex that is received anyway", (t) => {
  const { clock, sources, tuners } = scene(t, [service(1), service(2)]);
  tuners.states.set("1.10.2", "shares-tuner");
  clock.advance(500);
  t.equal(sources[0]?.service.key.serviceId, 2);
  t.end();
});

t.test("prober: gives up after six seconds, when displaced, and comes back later", async (t) => {
  const { clock, sources } = scene(t, [service(1)]);
  clock.advance(500);
  clock.advance(6000);
  await settle();
  t.ok(sources[0]?.stopped);
  clock.advance(9 * 60_000);
  t.equal(sources.length, 1);
  clock.advance(2 * 60_000);
  t.equal(sources.length, 2);
  await settle();
  sources[1]?.sink?.ended("displaced", "a viewer came");
  await settle();
  t.ok(sources[1]?.stopped);
  clock.advance(19 * 60_000);
  t.equal(sources.length, 2, "the second wait is longer");
  clock.advance(2 * 60_000);
  t.equal(sources.length, 3);
});

t.test("prober: stops at once with the daemon", async (t) => {
  const { clock, sources, prober } = scene(t, [service(1)]);
  clock.advance(500);
  prober.stop();
  await settle();
  t.ok(sources[0]?.stopped);
});
