import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { DatagramStream, type DatagramDelivery } from "./datagram-stream.ts";
import { explainHttp, openHttp } from "./http-open.ts";
import { HttpStream, type Reception } from "./http-stream.ts";

/** How long the first datagram may take, ms: under what a session waits for a lock. */
const FIRST_DATAGRAM_MS = 5000;

/** What the tuners know of the lists: read anew at each tune. */
export interface NetworkAddresses {
  /** The whole address of an HTTP stream, credentials and all; null when no list has it. */
  url(multiplex: string): URL | null;
}

/** One stream of the network at a time: over HTTP, or in datagrams. */
export class NetworkTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #addresses: NetworkAddresses;
  #reception: Reception | null = null;
  #attempt: AbortController | null = null;

  constructor(id: string, name: string, clock: Clock, addresses: NetworkAddresses) {
    this.id = id;
    this.name = name;
    this.#clock = clock;
    this.#addresses = addresses;
  }

  accepts({ id, delivery }: Multiplex): boolean {
    switch (delivery.system) {
      case "udp":
      case "rtp":
        return true;
      case "http":
        return this.#addresses.url(id) !== null;
      default:
        return false;
    }
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    await this.close();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const cancelled = AbortSignal.any([signal, attempt.signal]);
    const reception = await this.#open(multiplex, sink, cancelled);
    if (!cancelled.aborted) {
      this.#reception = reception;
      return;
    }
    reception.stop();
    throw new TellyportError("request-cancelled", "Tuning was given up for something else.");
  }

  filter(): void {
    // A sender knows no PIDs: everything is delivered.
  }

  signal(): Signal {
    return { locked: this.#reception !== null, strength: null, cnr: null };
  }

  async close(): Promise<void> {
    this.#attempt?.abort();
    this.#attempt = null;
    this.#reception?.stop();
    this.#reception = null;
  }

  async #open(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<Reception> {
    const { delivery } = multiplex;
    const name = multiplex.listed?.name ?? multiplex.id;
    switch (delivery.system) {
      case "udp":
      case "rtp":
        return this.#openDatagrams(delivery, name, sink, signal);
      case "http":
        return this.#openHttp(multiplex, name, sink, signal);
      default:
        throw new TellyportError(
          "unsupported",
          `${this.name} receives network streams only, not ${multiplex.id}.`,
        );
    }
  }

  #openDatagrams(
    delivery: DatagramDelivery,
    name: string,
    sink: PacketSink,
    signal: AbortSignal,
  ): Promise<Reception> {
    return DatagramStream.open(delivery, name, {
      sink,
      clock: this.#clock,
      waitMs: FIRST_DATAGRAM_MS,
      signal,
    });
  }

  async #openHttp(
    multiplex: Multiplex,
    name: string,
    sink: PacketSink,
    signal: AbortSignal,
  ): Promise<Reception> {
    const url = this.#addresses.url(multiplex.id);
    if (url === null)
      throw new TellyportError("unsupported", `No list has ${name} any more: choose another channel.`);
    const opened = await openHttp(url, { clock: this.#clock, signal });
    if (!opened.ok) throw new TellyportError("no-lock", explainHttp(opened, url.host));
    const refused = refusalOf(opened.response, name);
    if (refused === null) return new HttpStream(opened.response, sink, this.#clock, name);
    opened.response.destroy();
    throw refused;
  }
}

/** Why an answer is no stream; null when it may be one. */
function refusalOf({ statusCode = 0, headers }: IncomingMessage, name: string): TellyportError | null {
  if (statusCode === 401 || statusCode === 403)
    return new TellyportError(
      "unsupported",
      `The sender of ${name} refuses us (${statusCode}): check name and password in its address.`,
    );
  if (statusCode === 429 || statusCode === 503)
    return new TellyportError(
      "device-busy",
      `The sender of ${name} is busy (${statusCode}): end another of its streams, or try again later.`,
    );
  if (statusCode !== 200)
    return new TellyportError(
      "no-lock",
      `The sender of ${name} has nothing at that address (${statusCode}): read its list again.`,
    );
  const type = headers["content-type"] ?? "";
  if (/mpegurl|dash\+xml|text\/html/i.test(type))
    return new TellyportError(
      "unsupported",
      `${name} is ${/html/i.test(type) ? "a web page" : "a playlist of segments"}: only MPEG transport streams can be received.`,
    );
  return null;
}
