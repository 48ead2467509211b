import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { Database } from "../../kernel/store/database.ts";
import type { ClientLimits } from "../../protocol/client-limits.ts";
import type { Principal, Role } from "../../protocol/principal.ts";
import type { AuditPort } from "../audit/port.ts";
import type { Reach, ViewingRulesPort, ViewingWish, Watching } from "../ports.ts";
import { DailyQuota } from "./daily-quota.ts";
import { checkLimits, defaultLimits, hasCeiling, isForAge, isLimited, objectionTo } from "./limits.ts";
import { LimitsStore } from "./limits-store.ts";
import { ParentalPin } from "./parental-pin.ts";
import { migrateRules } from "./schema.ts";
import { sessionsToEnd, type SessionLimits } from "./session-limits.ts";

/** How long the PIN lifts a client's limits, ms. */
const UNLOCKED = 30 * 60_000;
/** How often what was watched is written down, ms. */
const FLUSH = 5 * 60_000;

export interface ViewingRulesDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: LineLog;
  readonly random: (bytes: number) => Buffer;
  readonly audit: AuditPort;
  readonly sessions: SessionLimits;
  /** Whether anybody of a line is remembered, revoked or not: of others nothing is kept. */
  readonly isKnown: (line: string) => boolean;
  /**
   * The line whose limits, quota and tries at the PIN count for a client: of the one that paired and all that came of it by
   * hand-off. Its name stays when its first is gone.
   */
  readonly lineOf: (client: string) => string;
}

/** What kids and guests may, and how many watch at a time: kept here, asked by resource sharing. */
export class ViewingRules implements ViewingRulesPort {
  readonly #deps: ViewingRulesDeps;
  readonly #limits: LimitsStore;
  readonly #quota: DailyQuota;
  readonly #pin: ParentalPin;
  /** By client; in memory alone, so that a restart locks again. */
  readonly #unlocked = new Map<string, Timer>();
  readonly #changed: Emitter<string | null>;
  #flush: Timer | null = null;

