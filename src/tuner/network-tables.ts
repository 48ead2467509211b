import { decodeBat, type Bat } from "./si/bat.ts";
import { decodeNit, type LogicalChannel, type NitTransportStream } from "./si/nit.ts";
import { TableVersion } from "./table-version.ts";

/** The number that a network, or a bouquet, gives to a service. */
export interface NumberedService {
  readonly lcn: number | null;
  /** May be chosen by number; true without a number. */
  readonly visible: boolean;
  /** Of an HD simulcast: the number of the SD service that it stands for. */
  readonly simulcastLcn: number | null;
}

/** Other networks and bouquets that are followed at most; a satellite has a few dozen. */
const MAX_TABLES = 200;

interface Table<T> {
  readonly version: TableVersion;
  streams: Map<string, T>;
}
type BatStream = Bat["transportStreams"][number];

/** NIT actual, NITs other and BATs, section by section. @see EN 300 468 §5.2.1, §5.2.2 */
export class NetworkTables {
  readonly #actual: Table<NitTransportStream> = { version: new TableVersion(), streams: new Map() };
  /** By network_id. */
  readonly #others = new Map<number, Table<NitTransportStream>>();
  /** By bouquet_id. */
  readonly #bouquets = new Map<number, Table<BatStream>>();
  #networkId: number | null = null;

  /** A whole NIT of this network was seen. */
  get hasNit(): boolean {
    return this.#actual.version.complete;
  }

  /** A bouquet has begun to come and is not whole. */
  get batPending(): boolean {
    return [...this.#bouquets.values()].some(({ version }) => !version.complete);
  }

  /** Of the NIT actual; null before. */
  get networkId(): number | null {
    return this.#networkId;
  }

  /** Every transport stream that this network names, then those of others. */
  streams(): readonly NitTransportStream[] {
    return [this.#actual, ...this.#others.values()].flatMap(({ streams }) => [...streams.values()]);
  }

  /** @returns whether it was the actual network's and new */
  pushNit(section: Buffer): boolean {
    const nit = decodeNit(section);
    if (nit === null || !nit.current) return false;
    const table = nit.actual ? this.#actual : tableOf(this.#others, nit.networkId);
    if (table === null || !take(table, nit, nit.networkId)) return false;
    if (nit.actual) this.#networkId = nit.networkId;
    return nit.actual;
  }

  /** @returns whether it was new */
  pushBat(section: Buffer): boolean {
    const bat = decodeBat(section);
    if (bat === null || !bat.current) return false;
    const table = tableOf(this.#bouquets, bat.bouquetId);
    return table !== null && take(table, bat, bat.bouquetId);
  }

  /**
   * The number of a service: the network's, else that of the bouquets when they agree. Bouquets for other regions and other
   * subscriptions that give a service several numbers give it none here.
   */
  channel(originalNetworkId: number, transportStreamId: number, serviceId: number): NumberedService {
    const key = `${originalNetworkId}.${transportStreamId}`;
    const stream = this.#actual.streams.get(key);
    const simulcast = stream?.hdSimulcastLcns.find((entry) => entry.serviceId === serviceId);
    const simulcastLcn = simulcast === undefined || simulcast.number === 0 ? null : simulcast.number;
    const channel =
      stream?.lcns.find((entry) => entry.serviceId === serviceId) ?? this.#fromBouquets(key, serviceId);
    // 0 is what networks send for "no number".
    if (channel === undefined) return { lcn: null, visible: simulcast?.visible ?? true, simulcastLcn };
    return { lcn: channel.number === 0 ? null : channel.number, visible: channel.visible, simulcastLcn };
  }

  #fromBouquets(key: string, serviceId: number): LogicalChannel | undefined {
    let found: LogicalChannel | undefined;
    for (const { streams } of this.#bouquets.values()) {
      for (const entry of streams.get(key)?.lcns ?? []) {
        if (entry.serviceId !== serviceId || entry.number === 0) continue;
        if (found !== undefined && found.number !== entry.number) return undefined;
        found = entry;
      }
    }
    return found;
  }
}

function tableOf<T>(tables: Map<number, Table<T>>, id: number): Table<T> | null {
  const known = tables.get(id);
  if (known !== undefined) return known;
  if (tables.size >= MAX_TABLES) return null;
  const made = { version: new TableVersion(), streams: new Map<string, T>() };
  tables.set(id, made);
  return made;
}

type Section<T> = Parameters<TableVersion["accepts"]>[0] & { readonly transportStreams: readonly T[] };

function take<T extends { readonly originalNetworkId: number; readonly transportStreamId: number }>(
  table: Table<T>,
  section: Section<T>,
  extension: number,
): boolean {
  if (!table.version.accepts(section, extension)) return false;
  if (table.version.begins) table.streams = new Map();
  for (const stream of section.transportStreams)
    table.streams.set(`${stream.originalNetworkId}.${stream.transportStreamId}`, stream);
  table.version.note(section);
  return true;
}
