import type { Clock, Timer } from "../../kernel/clock.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Multiplex, Receiver, Service, Tuners } from "../ports.ts";
import { foundMultiplexes, type LineUpStore } from "../store.ts";
import {
  EMPTY_LINE_UP,
  placeOf,
  type KnownLineUp,
  type KnownMultiplex,
  type KnownService,
} from "./line-up-known.ts";

/** How long changes are gathered before they are written, ms. */
const GATHER_MS = 2000;

export interface LineUpKeeperDeps {
  readonly tuners: Pick<Tuners, "services" | "on"> & Pick<Receiver, "multiplexes" | "setMultiplexes">;
  readonly store: LineUpStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Gives the tuners at their start what was known, and keeps what they learn. */
export class LineUpKeeper implements Component {
  readonly name = "line-up";
  readonly #deps: LineUpKeeperDeps;
  #lineUp: KnownLineUp = EMPTY_LINE_UP;
  #pending: Timer | null = null;
  #unsubscribe: (() => void) | null = null;

  constructor(deps: LineUpKeeperDeps) {
    this.#deps = deps;
  }

  get lineUp(): KnownLineUp {
    return this.#lineUp;
  }

  start(): void {
    this.#lineUp = this.#deps.store.load();
    this.#give();
    this.#unsubscribe = this.#deps.tuners.on((event) => {
      if (event.kind !== "lineup") return;
      this.#pending ??= this.#deps.clock.after(GATHER_MS, () => {
        this.#pending = null;
        this.learn();
      });
    });
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#pending === null) return;
    this.#pending.cancel();
    this.#pending = null;
    this.learn();
  }

  /** Takes over what the tuners know now, and writes it. */
  learn(): void {
    const { tuners, clock } = this.#deps;
    this.#write(withLive(this.#lineUp, tuners.multiplexes(), tuners.services(), clock.now()));
  }

  /** From now on this, as after a scan. */
  replace(lineUp: KnownLineUp): void {
    this.#write(lineUp);
    this.#give();
  }

  #give(): void {
    const alive = this.#lineUp.services.filter(({ goneSince }) => goneSince === null);
    this.#deps.tuners.setMultiplexes(
      foundMultiplexes(this.#lineUp),
      alive.map(({ service }) => service),
    );
  }

  #write(lineUp: KnownLineUp): void {
    this.#lineUp = lineUp;
    try {
      this.#deps.store.save(lineUp);
    } catch (error) {
      // A full disk costs the next start its head start, and nobody the picture.
      this.#deps.log.error({ error: messageOf(error) }, "line-up-not-saved");
    }
  }
}

/** What is known once the tuners' own line-up is taken in: what they list is there, what they have dropped is gone. */
export function withLive(
  before: KnownLineUp,
  listed: readonly Multiplex[],
  live: readonly Service[],
  now: number,
): KnownLineUp {
  const multiplexes = new Map<string, KnownMultiplex>(
    before.multiplexes.map((one) => [one.multiplex.id, one]),
  );
  for (const multiplex of listed) {
    const first = live.find((service) => service.multiplex.id === multiplex.id);
    const known = multiplexes.get(multiplex.id);
    // Not shown yet, and never: nothing is known of it.
    if (first === undefined && known === undefined) continue;
    multiplexes.set(multiplex.id, {
      multiplex,
      originalNetworkId: first?.key.originalNetworkId ?? known?.originalNetworkId ?? null,
      transportStreamId: first?.key.transportStreamId ?? known?.transportStreamId ?? null,
      cnr: known?.cnr ?? null,
      missed: known?.missed ?? 0,
    });
  }
  const services = new Map<string, KnownService>();
  for (const service of live) services.set(placeOf(service), { service, goneSince: null });
  const shown = new Set(live.map((service) => service.multiplex.id));
  for (const known of before.services) {
    const place = placeOf(known.service);
    if (services.has(place)) continue;
    const isGone = known.goneSince !== null || shown.has(known.service.multiplex.id);
    services.set(place, isGone ? { ...known, goneSince: known.goneSince ?? now } : known);
  }
  return { multiplexes: [...multiplexes.values()], services: [...services.values()] };
}
