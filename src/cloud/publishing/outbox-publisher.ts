import { sleep } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { SparingLog } from "../../kernel/log-sparingly.ts";
import type { OutboxState } from "../../protocol/cloud-admin.ts";
import type { NameRecords } from "../ports.ts";
import { desiredRecords } from "../registry/index.ts";
import type { Lease } from "../store/ports.ts";
import { backOff } from "./back-off.ts";
import { asDnsError, publishBatch } from "./batch.ts";
import { differences } from "./compare.ts";
import { backlog, dueNames, isSettled, noteAgain, putOff, settle, type DirtyName } from "./dirty-names.ts";
import { doubt, doubtList, sayAgain } from "./doubts.ts";
import { limited } from "./limited.ts";
import { noCounters, type Publishing, type PublishingDeps } from "./ports.ts";
import { noteTarget } from "./target.ts";
import { Waiting } from "./waiting.ts";

export interface OutboxOptions {
  /** Names in one batch; default 100. */
  readonly batch?: number;
  /** Names are gathered for so long; default 200 ms. */
  readonly gatherMs?: number;
  /** Without a word of a change it is looked for some after so long; default 1 s. */
  readonly pollMs?: number;
  /** A new leader lets what the one before sent last arrive; default 1 s, of no use where there is one instance. */
  readonly settleMs?: number;
  /**
   * What the leader before sent last, or a try that was given up, may still arrive after what is said next, in a name server that is
   * slow: such names are said once more after so long; default 12 s.
   */
  readonly doubtMs?: number;
}

/** One batch takes no longer, ms. */
const BATCH_MS = 10_000;
/** How often it is looked for names that are to be said once more, ms. */
const SAY_AGAIN_MS = 500;
/** Who is not the leader tries again after so long, ms. */
const LEASE_MS = 1000;
/** Between two looks at what the name server says, ms. */
const READ_BACK_MS = 1000;
const FIRST_BACK_OFF = 500;
const LONGEST_BACK_OFF = 30_000;
/** Of a name that is refused. */
const FIRST_PUT_OFF = 5000;
const LONGEST_PUT_OFF = 10 * 60_000;

/**
 * Publishes what is on the list of changed names. One instance does so for a zone; when it ends, another takes over, and says again
 * whatever was not taken off the list. To say a thing twice changes nothing.
 */
export class OutboxPublisher implements Publishing {
  readonly name = "publisher";
  readonly counters = noCounters();
  readonly #deps: PublishingDeps;
  readonly #options: Required<OutboxOptions>;
  readonly #log: SparingLog;
  readonly #waiting: Waiting;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #leads = false;
  #lastError: string | null = null;
  #readBackAt = -Infinity;
  #failures = 0;
  /** Monotonic ms. */
  #saidAgainAt = -Infinity;

