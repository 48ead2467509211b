import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Log } from "../../kernel/log.ts";
import type { Programme } from "../../protocol/api.ts";
import {
  serviceKeyText,
  type GuideEvent,
  type GuideStretch,
  type ServiceKey,
  type Tuners,
} from "../../tuner/index.ts";
import { ranked, type RankedEvent } from "./event-ranks.ts";
import type { GuideStore } from "./guide-store.ts";
import { mergeEvents, nowAndNext } from "./now-next.ts";
import { isWithin } from "./plan-changes.ts";
import { programmeOf } from "./programme.ts";
import { searchGuide } from "./search.ts";

/** Coming programmes of one service held in memory: enough for now and next between two looks into the database. */
const HELD = 4;
/** Events gathered before they are written, and how long they may wait, ms. */
const BATCH = 1000;
const FLUSH_AFTER = 5000;
/** How often a service that has run out of programmes is looked up again, ms. */
const LOOK_AGAIN = 60_000;
/** Services with programmes in memory at most. */
const MAX_SERVICES = 2000;

interface Coming {
  events: RankedEvent[];
  lookedAt: number;
}

/** What is on: now and next in memory, the schedule in the database. */
export class Guide {
  /** Something about now or next may have changed. */
  readonly changed: Emitter<void>;
  readonly #deps: { tuners: Tuners; store: GuideStore; clock: Clock; log: Log };
  readonly #coming = new Map<string, Coming>();
  /** The disk took what was written last. */
  #writes = true;
  #unwritten: RankedEvent[] = [];
  #stretches: GuideStretch[] = [];
  #flush: Timer | null = null;
  #unsubscribe: (() => void) | null = null;
  /** The last look into the database failed: said once. */
  #unreadable = false;

  constructor(deps: { tuners: Tuners; store: GuideStore; clock: Clock; log: Log }) {
    this.#deps = deps;
    this.changed = new Emitter((error) => deps.log.error({ error: String(error) }, "guide-listener-failed"));
  }

  start(): void {
    this.#unsubscribe = this.#deps.tuners.on((event) => {
      if (event.kind === "guide") this.take(event.events, event.stretches);
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.flush();
  }

