import type { Clock } from "../kernel/clock.ts";
import { sleep } from "../kernel/clock.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { OnlineState } from "../protocol/online.ts";
import type { DoorState, Registration } from "../protocol/registration.ts";
import { diagnose, type DialBack } from "./doors/diagnosis.ts";
import type { DoorMemory } from "./doors/door-memory.ts";
import { createPinholeKeeper, createPortMapper } from "./doors/doors.ts";
import type { PortMapper } from "./doors/port-mapper.ts";
import { ExternalAddress } from "./external-address/external-address.ts";
import type { StunServer } from "./external-address/stun-client.ts";
import type { OutsideView } from "./registration/registrar.ts";

export interface WayOutDeps {
  readonly clock: Clock;
  readonly log: LineLog;
  /** Whether the router is asked to let phones in; its address it is asked for in any case. */
  readonly openPorts: boolean;
  /** Port that the owner forwarded by hand, or wants; 0: the box's own. */
  readonly port: number;
  /** Where the https listener is. */
  readonly internalPort: number;
  readonly memory: { readonly ipv4: DoorMemory; readonly ipv6: DoorMemory };
  /** Asked for each round. */
  readonly servers: () => readonly StunServer[];
}

/** Answers of router and servers are waited for, ms: at least, at the most. */
const [SHORTEST_LOOK, LONGEST_LOOK] = [2000, 12_000];
const LOOK_EVERY = 250;

/** The box's way into the internet, looked after while it is online: the router's doors, and what its address is. */
export class WayOut {
  readonly #deps: WayOutDeps;
  readonly #mapper: PortMapper;
  readonly #pinholes: PortMapper;
  readonly #external: ExternalAddress;
  readonly #life = new AbortController();

  constructor(deps: WayOutDeps) {
    const { clock, log, openPorts, port, internalPort, memory, servers } = deps;
    this.#deps = deps;
    const wish = { internalPort, open: openPorts, ...(port > 0 && { externalPort: port }) };
    this.#mapper = createPortMapper({ clock, log, memory: memory.ipv4 }, wish);
    // Behind a firewall the port stays what it is.
    this.#pinholes = createPinholeKeeper(
      { clock, log, memory: memory.ipv6 },
      { internalPort, open: openPorts },
    );
    this.#external = new ExternalAddress({
      clock,
      log,
      mapper: this.#mapper,
      pinholes: this.#pinholes,
      servers,
      internalPort,
    });
  }

  start(): Promise<void> {
    this.#mapper.start();
    this.#pinholes.start();
    this.#external.start();
    // Nothing is waited for: routers take their time.
    return Promise.resolve();
  }

  /** Gives back what the router let in. */
  async stop(): Promise<void> {
    this.#life.abort(new Error("The box goes offline."));
    await this.#external.stop();
    await Promise.all([this.#mapper.stop(), this.#pinholes.stop()]);
  }

  /** For the cloud. */
  view(): OutsideView {
    const { openPorts, port: byHand } = this.#deps;
    const { ipv4, ipv6, port, port6, sources } = this.#external.view;
    const forwarded = !openPorts && byHand > 0 ? byHand : port;
    return {
      ipv4: sources.own.ipv4.length === 0 ? null : { address: ipv4, port: forwarded, localAddress: null },
      ipv6: ipv6 === null ? null : { address: ipv6, port: port6, localAddress: ipv6 },
      lan: sources.own.ipv4.slice(0, MOST_LAN),
    };
  }

  /** What is known of the addresses by which the internet reaches the box; null: nothing. */
  addresses(): { readonly ipv4: string | null; readonly ipv6: string | null } {
    const { ipv4, ipv6 } = this.#external.view;
    return { ipv4, ipv6 };
  }

  router(): OnlineState["router"] {
    const { protocol, externalAddress, externalPort, until, refusals } = this.#mapper.state;
    return {
      protocol,
      address: externalAddress,
      port: externalPort,
      until: until === null ? null : new Date(until).toISOString(),
      refusal: refusals[0]?.words ?? null,
    };
  }

  /** What stands between box and internet, by all that is known. @param registration as the cloud said last */
  diagnosis(registration: Registration | null): OnlineState["diagnosis"] {
    const { sources } = this.#external.view;
    const { ipv4 = null, ipv6 = null } = registration?.doors ?? {};
    return diagnose({
      own: sources.own,
      router: this.#mapper.state,
      isAsked: this.#deps.openPorts,
      stun: sources.stun,
      observed: { ipv4: ipv4?.address ?? null, ipv6: ipv6?.address ?? null },
      dialBack: { ipv4: dialBackOf(ipv4?.state), ipv6: dialBackOf(ipv6?.state) },
      isSettled: this.#external.isSettled,
    });
  }

  /** Somebody sees the box at another address than it knows: everybody is asked again soon. */
  doubt(): void {
    this.#external.look();
  }

  /** Asks router and STUN servers anew, and waits for what they say. */
  async lookAgain(): Promise<void> {
    const { clock } = this.#deps;
    this.#external.look();
    const from = clock.monotonic();
    try {
      await sleep(clock, SHORTEST_LOOK, this.#life.signal);
      while (this.#isLooking() && clock.monotonic() - from < LONGEST_LOOK)
        await sleep(clock, LOOK_EVERY, this.#life.signal);
    } catch {
      // It goes offline meanwhile: there is nothing to wait for.
    }
  }

  /** @returns a function that unsubscribes */
  onChanged(listener: () => void): () => void {
    return this.#external.changes.on(listener);
  }

  #isLooking(): boolean {
    return !this.#external.isSettled || this.#mapper.state.status === "looking";
  }
}

/** As many as an update may name. */
const MOST_LAN = 8;

function dialBackOf(state: DoorState | undefined): DialBack {
  return state === "direct" ? "answered" : state === "unverified" ? "unanswered" : null;
}
