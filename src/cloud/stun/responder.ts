import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf, systemCode, TellyportError } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import { SparingLog, type LineLog } from "../../kernel/log-sparingly.ts";
import { networkOf, plainAddress } from "../../kernel/network-address.ts";
import { TokenBuckets, type BucketShape } from "../../kernel/token-buckets.ts";
import { answerTo } from "./answer.ts";

export interface StunOptions {
  readonly clock: Clock;
  readonly log: LineLog;
  /** Each gets a socket of its own; default `0.0.0.0` and `::`. */
  readonly addresses?: readonly string[];
  /** UDP; 0: any that is free, the same for all. */
  readonly port: number;
  /** Requests of one network, beyond which nothing is said; default 20, and two a second. */
  readonly rate?: BucketShape;
}

export interface StunResponder extends Component {
  /** Really bound; 0 before the start. */
  readonly port: number;
}

const RATE: BucketShape = { burst: 20, perSecond: 2 };

/**
 * Tells who asks from where the request came, over UDP. An answer is no request, so that two of these never talk to each other; and it
 * is at most 24 bytes longer than the shortest request, so that nobody gains by asking in another's name. @see RFC 8489
 */
export function createStunResponder(options: StunOptions): StunResponder {
  const { clock, addresses = ["0.0.0.0", "::"] } = options;
  const log = new SparingLog(options.log, clock);
  const rates = new TokenBuckets(options.rate ?? RATE);
  const sockets: Socket[] = [];
  let port = 0;

  function answer(socket: Socket, datagram: Buffer, from: RemoteInfo): void {
    // Cheapest first: whoever floods it has most of it thrown away here.
    if (rates.take(networkOf(plainAddress(from.address)), clock.monotonic()) > 0) return;
    const reply = answerTo(datagram, from);
    if (reply === null) return;
    socket.send(reply, from.port, from.address, (error) => {
      if (error !== null) log.debug({ error: messageOf(error) }, "stun-not-sent");
    });
  }

  async function open(address: string): Promise<void> {
    const isSix = isIPv6(address);
    const socket = createSocket({ type: isSix ? "udp6" : "udp4", ipv6Only: isSix });
    try {
      socket.bind({ address, port: port === 0 ? options.port : port, exclusive: true });
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      // A machine without IPv6 serves IPv4 alone.
      const hasNone = systemCode(error) === "EAFNOSUPPORT" || systemCode(error) === "EADDRNOTAVAIL";
      if (address === "::" && hasNone && addresses.length > 1) return;
      throw bindError(error, address, options.port);
    }
    socket.on("error", (error) => log.warn({ error: messageOf(error) }, "stun-socket-failed"));
    socket.on("message", (datagram, from) => answer(socket, datagram, from));
    sockets.push(socket);
    port = socket.address().port;
  }

  async function close(): Promise<void> {
    const open = sockets.splice(0);
    await Promise.all(open.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  return {
    name: "stun",
    get port() {
      return port;
    },
    async start() {
      try {
        for (const address of addresses) await open(address);
      } catch (error) {
        await close();
        throw error;
      }
      options.log.info({ port }, "stun-listening");
    },
    stop: close,
  };
}

function bindError(error: unknown, address: string, port: number): TellyportError {
  const code = systemCode(error);
  if (code === "EADDRINUSE") {
    const text = `UDP port ${port} is in use by another program. Stop that one, or choose another port for STUN.`;
    return new TellyportError("port-in-use", text, { cause: error, detail: { port } });
  }
  if (code === "EACCES") {
    const text = `UDP port ${port} needs more rights than this user has. Choose one from 1024 up for STUN.`;
    return new TellyportError("port-not-allowed", text, { cause: error, detail: { port } });
  }
  const text = `This machine cannot listen for STUN on ${address} (${code ?? messageOf(error)}).`;
  return new TellyportError("address-not-available", text, { cause: error });
}