  /** Writes what waits to be written. */
  flush(): void {
    this.#flush?.cancel();
    this.#flush = null;
    if (this.#unwritten.length === 0 && this.#stretches.length === 0) return;
    const events = this.#unwritten;
    const stretches = this.#stretches;
    this.#unwritten = [];
    this.#stretches = [];
    try {
      this.#deps.store.save(events, stretches, this.#deps.clock.now());
      this.#writes = true;
    } catch (error) {
      // A full disk must not end the picture; the broadcaster sends the programmes again. Said once until it is over.
      if (this.#writes) this.#deps.log.error({ error: messageOf(error) }, "guide-not-written");
      this.#writes = false;
    }
  }

  nowAndNext(service: ServiceKey): { now: Programme | null; next: Programme | null } {
    const at = this.#deps.clock.now();
    const { now, next } = nowAndNext(this.#comingOf(service, at).events, at);
    return { now: now && programmeOf(now), next: next && programmeOf(next) };
  }

  /** Rating of what is on now, years; null: it has none, or nothing is known. */
  minimumAgeNow(service: ServiceKey): number | null {
    const at = this.#deps.clock.now();
    return nowAndNext(this.#comingOf(service, at).events, at).now?.minimumAge ?? null;
  }

  /** When what is on now began, as announced, epoch ms; null: nothing is known. */
  beganAt(service: ServiceKey): number | null {
    const at = this.#deps.clock.now();
    return nowAndNext(this.#comingOf(service, at).events, at).now?.startsAt ?? null;
  }

  /** What is kept of it: bytes on disk, and until when there are programmes, epoch ms. Nothing of a file that cannot be read. */
  size(): { bytes: number; until: number | null } {
    try {
      return this.#deps.store.size();
    } catch {
      return { bytes: 0, until: null };
    }
  }

  /** Programmes that touch [from, to), epoch ms, at most `limit`. */
  schedule(service: ServiceKey, from: number, to: number, limit: number): Programme[] {
    this.flush();
    return this.#stored(service, from, to, limit).map(programmeOf);
  }

  /** Programmes that are not over and have all words of `text` in title or description, titles first, then by time. */
  search(
    text: string,
    limit: number,
    wanted: (event: Pick<GuideEvent, "service" | "minimumAge">) => boolean,
  ): Promise<{ service: ServiceKey; programme: Programme }[]> {
    this.flush();
    return searchGuide(this.#deps.store, text, this.#deps.clock.now(), limit, wanted).then((found) =>
      found.map((event) => ({ service: event.service, programme: programmeOf(event) })),
    );
  }

  /**
   * Takes on events from elsewhere than the broadcast, which wins where both have something.
   * @param events with event ids above 65535 that are the same at each import; their origin is set here
   * @param stretches `imported` ones
   */
  import(events: readonly GuideEvent[], stretches: readonly GuideStretch[] = []): void {
    const imported = events.map((event) => ({
      ...event,
      origin: { table: "imported", actual: false } as const,
    }));
    this.take(imported, stretches);
  }

  /** Takes on what was broadcast. */
  take(events: readonly GuideEvent[], stretches: readonly GuideStretch[] = []): void {
    const at = this.#deps.clock.now();
    const byService = new Map<string, RankedEvent[]>();
    for (const one of events) {
      const event = ranked(one);
      const key = serviceKeyText(event.service);
      const list = byService.get(key);
      if (list === undefined) byService.set(key, [event]);
      else list.push(event);
      this.#unwritten.push(event);
    }
    for (const list of byService.values()) {
      const first = list[0];
      if (first === undefined) continue;
      const coming = this.#comingOf(first.service, at);
      coming.events = mergeEvents(coming.events, list, at, HELD);
    }
    for (const stretch of stretches) {
      this.#stretches.push(stretch);
      // What is gone shows at the next look into the database, which comes after this is written.
      const coming = this.#coming.get(serviceKeyText(stretch.service));
      if (coming === undefined) continue;
      coming.events = coming.events.filter(
        (event) => stretch.eventIds.includes(event.eventId) || !isWithin(event, stretch, at),
      );
      coming.lookedAt = -Infinity;
    }
    if (this.#unwritten.length >= BATCH || this.#stretches.length >= BATCH) this.flush();
    else this.#flush ??= this.#deps.clock.after(FLUSH_AFTER, () => this.flush());
    this.changed.emit();
  }

  /** A file that has become unreadable must not take the channels away with it; the next start begins it anew. */
  #stored(service: ServiceKey, from: number, to: number, limit: number): RankedEvent[] {
    try {
      const stored = this.#deps.store.between(service, from, to, limit);
      this.#unreadable = false;
      return stored;
    } catch (error) {
      if (!this.#unreadable) this.#deps.log.error({ error: messageOf(error) }, "guide-not-read");
      this.#unreadable = true;
      return [];
    }
  }

  #comingOf(service: ServiceKey, at: number): Coming {
    const key = serviceKeyText(service);
    let coming = this.#coming.get(key);
    if (coming === undefined) {
      const oldest = this.#coming.keys().next().value;
      if (this.#coming.size >= MAX_SERVICES && oldest !== undefined) this.#coming.delete(oldest);
      coming = { events: [], lookedAt: -Infinity };
      this.#coming.set(key, coming);
    }
    const { now, next } = nowAndNext(coming.events, at);
    const due = Math.abs(this.#deps.clock.monotonic() - coming.lookedAt) >= LOOK_AGAIN;
    if ((now === null || next === null) && due) {
      coming.lookedAt = this.#deps.clock.monotonic();
      const stored = this.#stored(service, at, Number.MAX_SAFE_INTEGER, HELD);
      // What is in memory is newer than what is written.
      coming.events = mergeEvents(stored, coming.events, at, HELD);
    }
    return coming;
  }
}
