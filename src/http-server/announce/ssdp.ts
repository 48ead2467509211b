import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Clock, Timer } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import { isOnLink } from "../origin.ts";

/** UPnP Device Architecture 2.0 §1: discovery by multicast on 239.255.255.250:1900. */
export const SSDP_ADDRESS = "239.255.255.250";
export const SSDP_PORT = 1900;
const MAX_AGE_S = 1800;
export const DEVICE_TYPE = "urn:tellyport-org:device:Tellyport:1";

export interface SsdpOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly boxId: string;
  readonly version: string;
  readonly port: () => number;
  /** IPv4 addresses of the interfaces to announce on; default all that are not loopback. */
  readonly interfaces?: () => readonly string[];
  /** In whose prefixes a search must come from; default the machine's, asked afresh because addresses come and go. */
  readonly network?: typeof networkInterfaces;
}

/** What an SSDP advertiser is; two exist: our own (default), and node-ssdp's. */
export type SsdpAdvertiser = (options: SsdpOptions) => Component;

/** Where the description is: served by the http listener. */
export const DESCRIPTION_PATH = "/.well-known/tellyport/device.xml";

/** Our own responder: answers M-SEARCH for everything, for root devices, and for us; NOTIFYs at start, half-life and end. */
export const ownSsdp: SsdpAdvertiser = (options) => {
  const { interfaces = ownAddresses, network = networkInterfaces } = options;
  const sockets = new Map<string, Socket>();
  let timer: Timer | null = null;

  const targets = ["upnp:rootdevice", `uuid:${options.boxId}`, DEVICE_TYPE];
  const usn = (target: string): string =>
    target.startsWith("uuid:") ? target : `uuid:${options.boxId}::${target}`;
  const server = `Linux UPnP/1.1 Tellyport/${options.version}`;

  function notify(kind: "alive" | "byebye"): void {
    for (const [address, socket] of sockets) {
      for (const target of targets) {
        const lines = [
          "NOTIFY * HTTP/1.1",
          `HOST: ${SSDP_ADDRESS}:${SSDP_PORT}`,
          ...(kind === "alive"
            ? [
                `CACHE-CONTROL: max-age=${MAX_AGE_S}`,
                `LOCATION: http://${address}:${options.port()}${DESCRIPTION_PATH}`,
                `SERVER: ${server}`,
              ]
            : []),
          `NT: ${target}`,
          `NTS: ssdp:${kind}`,
          `USN: ${usn(target)}`,
        ];
        socket.send(`${lines.join("\r\n")}\r\n\r\n`, SSDP_PORT, SSDP_ADDRESS, () => undefined);
      }
    }
  }

  function answer(
    socket: Socket,
    address: string,
    message: string,
    from: { address: string; port: number },
  ): void {
    const wanted = searchTarget(message);
    // A question from beyond the network is no neighbour's: its answer would hit whoever the sender is said to be.
    if (wanted === null || !isOnLink(from.address, network())) return;
    for (const target of targets.filter((one) => wanted === "ssdp:all" || wanted === one)) {
      const lines = [
        "HTTP/1.1 200 OK",
        `CACHE-CONTROL: max-age=${MAX_AGE_S}`,
        "EXT:",
        `LOCATION: http://${address}:${options.port()}${DESCRIPTION_PATH}`,
        `SERVER: ${server}`,
        `ST: ${target}`,
        `USN: ${usn(target)}`,
      ];
      socket.send(`${lines.join("\r\n")}\r\n\r\n`, from.port, from.address, () => undefined);
    }
  }

  function openOn(address: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = createSocket({ type: "udp4", reuseAddr: true });
      socket.on("error", (error) => {
        options.log.warn({ error: messageOf(error), address }, "ssdp-unavailable");
        sockets.delete(address);
        socket.close();
        resolve();
      });
      socket.bind(SSDP_PORT, () => {
        try {
          socket.addMembership(SSDP_ADDRESS, address);
          socket.setMulticastInterface(address);
          socket.setMulticastTTL(2);
          sockets.set(address, socket);
        } catch (error) {
          socket.emit("error", error);
        }
        resolve();
      });
      socket.on("message", (message, from) => answer(socket, address, message.toString("latin1"), from));
      socket.unref();
    });
  }

  return {
    name: "ssdp",
    async start() {
      await Promise.all(interfaces().map(openOn));
      notify("alive");
      timer = options.clock.every((MAX_AGE_S * 1000) / 2, () => notify("alive"));
    },
    async stop() {
      timer?.cancel();
      notify("byebye");
      await Promise.all(
        [...sockets.values()].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      );
      sockets.clear();
    },
  };
};

/** The ST of an M-SEARCH, or null for anything else. @see UPnP Device Architecture 2.0 §1.3.2 */
export function searchTarget(message: string): string | null {
  if (!message.startsWith("M-SEARCH * HTTP/1.1\r\n") || !/\r\nMAN:\s*"ssdp:discover"\s*\r\n/i.test(message))
    return null;
  return /\r\nST:[ \t]*(\S+)[ \t]*\r\n/i.exec(message)?.[1] ?? null;
}

/** The machine's own IPv4 addresses, without loopback. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family === "IPv4" && !entry.internal)
    .map((entry) => entry.address);
}
