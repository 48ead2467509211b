import { openSync, readSync } from "node:fs";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { Packager } from "../../src/share/live/packaging/packager.ts";
import type { MediaBytes, SegmentSink } from "../../src/share/live/packaging/ports.ts";
import { SlabPool } from "../../src/share/live/packaging/slab-pool.ts";
import { createServiceSource } from "../../src/share/live/service-source.ts";
import { MuxSession } from "../../src/tuner/mux-session.ts";
import type { PacketSink, TunerDriver, Tuners } from "../../src/tuner/ports.ts";

/** Packages one service of a transport stream as fast as it goes, and prints what that cost. `argv`: path, service id. */

const [path = "", service = "1"] = process.argv.slice(2);
const CHUNK = Buffer.alloc(188 * 1024);
/** Segments of each rendition that are held, as a server would. */
const WINDOW = 12;
/** Up to here everything is start-up. */
const WARM = 0.5;

const file = openSync(path, "r");
let bytes = 0;
let total = 0;
for (let size = 1; size > 0; total += size) size = readSync(file, CHUNK, 0, CHUNK.length, total);

const log = createLog({ level: "error" });
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

function play(sink: PacketSink, done: () => void): void {
  let warm: { cpu: number; bytes: number } | null = null;
  const turn = (): void => {
    for (let i = 0; i < 4; i++) {
      const size = readSync(file, CHUNK, 0, CHUNK.length, bytes);
      if (size <= 0) {
        const from = warm ?? { cpu: 0, bytes: 0 };
        const seconds = (cpu() - from.cpu) / ((bytes - from.bytes) / 1e9);
        console.log(JSON.stringify({ secondsPerGb: seconds, segments, payload, bytes }));
        done();
        return;
      }
      sink.packets(size === CHUNK.length ? CHUNK : CHUNK.subarray(0, size), systemClock.monotonic());
      bytes += size;
      if (warm === null && bytes >= total * WARM) warm = { cpu: cpu(), bytes };
    }
    setImmediate(turn);
  };
  setImmediate(turn);
}

let finished = (): void => undefined;
const driver: TunerDriver = {
  id: "bench",
  name: "bench",
  accepts: () => true,
  tune: async (_multiplex, sink) => play(sink, () => finished()),
  filter: () => undefined,
  signal: () => ({ locked: true, strength: null, cnr: null }),
  close: async () => undefined,
};
const session = new MuxSession({
  driver,
  multiplex: { id: "bench", delivery: { system: "file", path } },
  clock: systemClock,
  log,
  events: {
    lineup: () => undefined,
    guide: () => undefined,
    changed: () => undefined,
    idle: () => undefined,
    ended: () => undefined,
  },
});
const tuners: Tuners = {
  services: () => [],
  async subscribe({ sink, weight, consumer, select, signal }) {
    const request = { serviceId: Number(service), weight, consumer, sink, select: select ?? (() => true) };
    const subscription = await session.subscribe(request, signal);
    return { timings: { lock: 0, pmt: 0 }, close: () => subscription.close() };
  },
  availability: () => "free",
  snapshot: () => [],
  on: () => () => undefined,
};

let segments = 0;
let payload = 0;
const held: MediaBytes[] = [];
let renditions = 1;
const sink: SegmentSink = {
  renditions: (list) => (renditions = list.length),
  part: ({ data }) => data.release(),
  segment({ data }) {
    segments++;
    payload += data.length;
    held.push(data);
    if (held.length > WINDOW * renditions) held.shift()?.release();
  },
  randomAccess: () => undefined,
  ended: () => undefined,
};
const source = createServiceSource({
  tuners,
  service: { originalNetworkId: 0, transportStreamId: 1, serviceId: Number(service) },
  weight: "viewer",
  consumer: "bench",
  clock: systemClock,
  log,
});
finished = () => {
  source.stop();
  void session.close("stopping", "The stream is over.");
};
session.start();
await source.start(
  new Packager({ sink, pool: new SlabPool(), clock: systemClock }),
  new AbortController().signal,
);
