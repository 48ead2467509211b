import { TellyportError, type ErrorCode } from "../../../src/kernel/errors.ts";
import { ms } from "../../../src/kernel/units.ts";
import type { Multiplex, Receiver, Service, VisitRequest, Visited } from "../../../src/tuner/ports.ts";
import { MuxTables, TABLE_PID } from "../../../src/tuner/mux-tables.ts";
import type { MultiplexResult } from "../../../src/tuner/scan/scanner.ts";
import { nameMultiplex, type Broadcast } from "../../../src/tuner/scan/same-multiplex.ts";
import { encodeNit, type NitTransportStream } from "../../../src/tuner/si/nit.ts";
import { encodePat } from "../../../src/tuner/si/pat.ts";
import { encodePmt } from "../../../src/tuner/si/pmt.ts";
import { encodeSdt } from "../../../src/tuner/si/sdt.ts";

const HEADER = { version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
const NONE = Buffer.alloc(0);

/** What a transmitter sends. */
export interface OnAir {
  readonly transportStreamId: number;
  readonly services: readonly {
    readonly id: number;
    readonly name: string;
    readonly lcn?: number;
    readonly type?: number;
  }[];
  /** Transport streams of the network beside this one; null: it sends no NIT. */
  readonly network?: readonly { readonly transportStreamId: number; readonly delivery: Broadcast }[] | null;
  readonly cnr?: number;
}

export const ORIGINAL_NETWORK = 9018;

/** A broadcaster's tables, whole. */
export function tablesOf(multiplex: Multiplex, onAir: OnAir): MuxTables {
  const tables = new MuxTables(multiplex);
  const { transportStreamId, services, network = [] } = onAir;
  tables.push(
    TABLE_PID.pat,
    encodePat({
      ...HEADER,
      transportStreamId,
      networkPid: null,
      programs: services.map(({ id }) => ({ serviceId: id, pid: 0x100 + (id % 4096) })),
    }),
  );
  for (const { id } of services)
    tables.push(
      0x100 + (id % 4096),
      encodePmt({
        serviceId: id,
        version: 1,
        current: true,
        pcrPid: 256,
        descriptors: NONE,
        streams: [{ streamType: 0x1b, pid: 256, descriptors: NONE }],
      }),
    );
  tables.push(
    TABLE_PID.sdt,
    encodeSdt({
      ...HEADER,
      tableId: 0x42,
      actual: true,
      transportStreamId,
      originalNetworkId: ORIGINAL_NETWORK,
      services: services.map(({ id, name, type = 1 }) => ({
        serviceId: id,
        eitSchedule: false,
        eitPresentFollowing: false,
        runningStatus: 4,
        freeCaMode: false,
        serviceType: type,
        name,
        provider: "",
      })),
    }),
  );
  if (network === null) return tables;
  const own: NitTransportStream = {
    transportStreamId,
    originalNetworkId: ORIGINAL_NETWORK,
    delivery: multiplex.delivery,
    lcns: services.flatMap(({ id, lcn }) =>
      lcn === undefined ? [] : [{ serviceId: id, number: lcn, visible: true }],
    ),
    hdSimulcastLcns: [],
    services: [],
  };
  const others = network.map((stream) => ({
    ...own,
    ...stream,
    lcns: [],
  }));
  tables.push(
    TABLE_PID.nit,
    encodeNit({
      ...HEADER,
      tableId: 0x40,
      actual: true,
      networkId: 1,
      networkName: "",
      transportStreams: [own, ...others],
    }),
  );
  return tables;
}

/** Some tuners and an ether, by frequency as {@link placeName} tells it. */
export class FakeReceiver implements Pick<Receiver, "visit"> {
  readonly visits: string[] = [];
  readonly ether: Map<string, OnAir | ErrorCode>;
  readonly #tuners: number;
  busy = 0;
  mostBusy = 0;

  constructor(ether: Record<string, OnAir | ErrorCode>, tuners = 2) {
    this.ether = new Map(Object.entries(ether));
    this.#tuners = tuners;
  }

  async visit({ multiplex, signal, enough }: VisitRequest): Promise<Visited> {
    const place = placeName(multiplex.delivery as Broadcast);
    if (this.busy >= this.#tuners) throw new TellyportError("no-tuner-free", "All are busy.");
    this.busy++;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    this.visits.push(place);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new TellyportError("request-cancelled", "Cancelled.");
      const found = this.ether.get(place) ?? "no-lock";
      if (typeof found === "string") throw new TellyportError(found, `It says ${found}.`);
      const visited: Visited = {
        tuner: "fake-0",
        tables: tablesOf(multiplex, found),
        signal: { locked: true, strength: -50, cnr: found.cnr ?? 20 },
        lockedAt: ms(0),
      };
      enough(visited);
      return visited;
    } finally {
      this.busy--;
    }
  }
}

export const placeName = (delivery: Broadcast): string => nameMultiplex(delivery, new Set());
export const dvbt = (megahertz: number): Broadcast => ({
  system: "dvbt",
  frequencyHz: megahertz * 1_000_000,
  bandwidthHz: 8_000_000,
  plp: null,
});
export const named = (delivery: Broadcast): Multiplex => ({ id: placeName(delivery), delivery });

/** A scan's result for one multiplex, made of the same tables. */
export function resultOf(multiplex: Multiplex, onAir: OnAir): MultiplexResult {
  const tables = tablesOf(multiplex, onAir);
  return {
    multiplex,
    outcome: tables.hasNit ? "ok" : "partial",
    transportStreamId: tables.transportStreamId,
    originalNetworkId: tables.originalNetworkId,
    numbered: tables.hasNit,
    services: tables.services(),
    offAir: tables.offAir(),
    signal: { locked: true, strength: -50, cnr: onAir.cnr ?? 20 },
  };
}

export function missed(multiplex: Multiplex, outcome: ErrorCode = "no-lock"): MultiplexResult {
  return {
    multiplex,
    outcome,
    transportStreamId: null,
    originalNetworkId: null,
    numbered: false,
    services: [] as Service[],
    offAir: [],
    signal: null,
  };
}
