import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { createSatipSource } from "../../../../src/tuner/drivers/satip/index.ts";
import type { Multiplex, Service } from "../../../../src/tuner/ports.ts";
import { createTuners } from "../../../../src/tuner/tuners.ts";
import { FakeSatipServer } from "../../../helpers/fake-satip-server.ts";
import { Recorder } from "../../feeding.ts";
import { generateCapture } from "../file/generated-capture.ts";
import { eventually, FIRST, log, SECOND } from "./satip-fixtures.ts";

const LINGER_MS = 300;

/** As an earlier scan found it. */
const known = (id: number, name: string, multiplex: Multiplex): Service => ({
  key: { originalNetworkId: 1, transportStreamId: id, serviceId: id },
  multiplex,
  name,
  provider: null,
  kind: "tv",
  lcn: null,
  visible: true,
  scrambled: false,
  onAir: true,
});

/** A pool on two front ends of a server with two multiplexes. */
async function pool(t: { teardown(fn: () => unknown): void }) {
  const stream = (transportStreamId: number, name: string): Buffer =>
    generateCapture({ seconds: 2, transportStreamId, services: [{ id: transportStreamId, name }] });
  const fake = await new FakeSatipServer({
    "11494": stream(1, "First"),
    "11612": stream(2, "Second"),
  }).start();
  const source = createSatipSource({
    clock: systemClock,
    log,
    discover: false,
    servers: [{ host: "127.0.0.1", port: fake.port, capabilities: "DVBS2-2", frontends: [] }],
    transport: "auto",
    satellites: [],
    periodMs: 100,
  });
  const tuners = createTuners({
    sources: [source],
    clock: systemClock,
    log,
    options: { lingerMs: LINGER_MS, survey: false },
  });
  t.teardown(async () => {
    await tuners.stop?.();
    await source.close();
    await fake.close();
  });
  tuners.setMultiplexes([FIRST, SECOND], [known(1, "First", FIRST), known(2, "Second", SECOND)]);
  await tuners.start?.(new AbortController().signal);
  return { fake, tuners };
}

t.test("satip: the pool", { jobs: 2 }, async (t) => {
  t.test(
    "under the pool a session lives from the first viewer to the end of the linger",
    { buffered: true },
    async (t) => {
      const { fake, tuners } = await pool(t);
      const service = tuners.services().find((each) => each.name === "First")!;
      const recorder = new Recorder();
      const watched = await tuners.subscribe({
        service: service.key,
        weight: "viewer",
        consumer: "a",
        sink: recorder,
      });
      await eventually("pictures", () => recorder.packets.length > 20);
      const setups = fake.asked("SETUP").length;
      const second = new Recorder();
      const again = await tuners.subscribe({
        service: service.key,
        weight: "viewer",
        consumer: "b",
        sink: second,
      });
      await eventually("pictures", () => second.packets.length > 5);
      t.equal(fake.asked("SETUP").length, setups, "two viewers are one session");
      const pids = [...fake.sessions.values()][0]?.pids;
      t.ok(
        pids !== "all" && pids?.has(0x101) && pids.has(0),
        "which carries what is watched, not the whole multiplex",
      );
      watched.close();
      const from = performance.now();
      again.close();
      await eventually("the end of the session", () => fake.sessions.size === 0);
      const ended = (fake.asked("TEARDOWN").at(-1)?.at ?? Infinity) - from;
      t.ok(ended >= LINGER_MS - 20, `not before the linger is over (${Math.round(ended)} ms)`);
      t.ok(ended < LINGER_MS + 5000, `and soon after its end (${Math.round(ended)} ms)`);
    },
  );

  t.test(
    "a server that goes under a viewer is told, and comes back as tuners",
    { buffered: true },
    async (t) => {
      const { fake, tuners } = await pool(t);
      const service = tuners.services().find((each) => each.name === "Second")!;
      const recorder = new Recorder();
      await tuners.subscribe({ service: service.key, weight: "viewer", consumer: "a", sink: recorder });
      await eventually("pictures", () => recorder.packets.length > 5);
      const { port } = fake;
      const from = performance.now();
      await fake.die();
      await eventually("an end", () => recorder.end !== null);
      // On a crowded machine the silence, or that nothing is said of a lock any more, is seen before the closed connection.
      t.ok(["device-gone", "no-data", "no-lock"].includes(recorder.end ?? ""), `${recorder.end}`);
      t.ok(performance.now() - from < 3000, `within 3 s (${Math.round(performance.now() - from)} ms)`);
      await eventually("no tuner", () => tuners.snapshot().length === 0);
      await fake.start(port);
      await eventually("two tuners", () => tuners.snapshot().length === 2);
    },
  );
});
