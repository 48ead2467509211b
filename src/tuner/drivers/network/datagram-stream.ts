import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Clock } from "../../../kernel/clock.ts";
import { systemCode, TellyportError } from "../../../kernel/errors.ts";
import { PACKET_BYTES } from "../../mpegts/packet.ts";
import { packetsInRow } from "../../mpegts/resync.ts";
import { RTP_PAYLOAD_MP2T, RtpHeader, RtpSequence } from "../../mpegts/rtp.ts";
import type { Delivery, PacketSink } from "../../ports.ts";
import type { Reception } from "./http-stream.ts";

/** What the kernel should hold while we are busy: half a second of 40 Mb/s; it gives what it allows. */
const RECEIVE_BYTES = 2 * 1024 * 1024;

export type DatagramDelivery = Extract<Delivery, { system: "udp" | "rtp" }>;

/**
 * A transport stream in datagrams, plain or in RTP, whichever comes: lists are not particular about it. Joins where the address is
 * a multicast group. What is missing between RTP packets is the sink's `overflow`.
 */
export class DatagramStream implements Reception {
  readonly #socket: Socket;
  readonly #sink: PacketSink;
  readonly #clock: Clock;
  readonly #header = new RtpHeader();
  readonly #sequence = new RtpSequence();
  #aligned = true;
  #stopped = false;
  #heard = false;
  #onFirst: () => void = () => undefined;

  private constructor(socket: Socket, sink: PacketSink, clock: Clock) {
    this.#socket = socket;
    this.#sink = sink;
    this.#clock = clock;
    socket.on("message", (datagram) => this.#onDatagram(datagram));
  }

  /**
   * Resolves with the first packet.
   * @param name whose stream it is, for people
   * @param waitMs how long for the first packet
   * @throws TellyportError `no-lock` when nothing comes, `device-busy` when the port is taken, `unsupported` when it cannot be joined,
   * `request-cancelled`
   */
  static async open(
    delivery: DatagramDelivery,
    name: string,
    options: { sink: PacketSink; clock: Clock; waitMs: number; signal: AbortSignal },
  ): Promise<DatagramStream> {
    const { sink, clock, signal } = options;
    const socket = createSocket({
      type: isIPv6(delivery.address) ? "udp6" : "udp4",
      reuseAddr: isMulticast(delivery.address),
      recvBufferSize: RECEIVE_BYTES,
    });
    const stream = new DatagramStream(socket, sink, clock);
    try {
      await join(socket, delivery);
      await stream.#first(clock, options.waitMs, signal);
    } catch (cause) {
      stream.stop();
      if (cause instanceof TellyportError) throw cause;
      throw explain(cause, delivery, name);
    }
    socket.on("error", (error) => {
      if (stream.#stopped) return;
      stream.stop();
      sink.failed("no-data", `${name} can no longer be received (${systemCode(error) ?? "socket error"}).`);
    });
    return stream;
  }

  /** How many RTP packets never came. */
  get lost(): number {
    return this.#sequence.lost;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#socket.on("error", () => undefined);
    this.#socket.close();
  }

  #first(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelled = (): void =>
        reject(new TellyportError("request-cancelled", "Tuning was given up for something else."));
      if (signal.aborted) return cancelled();
      signal.addEventListener("abort", cancelled, { once: true });
      const late = clock.after(waitMs, () =>
        reject(
          new TellyportError(
            "no-lock",
            "Nothing arrives at its address: check that the sender is on, that the switch forwards multicast, and which interface joins.",
          ),
        ),
      );
      this.#onFirst = () => {
        late.cancel();
        signal.removeEventListener("abort", cancelled);
        resolve();
      };
      this.#socket.once("error", reject);
      const end = (): void => void late.cancel();
      this.#socket.once("close", end);
    });
  }

  #onDatagram(datagram: Buffer): void {
    if (this.#stopped) return;
    let from = 0;
    let to = datagram.length;
    if (datagram[0] !== 0x47 && this.#header.read(datagram)) {
      const header = this.#header;
      if (header.payloadType !== RTP_PAYLOAD_MP2T) return;
      const place = this.#sequence.push(header.sequence, header.ssrc);
      // What comes late was told as lost already.
      if (place !== "next" && place !== "gap") return;
      if (place === "gap") this.#sink.overflow();
      from = header.payloadOffset;
      to = from + header.payloadLength;
    }
    const bytes = packetsInRow(datagram, from, to, PACKET_BYTES) * PACKET_BYTES;
    if (bytes > 0 && !this.#heard) {
      // Nobody listens before the tuning is done: the first tells that there is something.
      this.#heard = true;
      this.#onFirst();
    } else if (bytes > 0) this.#sink.packets(datagram.subarray(from, from + bytes), this.#clock.monotonic());
    const whole = bytes === to - from;
    if (this.#aligned && !whole) this.#sink.syncLoss();
    this.#aligned = whole;
  }
}

function isMulticast(address: string): boolean {
  return isIPv6(address) ? /^ff/i.test(address) : /^(22[4-9]|23\d)\./.test(address);
}

async function join(socket: Socket, delivery: DatagramDelivery): Promise<void> {
  const { address, port, source } = delivery;
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    // Bound to the group, it hears nothing of other groups at the same port.
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
  if (!isMulticast(address)) return;
  if (source === undefined) socket.addMembership(address, delivery.interface);
  else socket.addSourceSpecificMembership(source, address, delivery.interface);
}

function explain(cause: unknown, delivery: DatagramDelivery, name: string): TellyportError {
  const code = systemCode(cause);
  switch (code) {
    case "EADDRINUSE":
      return new TellyportError(
        "device-busy",
        `Another program receives at port ${delivery.port}: end it, to receive ${name}.`,
        { cause },
      );
    case "ENODEV":
    case "EADDRNOTAVAIL":
      return new TellyportError(
        "no-lock",
        `No network interface receives ${name}: connect the network, or name the interface's address in tuners.network.interface.`,
        { cause },
      );
    default:
      return new TellyportError("unsupported", `${name} cannot be received (${code ?? "socket error"}).`, {
        cause,
      });
  }
}
