import fc from "fast-check";
import t from "tap";
import { isTellyportError } from "../../src/kernel/errors.ts";
import { createTuners } from "../../src/tuner/tuners.ts";
import { WEIGHTS, type ServiceKey, type Subscription, type WeightClass } from "../../src/tuner/ports.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { FakeTuner } from "../helpers/fake-tuner.ts";
import { multiplex, Recorder, second, silentLog } from "./feeding.ts";

const CLASSES = Object.keys(WEIGHTS) as WeightClass[];
const settle = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
};

interface Watching {
  readonly sink: Recorder;
  readonly weight: WeightClass;
  readonly multiplex: string;
  readonly subscription: Subscription;
}

/** A pool of three tuners and four multiplexes whose services are known. */
async function scene() {
  const clock = new FakeClock();
  const accepts = [
    [1, 2, 3, 4],
    [1, 2],
    [3, 4],
  ];
  const drivers = accepts.map(
    (indexes, i) =>
      new FakeTuner(`fake-${i}`, clock, { accepts: ({ id }) => indexes.includes(Number(id.slice(4))) }),
  );
  const tuners = createTuners({
    sources: [{ drivers, multiplexes: [1, 2, 3, 4].map(multiplex) }],
    clock,
    log: silentLog,
    options: { survey: false, lingerMs: 1000 },
  });
  const feed = async (): Promise<void> => {
    await settle();
    for (const driver of drivers)
      if (driver.multiplex !== null)
        driver.feed(second(Number(driver.multiplex.id.slice(4))).subarray(0, 188 * 40));
    await settle();
  };
  for (const index of [1, 2, 3, 4]) {
    const visit = tuners.visit({
      multiplex: multiplex(index),
      weight: "scan",
      consumer: "test",
      signal: new AbortController().signal,
      enough: ({ tables }) => tables.hasPat && tables.hasSdt,
      longestMs: 5000,
    });
    await feed();
    clock.advance(250);
    const { tables } = await visit;
    tuners.setMultiplexes(
      [1, 2, 3, 4].map(multiplex),
      tables.services().map((service) => ({ ...service, onAir: true })),
    );
  }
  return { clock, drivers, tuners, feed };
}

const key = (index: number): ServiceKey => ({
  originalNetworkId: 99,
  transportStreamId: index,
  serviceId: index * 10 + 1,
});

type Step =
  | {
      readonly kind: "ask";
      readonly index: number;
      readonly weight: WeightClass;
      readonly withdrawn: boolean;
    }
  | { readonly kind: "leave" | "plug"; readonly nth: number }
  | { readonly kind: "wait"; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("ask" as const),
        index: fc.integer({ min: 1, max: 4 }),
        weight: fc.constantFrom(...CLASSES),
        withdrawn: fc.nat(9).map((n) => n === 0),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), nth: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("plug" as const), nth: fc.nat(2) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 3000 }) }),
    },
  ),
  { minLength: 4, maxLength: 16 },
);

t.test("pool: whatever is asked, left and unplugged, real sessions keep the arbiter's rules", async (t) => {
  let asked = 0;
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { clock, drivers, tuners, feed } = await scene();
      const out = new Set<number>();
      let watching: Watching[] = [];
      for (const step of sequence) {
        const before = watching.map((one) => one.sink.end);
        switch (step.kind) {
          case "ask": {
            asked++;
            const abort = new AbortController();
            const sink = new Recorder();
            const pending = tuners
              .subscribe({
                service: key(step.index),
                weight: step.weight,
                consumer: "test",
                sink,
                signal: abort.signal,
              })
              .then(
                (subscription) => subscription,
                (error: unknown) => {
                  if (isTellyportError(error)) return error;
                  throw error;
                },
              );
            if (step.withdrawn) abort.abort();
            await feed();
            const answer = await pending;
            if (isTellyportError(answer)) {
              const codes = ["no-tuner-free", "tuner-limit", "device-gone", "request-cancelled"];
              if (!codes.includes(answer.code)) throw new Error(`refused with ${answer.code}`);
              if (answer.code === "no-tuner-free" && answer.detail?.reason !== "busy")
                throw new Error("no reason");
            } else if (!step.withdrawn)
              watching.push({
                sink,
                weight: step.weight,
                multiplex: `mux-${step.index}`,
                subscription: answer,
              });
            for (const [i, one] of watching.entries())
              if (one.sink.end === "displaced" && before[i] === null) {
                const by = one.sink.detail?.by as WeightClass;
                if (WEIGHTS[by] <= WEIGHTS[one.weight]) throw new Error(`${one.weight} went for ${by}`);
              }
            break;
          }
          case "leave":
            watching.splice(step.nth % Math.max(1, watching.length), 1)[0]?.subscription.close();
            break;
          case "plug": {
            const driver = drivers[step.nth]!;
            if (out.delete(step.nth)) driver.plugIn();
            else {
              out.add(step.nth);
              driver.unplug();
            }
            break;
          }
          case "wait":
            for (let left = step.ms; left > 0; left -= 250) {
              clock.advance(Math.min(250, left));
              await feed();
            }
        }
        await feed();
        ended += watching.filter((one) => one.sink.end !== null).length;
        watching = watching.filter((one) => one.sink.end === null);
        const snapshot = tuners.snapshot();
        const held = snapshot.flatMap((tuner) => tuner.multiplex ?? []);
        if (new Set(held).size !== held.length) throw new Error("a multiplex is received twice");
        const consumers = snapshot.flatMap((tuner) => tuner.consumers).length;
        if (consumers !== watching.length)
          throw new Error(`${consumers} held for ${watching.length} who watch`);
        for (const one of watching)
          if (!held.includes(one.multiplex)) throw new Error(`${one.multiplex} is watched and not received`);
      }
      for (const one of watching) one.subscription.close();
      clock.advance(1000);
      await settle();
      if (tuners.snapshot().some((tuner) => tuner.multiplex !== null))
        throw new Error("a tuner is held for nobody");
      await tuners.stop?.();
      if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
    }),
    { numRuns: 200 },
  );
  t.ok(asked > 400 && ended > 50, `${asked} requests, ${ended} ended`);
});