  constructor(deps: PublishingDeps, options: OutboxOptions = {}) {
    this.#deps = deps;
    const settleMs = deps.store.kind === "sqlite" ? 0 : 1000;
    this.#options = {
      batch: 100,
      gatherMs: 200,
      pollMs: 1000,
      settleMs,
      doubtMs: BATCH_MS + 2000,
      ...options,
    };
    this.#log = new SparingLog(deps.log, deps.clock, 5);
    this.#waiting = new Waiting(deps.clock);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the publisher stops"));
    await this.#running;
    await this.#deps.publisher.close();
  }

  async whenPublished(name: string, _version: number, deadline: number): Promise<void> {
    const { store, rules } = this.#deps;
    await this.#waiting.until(() => isSettled(store, rules.names.zone, name), deadline);
  }

  async state(): Promise<OutboxState> {
    const { store, rules, publisher, clock } = this.#deps;
    const { zone } = rules.names;
    const { pending, oldest, refused } = await backlog(store, zone);
    return {
      zone,
      publisher: publisher.kind,
      role: this.#leads ? "leader" : "waiting",
      pending,
      oldestSeconds: oldest === null ? 0 : Math.max(0, clock.now() - oldest) / 1000,
      refused,
      lastError: this.#lastError,
    };
  }

  /** Until it is stopped: be the leader, or wait to become it. */
  async #run(): Promise<void> {
    const { store, clock, rules } = this.#deps;
    const stopping = this.#stopping.signal;
    while (!stopping.aborted) {
      let lease: Lease | null = null;
      try {
        lease = await store.lease(`publish ${rules.names.zone}`);
        if (lease !== null) await this.#lead(AbortSignal.any([stopping, lease.lost]));
      } catch (error) {
        if (!stopping.aborted && lease?.lost.aborted !== true)
          this.#log.warn({ error: messageOf(error) }, "publisher-interrupted");
      } finally {
        this.#leads = false;
        await lease?.release().catch(() => undefined);
      }
      await pause(clock.after.bind(clock), LEASE_MS * (0.5 + Math.random()), stopping);
    }
  }

  /** @param signal aborted when somebody else may be the leader, or this one stops */
  async #lead(signal: AbortSignal): Promise<void> {
    const { store, clock, rules, target } = this.#deps;
    await sleep(clock, this.#options.settleMs, signal);
    this.#leads = true;
    this.#log.info({ zone: rules.names.zone, publisher: this.#deps.publisher.kind }, "publisher-leads");
    if (await noteTarget(store, rules, target, clock))
      this.#log.info({ target }, "publisher-tells-everything");
    await doubtList(store, rules.names.zone, clock.now() + this.#options.doubtMs);
    for (;;) {
      signal.throwIfAborted();
      if (clock.monotonic() - this.#saidAgainAt >= SAY_AGAIN_MS) {
        this.#saidAgainAt = clock.monotonic();
        await sayAgain(store, rules.names.zone, clock.now());
      }
      const names = await dueNames(store, rules.names.zone, clock.now(), this.#options.batch);
      if (names.length === 0) await this.#woken(this.#options.pollMs, signal);
      else if (!(await this.#gathers(names, signal))) await this.#publish(names, signal);
    }
  }

  /** Few names, of which the first has not waited long: others may come. @returns whether that was waited for */
  async #gathers(names: readonly DirtyName[], signal: AbortSignal): Promise<boolean> {
    const { batch, gatherMs } = this.#options;
    if (names.length >= batch || this.#gathered) {
      this.#gathered = false;
      return false;
    }
    const waited = this.#deps.clock.now() - Math.min(...names.map(({ queuedAt }) => queuedAt));
    const left = Math.min(gatherMs, gatherMs - waited);
    if (left <= 0) return false;
    await sleep(this.#deps.clock, left, signal);
    this.#gathered = true;
    return true;
  }
  #gathered = false;

  async #publish(names: readonly DirtyName[], signal: AbortSignal): Promise<void> {
    const { store, publisher, rules, clock } = this.#deps;
    const { zone } = rules.names;
    // The versions were read before the rows: what changes in between is published now, and once more.
    const records = await desiredRecords(
      store,
      rules,
      names.map(({ name }) => name),
      clock.now(),
    );
    // After a failure from anywhere: a few at the beginning that are refused look as if all of them were.
    const order = this.#failures === 0 ? records : rotated(records, Math.random());
    try {
      const { published, refused } = await limited(clock, signal, BATCH_MS, (own) =>
        publishBatch(publisher, zone, order, own),
      );
      signal.throwIfAborted();
      const done = new Set(published);
      await settle(
        store,
        zone,
        names.filter(({ name }) => done.has(name)),
      );
      for (const one of names) {
        const why = refused.get(one.name);
        if (why !== undefined) await this.#refuse(one, why);
      }
      this.counters.batches++;
      this.counters.names += published.length;
      this.#failures = 0;
      this.#lastError = refused.size > 0 ? ([...refused.values()][0] ?? null) : null;
      this.#waiting.progress.emit();
      await this.#readBack(
        records.filter(({ name }) => done.has(name)),
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      const failure = asDnsError(error);
      const said = names.map(({ name }) => name);
      await doubt(store, zone, said, clock.now() + this.#options.doubtMs);
      this.#failures++;
      this.#lastError = failure.message;
      this.counters.failures++;
      const wait = backOff(this.#failures, FIRST_BACK_OFF, LONGEST_BACK_OFF);
      const fields = { error: failure.message, names: names.length, againInMs: Math.round(wait) };
      if (failure.code === "dns-refused") {
        this.counters.refusals++;
        this.#log.error(
          { ...fields, cure: "look at the key, the zone and its update policy" },
          "dns-refused",
        );
      } else this.#log.warn(fields, "dns-unavailable");
      await sleep(clock, wait, signal);
    }
  }

  async #refuse(one: DirtyName, why: string): Promise<void> {
    const { store, clock, rules } = this.#deps;
    const wait = backOff(one.attempts + 1, FIRST_PUT_OFF, LONGEST_PUT_OFF);
    this.counters.refusals++;
    this.#log.error({ name: one.name, error: why, againInMs: Math.round(wait) }, "dns-name-refused");
    await putOff(store, rules.names.zone, one, clock.now() + wait);
  }

  /** Asks for one of the names: a name server that says yes and does something else must not go unseen. */
  async #readBack(records: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    const { publisher, clock, store, rules } = this.#deps;
    const one = records[Math.floor(Math.random() * records.length)];
    if (one === undefined || clock.monotonic() - this.#readBackAt < READ_BACK_MS) return;
    this.#readBackAt = clock.monotonic();
    const found = await limited(clock, signal, BATCH_MS, (own) => differences(publisher, one, own));
    const [first] = found;
    if (first === undefined) return;
    this.counters.differing++;
    const { name, type, wanted, served } = first;
    this.#log.error({ name, type, wanted, served }, "dns-read-back-differs");
    // Whatever made it forget this one may have made it forget the others.
    const all = records.map((record) => record.name);
    await noteAgain(store, rules.names.zone, all, clock.now(), clock.now() + FIRST_PUT_OFF);
  }

  /** Until there may be something to do. */
  #woken(atMost: number, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#deps;
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        off();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = clock.after(atMost, done);
      const off = store.woken.on(done);
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }
}

/** As `sleep`, and just ends when it is interrupted. */
function pause(after: PublishingDeps["clock"]["after"], delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = after(delay, resolve);
    signal.addEventListener("abort", () => (timer.cancel(), resolve()), { once: true });
  });
}

/** The same in a circle, begun elsewhere. @param random 0 to 1 */
function rotated<T>(list: readonly T[], random: number): readonly T[] {
  const from = Math.floor(random * list.length);
  return [...list.slice(from), ...list.slice(0, from)];
}
