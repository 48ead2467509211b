import type { Clock, Timer } from "../../../kernel/clock.ts";
import { messageOf, TellyportError } from "../../../kernel/errors.ts";
import { Emitter } from "../../../kernel/events.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Multiplex, TunerSource } from "../../ports.ts";
import { createSafeFetch, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { foundDevice, namedDevice, readDevice, readLineup, type DeviceAddress } from "./device.ts";
import { discoverDevices, type DiscoveryTarget, type FoundDevice } from "./discover.ts";
import { HdhomerunTuner, type KnownDevice } from "./hdhomerun-tuner.ts";

/** From one reading of devices and line-ups to the next, ms. */
const REFRESH = 10 * 60 * 1000;
/** While a configured device does not answer, or none was found, ms. */
const RETRY = 30 * 1000;
/** Addresses of which is remembered what was said; whoever answers from ever new ones has it said again. */
const MOST_SAID = 64;

export interface HdhomerunSourceOptions {
  /** Addresses of devices, `HOST` or `HOST:PORT`. */
  readonly hosts: readonly string[];
  /** Whether devices on the local network are looked for too. */
  readonly discover: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Whom discovery asks; default: every interface's broadcast address at port 65001. */
  readonly targets?: readonly DiscoveryTarget[];
  /** Default: over the machine's own network. */
  readonly fetch?: SafeFetch;
}

/**
 * HDHomeRun devices: each channel of their line-ups is a multiplex, each of their tuners a tuner. Devices that answer later join
 * later, and one whose line-up was read once stays while it does not answer.
 */
export async function createHdhomerunSource(options: HdhomerunSourceOptions): Promise<TunerSource> {
  const source = new HdhomerunSource(options);
  await source.refresh();
  return source;
}

interface Joined {
  known: KnownDevice;
  readonly drivers: readonly HdhomerunTuner[];
}

class HdhomerunSource implements TunerSource {
  readonly #options: HdhomerunSourceOptions;
  readonly #devices = new Map<string, Joined>();
  readonly #changed: Emitter<void>;
  readonly #abort = new AbortController();
  /** What was last said of each address, so that it is said once. */
  readonly #said = new Map<string, string>();
  /** What is wrong with each address that does not answer as it should. */
  readonly #faults = new Map<string, string>();
  readonly #fetch: SafeFetch;
  #timer: Timer | null = null;

  constructor(options: HdhomerunSourceOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? createSafeFetch({ clock: options.clock });
    this.#changed = new Emitter((error) => options.log.error({ err: error }, "hdhomerun-listener-failed"));
  }

  get drivers(): readonly HdhomerunTuner[] {
    return [...this.#devices.values()].flatMap(({ drivers }) => drivers);
  }

  get multiplexes(): readonly Multiplex[] {
    return [...this.#devices.values()].flatMap(({ known }) => multiplexesOf(known));
  }

  onChange(listener: () => void): () => void {
    return this.#changed.on(listener);
  }

  missing(): readonly string[] {
    if (this.#devices.size > 0 || this.#faults.size > 0) return [...this.#faults.values()];
    return [
      "No HDHomeRun answers on this network: check that it is on, or name its address with --tuner hdhomerun:HOST.",
    ];
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
  }

  /** Reads devices and line-ups, and does so again after a while. */
  async refresh(): Promise<void> {
    const { clock, hosts, discover, targets } = this.#options;
    const signal = this.#abort.signal;
    const found = discover ? await discoverDevices({ clock, signal, ...(targets && { targets }) }) : [];
    const addresses = new Map<string, DeviceAddress>();
    for (const one of found) addresses.set(one.baseUrl.host, addressOf(one));
    for (const host of hosts) addresses.set(host, namedDevice(hostUrl(host)));
    const before = JSON.stringify([this.drivers.map(({ id }) => id), this.multiplexes]);
    const read = await Promise.all([...addresses].map(([name, address]) => this.#read(name, address)));
    if (signal.aborted) return;
    for (const name of this.#faults.keys()) if (!addresses.has(name)) this.#faults.delete(name);
    if (this.#said.size > MOST_SAID) this.#said.clear();
    if (addresses.size === 0)
      this.#say("", "none", () =>
        this.#options.log.warn({ cure: this.missing().join(" ") }, "hdhomerun-none"),
      );
    if (JSON.stringify([this.drivers.map(({ id }) => id), this.multiplexes]) !== before) this.#changed.emit();
    const well = read.length > 0 && read.every((one) => one);
    this.#timer = clock.after(well ? REFRESH : RETRY, () => void this.refresh());
  }

  /** @returns whether it answered as it should */
  async #read(name: string, address: DeviceAddress): Promise<boolean> {
    const { log } = this.#options;
    const signal = this.#abort.signal;
    try {
      const device = await readDevice(address, { fetch: this.#fetch, signal });
      const lineup = await readLineup(device, { fetch: this.#fetch, signal });
      this.#join({ device, lineup });
      this.#faults.delete(name);
      const { protectedCount } = lineup;
      this.#say(name, `${lineup.channels.length} ${protectedCount}`, () =>
        log.info(
          { device: device.id, tuners: device.tunerCount, channels: lineup.channels.length, protectedCount },
          "hdhomerun-read",
        ),
      );
      return true;
    } catch (error) {
      if (!signal.aborted) this.#faults.set(name, messageOf(error));
      if (!signal.aborted)
        this.#say(name, messageOf(error), () =>
          log.warn({ host: name, error: messageOf(error) }, "hdhomerun-unreadable"),
        );
      return false;
    }
  }

  #join(known: KnownDevice): void {
    const { id, name, tunerCount } = known.device;
    const joined = this.#devices.get(id);
    if (joined !== undefined && joined.drivers.length === tunerCount) {
      joined.known = known;
      return;
    }
    const drivers = Array.from(
      { length: tunerCount },
      (_, i) =>
        joined?.drivers[i] ??
        new HdhomerunTuner(
          `hdhomerun-${id}-${i}`,
          `${name} ${i + 1}`,
          { clock: this.#options.clock, fetch: this.#fetch },
          () => this.#devices.get(id)?.known ?? known,
        ),
    );
    this.#devices.set(id, { known, drivers });
  }

  #say(name: string, what: string, say: () => void): void {
    if (this.#said.get(name) === what) return;
    this.#said.set(name, what);
    say();
  }
}

function multiplexesOf({ device, lineup }: KnownDevice): Multiplex[] {
  return lineup.channels.map(({ channel, name, number }) => ({
    id: `hdhomerun:${device.id}:${channel}`,
    delivery: { system: "hdhomerun", device: device.id, channel },
    listed: { name, number },
  }));
}

/** Where a device that answered a search is: one whose own address was searched is as good as named. */
export function addressOf({ baseUrl, asked }: FoundDevice): DeviceAddress {
  return asked ? namedDevice(baseUrl) : foundDevice(baseUrl);
}

/** @throws TellyportError `config-invalid` for what is no `HOST` or `HOST:PORT` */
export function hostUrl(host: string): URL {
  const url = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null;
  if (url === null || url.hostname === "" || url.pathname !== "/" || url.username !== "")
    throw new TellyportError(
      "config-invalid",
      `"${host}" is no address of a HDHomeRun: write its name or IP address, such as 192.168.1.20.`,
    );
  return url;
}
