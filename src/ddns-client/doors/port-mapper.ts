import { messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import { DoorLedger } from "./door-ledger.ts";
import { HeldDoor } from "./held-door.ts";
import { openDoor } from "./open-door.ts";
import type { DoorLease, DoorProtocol, DoorRefusal } from "./door-protocol.ts";
import type { Way } from "./gateway.ts";
import { inTime } from "./in-time.ts";
import { pauseAfter, portsToTry, WISHED_LIFETIME } from "./lease-plan.ts";
import { heardState, isSameState, openState, shutDoor, type MappingState } from "./mapping-state.ts";
import type { PortMapperDeps, PortMapperOptions } from "./mapper-options.ts";
import { Pacer } from "./pacer.ts";
import type { Probing } from "./probe.ts";
import { RouterBook } from "./router-book.ts";

/** The box may be plugged elsewhere: its way out is looked at so often, ms. */
const WAY_POLL_MS = 10_000;
/** A router that maps nothing is asked for its address so often, ms. */
const WATCH_MS = 60_000;
/** Until a mapping is taken away at the end, ms. */
const CLOSE_MS = 2000;
const UNEXPECTED_PAUSE_MS = 30_000;

/**
 * Keeps a port of the router, or a hole in its firewall, open towards the box: renews it at half its life, makes it again when the
 * router forgot it, takes another port where one is taken, and takes it away at the end.
 * @see RFC 6887 §8.5, §11.2.1, RFC 6886 §3.7
 */
export class PortMapper implements Component {
  readonly name: string;
  readonly changes: Emitter<MappingState>;
  readonly #deps: PortMapperDeps;
  readonly #random: () => number;
  readonly #ledger: DoorLedger;
  readonly #pacer: Pacer;
  readonly #life = new AbortController();
  #options: PortMapperOptions;
  #state: MappingState;
  #way: Way | null = null;
  #held: HeldDoor | null = null;
  #router: RouterBook;
  #deaf: (() => void) | null = null;
  /** Silent or refused in a row. */
  #failures = 0;
  #openAt = 0;
  /** The router's address at the last time that it was asked to open. */
  #triedWith: string | null = null;
  #watchAt = 0;
  #running: Promise<void> | null = null;

  constructor(deps: PortMapperDeps, options: PortMapperOptions) {
    this.name = deps.name;
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#options = options;
    this.#ledger = new DoorLedger(deps.memory, deps.log);
    this.#pacer = new Pacer(deps.clock);
    this.#router = new RouterBook([], deps.clock);
    this.changes = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "door-listener-failed"),
    );
    this.#state = shutDoor("off", null, options.internalPort);
  }

  /** How the door stands. */
  get state(): MappingState {
    return this.#state;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Takes the mapping away, if it can in two seconds. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#pacer.end();
    await this.#running;
    this.#deaf?.();
    this.#deaf = null;
    await this.#close();
    await this.#ledger.settled();
    this.#tell(shutDoor("off", null, this.#options.internalPort));
  }

  /** Opens it or shuts it from now on. */
  setOpen(open: boolean): void {
    if (open === this.#options.open) return;
    this.#options = { ...this.#options, open };
    this.#failures = 0;
    this.#openAt = 0;
    this.#watchAt = 0;
    this.#pacer.nudge();
  }

  /** Looks at once whether the door is open still, for whoever has a reason to think that it is not. */
  look(): void {
    this.#pacer.nudgeSometime();
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    const { log } = this.#deps;
    await this.#ledger.read();
    while (!signal.aborted) {
      let wait = UNEXPECTED_PAUSE_MS;
      try {
        wait = await this.#step(signal);
      } catch (error) {
        log.error({ error: messageOf(error) }, "door-step-failed");
      }
      if (!signal.aborted) await this.#pacer.pause(wait);
    }
  }

  /** Does what is due. @returns until the next, ms */
  async #step(signal: AbortSignal): Promise<number> {
    const { findWay } = this.#deps;
    const isNudged = this.#pacer.take();
    const way = await findWay();
    if (JSON.stringify(way) !== JSON.stringify(this.#way)) this.#moved(way);
    if (way === null) return WAY_POLL_MS;
    if (!this.#options.open) {
      await this.#close();
      return this.#watch(isNudged, signal);
    }
    if (this.#held === null) return this.#open(isNudged, signal);
    // Something was announced: to ask for it again makes sure, even where the router's epoch is too young to tell.
    if (isNudged || this.#held.isRenewalDue) await this.#renew(this.#held, signal);
    else if (this.#held.isCheckDue) await this.#check(this.#held, signal);
    // What was lost is looked for at once.
    return this.#held === null ? 0 : Math.min(WAY_POLL_MS, this.#held.dueAfter);
  }

  /** The box has another way out, or none: what was open there is out of reach. */
  #moved(way: Way | null): void {
    const { clock, log, listen, protocols } = this.#deps;
    this.#deaf?.();
    this.#deaf = way === null ? null : listen(way, () => this.look());
    this.#way = way;
    this.#held = null;
    this.#failures = this.#openAt = this.#watchAt = 0;
    this.#router = new RouterBook(way === null ? [] : protocols(way, this.#ledger.nonce), clock);
    log.info({ gateway: way?.gateway ?? null, client: way?.client ?? null }, "door-way");
    this.#tell(this.#shut(way === null ? "no-router" : "looking"));
  }

  /** Only asks for the router's address. */
  async #watch(isNudged: boolean, signal: AbortSignal): Promise<number> {
    const { clock } = this.#deps;
    if (isNudged || clock.monotonic() >= this.#watchAt) {
      const answered = await this.#router.probe(signal).all;
      if (answered.length > 0) await this.#forget(answered);
      this.#watchAt = clock.monotonic() + WATCH_MS * (1 + this.#random() / 8);
      this.#tellRouter(answered.length > 0 ? "watching" : "silent");
    }
    return Math.min(WAY_POLL_MS, this.#watchAt - clock.monotonic());
  }

  async #open(isNudged: boolean, signal: AbortSignal): Promise<number> {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    if (isNudged || now >= Math.min(this.#openAt, this.#watchAt)) {
      const probing = this.#router.probe(signal);
      const answered = await probing.best;
      this.#watchAt = clock.monotonic() + WATCH_MS * (1 + this.#random() / 8);
      // One that refused is asked again when it has another address, has announced something, or its time is over.
      const isDue = isNudged || this.#router.address !== this.#triedWith || now >= this.#openAt;
      if (answered.length > 0 && isDue) await this.#openBy(probing, signal);
      if (signal.aborted || this.#held !== null) return 0;
      if (isDue) this.#openAt = clock.monotonic() + pauseAfter(++this.#failures, this.#random());
      if (answered.length === 0) {
        this.#tellRouter("silent");
        // While it starts again it is silent to all; there is no address to watch then.
        this.#watchAt = this.#openAt;
      }
    }
    return Math.min(WAY_POLL_MS, Math.min(this.#openAt, this.#watchAt) - clock.monotonic());
  }

  async #openBy(probing: Probing, signal: AbortSignal): Promise<void> {
    const { internalPort, lifetime = WISHED_LIFETIME } = this.#options;
    await this.#forget(await probing.best);
    const old = this.#ledger.open;
    const opened = await openDoor(
      probing,
      { internalPort, lifetime, externalPorts: portsToTry(this.#ledger.portFor(this.#wished), this.#random) },
      (protocol) => (old !== null && this.#isOurs(old, protocol) ? old : null),
      signal,
    );
    this.#triedWith = this.#router.address;
    if (opened.kind === "open") return await this.#hold(opened.protocol, opened.lease);
    const { refusals, externalAddress } = opened;
    if (!signal.aborted)
      this.#tellRouter(refusals.length > 0 ? "refused" : "silent", refusals, externalAddress);
  }

  /** @param isLost the router said that it has forgotten it */
  async #renew(held: HeldDoor, signal: AbortSignal, isLost = false): Promise<void> {
    const { lease, protocol } = held;
    const { internalPort, lifetime = WISHED_LIFETIME } = this.#options;
    const wish = { internalPort, externalPort: lease.externalPort, lifetime };
    const answer = await protocol.open(wish, lease, signal);
    if (answer.kind === "open") return await this.#hold(protocol, answer.lease);
    if (signal.aborted || (answer.kind === "silent" && !isLost && held.postponeRenewal())) return;
    this.#deps.log.warn({ answer: answer.kind, port: lease.externalPort }, "door-lost");
    this.#lose();
  }

  async #check(held: HeldDoor, signal: AbortSignal): Promise<void> {
    const { lease, protocol } = held;
    const answer = await protocol.check(lease, signal);
    held.checked(answer.kind === "silent");
    if (answer.kind === "lost") {
      this.#deps.log.info({ port: lease.externalPort }, "door-forgotten");
      return await this.#renew(held, signal, true);
    }
    const address = answer.kind === "same" ? answer.externalAddress : null;
    if (address === null || address === lease.externalAddress) return;
    held.lease = { ...lease, externalAddress: address };
    this.#tellHeld(held);
  }

  async #hold(protocol: DoorProtocol, lease: DoorLease): Promise<void> {
    const held = new HeldDoor(protocol, lease, this.#deps.clock, this.#random);
    this.#held = held;
    this.#failures = 0;
    this.#ledger.opened(lease, this.#wished);
    // Nobody is told of what would be forgotten in a crash.
    await this.#ledger.settled();
    this.#tellHeld(held);
  }

  #lose(): void {
    this.#held = null;
    this.#openAt = this.#watchAt = 0;
    this.#tell(this.#shut("looking"));
  }

  async #close(): Promise<void> {
    const { clock, log } = this.#deps;
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    await inTime(clock, CLOSE_MS, (signal) => held.protocol.close(held.lease, signal));
    log.info({ port: held.lease.externalPort }, "door-closed");
    this.#ledger.closed();
  }

  /** Takes away what an earlier run left open and this one does not use: for another port, by another protocol, or not at all. */
  async #forget(answered: readonly DoorProtocol[]): Promise<void> {
    const old = this.#ledger.open;
    if (old === null || (this.#options.open && this.#isOurs(old, answered[0]))) return;
    const protocol = answered.find(({ name }) => name === old.protocol);
    if (protocol !== undefined && old.client === this.#way?.client)
      await inTime(this.#deps.clock, CLOSE_MS, (late) => protocol.close(old, late));
    this.#ledger.closed();
  }

  #isOurs({ internalPort, client, protocol }: DoorLease, by: DoorProtocol | undefined): boolean {
    return (
      internalPort === this.#options.internalPort && client === this.#way?.client && protocol === by?.name
    );
  }

  get #wished(): number {
    return this.#options.externalPort ?? this.#options.internalPort;
  }

  #tellRouter(
    status: MappingState["status"],
    refusals: readonly DoorRefusal[] = [],
    address: string | null = null,
  ): void {
    this.#tell(heardState(this.#shut(status), this.#router.words, refusals, address));
  }

  #tellHeld({ lease, until }: HeldDoor): void {
    this.#tell(openState(this.#way, lease, until, this.#router.words));
  }

  #shut(status: MappingState["status"]): MappingState {
    return shutDoor(status, this.#way, this.#options.internalPort);
  }

  #tell(state: MappingState): void {
    const isNews = !isSameState(state, this.#state);
    this.#state = state;
    if (!isNews) return;
    const { status, protocol, externalAddress, externalPort, refusals } = state;
    const words = refusals.map((refusal) => refusal.words);
    this.#deps.log.info({ status, protocol, externalAddress, externalPort, words }, "door");
    this.changes.emit(state);
  }
}
