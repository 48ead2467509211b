import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { Emitter } from "../../kernel/events.ts";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Availability, ChannelCodecs } from "../../protocol/api.ts";
import { resolveNumbers } from "../../tuner/index.ts";
import type { Service, Tuners, WeightClass } from "../../tuner/ports.ts";
import { assignNumbers, nextFree } from "./numbering.ts";
import { NOTHING_DECIDED, type ChannelSettings, type ChannelSettingsStore } from "./channel-settings.ts";
import type { ChannelStore } from "./channel-store.ts";
import { channelId, type ListedChannel, type MediaHistory, type StoredChannel } from "./stored-channel.ts";

/** Channels remembered at most; beyond it those gone longest are forgotten. */
const MAX_CHANNELS = 2000;
/** How coarsely "last seen" is kept, ms: writing it is no reason to wake a disk. */
const LAST_SEEN_STEP = 60 * 60_000;
/** How long changes of the line-up are gathered before they are written, ms. */
const GATHER = 200;

export interface ChannelListDeps {
  readonly tuners: Tuners;
  readonly store: ChannelStore;
  /** What the owner has decided about channels; absent: nothing, ever. */
  readonly settings?: ChannelSettingsStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Every channel that is or was on air here, with its number: remembered in the database, so that the list is there before any
 * tuner is.
 */
export class ChannelList {
  readonly changed: Emitter<void>;
  readonly #deps: ChannelListDeps;
  #settings = new Map<string, ChannelSettings>();
  #channels = new Map<string, StoredChannel>();
  #services = new Map<string, Service>();
  /** Ids of what the disk did not take, to go with what is written next. */
  #unwritten: ReadonlySet<string> = new Set();
  #pending: Timer | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(deps: ChannelListDeps) {
    this.#deps = deps;
    this.changed = new Emitter((error) =>
      deps.log.error({ error: String(error) }, "channel-listener-failed"),
    );
  }

