import { PacketScan } from "../../src/tuner/mpegts/packet-scan.ts";
import { ms } from "../../src/kernel/units.ts";

const CHUNK_PACKETS = 1024;
const CHUNKS = 256;
const ROUNDS = 9;

/** About 50 MB of a busy multiplex: 40 PIDs, one packet in ten null, correct counters. */
function multiplex(): Buffer {
  const stream = Buffer.alloc(188 * CHUNK_PACKETS * CHUNKS, 0xa5);
  const counters = new Uint8Array(0x2000);
  let state = 12345;
  for (let offset = 0; offset < stream.length; offset += 188) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const pid = (state >>> 16) % 10 === 0 ? 0x1fff : 0x100 + ((state >>> 20) % 40);
    stream[offset] = 0x47;
    stream[offset + 1] = pid >> 8;
    stream[offset + 2] = pid & 0xff;
    stream[offset + 3] = 0x10 | counters[pid]!;
    counters[pid] = (counters[pid]! + 1) & 15;
  }
  return stream;
}

function cpuSeconds(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** What this bench measures. */
export const ids = ["scan-ratio"] as const;

/** `scan-ratio`: header scan with PID routing and continuity, bytes per CPU second against `Buffer.copy` of the same bytes. */
export async function run(): Promise<
  { id: string; value: number; unit: string; goal: string; ratio?: number; peer?: string }[]
> {
  const stream = multiplex();
  const target = Buffer.alloc(stream.length);
  const chunkBytes = 188 * CHUNK_PACKETS;
  const chunks = Array.from({ length: CHUNKS }, (_, i) =>
    stream.subarray(i * chunkBytes, (i + 1) * chunkBytes),
  );
  const scanSeconds: number[] = [];
  const copySeconds: number[] = [];
  // Interleaved, so that whatever slows the machine slows both; the first round of each only warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const scan = new PacketScan();
    for (const pid of [0x100, 0x101]) scan.pcr(pid, () => undefined);
    const scanned = cpuSeconds(() => {
      for (const chunk of chunks) scan.scan(chunk, ms(0));
    });
    const copied = cpuSeconds(() => {
      for (let at = 0; at < stream.length; at += chunkBytes) stream.copy(target, at, at, at + chunkBytes);
    });
    // The generated counters are right: an error found here would be the scan's own.
    if (scan.counters.continuityErrors > 0 || scan.counters.packets !== CHUNK_PACKETS * CHUNKS)
      throw new Error(`the scan miscounted: ${JSON.stringify(scan.counters)}`);
    if (round > 0) {
      scanSeconds.push(scanned);
      copySeconds.push(copied);
    }
  }
  const scan = median(scanSeconds);
  const ratio = median(copySeconds) / scan;
  return [
    {
      id: "scan-ratio",
      value: Math.round(stream.length / 1e6 / scan),
      unit: "MB per CPU second",
      goal: "ratio ≥ 0.5, aim 0.7",
      ratio: Number(ratio.toFixed(3)),
      peer: "Buffer.copy",
    },
  ];
}
