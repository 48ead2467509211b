import t from "tap";
import type { Tuner } from "../../../src/protocol/api.ts";
import { EventStreams } from "../../../src/share/events/event-streams.ts";
import { TunerWatch } from "../../../src/share/events/tuner-watch.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { principal, settle } from "../fakes.ts";

const tuner = (more: Partial<Tuner> = {}): Tuner => ({
  id: "t1",
  name: "Tuner",
  state: "streaming",
  multiplex: "mux-1",
  error: null,
  signal: signal("good", 25),
  services: [],
  consumers: [],
  counters: {
    packets: 0,
    packetsScanned: 0,
    continuityErrors: 0,
    transportErrors: 0,
    overflows: 0,
    syncLosses: 0,
  },
  ...more,
});

function signal(level: "poor" | "good", cnr: number): Tuner["signal"] {
  return { strength: -50, cnr, verdict: { level, code: "strong", text: `${cnr} dB`, margin: null } };
}

t.test("tuner watch: a change of state or level is told once; figures alone are not", (t) => {
  const clock = new FakeClock();
  const told: Tuner[][] = [];
  let now = [tuner()];
  const watch = new TunerWatch({ clock, tuners: () => now, tell: (tuners) => told.push(tuners) });
  const then = (tuners: Tuner[]): void => {
    now = tuners;
    for (let i = 0; i < 5; i++) watch.look();
    clock.advance(250);
  };
  then([tuner({ signal: signal("good", 24), consumers: ["someone"] })]);
  t.equal(told.length, 0);
  then([tuner({ signal: signal("poor", 12) })]);
  t.same(told.pop(), now, "a level");
  then([tuner({ state: "degraded", signal: signal("poor", 12) })]);
  t.same(told.pop(), now, "a state");
  then([tuner({ state: "failed", multiplex: null, signal: null, error: "device-gone" })]);
  t.same(told.pop(), now, "a failure");
  then([]);
  t.same(told.pop(), [], "one that is unplugged");
  then([]);
  t.equal(told.length, 0);
  watch.look();
  watch.stop();
  t.equal(clock.pending, 0);
  t.end();
});

t.test("tuner watch: owners are told, others are not", async (t) => {
  const clock = new FakeClock();
  const events = new EventStreams({ channels: () => [], clock, inAll: 3, perClient: 2 });
  const texts: string[] = [];
  const listen = (role: "owner" | "viewer"): void => {
    const stream = events.open({ ...principal(role), role });
    stream.on("data", (chunk: Buffer) => texts.push(`${role} ${chunk.toString().split("\n")[0]}`));
    t.teardown(() => stream.destroy());
  };
  listen("owner");
  listen("viewer");
  let now = [tuner()];
  const watch = new TunerWatch({
    clock,
    tuners: () => now,
    tell: (tuners) => events.tellOwners("tuners", { tuners }),
  });
  now = [tuner({ state: "degraded" })];
  watch.look();
  clock.advance(250);
  await settle();
  t.same(texts.sort(), ["owner event: snapshot", "owner event: tuners", "viewer event: snapshot"]);
});
