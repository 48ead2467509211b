import t from "tap";
import fastify from "fastify";
import { tunerRoutes } from "../../src/tuner/routes.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

t.test("routes: the tuners are told as the schema says", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({ drivers: 2, multiplexes: 1 });
  const app = fastify();
  t.teardown(() => app.close());
  let access: unknown = null;
  app.addHook("onRoute", (route) => {
    access = (route.config as { access?: unknown } | undefined)?.access ?? access;
  });
  await app.register(tunerRoutes(tuners));
  t.same(access, { kind: "roles", roles: ["owner"] });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  await subscribe(11, new Recorder());
  await run(500);
  const answer = await app.inject("/api/v1/tuners");
  t.equal(answer.statusCode, 200);
  const body = answer.json();
  t.match(
    body.tuners.find((tuner: { multiplex: string | null }) => tuner.multiplex !== null),
    {
      state: "streaming",
      multiplex: "mux-1",
      error: null,
      signal: {
        strength: -50,
        cnr: 25,
        quality: null,
        bitErrorRatio: null,
        uncorrectedBlocks: null,
        verdict: { level: "good", code: "received", text: "received: 25 dB", margin: null },
      },
      consumers: ["consumer of 11"],
      services: [
        { id: 11, name: "Service 1.1" },
        { id: 12, name: "Service 1.2" },
      ],
    },
  );
  t.match(
    body.tuners.find((tuner: { multiplex: string | null }) => tuner.multiplex === null),
    {
      state: "idle",
      signal: null,
      consumers: [],
    },
  );
  for (const { counters } of body.tuners) t.equal(counters.packets, counters.packetsScanned);
  await tuners.stop?.();
});
