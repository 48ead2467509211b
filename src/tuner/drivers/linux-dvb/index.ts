import { watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Timer } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { Emitter } from "../../../kernel/events.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Multiplex, TunerDriver, TunerSource } from "../../ports.ts";
import { answered, probeFrontend } from "./adapters.ts";
import { stuck } from "./device-failure.ts";
import { DEVICE_FOLDERS, findFrontends, type DeviceFolders, type FoundFrontend } from "./device-nodes.ts";
import { UNIVERSAL_LNB, type Dishes, type Lnb, type Satellite } from "./dish.ts";
import { DvbTuner } from "./dvb-tuner.ts";
import type { Probe } from "./messages.ts";

export interface DvbSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** N of `/dev/dvb/adapterN`; default: every one. */
  readonly adapters?: readonly number[];
  /** Default: the universal LNB, 9750/10600/11700 MHz. */
  readonly lnb?: Lnb;
  /** Which satellite is behind which switch; default: one dish without a switch. */
  readonly satellites?: readonly Satellite[];
  /** Between two readings of the signal, ms; at least 1000, the default: some drivers lose packets while they are asked. */
  readonly signalMs?: number;
  /** Multiplexes that are known beforehand; default none: they come from the scan. */
  readonly multiplexes?: readonly Multiplex[];
  readonly folders?: DeviceFolders;
}

/** ms */
const TIMES = {
  /** Not every change of a device folder is told. */
  poll: 2000,
  /** After a change, for the rest of the nodes and their permissions to come. */
  settle: 300,
  /** A front end that could not be asked is asked again, after twice as long each time: permissions may come late. */
  firstRetry: 2000,
  lastRetry: 60_000,
} as const;

/**
 * The tuners of Linux DVB's device nodes. Those that are plugged in later come, those that are pulled out go; one that comes back at
 * the same place has the id that it had. None of it throws: what cannot be used is left out, and logged with its cure.
 */
export async function createDvbSource(options: DvbSourceOptions): Promise<TunerSource> {
  const source = new DvbSource(options);
  await source.look();
  const missing = source.missing();
  if (missing.length > 0 && source.drivers.length === 0)
    options.log.warn({ cure: missing.join(" ") }, "dvb-no-tuner");
  source.watch();
  return source;
}

interface Known {
  readonly found: FoundFrontend;
  /** Null: it could not be asked. */
  readonly tuner: DvbTuner | null;
  /** Why it could not be asked. */
  readonly failure?: string;
  /** When it is asked again, monotonic ms. */
  readonly askAgainAt: number;
  readonly tries: number;
}

class DvbSource implements TunerSource {
  readonly multiplexes: readonly Multiplex[];
  readonly #options: DvbSourceOptions;
  readonly #folders: DeviceFolders;
  readonly #dishes: Dishes;
  readonly #changed: Emitter<void>;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #leaving = new Set<Promise<void>>();
  #known = new Map<string, Known>();
  #looking: Promise<void> | null = null;
  #timers: Timer[] = [];
  #settling: Timer | null = null;
  #closed = false;

  constructor(options: DvbSourceOptions) {
    this.#options = options;
    this.#folders = options.folders ?? DEVICE_FOLDERS;
    this.#dishes = { lnb: options.lnb ?? UNIVERSAL_LNB, satellites: options.satellites ?? [] };
    this.multiplexes = options.multiplexes ?? [];
    this.#changed = new Emitter((error) => options.log.error({ err: error }, "dvb-listener-failed"));
  }

