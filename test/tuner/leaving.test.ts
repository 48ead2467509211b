import t from "tap";
import type { Subscription, WeightClass } from "../../src/tuner/ports.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

const key = (serviceId: number) => ({
  originalNetworkId: 99,
  transportStreamId: Math.floor(serviceId / 10),
  serviceId,
});
const SERVICES = [11, 12, 21, 22, 31, 32];

t.test("availability: what is said for when somebody leaves is so once they have left", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({
    drivers: 2,
    multiplexes: 3,
    options: { surveyPeriodMs: 1e9, guide: false, tunersPerClass: { guest: 1 } },
  });
  tuners.start?.(new AbortController().signal);
  await run(18_000);
  const before = SERVICES.map((serviceId) => tuners.availability(key(serviceId), "viewer"));
  const cases: readonly (readonly [number, WeightClass])[][] = [
    [
      [11, "viewer"],
      [21, "viewer"],
    ],
    [
      [11, "viewer"],
      [12, "viewer"],
      [21, "owner"],
    ],
    [
      [11, "viewer"],
      [11, "viewer"],
      [21, "viewer"],
    ],
    [
      [11, "viewer"],
      [11, "recording"],
      [21, "recording"],
    ],
    [
      [11, "guest"],
      [21, "viewer"],
    ],
  ];
  for (const held of cases) {
    const subscriptions: Subscription[] = [];
    for (const [serviceId, weight] of held)
      subscriptions.push(await subscribe(serviceId, new Recorder(), { weight }));
    for (const weight of ["viewer", "guest"] as const) {
      const own = held.flatMap(([serviceId, of], at) => (of === weight ? [{ serviceId, at }] : []));
      const leaving = [...new Map(own.map((one) => [one.serviceId, one])).values()];
      const told = SERVICES.map((serviceId) =>
        tuners.availability(
          key(serviceId),
          weight,
          leaving.map((one) => key(one.serviceId)),
        ),
      );
      for (const { at } of leaving) subscriptions[at]?.close();
      const isBusy = (serviceId: number): boolean => tuners.availability(key(serviceId), weight) === "busy";
      t.same(
        told.map((one) => one === "busy"),
        SERVICES.map(isBusy),
        `${weight} of ${JSON.stringify(held)}`,
      );
    }
    for (const subscription of subscriptions) subscription.close();
    await run(30_000);
  }
  t.same(
    SERVICES.map((serviceId) => tuners.availability(key(serviceId), "viewer")),
    before,
    "asking changes nothing",
  );
  await tuners.stop?.();
});
