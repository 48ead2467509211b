import { readDocument, writeFileAtomic } from "../../kernel/atomic-file.ts";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { Addresses, NameProvider, ProviderResult } from "./name-provider.ts";
import { backOff, dueIn, freshMemory, readMemory, type ProviderMemory } from "./provider-plan.ts";

export interface ProviderScheduleDeps {
  readonly provider: NameProvider;
  readonly clock: Clock;
  readonly log: LineLog;
  /** Where it remembers what it sent. */
  readonly path: string;
  /** Fingerprint of the configuration: with another one, what was sent or refused before counts no more. */
  readonly configuration: string;
  /** From 0 to below 1; default `Math.random` */
  readonly random?: () => number;
}

/** For the owner. */
export interface ProviderState {
  readonly name: string;
  /** `idle`: nothing was sent with this configuration. */
  readonly kind: "idle" | ProviderResult["kind"];
  readonly message: string | null;
  /** When the provider took an update last, ms since 1970. */
  readonly sentAt: number | null;
}

/** Between two updates, also when the address changes faster, ms. */
const GAP_MS = 30_000;
/** How long it sleeps at the most: the wall clock may be set meanwhile. */
const NAP_MS = 6 * 3_600_000;

/** Tells one provider the box's addresses, when they change and every 25 days, and waits when it should. */
export class ProviderSchedule implements Component {
  readonly name: string;
  readonly #deps: ProviderScheduleDeps;
  readonly #end = new AbortController();
  #memory: ProviderMemory;
  #wanted: Addresses = { ipv4: null, ipv6: null };
  #last: ProviderResult | null = null;
  #failures = 0;
  /** Not before, monotonic ms. */
  #notBefore = 0;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #started = false;

  constructor(deps: ProviderScheduleDeps) {
    this.#deps = deps;
    this.name = `name-provider ${deps.provider.name}`;
    this.#memory = freshMemory(deps.configuration);
  }

  get state(): ProviderState {
    const { stopped, sentAt, sent } = this.#memory;
    const last = this.#last ?? (stopped === null ? null : { kind: "stopped" as const, message: stopped });
    return {
      name: this.#deps.provider.name,
      kind: last?.kind ?? (sent === null ? "idle" : "done"),
      message: last?.message ?? null,
      sentAt: sent === null ? null : sentAt,
    };
  }

  async start(): Promise<void> {
    const { path, configuration, log } = this.#deps;
    try {
      const memory = await readDocument(path, readMemory);
      if (memory?.configuration === configuration) this.#memory = memory;
    } catch (error) {
      // One update too many is the worst that comes of it.
      log.warn({ error: messageOf(error) }, "name-provider-memory-unreadable");
    }
    this.#started = true;
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error("The box stops."));
    this.#timer?.cancel();
    await this.#running;
  }

  /** Resolves when no update is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** What the names shall lead to from now on. */
  setAddresses(addresses: Addresses): void {
    this.#wanted = addresses;
    this.#plan();
  }

  #plan(): void {
    this.#timer?.cancel();
    if (!this.#started || this.#running !== null || this.#end.signal.aborted) return;
    const { clock } = this.#deps;
    const due = dueIn(this.#memory, this.#wanted, clock.now());
    if (due === null) return;
    const delay = Math.max(due, this.#notBefore - clock.monotonic());
    const isNow = delay <= 0;
    this.#timer = clock.after(isNow ? 0 : Math.min(delay, NAP_MS), () => {
      // It may be another hour than the one that was slept towards.
      const after = dueIn(this.#memory, this.#wanted, clock.now());
      if (after !== 0 || this.#notBefore > clock.monotonic()) return this.#plan();
      this.#running = this.#update().finally(() => {
        this.#running = null;
        this.#plan();
      });
    });
  }

  async #update(): Promise<void> {
    const { provider, clock, log, random = Math.random } = this.#deps;
    const sent = this.#wanted;
    let result: ProviderResult;
    try {
      result = await provider.update(sent, this.#end.signal);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      log.error({ provider: provider.name, error: messageOf(error) }, "name-provider-failed");
      result = { kind: "wait", message: "Something went wrong on the box. Its log says what." };
    }
    this.#last = result;
    const { kind, message, retryAfterMs } = result;
    const failed = kind === "wait";
    this.#failures = failed ? this.#failures + 1 : 0;
    const pause = failed ? backOff(this.#failures, random(), retryAfterMs) : GAP_MS;
    this.#notBefore = clock.monotonic() + pause;
    log[kind === "stopped" ? "warn" : "info"](
      { provider: provider.name, kind, message },
      "name-provider-updated",
    );
    if (failed) return;
    const { configuration } = this.#deps;
    this.#memory =
      kind === "stopped"
        ? { ...this.#memory, stopped: message }
        : { configuration, sent, sentAt: clock.now(), stopped: null };
    await this.#remember();
  }

  async #remember(): Promise<void> {
    const { path, log } = this.#deps;
    try {
      await writeFileAtomic(path, JSON.stringify(this.#memory));
    } catch (error) {
      log.warn({ error: messageOf(error) }, "name-provider-memory-unwritten");
    }
  }
}
