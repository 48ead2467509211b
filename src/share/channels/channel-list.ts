import type { Clock, Timer } from "../../kernel/clock.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Log } from "../../kernel/log.ts";
import type { Availability, ChannelCodecs } from "../../protocol/api.ts";
import type { Service, Tuners, WeightClass } from "../../tuner/ports.ts";
import { assignNumbers } from "./numbering.ts";
import type { ChannelStore } from "./channel-store.ts";
import { channelId, type MediaHistory, type StoredChannel } from "./stored-channel.ts";

/** Channels remembered at most; beyond it those gone longest are forgotten. */
const MAX_CHANNELS = 2000;
/** How coarsely "last seen" is kept, ms: writing it is no reason to wake a disk. */
const LAST_SEEN_STEP = 60 * 60_000;
/** How long changes of the line-up are gathered before they are written, ms. */
const GATHER = 200;

/**
 * Every channel that is or was on air here, with its number: remembered in the database, so that the list is there before any
 * tuner is.
 */
export class ChannelList {
  readonly changed: Emitter<void>;
  readonly #deps: { tuners: Tuners; store: ChannelStore; clock: Clock; log: Log };
  #channels = new Map<string, StoredChannel>();
  #services = new Map<string, Service>();
  #pending: Timer | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(deps: { tuners: Tuners; store: ChannelStore; clock: Clock; log: Log }) {
    this.#deps = deps;
    this.changed = new Emitter((error) =>
      deps.log.error({ error: String(error) }, "channel-listener-failed"),
    );
  }

  /** Loads what is remembered, adds what is on air, and follows the line-up. */
  start(): void {
    for (const channel of this.#deps.store.load()) this.#channels.set(channel.id, channel);
    this.refresh();
    this.#unsubscribe = this.#deps.tuners.on((event) => {
      if (event.kind !== "lineup") return;
      this.#pending ??= this.#deps.clock.after(GATHER, () => {
        this.#pending = null;
        this.refresh();
      });
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#pending?.cancel();
    this.#unsubscribe = null;
    this.#pending = null;
  }

  /** Takes over the line-up as it is now; writes what changed. */
  refresh(): void {
    this.#services = servicesById(this.#deps.tuners.services());
    const merged = merge(this.#channels, this.#services, this.#deps.clock.now());
    const changed = [...merged.values()].filter((channel) => !same(channel, this.#channels.get(channel.id)));
    const forgotten = [...this.#channels.keys()].filter((id) => !merged.has(id));
    this.#channels = merged;
    if (forgotten.length > 0) this.#deps.store.remove(forgotten);
    if (changed.length > 0) this.#deps.store.save(changed);
    // Emitted also without a change in what is stored: a service that went or came back has another availability.
    this.changed.emit();
  }

  /** In the order of their numbers. */
  all(): StoredChannel[] {
    return [...this.#channels.values()].sort((a, b) => a.number - b.number);
  }

  get(id: string): StoredChannel | undefined {
    return this.#channels.get(id);
  }

  /** The service as it is on air now; undefined for a channel that is only remembered. */
  service(id: string): Service | undefined {
    return this.#services.get(id);
  }

  availability(channel: StoredChannel, weight: WeightClass): Availability {
    const service = this.#services.get(channel.id);
    if (service === undefined) return "no-signal";
    if (channel.scrambled) return "scrambled";
    return this.#deps.tuners.availability(service.key, weight);
  }

  /** Remembers what was learnt while receiving a channel. */
  learn(id: string, facts: { codecs?: ChannelCodecs; history?: MediaHistory }): void {
    const before = this.#channels.get(id);
    if (before === undefined) return;
    const after = { ...before, ...facts };
    if (same(before, after)) return;
    this.#channels.set(id, after);
    this.#deps.store.save([after]);
    this.changed.emit();
  }
}

function servicesById(services: readonly Service[]): Map<string, Service> {
  const byId = new Map<string, Service>();
  const ordered = [...services].sort(
    (a, b) => a.multiplex.id.localeCompare(b.multiplex.id) || a.key.serviceId - b.key.serviceId,
  );
  for (const service of ordered) byId.set(channelId(service), service);
  return byId;
}

/** The remembered channels and those on air, numbered. */
function merge(
  before: ReadonlyMap<string, StoredChannel>,
  services: ReadonlyMap<string, Service>,
  now: StoredChannel["lastSeenAt"],
): Map<string, StoredChannel> {
  const present = [...services].map(([id, service]): Omit<StoredChannel, "number"> => {
    const old = before.get(id);
    const seenLately = old !== undefined && Math.abs(now - old.lastSeenAt) < LAST_SEEN_STEP;
    return {
      id,
      key: service.key,
      multiplex: service.multiplex.id,
      lcn: service.lcn,
      name: service.name,
      provider: service.provider,
      kind: service.kind,
      scrambled: service.scrambled,
      visible: service.visible,
      lastSeenAt: seenLately ? old.lastSeenAt : now,
      codecs: old?.codecs ?? null,
      history: old?.history ?? null,
    };
  });
  const absent = [...before.values()]
    .filter((channel) => !services.has(channel.id))
    .sort((a, b) => b.lastSeenAt - a.lastSeenAt);
  const kept = [...present, ...absent].slice(0, MAX_CHANNELS);
  const numbers = assignNumbers(
    kept.map(({ id, lcn }) => ({
      id,
      lcn,
      number: before.get(id)?.number ?? null,
      present: services.has(id),
    })),
  );
  return new Map(kept.map((channel) => [channel.id, { ...channel, number: numbers.get(channel.id) ?? 0 }]));
}

function same(a: StoredChannel, b: StoredChannel | undefined): boolean {
  return b !== undefined && JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
}

/** Members in one order, whichever way the object was made. */
function ordered(channel: StoredChannel): unknown {
  return Object.entries(channel).sort(([a], [b]) => (a < b ? -1 : 1));
}
