import { isTellyportError, messageOf } from "../../kernel/errors.ts";
import { SparingLog } from "../../kernel/log-sparingly.ts";
import { sleep, type Timer } from "../../kernel/clock.ts";
import type { OutboxState } from "../../protocol/cloud-admin.ts";
import type { NameRecords } from "../ports.ts";
import { desiredRecords, wholeZone } from "../registry/index.ts";
import { noCounters, type Publishing, type PublishingDeps } from "./ports.ts";
import { Waiting } from "./waiting.ts";

/** Without a word of a change it is looked for some after so long, ms. */
const POLL_MS = 1000;
/** Where there may be other instances, each with a name server of its own, they have it after this at the latest, ms. */
const OTHERS_MS = POLL_MS + 500;
/** Names read, and told, at a time. */
const PAGE = 200;
/** Marks that are remembered as followed: those of transactions that are younger than the oldest that runs. */
const REMEMBERED = 10_000;

/**
 * Keeps a name server of this very process to what the registry says: it is told everything at the start, and then each change, whichever
 * instance made it.
 *
 * Each change carries a mark. Transactions do not end in the order of their marks, so those from the horizon on are looked at again:
 * below it nothing can come any more.
 */
export class ZoneFollower implements Publishing {
  readonly name = "zone-follower";
  readonly counters = noCounters();
  readonly #deps: PublishingDeps;
  readonly #log: SparingLog;
  readonly #waiting: Waiting;
  readonly #abort = new AbortController();
  /** Versions that were told, of names whose marks are not below the horizon. */
  #told = new Map<string, number>();
  #from = 0;
  #timer: Timer | null = null;
  #off: () => void = () => undefined;
  #following: Promise<void> | null = null;
  #again = false;
  #lastError: string | null = null;

  constructor(deps: PublishingDeps) {
    this.#deps = deps;
    this.#log = new SparingLog(deps.log, deps.clock, 5);
    this.#waiting = new Waiting(deps.clock);
  }

  /** Answers are right from the first on: it resolves when everything was told. */
  async start(): Promise<void> {
    const { store, clock, rules } = this.#deps;
    const { signal } = this.#abort;
    // Before anything is read: what changes while it is, is told again.
    const [row] = await store.query(`SELECT ${store.dialect.horizon} AS horizon`);
    this.#from = Number(row?.["horizon"] ?? 0);
    for await (const page of wholeZone(store, rules, () => clock.now()))
      for (let at = 0; at < page.length; at += PAGE) {
        await this.#publish(page.slice(at, at + PAGE), signal);
        this.counters.names += Math.min(PAGE, page.length - at);
      }
    this.#off = store.woken.on(() => this.#follow());
    this.#timer = clock.every(POLL_MS, () => this.#follow());
    this.#follow();
  }

  async stop(): Promise<void> {
    this.#off();
    this.#timer?.cancel();
    this.#abort.abort(new Error("the follower stops"));
    await this.#following;
    await this.#deps.publisher.close();
  }

  async whenPublished(name: string, version: number, deadline: number): Promise<void> {
    const { store, rules } = this.#deps;
    await this.#waiting.until(async () => {
      if (this.#told.get(name) === version) return true;
      // It was told, and forgotten, or was changed again.
      const [row] = await store.query("SELECT version, mark FROM dirty_names WHERE zone = $1 AND name = $2", [
        rules.names.zone,
        name,
      ]);
      return (
        row === undefined ||
        Number(row["version"]) === this.#told.get(name) ||
        Number(row["mark"]) < this.#from
      );
    }, deadline);
    if (store.kind === "postgresql") await sleep(this.#deps.clock, OTHERS_MS, this.#abort.signal);
  }

  async state(): Promise<OutboxState> {
    const { rules, publisher } = this.#deps;
    return {
      zone: rules.names.zone,
      publisher: publisher.kind,
      role: "follower",
      pending: 0,
      oldestSeconds: 0,
      refused: [],
      lastError: this.#lastError,
    };
  }

  #follow(): void {
    if (this.#following !== null) {
      this.#again = true;
      return;
    }
    this.#following = this.#followOnce()
      .then(() => void (this.#lastError = null))
      .catch((error: unknown) => {
        if (this.#abort.signal.aborted) return;
        this.#lastError = messageOf(error);
        this.counters.failures++;
        this.#log.warn({ error: messageOf(error) }, "zone-not-followed");
      })
      .finally(() => {
        this.#following = null;
        const again = this.#again && !this.#abort.signal.aborted;
        this.#again = false;
        if (again) this.#follow();
      });
  }

  async #followOnce(): Promise<void> {
    const { store, rules } = this.#deps;
    const { zone } = rules.names;
    // One statement, one snapshot: the horizon is that of the rows beside it.
    const rows = await store.query(
      `SELECT horizon.value AS horizon, name, version, mark FROM (SELECT ${store.dialect.horizon} AS value) AS horizon
       LEFT JOIN dirty_names ON zone = $1 AND mark >= $2 ORDER BY mark`,
      [zone, this.#from],
    );
    const horizon = Number(rows[0]?.["horizon"] ?? this.#from);
    const changed = rows
      .filter(({ name }) => name !== null && name !== undefined)
      .map((row) => ({
        name: String(row["name"]),
        version: Number(row["version"]),
        mark: Number(row["mark"]),
      }));
    const fresh = changed.filter(({ name, version }) => this.#told.get(name) !== version);
    for (let at = 0; at < fresh.length; at += PAGE) await this.#tell(fresh.slice(at, at + PAGE));
    const still = changed.filter(({ mark }) => mark >= horizon).slice(-REMEMBERED);
    const before = this.#told;
    this.#told = new Map(
      still.flatMap(({ name }) => {
        const version = before.get(name);
        return version === undefined ? [] : [[name, version]];
      }),
    );
    this.#from = horizon;
    if (fresh.length > 0) this.#waiting.progress.emit();
  }

  async #tell(changed: readonly { name: string; version: number }[]): Promise<void> {
    const { store, rules, clock } = this.#deps;
    const records = await desiredRecords(
      store,
      rules,
      changed.map(({ name }) => name),
      clock.now(),
    );
    await this.#publish(records, this.#abort.signal);
    for (const { name, version } of changed) this.#told.set(name, version);
    this.counters.names += changed.length;
    this.counters.batches++;
  }

  /** One name that cannot be published keeps no other out: it is left as it is, and told of in the log. */
  async #publish(names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    const { publisher, rules } = this.#deps;
    try {
      await publisher.publish(rules.names.zone, names, signal);
    } catch (error) {
      if (!isTellyportError(error, "dns-refused")) throw error;
      if (names.length > 1) {
        for (const one of names) await this.#publish([one], signal);
        return;
      }
      this.counters.refusals++;
      this.#log.error({ name: names[0]?.name, error: error.message }, "dns-name-refused");
    }
  }
}
