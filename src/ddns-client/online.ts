import type { Clock } from "../kernel/clock.ts";
import { TellyportError, messageOf } from "../kernel/errors.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import type { HostToken, OnlineChange, OnlineState } from "../protocol/online.ts";
import { onlineState, type Served } from "./online-state.ts";
import type { OnlineActions } from "./routes.ts";
import type { OnlineSession } from "./session.ts";
import { withdrawInTime } from "./withdrawal.ts";

/** What the owner may change of it; the rest of its configuration is the installer's. */
export interface OnlineSettings {
  readonly enabled: boolean;
  /** Origin; empty: none. */
  readonly cloud: string;
  readonly openPorts: boolean;
  /** 0: the box's own https port. */
  readonly port: number;
}

export interface OnlineDeps {
  readonly settings: OnlineSettings;
  /** Keeps what the owner changed over restarts. @throws TellyportError `config-invalid`, `state-unusable` */
  readonly save: (change: OnlineChange) => Promise<void>;
  /** What runs while the box is online with these settings. */
  readonly open: (settings: OnlineSettings) => OnlineSession;
  readonly served: Served;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whether the box is found from anywhere, and all that it takes: begun, changed and ended at run time. */
export class Online implements Component, OnlineActions {
  readonly name = "online";
  readonly #deps: OnlineDeps;
  readonly #changed: Emitter<void>;
  #settings: OnlineSettings;
  #session: OnlineSession | null = null;
  /** Start, changes and end come one after another. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #life = new AbortController();

  constructor(deps: OnlineDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
    this.#changed = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "online-listener-failed"),
    );
  }

  start(): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#settings.enabled) await this.#open(false);
    });
  }

  /** For good; a change that is under way is finished, but waits for no cloud any more. */
  stop(): Promise<void> {
    this.#life.abort(new TellyportError("stopping", "The box is being stopped."));
    return this.#inOrder(() => this.#close());
  }

  state(): OnlineState {
    return onlineState(this.#settings, this.#session, this.#deps.served);
  }

  /** Names that the box has now: whole, lower case. */
  names(): readonly string[] {
    return this.#session?.names() ?? [];
  }

  /** Whether the box takes an address and port for its own, as the internet has them. */
  isOurs(address: string, port: number): boolean {
    return this.#session?.isOurs(address, port) ?? false;
  }

  /** Told when a name or certificate is another. @returns a function that unsubscribes */
  onChanged(listener: () => void): () => void {
    return this.#changed.on(listener);
  }

  /** The certificate for the box's names; null: there is none yet. */
  certificate(): { readonly key: string; readonly cert: string } | null {
    return this.#session?.certificate?.current() ?? null;
  }

  change(change: OnlineChange): Promise<OnlineState> {
    return this.#inOrder(async () => {
      this.#life.signal.throwIfAborted();
      await this.#deps.save(change);
      const next = { ...this.#settings, ...change };
      if (this.#settings.enabled && (!next.enabled || next.cloud !== this.#settings.cloud))
        await this.#withdraw();
      await this.#close();
      this.#settings = next;
      if (next.enabled) await this.#open(true);
      return this.state();
    });
  }

  async test(): Promise<OnlineState> {
    await this.#needed().lookAgain();
    return this.state();
  }

  async setAlias(label: string | null): Promise<OnlineState> {
    await this.#needed().setAlias(label);
    return this.state();
  }

  addHost(label: string): Promise<HostToken> {
    return this.#needed().addHost(label);
  }

  async dropHost(label: string): Promise<OnlineState> {
    await this.#needed().dropHost(label);
    return this.state();
  }

  #needed(): OnlineSession {
    if (this.#session !== null) return this.#session;
    throw new TellyportError(
      "online-disabled",
      "The box is not online. `tellyport online enable` changes that.",
    );
  }

  async #open(atOnce: boolean): Promise<void> {
    const session = this.#deps.open(this.#settings);
    session.onChanged(() => this.#changed.emit());
    this.#session = session;
    try {
      await session.start(atOnce);
    } catch (error) {
      await this.#close();
      throw error;
    }
    this.#changed.emit();
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.stop();
    this.#changed.emit();
  }

  async #withdraw(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#life;
    await withdrawInTime(async (signal) => this.#session?.withdraw(signal), { clock, log, signal });
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
