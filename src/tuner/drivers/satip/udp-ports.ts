import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { TellyportError } from "../../../kernel/errors.ts";

/** What is asked of the kernel; it gives at most `net.core.rmem_max` (and says double of that). */
const WANTED_BYTES = 8 * 1024 * 1024;
const ATTEMPTS = 40;

/** A pair of UDP ports: an even one for RTP, and the odd one behind it for RTCP. @see RFC 3550 §11 */
export interface UdpPorts {
  /** The even one. */
  readonly port: number;
  /** Bytes that the kernel keeps for us between two reads. */
  readonly bufferBytes: number;
  close(): void;
}

export interface UdpPortEvents {
  rtp(datagram: Buffer): void;
  rtcp(datagram: Buffer): void;
}

/**
 * @param address our own, of the interface towards the server
 * @param from only what comes from there is taken
 * @throws TellyportError `device-gone` when no pair is free
 */
export async function openUdpPorts(address: string, from: string, events: UdpPortEvents): Promise<UdpPorts> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const rtp = await bind(address, 0);
    if (rtp === null) break;
    const { port } = rtp.address();
    // The kernel chose one: the other of its pair may be free too.
    const even = port - (port % 2);
    const other = await bind(address, port % 2 === 0 ? port + 1 : even);
    if (other === null) {
      rtp.close();
      continue;
    }
    const [data, control] = port % 2 === 0 ? [rtp, other] : [other, rtp];
    const source = plain(from);
    const isOurs = (address: string): boolean => address === from || plain(address) === source;
    data.on("message", (datagram, remote) => {
      if (isOurs(remote.address)) events.rtp(datagram);
    });
    control.on("message", (datagram, remote) => {
      if (isOurs(remote.address)) events.rtcp(datagram);
    });
    return {
      port: even,
      bufferBytes: data.getRecvBufferSize(),
      close: () => {
        for (const socket of [data, control]) {
          socket.removeAllListeners("message");
          socket.close();
        }
      },
    };
  }
  throw new TellyportError(
    "device-gone",
    "No pair of UDP ports is free for a SAT>IP stream: set tuners.satip.transport to tcp.",
  );
}

/** @returns null when the port is taken */
function bind(address: string, port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(address) ? "udp6" : "udp4", recvBufferSize: WANTED_BYTES });
    socket.once("error", () => {
      socket.close();
      resolve(null);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners("error");
      // A reply of ICMP to nothing that we sent is no reason to fail.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

/** An IPv4 address that is written as an IPv6 one is the same. */
function plain(address: string): string {
  return address.replace(/^::ffff:/i, "").replace(/%.*$/, "");
}