  /** Loads what is remembered, adds what is on air, and follows the line-up. */
  start(): void {
    this.#settings = new Map(this.#deps.settings?.load());
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
    const merged = merge(this.#channels, this.#services, this.#settings, this.#deps.clock.now());
    const changed = [...merged.values()].filter((channel) => !same(channel, this.#channels.get(channel.id)));
    const forgotten = [...this.#channels.keys()].filter((id) => !merged.has(id));
    this.#channels = merged;
    this.#write(changed, forgotten);
    // Emitted also without a change in what is stored: a service that went or came back has another availability.
    this.changed.emit();
  }

  /** In the order of their numbers. */
  all(): ListedChannel[] {
    return [...this.#channels.values()].sort((a, b) => a.number - b.number).map((one) => this.#listed(one));
  }

  get(id: string): ListedChannel | undefined {
    const channel = this.#channels.get(id);
    return channel === undefined ? undefined : this.#listed(channel);
  }

  /**
   * Takes over what the owner decides about a channel; null: the broadcaster decides again.
   * @throws TellyportError `channel-not-found`, `channel-number-taken`
   */
  decide(id: string, settings: Partial<ChannelSettings> | null): ListedChannel {
    const channel = this.get(id);
    if (channel === undefined)
      throw new TellyportError("channel-not-found", "There is no such channel: read the channel list again.");
    if (typeof settings?.number === "number") this.#refuseTaken(channel, settings.number);
    const after = settings === null ? null : { ...NOTHING_DECIDED, ...this.#settings.get(id), ...settings };
    this.#deps.settings?.save(id, after);
    if (after === null) this.#settings.delete(id);
    else this.#settings.set(id, after);
    this.refresh();
    return this.get(id) ?? channel;
  }

  /**
   * The same for several at once: all of them, or none. What is said of a channel takes the place of what was decided about it.
   * @returns these, and others that look different now
   * @throws TellyportError `channel-not-found`, `channel-number-taken`
   */
  decideAll(decisions: ReadonlyMap<string, ChannelSettings>): ListedChannel[] {
    for (const id of decisions.keys())
      if (!this.#channels.has(id))
        throw new TellyportError(
          "channel-not-found",
          "There is no such channel: read the channel list again.",
        );
    this.#refuseClashes(decisions);
    const before = new Map(this.all().map((one) => [one.id, JSON.stringify(one)]));
    const kept = new Map(
      [...decisions].map(([id, one]) => [id, isDeepStrictEqual(one, NOTHING_DECIDED) ? null : one]),
    );
    this.#deps.settings?.saveAll(kept);
    for (const [id, one] of kept)
      if (one === null) this.#settings.delete(id);
      else this.#settings.set(id, one);
    this.refresh();
    return this.all().filter((one) => decisions.has(one.id) || before.get(one.id) !== JSON.stringify(one));
  }

  /** Two may exchange their numbers: it counts what comes of it. @throws TellyportError `channel-number-taken` */
  #refuseClashes(decisions: ReadonlyMap<string, ChannelSettings>): void {
    const holders = new Map<number, string>();
    for (const { id, number } of this.#channels.values()) {
      const decided = (decisions.get(id) ?? this.#settings.get(id))?.number ?? null;
      const holds = decided ?? (this.#services.has(id) && !decisions.has(id) ? number : null);
      if (holds === null) continue;
      const other = holders.get(holds);
      if (other === undefined) holders.set(holds, id);
      else this.#refuseBoth(holds, decisions.has(id) ? other : id);
    }
  }

  #refuseBoth(number: number, holder: string): never {
    const name = this.get(holder)?.name ?? "";
    const free = nextFree(new Set([...this.#channels.values()].map((one) => one.number)), number);
    throw new TellyportError(
      "channel-number-taken",
      `${number} is the number of "${name}": choose another one, such as ${free}, or give "${name}" another one first.`,
      { detail: { channel: holder, name, free } },
    );
  }

  /** @throws TellyportError `channel-number-taken` when a channel on air, or one that the owner put there, has the number */
  #refuseTaken(channel: StoredChannel, number: number): void {
    const holder = [...this.#channels.values()].find((one) => one.number === number && one.id !== channel.id);
    if (holder === undefined) return;
    const isDecided = typeof this.#settings.get(holder.id)?.number === "number";
    if (!isDecided && !this.#services.has(holder.id)) return;
    this.#refuseBoth(number, holder.id);
  }

  /** As the owner wants to see it. */
  #listed(channel: StoredChannel): ListedChannel {
    const decided = this.#settings.get(channel.id) ?? NOTHING_DECIDED;
    const visible = decided.hidden === null ? channel.visible : !decided.hidden;
    return {
      ...channel,
      name: decided.name ?? channel.name,
      visible,
      hidden: !visible,
      favourite: decided.favourite,
    };
  }

  /** What the owner has decided about a channel. */
  decided(id: string): Pick<ChannelSettings, "number" | "name" | "hidden"> {
    const { number, name, hidden } = this.#settings.get(id) ?? NOTHING_DECIDED;
    return { number, name, hidden };
  }

  /** The service as it is on air now; undefined for a channel that is only remembered. */
  service(id: string): Service | undefined {
    return this.#services.get(id);
  }

  /** @param leaving ids of channels of each of which somebody of this weight stops watching; default none */
  availability(channel: StoredChannel, weight: WeightClass, leaving: readonly string[] = []): Availability {
    const service = this.#services.get(channel.id);
    if (service === undefined) return "no-signal";
    if (channel.scrambled) return "scrambled";
    const gone = leaving.map((id) => this.#services.get(id)?.key).filter((key) => key !== undefined);
    return this.#deps.tuners.availability(service.key, weight, gone);
  }

  /** Remembers what was learnt while receiving a channel. */
  learn(id: string, facts: { codecs?: ChannelCodecs; history?: MediaHistory }): void {
    const before = this.#channels.get(id);
    if (before === undefined) return;
    const after = { ...before, ...facts };
    if (same(before, after)) return;
    this.#channels.set(id, after);
    this.#write([after], []);
    this.changed.emit();
  }

  /** A full disk must not end the picture: what it does not take is written with what comes next, and said once. */
  #write(changed: readonly StoredChannel[], forgotten: readonly string[]): void {
    const { store, settings, log } = this.#deps;
    const late = [...this.#unwritten].flatMap((id) => this.#channels.get(id) ?? []);
    const due = [...new Set([...changed, ...late])];
    try {
      if (forgotten.length > 0) {
        store.remove(forgotten);
        for (const id of forgotten) if (this.#settings.delete(id)) settings?.save(id, null);
      }
      if (due.length > 0) store.save(due);
      this.#unwritten = new Set();
    } catch (error) {
      if (this.#unwritten.size === 0)
        log.error({ channels: due.length, error: messageOf(error) }, "channels-not-written");
      this.#unwritten = new Set(due.map(({ id }) => id));
    }
  }
}

function servicesById(services: readonly Service[]): Map<string, Service> {
  const byId = new Map<string, Service>();
  const ordered = [...resolveNumbers(services)].sort(
    (a, b) => a.multiplex.id.localeCompare(b.multiplex.id) || a.key.serviceId - b.key.serviceId,
  );
  for (const service of ordered) byId.set(channelId(service), service);
  return byId;
}

/** The remembered channels and those on air, numbered. */
function merge(
  before: ReadonlyMap<string, StoredChannel>,
  services: ReadonlyMap<string, Service>,
  settings: ReadonlyMap<string, ChannelSettings>,
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
    // What the owner has decided about outlives what nobody cared for.
    .sort((a, b) => Number(settings.has(b.id)) - Number(settings.has(a.id)) || b.lastSeenAt - a.lastSeenAt);
  const kept = [...present, ...absent].slice(0, MAX_CHANNELS);
  const numbers = assignNumbers(
    kept.map(({ id, lcn }) => ({
      id,
      lcn,
      number: before.get(id)?.number ?? null,
      present: services.has(id),
      fixed: settings.get(id)?.number ?? null,
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
