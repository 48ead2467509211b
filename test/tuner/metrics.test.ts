import fastify from "fastify";
import fc from "fast-check";
import t from "tap";
import { createMetrics, tunerMetrics } from "../../src/tuner/metrics.ts";
import type { TunerSnapshot } from "../../src/tuner/ports.ts";
import { expose } from "../../src/kernel/prometheus.ts";
import { eventually } from "../helpers/daemon.ts";
import { readExposition } from "./exposition.ts";
import { fakeTuners, Recorder } from "./feeding.ts";

t.test("metrics: every line is of the format, whatever names and figures there are", (t) => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('a"b', "a\\b", "a\nb", '\\n"', "Größe 公視"),
  );
  const figure = fc.option(fc.double());
  const tuner = fc.record({
    name: text,
    state: fc.constantFrom("idle" as const, "streaming" as const, "failed" as const),
    multiplex: fc.option(text),
    strength: figure,
    cnr: figure,
    count: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(tuner, { maxLength: 4 }), fc.array(text, { maxLength: 4 }), (tuners, ids) => {
      const snapshots = tuners.map((one, i): TunerSnapshot => ({
        id: `${i}${ids[i] ?? ""}`,
        name: one.name,
        state: one.state,
        multiplex: one.multiplex,
        error: null,
        signal: { locked: true, strength: one.strength, cnr: one.cnr },
        services: [],
        consumers: ["someone"],
        counters: {
          packets: one.count,
          packetsScanned: one.count,
          continuityErrors: 1,
          transportErrors: 2,
          overflows: 3,
          syncLosses: 4,
        },
      }));
      const families = readExposition(expose(tunerMetrics(snapshots)));
      const samples = families.get("tellyport_tuner_packets_total")?.samples ?? [];
      if (samples.length !== snapshots.length) throw new Error(`${samples.length} tuners`);
      for (const [i, { labels, value }] of samples.entries())
        if (labels["tuner"] !== snapshots[i]?.id || value !== snapshots[i]?.counters.packets)
          throw new Error(`${JSON.stringify(labels)} ${value}`);
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("metrics: a running tuner is told, for owners, and so is the process", async (t) => {
  const { tuners, run, subscribe } = fakeTuners({ drivers: 2, multiplexes: 1 });
  const metrics = createMetrics({
    tuners,
    gauges: [{ name: "tellyport_live_streams", help: "Streams.", read: () => 7 }],
  });
  const app = fastify();
  let access: unknown = null;
  app.addHook("onRoute", (route) => {
    access = (route.config as { access?: unknown } | undefined)?.access ?? access;
  });
  await app.register(metrics.routes);
  await metrics.start?.(new AbortController().signal);
  t.teardown(async () => {
    await metrics.stop?.();
    await tuners.stop?.();
    await app.close();
  });
  t.same(access, { kind: "roles", roles: ["owner"] });
  tuners.start?.(new AbortController().signal);
  await run(6000);
  await subscribe(11, new Recorder());
  await run(500);
  const answer = await app.inject("/metrics");
  t.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  const families = readExposition(answer.body);
  const of = (name: string, labels: Record<string, string> = {}): number | undefined =>
    families
      .get(name)
      ?.samples.find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      ?.value;
  const busy = families
    .get("tellyport_tuner_info")
    ?.samples.find(({ labels }) => labels["multiplex"] === "mux-1");
  const tuner = busy?.labels["tuner"] ?? "none";
  t.equal(of("tellyport_tuner_lock", { tuner }), 1);
  t.equal(of("tellyport_tuner_strength_dbm", { tuner }), -50);
  t.equal(of("tellyport_tuner_cnr_db", { tuner }), 25);
  t.equal(of("tellyport_tuner_state", { tuner, state: "streaming" }), 1);
  t.equal(of("tellyport_tuner_state", { tuner, state: "idle" }), 0);
  t.equal(of("tellyport_tuner_signal_level", { tuner, level: "good" }), 1);
  t.equal(of("tellyport_tuner_consumers", { tuner }), 1);
  t.ok((of("tellyport_tuner_packets_total", { tuner }) ?? 0) > 0);
  for (const name of ["continuity_errors", "transport_errors", "overflows", "sync_losses"])
    t.equal(families.get(`tellyport_tuner_${name}_total`)?.type, "counter", name);
  t.equal(of("tellyport_live_streams"), 7);
  t.ok((of("process_resident_memory_bytes") ?? 0) > 10e6);
  for (const family of families.values()) t.not(family.help, "", family.name);
});

t.test("metrics: a blocked event loop shows, once", async (t) => {
  const { tuners } = fakeTuners({ drivers: 1, multiplexes: 1 });
  const metrics = createMetrics({ tuners });
  const app = fastify();
  await app.register(metrics.routes);
  await metrics.start?.(new AbortController().signal);
  t.teardown(async () => {
    await metrics.stop?.();
    await app.close();
  });
  const lag = async (): Promise<number> =>
    readExposition((await app.inject("/metrics")).body).get("nodejs_eventloop_lag_p99_seconds")?.samples[0]
      ?.value ?? -1;
  await new Promise((resolve) => setTimeout(resolve, 100));
  await lag();
  // Asking begins a new measurement, with the next turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const until = performance.now() + 300;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.ok((await lag()) > 0.2);
  await eventually("a calm loop", async () => (await lag()) < 0.2);
  await metrics.stop?.();
  t.equal(await lag(), 0, "without measurement");
});

t.test("metrics: the reader refuses what is not of the format", (t) => {
  const good = '# HELP a_b What it is.\n# TYPE a_b gauge\na_b{x="1\\"2"} 1.5e-7\n';
  t.same(readExposition(good).get("a_b")?.samples, [{ name: "a_b", labels: { x: '1"2' }, value: 1.5e-7 }]);
  for (const bad of [
    good.slice(0, -1),
    good.replace("1.5e-7", "many"),
    good.replace('\\"', '"'),
    good + good,
    "# TYPE a gauge\nb 1\n",
    '# TYPE a gauge\na{x="1" y="2"} 1\n',
    "# TYPE a counter\na -1\n",
    "\n",
  ])
    t.throws(() => readExposition(bad), JSON.stringify(bad));
  t.end();
});
