import type { Clock } from "../../kernel/clock.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { createSafeFetch, type Reach } from "../../kernel/safe-fetch/index.ts";
import { listenForAnnouncements } from "./announcements.ts";
import type { DoorMemory } from "./door-memory.ts";
import type { DoorProtocol, DoorProtocolName } from "./door-protocol.ts";
import { wayOut4, wayOut6, type Way } from "./gateway.ts";
import { IgdDevice, type IgdDeps } from "./igd-device.ts";
import { IgdDoor } from "./igd-door.ts";
import { IgdPinhole } from "./igd-pinhole.ts";
import { NatPmpDoor } from "./nat-pmp-door.ts";
import { PCP_PORT } from "./pcp.ts";
import { PcpDoor } from "./pcp-door.ts";
import type { PortMapperOptions } from "./mapper-options.ts";
import { PortMapper } from "./port-mapper.ts";

export interface DoorDeps {
  readonly clock: Clock;
  readonly log: LineLog;
  readonly memory: DoorMemory;
  /** 0 to 1; default `Math.random`. */
  readonly random?: () => number;
  /** Of the mapping in the router's list, for people; default `Tellyport`. */
  readonly description?: string;
  /** Protocols that are spoken; default all. */
  readonly speak?: readonly DoorProtocolName[];
  /** Where the router is; default: where the kernel's routes lead, at the ports of the standards. */
  readonly place?: {
    readonly way?: () => Promise<Way | null>;
    readonly way4?: () => Promise<Way | null>;
    /** UDP, of PCP and NAT-PMP. */
    readonly port?: number;
    readonly announcePort?: number;
    readonly search?: { readonly address: string; readonly port: number };
    readonly reach?: Reach;
  };
}

/** Keeps a port of the IPv4 router open: by PCP, NAT-PMP or UPnP, the first of them that it speaks. */
export function createPortMapper(deps: DoorDeps, options: PortMapperOptions): PortMapper {
  const { clock, place = {}, random = Math.random, description = "Tellyport" } = deps;
  const protocols = (way: Way, nonce: Uint8Array): DoorProtocol[] => {
    const udp = { clock, way, random, port: place.port ?? PCP_PORT };
    return [
      new PcpDoor(udp, nonce),
      new NatPmpDoor(udp),
      new IgdDoor(new IgdDevice(igdDeps(deps, way)), way, description),
    ];
  };
  return mapper("port-mapper", deps, { protocols, findWay: place.way ?? wayOut4 }, options);
}

/** Keeps a pinhole for the box's lasting address open in the router's IPv6 firewall: by PCP or UPnP. */
export function createPinholeKeeper(deps: DoorDeps, options: PortMapperOptions): PortMapper {
  const { clock, place = {}, random = Math.random } = deps;
  const findWay4 = place.way4 ?? wayOut4;
  const protocols = (way: Way, nonce: Uint8Array): DoorProtocol[] => [
    new PcpDoor({ clock, way, random, port: place.port ?? PCP_PORT }, nonce),
    new LatePinhole(async () => {
      const way4 = await findWay4();
      return way4 === null ? null : new IgdPinhole(new IgdDevice(igdDeps(deps, way4)), way);
    }),
  ];
  return mapper("pinhole-keeper", deps, { protocols, findWay: place.way ?? wayOut6 }, options);
}

function igdDeps({ clock, place = {} }: DoorDeps, way: Way): IgdDeps {
  return {
    clock,
    fetch: createSafeFetch({ clock }),
    way,
    ...(place.search !== undefined && { searchTo: place.search }),
    ...(place.reach !== undefined && { reach: place.reach }),
  };
}

function mapper(
  name: string,
  { clock, log, memory, random, speak, place = {} }: DoorDeps,
  of: {
    readonly protocols: (way: Way, nonce: Uint8Array) => DoorProtocol[];
    readonly findWay: () => Promise<Way | null>;
  },
  options: PortMapperOptions,
): PortMapper {
  return new PortMapper(
    {
      name,
      clock,
      log,
      memory,
      findWay: of.findWay,
      protocols: (way, nonce) =>
        of.protocols(way, nonce).filter((protocol) => speak?.includes(protocol.name) ?? true),
      listen: (way, heard) => listenForAnnouncements(way, heard, place.announcePort),
      ...(random !== undefined && { random }),
    },
    options,
  );
}

/** The UPnP of a router is found by IPv4, of which the box may have nothing yet. */
class LatePinhole implements DoorProtocol {
  readonly name = "igd";
  readonly pollMs = 60_000;
  readonly #make: () => Promise<IgdPinhole | null>;
  #made: IgdPinhole | null = null;

  constructor(make: () => Promise<IgdPinhole | null>) {
    this.#make = make;
  }

  async probe(signal: AbortSignal): ReturnType<DoorProtocol["probe"]> {
    this.#made = await this.#make();
    return this.#made?.probe(signal) ?? null;
  }

  async open(...args: Parameters<DoorProtocol["open"]>): ReturnType<DoorProtocol["open"]> {
    return this.#made?.open(...args) ?? { kind: "silent" };
  }

  async check(...args: Parameters<DoorProtocol["check"]>): ReturnType<DoorProtocol["check"]> {
    return this.#made?.check(...args) ?? { kind: "silent" };
  }

  async close(...args: Parameters<DoorProtocol["close"]>): Promise<void> {
    await this.#made?.close(...args);
  }
}
