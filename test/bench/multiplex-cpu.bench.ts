import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { ms } from "../../src/kernel/units.ts";
import { MuxSession } from "../../src/tuner/mux-session.ts";
import type { PacketSink, ServiceSink, TunerDriver } from "../../src/tuner/ports.ts";
import { encodePat } from "../../src/tuner/si/pat.ts";
import { encodePmt } from "../../src/tuner/si/pmt.ts";
import { tsPacket } from "../helpers/ts-packets.ts";
import { median, rounded, type Figure } from "./figure.ts";

const SERVICES = 12;
/** A frame of 25 a second is a round of the generated multiplex: 1064 packets make 40.0 Mb/s. */
const ROUND_PACKETS = 1064;
const VIDEO_PACKETS = 82;
const AUDIO_PACKETS = 6;
/** 16 times 16, so that each PID's counter has come round and a second turn follows the first. */
const ROUNDS = 256;
const STREAM_SECONDS = ROUNDS / 25;
/** As a driver delivers: 20 ms. */
const CHUNK_BYTES = (188 * ROUND_PACKETS) / 2;
const TURNS = 7;

const pmtPid = (service: number): number => 0x20 + service;
const videoPid = (service: number): number => 0x100 + 2 * service;
const audioPid = (service: number): number => 0x101 + 2 * service;

/** 10.24 s of twelve services of 3.1 Mb/s, PAT and PMTs in turn, the rest null packets. */
function multiplex(): Buffer {
  const stream = Buffer.alloc(188 * ROUND_PACKETS * ROUNDS);
  const counters = new Uint8Array(0x2000);
  const services = Array.from({ length: SERVICES }, (_, index) => index + 1);
  const tables: [number, Buffer][] = [
    [
      0,
      encodePat({
        transportStreamId: 1,
        version: 0,
        current: true,
        sectionNumber: 0,
        lastSectionNumber: 0,
        networkPid: null,
        programs: services.map((serviceId) => ({ serviceId, pid: pmtPid(serviceId) })),
      }),
    ],
    ...services.map((serviceId): [number, Buffer] => [pmtPid(serviceId), pmtOf(serviceId)]),
  ];
  let at = 0;
  const put = (pid: number, payload: Buffer, start: boolean, table = false): void => {
    const cc = counters[pid] ?? 0;
    counters[pid] = (cc + 1) & 15;
    tsPacket({ pid, cc, payload, payloadUnitStart: start, stuff: table ? "payload" : "adaptation" }).copy(
      stream,
      at,
    );
    at += 188;
  };
  const body = Buffer.alloc(184, 0xa5);
  const unit = (pid: number, streamId: number, packets: number, index: number): void => {
    for (let i = 0; i < packets; i++) put(pid, i === 0 ? pesStart(streamId, index) : body, i === 0);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const [pid, section] = tables[round % 16] ?? [0x1fff, null];
    if (section !== null) put(pid, Buffer.concat([Buffer.of(0), section]), true, true);
    const limit = (round + 1) * ROUND_PACKETS * 188;
    for (const service of services) {
      unit(videoPid(service), 0xe0, VIDEO_PACKETS, round);
      unit(audioPid(service), 0xc0, AUDIO_PACKETS, round);
    }
    while (at < limit) put(0x1fff, body, false);
  }
  return stream;
}

function pmtOf(serviceId: number): Buffer {
  const stream = (streamType: number, pid: number) => ({ streamType, pid, descriptors: Buffer.alloc(0) });
  return encodePmt({
    serviceId,
    version: 0,
    current: true,
    pcrPid: videoPid(serviceId),
    descriptors: Buffer.alloc(0),
    streams: [stream(0x1b, videoPid(serviceId)), stream(0x0f, audioPid(serviceId))],
  });
}

/** The head of a PES packet with a PTS, and its first bytes. @see ISO/IEC 13818-1 §2.4.3.6 */
function pesStart(streamId: number, index: number): Buffer {
  const packet = Buffer.alloc(184, 0xa5);
  const pts = index * 3600;
  Buffer.from([0, 0, 1, streamId, 0, 0, 0x80, 0x80, 5]).copy(packet);
  packet[9] = 0x21 | (Math.floor(pts / 2 ** 30) << 1);
  packet.writeUInt16BE((((pts >> 15) & 0x7fff) << 1) | 1, 10);
  packet.writeUInt16BE(((pts & 0x7fff) << 1) | 1, 12);
  return packet;
}

