import { pino } from "pino";
import t from "tap";
import { Lifecycle, type Component } from "../../src/kernel/lifecycle.ts";
import { ms } from "../../src/kernel/units.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const log = pino({ level: "silent" });
const recorder =
  (events: string[]) =>
  (name: string, extra: Partial<Component> = {}): Component => ({
    name,
    start: () => void events.push(`+${name}`),
    stop: () => void events.push(`-${name}`),
    ...extra,
  });

t.test("lifecycle: starts in order, stops in reverse, once", async (t) => {
  const events: string[] = [];
  const part = recorder(events);
  const lifecycle = new Lifecycle({ log, clock: new FakeClock() });
  await lifecycle.start([part("a"), part("b"), part("c")]);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  t.same(events, ["+a", "+b", "+c", "-c", "-b", "-a"]);
});

t.test("lifecycle: a failed start undoes what started and says why", async (t) => {
  const events: string[] = [];
  const part = recorder(events);
  const lifecycle = new Lifecycle({ log, clock: new FakeClock() });
  const broken = part("b", {
    start: () => {
      throw new Error("no");
    },
  });
  await t.rejects(lifecycle.start([part("a"), broken, part("c")]), /no/);
  t.same(events, ["+a", "-a"]);
});

t.test("lifecycle: a component that hangs or throws does not keep the others alive", async (t) => {
  const events: string[] = [];
  const part = recorder(events);
  const lifecycle = new Lifecycle({ log, clock: new FakeClock(), stopDeadline: ms(20) });
  await lifecycle.start([
    part("a"),
    part("hangs", { stop: () => new Promise(() => undefined) }),
    part("throws", {
      stop: () => {
        throw new Error("x");
      },
    }),
  ]);
  await lifecycle.stop();
  t.same(events.at(-1), "-a");
});
