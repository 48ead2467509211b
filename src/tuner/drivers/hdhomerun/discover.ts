import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Clock } from "../../../kernel/clock.ts";
import { DISCOVERY_PORT, decodeDiscoveryReply, encodeDiscoveryRequest } from "./discovery-packet.ts";

/** Whom to ask: a broadcast address, or one device's. */
export interface DiscoveryTarget {
  readonly address: string;
  readonly port: number;
}

/** A device that answered, and where. */
export interface FoundDevice {
  readonly deviceId: string;
  /** Of its web server, as far as it lies at the address that answered. */
  readonly baseUrl: URL;
  /** Whether that address itself was asked, and no network. */
  readonly asked: boolean;
}

/** Devices of one home; more is somebody playing tricks. */
const MOST_DEVICES = 16;
/** Requests, this far apart, ms: one may be lost. */
const REQUESTS = 2;
const APART = 200;

/**
 * Asks for HDHomeRun devices and gathers the answers.
 * @param options.targets default: the broadcast address of every interface
 * @param options.waitMs how long answers are waited for; default 1000
 * @returns those that answered within the time; none when there is no network
 */
export async function discoverDevices(options: {
  clock: Clock;
  targets?: readonly DiscoveryTarget[];
  waitMs?: number;
  signal?: AbortSignal;
}): Promise<readonly FoundDevice[]> {
  const { clock, signal } = options;
  const targets = options.targets ?? broadcastTargets();
  const found = new Map<string, FoundDevice>();
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => {
    const timers = [clock.after(options.waitMs ?? 1000, resolve)];
    const end = (): void => resolve();
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted === true) end();
    // Without a network there is nobody to find.
    socket.on("error", end);
    socket.on("message", (datagram, { address }) => {
      const reply = decodeDiscoveryReply(datagram);
      if (reply === null || found.size >= MOST_DEVICES || found.has(reply.deviceId)) return;
      found.set(reply.deviceId, {
        deviceId: reply.deviceId,
        baseUrl: baseUrlOf(reply.baseUrl, address),
        asked: targets.some((target) => target.address === address),
      });
    });
    socket.bind(0, () => {
      socket.setBroadcast(true);
      const ask = (): void => {
        for (const { address, port } of targets)
          socket.send(encodeDiscoveryRequest(), port, address, () => undefined);
      };
      ask();
      for (let i = 1; i < REQUESTS; i++) timers.push(clock.after(i * APART, ask));
    });
    socket.once("close", () => {
      for (const timer of timers) timer.cancel();
      signal?.removeEventListener("abort", end);
    });
  });
  await new Promise<void>((resolve) => socket.close(resolve));
  return [...found.values()];
}

/** A device that names another host than its own is not followed there. */
function baseUrlOf(text: string | null, address: string): URL {
  const url = text !== null && URL.canParse(text) ? new URL(text) : null;
  return url !== null && url.protocol === "http:" && url.hostname === address
    ? url
    : new URL(`http://${address}`);
}

function broadcastTargets(): DiscoveryTarget[] {
  const addresses = new Set(["255.255.255.255"]);
  for (const entry of Object.values(networkInterfaces()).flatMap((list) => list ?? []))
    if (entry.family === "IPv4" && !entry.internal) addresses.add(broadcastOf(entry.address, entry.netmask));
  return [...addresses].map((address) => ({ address, port: DISCOVERY_PORT }));
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, i) => Number(part) | (~(mask[i] ?? 255) & 255))
    .join(".");
}
