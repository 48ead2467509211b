import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { FetchAnswer } from "../../../kernel/safe-fetch/index.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { DatagramStream, type DatagramDelivery } from "./datagram-stream.ts";
import { explainHttp, type HttpOpened } from "./http-open.ts";
import { HttpStream, type Reception } from "./http-stream.ts";

/** How long the first datagram may take, ms: under what a session waits for a lock. */
const FIRST_DATAGRAM_MS = 5000;

/** What the tuners know of the lists: asked anew at each tune. */
export interface ListedStreams {
  /** Whether a list has the HTTP stream. */
  has(multiplex: string): boolean;
  /**
   * Asks for an HTTP stream as its list has it, credentials and all.
   * @returns null when no list has it
   * @throws TellyportError `request-cancelled`
   */
  open(multiplex: string, signal: AbortSignal): Promise<HttpOpened | null>;
}

/** One stream of the network at a time: over HTTP, or in datagrams. */
export class NetworkTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #streams: ListedStreams;
  #reception: Reception | null = null;
  #attempt: AbortController | null = null;

  constructor(id: string, name: string, clock: Clock, streams: ListedStreams) {
    this.id = id;
    this.name = name;
    this.#clock = clock;
    this.#streams = streams;
  }

  accepts({ id, delivery }: Multiplex): boolean {
    switch (delivery.system) {
      case "udp":
      case "rtp":
        return true;
      case "http":
        return this.#streams.has(id);
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
    const opened = await this.#streams.open(multiplex.id, signal);
    if (opened === null)
      throw new TellyportError("unsupported", `No list has ${name} any more: choose another channel.`);
    if (!opened.ok)
      throw new TellyportError(opened.reason === "refused" ? "unsupported" : "no-lock", explainHttp(opened));
    const refused = refusalOf(opened.answer, name);
    if (refused === null) return new HttpStream(opened.answer, sink, this.#clock, name);
    opened.answer.cancel();
    throw refused;
  }
}

/** Why an answer is no stream; null when it may be one. */
function refusalOf({ status, headers }: FetchAnswer, name: string): TellyportError | null {
  if (status === 401 || status === 403)
    return new TellyportError(
      "unsupported",
      `The sender of ${name} refuses us (${status}): check name and password in its address.`,
    );
  if (status === 429 || status === 503)
    return new TellyportError(
      "device-busy",
      `The sender of ${name} is busy (${status}): end another of its streams, or try again later.`,
    );
  if (status !== 200)
    return new TellyportError(
      "no-lock",
      `The sender of ${name} has nothing at that address (${status}): read its list again.`,
    );
  const type = headers["content-type"] ?? "";
  if (/mpegurl|dash\+xml|text\/html/i.test(type))
    return new TellyportError(
      "unsupported",
      `${name} is ${/html/i.test(type) ? "a web page" : "a playlist of segments"}: only MPEG transport streams can be received.`,
    );
  return null;
}
