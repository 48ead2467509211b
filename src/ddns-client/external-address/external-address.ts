import { networkInterfaces } from "node:os";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { stableAddress } from "../doors/gateway.ts";
import type { MappingState } from "../doors/mapping-state.ts";
import { Pacer } from "../doors/pacer.ts";
import type { PortMapper } from "../doors/port-mapper.ts";
import { askStun, type StunServer, type StunSight } from "./stun-client.ts";
import { endpointIndependence, externalView, type ExternalView, type Sources } from "./view.ts";

/** Own addresses are looked at so often, ms. */
const OWN_POLL_MS = 10_000;
/** Servers are asked so often, and up to a quarter later, ms. */
const STUN_POLL_MS = 30_000;
/** So long nothing else has to come before a change is told, ms ... */
const QUIET_MS = 500;
/** ... but no longer than this. */
const LONGEST_QUIET_MS = 3000;
/** A server's word is forgotten after so many rounds in which none answered. */
const MOST_SILENT_ROUNDS = 3;

export interface ExternalAddressDeps {
  readonly clock: Clock;
  readonly log: LineLog;
  /** 0 to 1; default `Math.random`. */
  readonly random?: () => number;
  readonly mapper: Pick<PortMapper, "state" | "changes" | "look"> | null;
  readonly pinholes?: Pick<PortMapper, "state" | "changes" | "look"> | null;
  /** Asked for each round: the cloud may name others. None: nobody is asked. */
  readonly servers: () => readonly StunServer[];
  /** Where the box's https listens. */
  readonly internalPort: number;
  /** Addresses of the box; default: the machine's. */
  readonly own?: () => Promise<Sources["own"]>;
  readonly ask?: typeof askStun;
}

/** What the box knows of its address in the internet: of its own interfaces, its router, and servers that see it. */
export class ExternalAddress implements Component {
  readonly name = "external-address";
  readonly changes: Emitter<ExternalView>;
  readonly #deps: ExternalAddressDeps;
  readonly #random: () => number;
  readonly #life = new AbortController();
  readonly #pacer: Pacer;
  readonly #unsubscribe: (() => void)[] = [];
  #own: Sources["own"] = { ipv4: [], ipv6: null };
  #sights: { 4: readonly StunSight[]; 6: readonly StunSight[] } = { 4: [], 6: [] };
  #silentRounds = { 4: 0, 6: 0 };
  #routerAddress: string | null = null;
  /** How often what servers say was made worthless, so that those who are asked meanwhile are asked again. */
  #outdated = 0;
  #view: ExternalView;
  #stunAt = 0;
  #rounds = 0;
  #running: Promise<void> | null = null;
  #quiet: { readonly timer: Timer; readonly since: number } | null = null;

