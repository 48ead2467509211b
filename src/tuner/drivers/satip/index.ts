import type { Clock } from "../../../kernel/clock.ts";
import { Emitter } from "../../../kernel/events.ts";
import type { Log } from "../../../kernel/log.ts";
import type { TunerSource } from "../../ports.ts";
import type { SearchSettings } from "./describe.ts";
import { sourceOf, type SatipSatellite } from "./server.ts";
import { SatipServers, type ConfiguredServer } from "./servers.ts";
import type { Transport } from "./session.ts";

export interface SatipSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the network is searched for servers. */
  readonly discover: boolean;
  readonly servers: readonly ConfiguredServer[];
  /** How packets come; `auto`: by UDP, and by TCP when none get through. */
  readonly transport: Transport | "auto";
  /** Signal source of each orbital position; none: all is source 1. */
  readonly satellites: readonly SatipSatellite[];
  /** From one look for servers to the next, ms; default 60 000. */
  readonly periodMs?: number;
  /** Where to search; default the whole network. */
  readonly search?: SearchSettings;
}

/**
 * SAT>IP servers as tuners: as many as each server says it has, or the configuration says. Looks for them at once and every minute;
 * those whose capabilities are configured are there from the start. It knows no multiplexes by itself: a scan finds them.
 * @see SAT>IP 1.2.2
 */
export function createSatipSource(options: SatipSourceOptions): TunerSource & { close(): Promise<void> } {
  const { clock, log } = options;
  const changes = new Emitter<void>((error) => log.error({ err: error }, "tuner-listener-failed"));
  const servers = new SatipServers({
    configured: options.servers,
    discover: options.discover,
    transport: options.transport,
    source: sourceOf(options.satellites),
    search: options.search ?? {},
    periodMs: options.periodMs ?? 60_000,
    clock,
    log,
    changed: () => changes.emit(),
  });
  servers.start();
  return {
    get drivers() {
      return servers.tuners;
    },
    multiplexes: [],
    onChange: (listener) => changes.on(listener),
    missing: () => servers.missing,
    close: () => servers.close(),
  };
}