  /** @throws TellyportError `store-too-new` */
  constructor(deps: ViewingRulesDeps) {
    this.#deps = deps;
    migrateRules(deps.database, deps.isKnown);
    this.#limits = new LimitsStore(deps.database);
    this.#quota = new DailyQuota(deps.database);
    this.#pin = new ParentalPin({
      ...deps,
      onLocked: (client, waitMs) => {
        deps.log.warn({ client, waitMs }, "pin-locked");
        deps.audit.note({ event: "pin-locked", client, detail: { minutes: waitMs / 60_000 } });
      },
    });
    this.#changed = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "rules-listener-failed"),
    );
  }

  start(): void {
    this.#flush = this.#deps.clock.every(FLUSH, () => this.#write());
  }

  stop(): void {
    this.#flush?.cancel();
    this.#flush = null;
    this.#write();
    for (const timer of this.#unlocked.values()) timer.cancel();
    this.#unlocked.clear();
  }

  // ---- asked by resource sharing

  admit(wish: ViewingWish, running: readonly Watching[]): readonly string[] {
    const objection = this.objection(wish);
    if (objection !== null) throw objection;
    return sessionsToEnd(wish, running, this.#deps.sessions);
  }

  objection({ principal, channel, minimumAge }: ViewingWish): TellyportError | null {
    const limits = this.#inForce(principal);
    if (limits === null) return null;
    const now = this.#deps.clock.now();
    const watched = this.#quota.used(this.#deps.lineOf(principal.client), now);
    return objectionTo(limits, { channel, minimumAge, now, watched });
  }

  channelsOf(principal: Principal): ReadonlySet<string> | null {
    const channels = this.#inForce(principal)?.channels;
    return channels === undefined ? null : new Set(channels);
  }

  isTooOld(principal: Principal, minimumAge: number | null): boolean {
    const limits = this.#inForce(principal);
    return limits !== null && !isForAge(limits, minimumAge);
  }

  reach(principal: Principal): Reach {
    if (principal.role === "guest") return "live";
    const limits = this.#inForce(principal);
    return limits !== null && hasCeiling(limits) ? "since-start" : "all";
  }

  watched(principal: Principal, seconds: number): void {
    if (!isLimited(principal.role)) return;
    this.#quota.add(this.#deps.lineOf(principal.client), seconds, this.#deps.clock.now());
  }

  onChanged(listener: (client: string | null) => void): () => void {
    return this.#changed.on(listener);
  }

  // ---- set by owners

  /** What counts for a client in this role, whether the PIN has lifted it for now or not; undefined: nothing limits it. */
  limitsOf(client: string, role: Role): ClientLimits | undefined {
    if (!isLimited(role)) return undefined;
    return this.#limits.get(this.#deps.lineOf(client)) ?? defaultLimits(role);
  }

  /** @throws TellyportError `limits-invalid` for limits that do not fit, or a role that has none */
  check(role: Role, limits: ClientLimits): void {
    if (!isLimited(role)) {
      throw new TellyportError(
        "limits-invalid",
        `Limits are for kids and guests, and this client is ${role === "owner" ? "an owner" : "a viewer"}. Change its role first.`,
        { detail: { field: "limits" } },
      );
    }
    checkLimits(limits);
  }

  /**
   * Takes the place of what was set before for a client's line; what the PIN had lifted holds again. As part of the caller's
   * transaction; {@link tell} when it is committed.
   * @param limits have passed {@link check}
   */
  set(client: string, limits: ClientLimits): void {
    this.#limits.set(this.#deps.lineOf(client), limits);
    this.#lockLine(client);
  }

  /** A client's line has another role now: what was set for it holds no more. As {@link set}. */
  forget(client: string): void {
    const line = this.#deps.lineOf(client);
    this.#limits.forget(line);
    this.#quota.forget(line);
    this.#lockLine(client);
  }

  /** Who watches is judged anew. */
  tell(): void {
    this.#changed.emit(null);
  }

  /** @param pin null: none. @throws TellyportError `rate-limited` */
  async setPin(pin: string | null, by: string): Promise<void> {
    await this.#pin.set(pin);
    for (const client of [...this.#unlocked.keys()]) this.#lock(client);
    this.#deps.log.info({ by, set: pin !== null }, "pin-changed");
    this.#deps.audit.note({ event: "pin-changed", client: by, detail: { set: pin !== null } });
    this.#changed.emit(null);
  }

  /**
   * Lifts the asking client's limits for half an hour.
   * @returns until when, epoch ms
   * @throws TellyportError `pin-missing`, `pin-wrong`, `pin-locked`, `rate-limited`
   */
  async unlock({ client }: Principal, pin: string): Promise<number> {
    const { clock, log, audit, lineOf } = this.#deps;
    await this.#pin.verify(lineOf(client), pin);
    this.#lock(client);
    const over = clock.after(UNLOCKED, () => {
      this.#unlocked.delete(client);
      this.#changed.emit(client);
    });
    this.#unlocked.set(client, over);
    log.info({ client }, "pin-unlocked");
    audit.note({ event: "pin-unlocked", client });
    this.#changed.emit(client);
    return clock.now() + UNLOCKED;
  }

  // ----

  /** Null: nothing limits it now. */
  #inForce({ client, role }: Principal): ClientLimits | null {
    return this.#unlocked.has(client) ? null : (this.limitsOf(client, role) ?? null);
  }

  #lock(client: string): void {
    this.#unlocked.get(client)?.cancel();
    this.#unlocked.delete(client);
  }

  #lockLine(client: string): void {
    const { lineOf } = this.#deps;
    const line = lineOf(client);
    for (const other of [...this.#unlocked.keys()]) if (lineOf(other) === line) this.#lock(other);
  }

  #write(): void {
    try {
      this.#quota.flush();
    } catch (error) {
      // A full disk must not end the picture: it counts in memory, and is written when there is room.
      this.#deps.log.error({ error: messageOf(error) }, "quota-not-written");
    }
  }
}