const chunksOf = (stream: Buffer): Buffer[] =>
  Array.from({ length: stream.length / CHUNK_BYTES }, (_, i) =>
    stream.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  );

/** Receives one service and looks at nothing but its size. */
class Counting implements ServiceSink {
  bytes = 0;
  streams(): void {}
  pes({ data }: Parameters<ServiceSink["pes"]>[0]): void {
    this.bytes += data.length;
  }
  pcr(): void {}
  scrambling(): void {}
  ended(code: string): void {
    if (code !== "stopping") throw new Error(`the service ended: ${code}`);
  }
}

/** Percent of a core for one turn of the stream in its own time. */
function load(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return ((user + system) / 1e6 / STREAM_SECONDS) * 100;
}

async function ours(chunks: readonly Buffer[], services: number): Promise<number> {
  let sink: PacketSink | null = null;
  const driver: TunerDriver = {
    id: "bench",
    name: "bench",
    accepts: () => true,
    tune: async (_multiplex, to) => void (sink = to),
    filter: () => undefined,
    signal: () => ({ locked: true, strength: null, cnr: null }),
    close: async () => undefined,
  };
  const nothing = (): void => undefined;
  const session = new MuxSession({
    driver,
    multiplex: { id: "bench", delivery: { system: "mock", index: 0 } },
    clock: systemClock,
    log: createLog({ level: "error" }),
    events: { lineup: nothing, guide: nothing, changed: nothing, idle: nothing, ended: nothing },
  });
  session.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const feed = (): void => {
    for (const chunk of chunks) sink?.packets(chunk, ms(systemClock.monotonic()));
  };
  const sinks = Array.from({ length: services }, () => new Counting());
  const subscribed = sinks.map((to, index) =>
    session.subscribe({
      serviceId: index + 1,
      weight: "viewer",
      consumer: "bench",
      sink: to,
      select: () => true,
    }),
  );
  feed(); // warms up, and shows the tables
  await Promise.all(subscribed);
  const loads = Array.from({ length: TURNS }, () => load(feed));
  if (session.counters.continuityErrors > 0 || sinks.some(({ bytes }) => bytes === 0))
    throw new Error(`the session lost something: ${JSON.stringify(session.counters)}`);
  await session.close("stopping", "The stream is over.");
  return median(loads);
}

/** A full pass a viewer: every packet becomes an object, those of the viewer's PIDs are gathered and joined. */
function passPerViewer(chunks: readonly Buffer[], viewers: number): number {
  let bytes = 0;
  const wanted = Array.from(
    { length: viewers },
    (_, i) => new Set([0, pmtPid(i + 1), videoPid(i + 1), audioPid(i + 1)]),
  );
  const turn = (): void => {
    for (const chunk of chunks)
      for (const pids of wanted) {
        const kept: Buffer[] = [];
        for (let at = 0; at < chunk.length; at += 188) {
          const packet = chunk.subarray(at, at + 188);
          if (packet[0] === 0x47 && pids.has(packet.readUInt16BE(1) & 0x1fff)) kept.push(packet);
        }
        bytes += Buffer.concat(kept).length;
      }
  };
  turn();
  const loads = Array.from({ length: 3 }, () => load(turn));
  if (bytes === 0) throw new Error("the reference found no packets");
  return median(loads);
}

/** What this bench measures. */
export const ids = ["multiplex-cpu-0", "multiplex-cpu-4", "multiplex-cpu-12"] as const;

/** Share of a core that a locked multiplex of 40 Mb/s costs, with 0, 4 and 12 of its services consumed. */
export async function run(): Promise<Figure[]> {
  const chunks = chunksOf(multiplex());
  const figures: Figure[] = [];
  for (const services of [0, 4, 12]) {
    const value = await ours(chunks, services);
    const reference = services === 0 ? null : passPerViewer(chunks, services);
    figures.push({
      id: `multiplex-cpu-${services}`,
      value: rounded(value),
      unit: "% of a core",
      goal: "print",
      ...(reference !== null && {
        ratio: rounded(value / reference),
        peer: `a pass over the multiplex per viewer (Mirakurun's way) ${rounded(reference, 1)} %`,
      }),
    });
  }
  return figures;
}
