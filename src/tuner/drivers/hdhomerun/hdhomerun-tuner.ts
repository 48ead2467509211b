import { isIPv4 } from "node:net";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import type { Multiplex, PacketSink, Signal, TunerDriver } from "../../ports.ts";
import { explainHttp, openHttp } from "../network/http-open.ts";
import { HttpStream } from "../network/http-stream.ts";
import { NAME_DEVICE, readStatus, type Device, type DeviceLineup, type TunerStatus } from "./device.ts";
import { streamRefusal } from "./stream-refusal.ts";

/** How often the device is asked about the signal, ms. */
const STATUS_PERIOD = 5000;

/** What the source knows of the device now: it may come back at another address, with another line-up. */
export interface KnownDevice {
  readonly device: Device;
  readonly lineup: DeviceLineup;
}

interface Tuned {
  readonly stream: HttpStream;
  readonly abort: AbortController;
  readonly timer: Timer;
}

/** One of a device's tuners. Which of them receives is the device's choice. */
export class HdhomerunTuner implements TunerDriver {
  readonly id: string;
  readonly name: string;
  readonly #clock: Clock;
  readonly #fetch: SafeFetch;
  readonly #known: () => KnownDevice;
  #tuned: Tuned | null = null;
  #attempt: AbortController | null = null;
  #status: TunerStatus | null = null;

  constructor(
    id: string,
    name: string,
    deps: { readonly clock: Clock; readonly fetch: SafeFetch },
    known: () => KnownDevice,
  ) {
    this.id = id;
    this.name = name;
    this.#clock = deps.clock;
    this.#fetch = deps.fetch;
    this.#known = known;
  }

  accepts({ delivery }: Multiplex): boolean {
    return delivery.system === "hdhomerun" && delivery.device === this.#known().device.id;
  }

  async tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void> {
    await this.close();
    const { delivery } = multiplex;
    if (delivery.system !== "hdhomerun" || !this.accepts(multiplex))
      throw new TellyportError("unsupported", `${this.name} has its own channels only, not ${multiplex.id}.`);
    const attempt = new AbortController();
    this.#attempt = attempt;
    const cancelled = AbortSignal.any([signal, attempt.signal]);
    const name = multiplex.listed?.name ?? delivery.channel;
    const { device, lineup } = this.#known();
    const entry = lineup.channels.find(({ channel }) => channel === delivery.channel);
    if (entry === undefined)
      throw new TellyportError(
        "unsupported",
        `The HDHomeRun no longer has ${name}: scan for channels on the device.`,
      );
    const url = entry.streamUrl;
    const opened = await openHttp(url, {
      fetch: this.#fetch,
      reach: device.reach,
      nameIt: NAME_DEVICE,
      signal: cancelled,
    });
    if (!opened.ok)
      throw new TellyportError(
        opened.reason === "refused" ? "unsupported" : "device-gone",
        explainHttp(opened, `The HDHomeRun ${url.hostname}`),
      );
    const { answer } = opened;
    if (answer.status !== 200) {
      answer.cancel();
      throw streamRefusal(answer.status, oneOf(answer.headers["x-hdhomerun-error"]), name);
    }
    const abort = new AbortController();
    const local = localAddress(answer.localAddress);
    const ask = (): void => void this.#askStatus({ channel: delivery.channel, local }, abort.signal);
    this.#tuned = {
      stream: new HttpStream(answer, sink, this.#clock, name),
      abort,
      timer: this.#clock.every(STATUS_PERIOD, ask),
    };
    ask();
  }

  filter(): void {
    // The device sends one programme and its tables: there is nothing to leave out.
  }

  signal(): Signal {
    const quality = this.#status?.quality ?? this.#status?.symbolQuality ?? null;
    return {
      locked: this.#tuned !== null,
      strength: null,
      cnr: null,
      quality: quality === null ? null : quality / 100,
    };
  }

  async close(): Promise<void> {
    this.#attempt?.abort();
    this.#attempt = null;
    this.#tuned?.stream.stop();
    this.#tuned?.abort.abort();
    this.#tuned?.timer.cancel();
    this.#tuned = null;
    this.#status = null;
  }

  async #askStatus(tuned: { channel: string; local: string | null }, signal: AbortSignal): Promise<void> {
    try {
      const status = await readStatus(this.#known().device, tuned, { fetch: this.#fetch, signal });
      if (!signal.aborted) this.#status = status;
    } catch {
      // Old firmware has no status; the stream tells by itself when it ends.
      if (!signal.aborted) this.#status = null;
    }
  }
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function localAddress(address: string | null): string | null {
  if (address === null) return null;
  const bare = address.replace(/^::ffff:/i, "");
  return isIPv4(bare) ? bare : null;
}
