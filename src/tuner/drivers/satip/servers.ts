import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import { createSafeFetch, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { parseCapabilities, type FrontendGroup, type SatipDescription } from "./capabilities.ts";
import { answers, describeAnswer, describeServer, searchServers, type SearchSettings } from "./describe.ts";
import type { ServerAddress } from "./rtsp-connection.ts";
import { SatipTuner } from "./satip-tuner.ts";
import type { SatipServer } from "./server.ts";
import type { Transport } from "./session.ts";

/** A server that the configuration names. */
export interface ConfiguredServer {
  readonly host: string;
  /** Default 554. */
  readonly port: number;
  /** What it has, as servers describe it: `DVBS2-8,DVBT-4`; empty: as it says itself. */
  readonly capabilities: string;
  /** Front ends to force, one tuner each; empty: the server chooses. */
  readonly frontends: readonly number[];
}

export interface ServersOptions {
  readonly configured: readonly ConfiguredServer[];
  readonly discover: boolean;
  readonly transport: Transport | "auto";
  readonly source: SatipServer["source"];
  readonly search: SearchSettings;
  /** From one look for servers to the next, ms. */
  readonly periodMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Servers have come or gone. */
  readonly changed: () => void;
}

interface Known extends SatipServer {
  udn: string;
  configured: ConfiguredServer | null;
  tuners: readonly SatipTuner[];
  present: boolean;
  missed: number;
  /** That it tells nothing about itself was said. */
  warned: boolean;
}

/** A server that misses so many looks is gone. */
const MISSES = 2;
/** Servers of refused addresses that are told. */
const MOST_REFUSED = 8;
/** Looks asked for by tuners are at least so far apart; ms. */
const HASTE_MS = 1000;

/** The servers there are, looked for again and again. */
export class SatipServers {
  readonly #options: ServersOptions;
  readonly #known: Known[] = [];
  readonly #abort = new AbortController();
  readonly #fetch: SafeFetch;
  /** Why servers that answered are not asked, by address; and those of which that was logged. */
  #refused: ReadonlyMap<string, string> = new Map();
  readonly #refusalsLogged = new Set<string>();
  #looking: Promise<void> | null = null;
  #timer: Timer | null = null;
  #soon: Timer | null = null;
  /** Looks that are over. */
  #looks = 0;

  constructor(options: ServersOptions) {
    this.#options = options;
    this.#fetch = createSafeFetch({ clock: options.clock });
    for (const configured of options.configured) {
      const { host, port } = configured;
      const known = this.#add(port === 554 ? host : `${host}-${port}`, host, { host, port }, configured);
      // What it has is known: it can be tried at once.
      known.present = this.#equip(known, parseCapabilities(configured.capabilities));
    }
  }

  /** Tuners of the servers that are there. */
  get tuners(): SatipTuner[] {
    return this.#known.filter((server) => server.present).flatMap((server) => [...server.tuners]);
  }

  /** What was named and is not there, for people. */
  get missing(): readonly string[] {
    if (this.#looks === 0) return ["SAT>IP servers are being looked for: ask again in a few seconds."];
    const refused = [...this.#refused.values()].slice(0, MOST_REFUSED);
    if (this.#known.length === 0 && refused.length > 0) return refused;
    if (this.#known.length === 0)
      return [
        "No SAT>IP server answers on this network: check that it is on, or name its address with --tuner satip:HOST.",
      ];
    const absent = this.#known
      .filter(({ present }) => !present)
      .map(({ address: { host, port }, tuners, missed }) =>
        missed === 0 && tuners.length === 0
          ? `The SAT>IP server at ${host} does not say which front ends it has: name them under tuners.satip.servers, as capabilities: "DVBS2-4".`
          : `No SAT>IP server answers at ${host}${port === 554 ? "" : `:${port}`}: check that it is on, and its address and port.`,
      );
    return [...absent, ...refused];
  }

  /** Begins to look. */
  start(): void {
    this.#timer = this.#options.clock.every(this.#options.periodMs, () => void this.#look());
    void this.#look();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    this.#soon?.cancel();
    await this.#looking;
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const before = this.tuners.length;
    const presence = this.#known.map((server) => server.present);
    const seen = new Set<Known>();
    await Promise.all([
      this.#options.discover ? this.#search(seen) : Promise.resolve(),
      ...this.#known.map((server) => this.#check(server)),
    ]);
    if (this.#abort.signal.aborted) return;
    for (const server of this.#known) this.#judge(server, seen.has(server));
    const changed = this.#known.some((server, i) => server.present !== (presence[i] ?? false));
    if (this.#looks++ === 0 && this.tuners.length === 0)
      this.#options.log.warn({ cure: this.missing.join(" ") }, "satip-no-server");
    if (changed || before !== this.tuners.length) this.#options.changed();
  }

  async #search(seen: Set<Known>): Promise<void> {
    const { search, clock } = this.#options;
    const { signal } = this.#abort;
    const found = await searchServers(search, clock, signal);
    this.#tellRefused(found.refused);
    for (const answer of found.answers) {
      const udn = /^uuid:([^:]+)/i.exec(answer.usn)?.[1] ?? answer.usn;
      const known = this.#known.find((server) => server.udn === udn);
      if (known !== undefined && known.address.host === answer.address) {
        seen.add(known);
        continue;
      }
      const description = await describeAnswer(answer, search.to?.address, { fetch: this.#fetch, signal });
      if (description === null || signal.aborted) continue;
      const met = this.#meet(known ?? null, udn, answer.address, description);
      if (met !== null) seen.add(met);
    }
  }

  #tellRefused(refused: ReadonlyMap<string, string>): void {
    this.#refused = refused;
    for (const [address, reason] of refused) {
      if (this.#refusalsLogged.has(address) || this.#refusalsLogged.size >= MOST_REFUSED) continue;
      this.#refusalsLogged.add(address);
      this.#options.log.warn({ address, reason }, "satip-address-refused");
    }
  }

  /** One that was not known, or not at this address. */
  #meet(known: Known | null, udn: string, host: string, description: SatipDescription): Known | null {
    const address = { host, port: description.rtspPort };
    const same = this.#known.find((one) => one.address.host === host && one.address.port === address.port);
    const server = known ?? same ?? this.#add(udn.slice(-12), description.name, address, null);
    server.udn = udn;
    if (server.configured === null) server.address = address;
    if (server.tuners.length === 0 && !this.#equip(server, description.groups)) return null;
    return server;
  }

  /** Asks one that a search does not find, or not always. */
  async #check(server: Known): Promise<void> {
    const { clock, search } = this.#options;
    const { signal } = this.#abort;
    if (server.tuners.some((tuner) => tuner.flowing)) {
      server.missed = 0;
      return;
    }
    server.missed = (await answers(server.address, clock, signal)) ? 0 : server.missed + 1;
    if (server.missed > 0 || server.tuners.length > 0 || signal.aborted) return;
    const named = server.configured !== null || server.address.host === search.to?.address;
    const told = await describeServer(server.address, named, search, clock, signal);
    if (told !== null) {
      server.udn ||= told.udn;
      this.#equip(server, told.groups);
    } else if (!server.warned && !signal.aborted) {
      server.warned = true;
      const cure = "set its capabilities in the configuration, e.g. DVBS2-4,DVBC-2";
      this.#options.log.warn({ server: server.id, cure }, "satip-capabilities-unknown");
    }
  }

  #judge(server: Known, seen: boolean): void {
    if (seen) server.missed = 0;
    const before = server.present;
    server.present = server.tuners.length > 0 && (before ? server.missed < MISSES : server.missed === 0);
    if (server.present === before) return;
    const { id, name, tuners } = server;
    if (server.present)
      this.#options.log.info({ server: id, name, tuners: tuners.length }, "satip-server-found");
    else this.#options.log.warn({ server: id, name }, "satip-server-gone");
  }

  #add(id: string, name: string, address: ServerAddress, configured: ConfiguredServer | null): Known {
    const server: Known = {
      id: id.replace(/[^A-Za-z0-9.-]/g, "-"),
      name: name === "" ? address.host : name,
      address,
      configured,
      transport: this.#options.transport,
      learned: null,
      source: this.#options.source,
      unreachable: () => this.#hurry(server),
      udn: "",
      tuners: [],
      present: false,
      missed: 0,
      warned: false,
    };
    this.#known.push(server);
    return server;
  }

  /** A tuner found nobody: whether the server is gone is soon known. */
  #hurry(server: Known): void {
    server.missed = Math.max(server.missed, MISSES - 1);
    if (this.#soon !== null || this.#abort.signal.aborted) return;
    this.#soon = this.#options.clock.after(HASTE_MS, () => {
      this.#soon = null;
      void this.#look();
    });
  }

  /** @returns whether it has tuners now */
  #equip(server: Known, groups: readonly FrontendGroup[]): boolean {
    const { clock, log } = this.#options;
    const forced = server.configured?.frontends ?? [];
    const systems = groups.flatMap(({ system, count }) =>
      Array.from({ length: count }, (_, i) => ({ system, number: i + 1 })),
    );
    server.tuners = systems.slice(0, forced.length > 0 ? forced.length : undefined).map(
      ({ system, number }, i) =>
        new SatipTuner({
          id: `satip-${server.id}-${system}-${number}`,
          name: `${server.name} ${system.toUpperCase()} ${number}`,
          system,
          frontend: forced[i] ?? null,
          server,
          clock,
          log,
        }),
    );
    return server.tuners.length > 0;
  }
}