  constructor(deps: ExternalAddressDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#pacer = new Pacer(deps.clock);
    this.changes = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "external-address-listener-failed"),
    );
    this.#view = this.#see();
  }

  /** As it is known now. */
  get view(): ExternalView {
    return this.#view;
  }

  /** Whether everybody was asked once. */
  get isSettled(): boolean {
    return this.#rounds > 0;
  }

  start(): void {
    const { mapper, pinholes = null } = this.#deps;
    for (const door of [mapper, pinholes]) {
      if (door === null) continue;
      this.#unsubscribe.push(door.changes.on((state) => this.#doorChanged(door === mapper ? state : null)));
    }
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#life.abort();
    this.#pacer.end();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#quiet?.timer.cancel();
    this.#quiet = null;
    await this.#running;
  }

  /** Asks everybody again soon, for whoever has a reason to think that the address is another: the cloud saw one. */
  look(): void {
    this.#stunAt = 0;
    this.#pacer.nudgeSometime();
    this.#deps.mapper?.look();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    const { signal } = this.#life;
    while (!signal.aborted) {
      try {
        this.#pacer.take();
        await this.#lookAtOwn();
        if (clock.monotonic() >= this.#stunAt) {
          this.#stunAt = clock.monotonic() + STUN_POLL_MS * (1 + this.#random() / 4);
          await Promise.all([this.#askOutside(4, signal), this.#askOutside(6, signal)]);
          this.#rounds++;
        }
      } catch (error) {
        log.warn({ error: messageOf(error) }, "external-address-failed");
      }
      this.#changed();
      if (signal.aborted) return;
      await this.#pacer.pause(Math.min(OWN_POLL_MS, Math.max(0, this.#stunAt - clock.monotonic())));
    }
  }

  async #lookAtOwn(): Promise<void> {
    const own = await (this.#deps.own ?? ownAddresses)();
    if (JSON.stringify(own) === JSON.stringify(this.#own)) return;
    this.#own = own;
    // What was seen was seen of other addresses.
    this.#sights = { 4: [], 6: [] };
    this.#outdated++;
    this.#stunAt = 0;
    this.#deps.mapper?.look();
    this.#deps.pinholes?.look();
  }

  async #askOutside(family: 4 | 6, signal: AbortSignal): Promise<void> {
    const { clock, servers, ask = askStun } = this.#deps;
    const from = family === 6 ? this.#own.ipv6 : null;
    const hasFamily = family === 6 ? from !== null : this.#own.ipv4.length > 0;
    const outdated = this.#outdated;
    const sights = hasFamily ? await ask({ clock, family, from, servers: servers(), signal }) : [];
    // It changed in the meantime: the next round has begun, or does soon.
    if (signal.aborted || outdated !== this.#outdated) return;
    this.#silentRounds[family] = sights.length > 0 ? 0 : this.#silentRounds[family] + 1;
    if (sights.length > 0 || this.#silentRounds[family] >= MOST_SILENT_ROUNDS) this.#sights[family] = sights;
  }

  /** @param state of the IPv4 router; null: of the other */
  #doorChanged(state: MappingState | null): void {
    const address = state?.externalAddress ?? null;
    // One that says nothing for a moment, as while it changes, has the address that it had.
    if (address !== null && address !== this.#routerAddress) {
      const isNews = this.#routerAddress !== null;
      this.#routerAddress = address;
      if (isNews) {
        // The router knows first; servers are asked at once whether they see it too.
        this.#sights[4] = [];
        this.#outdated++;
        this.#stunAt = 0;
        this.#pacer.nudgeSometime();
      }
    }
    this.#changed();
  }

  /** Tells a change when no other has come for a while. */
  #changed(): void {
    if (this.#life.signal.aborted) return;
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const since = this.#quiet?.since ?? now;
    this.#quiet?.timer.cancel();
    const wait = Math.min(QUIET_MS, Math.max(0, since + LONGEST_QUIET_MS - now));
    this.#quiet = { since, timer: clock.after(wait, () => this.#tell()) };
  }

  #tell(): void {
    this.#quiet = null;
    const view = this.#see();
    if (JSON.stringify(view) === JSON.stringify(this.#view)) return;
    this.#view = view;
    const { ipv4, ipv6, port, port6 } = view;
    this.#deps.log.info({ ipv4, ipv6, port, port6 }, "external-address");
    this.changes.emit(view);
  }

  #see(): ExternalView {
    const { mapper, pinholes = null, internalPort } = this.#deps;
    const sources: Sources = {
      own: this.#own,
      router: mapper?.state.externalAddress ?? null,
      stun: { ipv4: this.#sights[4][0]?.address ?? null, ipv6: this.#sights[6][0]?.address ?? null },
      isEndpointIndependent: endpointIndependence(this.#sights[4]),
    };
    return externalView(sources, {
      internalPort,
      ipv4: mapper?.state ?? null,
      ipv6: pinholes?.state ?? null,
    });
  }
}

/** The machine's: IPv4 without loopback and link-local, sorted, and the lasting one of IPv6. */
export async function ownAddresses(): Promise<Sources["own"]> {
  const ipv4 = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(
      ({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."),
    )
    .map(({ address }) => address);
  return { ipv4: [...new Set(ipv4)].sort(), ipv6: await stableAddress() };
}
