import { createSocket } from "node:dgram";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { NetworkTuner } from "../../../../src/tuner/drivers/network/network-tuner.ts";
import type { Delivery } from "../../../../src/tuner/ports.ts";
import { RecordingSink } from "./recording-sink.ts";

/**
 * Run within a network of the test's own: `multicast.child.js ADDRESS`. Sends three streams to three groups at one port, receives them
 * one after the other, and prints what came.
 */
const local = process.argv[2] ?? "";
const PORT = 5004;
const alive = setInterval(() => undefined, 1000);
const sender = createSocket("udp4");
await new Promise<void>((resolve) => sender.bind(0, local, resolve));
sender.setMulticastInterface(local);
const groups = ["239.77.0.1", "239.77.0.2", "232.77.0.3"];
const timer = setInterval(() => {
  // The packets' PIDs say which group they were sent to.
  for (const [i, group] of groups.entries()) {
    const payload = Buffer.alloc(7 * 188, 0xff);
    for (let at = 0; at < payload.length; at += 188) payload.writeUInt32BE(0x47000010 + ((i + 1) << 8), at);
    sender.send(payload, PORT, group);
  }
}, 5);

const tuner = new NetworkTuner("network-0", "Network stream 1", systemClock, {
  has: () => false,
  open: () => Promise.resolve(null),
});
async function receive(delivery: Delivery): Promise<unknown> {
  const sink = new RecordingSink();
  try {
    await tuner.tune({ id: "x", delivery }, sink, AbortSignal.timeout(8000));
  } catch (error) {
    return isTellyportError(error) ? error.code : String(error);
  }
  while (sink.packetCount < 70) await new Promise((resolve) => setTimeout(resolve, 10));
  await tuner.close();
  const pids = new Set<number>();
  for (const chunk of sink.chunks)
    for (let at = 0; at < chunk.length; at += 188) pids.add(chunk.readUInt16BE(at + 1) & 0x1fff);
  return { pids: [...pids], events: sink.events };
}

const group = (address: string, more: object = {}): Delivery => ({
  system: "udp",
  address,
  port: PORT,
  interface: local,
  ...more,
});
const results = {
  first: await receive(group("239.77.0.1")),
  second: await receive(group("239.77.0.2")),
  sourceSpecific: await receive(group("232.77.0.3", { source: local })),
  foreignInterface: await receive(group("239.77.0.1", { interface: "192.0.2.9" })),
};
clearInterval(timer);
clearInterval(alive);
sender.close();
process.stdout.write(`${JSON.stringify(results)}\n`);