  get drivers(): readonly TunerDriver[] {
    return [...this.#known.values()].flatMap(({ tuner }) => tuner ?? []);
  }

  onChange(listener: () => void): () => void {
    return this.#changed.on(listener);
  }

  missing(): readonly string[] {
    const { adapters = [] } = this.#options;
    const known = [...this.#known.values()];
    const there = new Set(known.map(({ found }) => found.adapter));
    return [
      ...(adapters.length === 0 && there.size === 0
        ? [
            `There is no DVB adapter in ${this.#folders.devices}: plug one in, install its driver and firmware (\`dmesg\` tells what is missing), and in a container pass /dev/dvb on.`,
          ]
        : []),
      ...adapters
        .filter((adapter) => !there.has(adapter))
        .map(
          (adapter) =>
            `DVB adapter ${adapter} is not there: plug it in, or name another one (\`tellyport doctor\` lists those that are).`,
        ),
      ...known.flatMap(({ failure }) => failure ?? []),
    ];
  }

  watch(): void {
    this.#timers.push(this.#options.clock.every(TIMES.poll, () => void this.look()));
    this.#follow();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.#settling?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    await this.#looking;
    for (const { tuner } of this.#known.values()) this.#leave(tuner);
    this.#known.clear();
    await Promise.all(this.#leaving);
  }

  /** Looks at the device nodes, and asks those that are new. */
  look(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#options.log.error({ error: messageOf(error) }, "dvb-look-failed"))
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { adapters, clock } = this.#options;
    const found = (await findFrontends(this.#folders)).filter(
      ({ adapter }) => adapters === undefined || adapters.includes(adapter),
    );
    const now = clock.monotonic();
    const next = new Map<string, Known>();
    await Promise.all(
      found.map(async (one) => {
        const before = this.#known.get(one.id);
        const same = before?.found.nodes.frontend === one.nodes.frontend;
        const keep = same && (before.tuner !== null || now < before.askAgainAt);
        next.set(one.id, keep ? before : await this.#ask(one, same ? before.tries : 0));
      }),
    );
    const before = this.#known;
    // In the order of the adapters, whoever answered first.
    this.#known = new Map(found.flatMap(({ id }) => (next.has(id) ? [[id, next.get(id)!]] : [])));
    const gone = [...before.values()].filter(
      ({ tuner, found: { id } }) => tuner !== null && this.#known.get(id)?.tuner !== tuner,
    );
    const come = [...this.#known.values()].some(
      ({ tuner, found: { id } }) => tuner !== null && before.get(id)?.tuner !== tuner,
    );
    for (const { tuner, found: one } of gone) {
      this.#options.log.info({ tuner: one.id }, "dvb-adapter-gone");
      tuner?.unplugged();
      this.#leave(tuner);
    }
    if (gone.length > 0 || come) this.#changed.emit();
    this.#follow();
  }

  async #ask(found: FoundFrontend, tries: number): Promise<Known> {
    const { clock, log } = this.#options;
    const result = await probeFrontend(found, false, clock);
    if (result !== null && answered(result)) {
      log.info({ tuner: found.id, frontend: result.info.name }, "dvb-adapter-found");
      return { found, tuner: this.#tuner(found, result), askAgainAt: 0, tries: 0 };
    }
    const { code, message } = result ?? stuck(found.adapter);
    if (tries === 0) log.warn({ tuner: found.id, code, cure: message }, "dvb-adapter-unusable");
    // A driver that is stuck keeps the thread that asked: another one would only be stuck as well.
    const wait = result === null ? Infinity : Math.min(TIMES.lastRetry, TIMES.firstRetry * 2 ** tries);
    const askAgainAt = clock.monotonic() + wait;
    return { found, tuner: null, failure: message, askAgainAt, tries: tries + 1 };
  }

  #tuner(found: FoundFrontend, { info, facts }: Probe): DvbTuner {
    const { clock, log, signalMs } = this.#options;
    return new DvbTuner({
      id: found.id,
      name: info.name,
      nodes: found.nodes,
      facts,
      dishes: this.#dishes,
      signalMs: Math.max(1000, signalMs ?? 1000),
      clock,
      log,
    });
  }

  #leave(tuner: DvbTuner | null): void {
    if (tuner === null) return;
    const leaving = tuner.dispose().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  // ---------------------------------------------------------------- hot-plug

  /** Watches the folder of the adapters, and the folder that it comes to be in. */
  #follow(): void {
    if (this.#closed) return;
    const { devices } = this.#folders;
    for (const folder of [dirname(devices), devices]) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, (_event, name) => {
          if (folder === devices || name === null || devices.endsWith(`/${name}`)) this.#settle();
        });
        watcher.on("error", () => this.#unfollow(folder));
        this.#watchers.set(folder, watcher);
      } catch {
        // It is not there yet, or cannot be watched: it is looked at every two seconds anyway.
      }
    }
  }

  #unfollow(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #settle(): void {
    if (this.#closed) return;
    // A folder that went away and came back is another one.
    this.#unfollow(this.#folders.devices);
    this.#settling?.cancel();
    this.#settling = this.#options.clock.after(TIMES.settle, () => void this.look());
  }
}
