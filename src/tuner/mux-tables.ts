import { placeholderName } from "./catalogue.ts";
import { EitCollector } from "./guide/eit-collector.ts";
import { asListed, listedEvents, networkIdOf } from "./listed.ts";
import type { GuideEvent, GuideStretch, Multiplex, Service, ServiceStreams } from "./ports.ts";
import { NetworkTables, type NumberedService } from "./network-tables.ts";
import { BAT_TABLE } from "./si/bat.ts";
import type { NitTransportStream } from "./si/nit.ts";
import { decodePat } from "./si/pat.ts";
import { decodePmt, describeStreams } from "./si/pmt.ts";
import { decodeSdt, serviceKindOf, type SdtService } from "./si/sdt.ts";
import { decodeTdt, decodeTot } from "./si/tdt.ts";
import type { TextOptions } from "./si/text.ts";
import { SeenSections } from "./seen-sections.ts";
import { sameStreams } from "./same-streams.ts";
import { TableVersion } from "./table-version.ts";

/** PIDs of the tables. @see ISO/IEC 13818-1 table 2-3, EN 300 468 table 1 */
export const TABLE_PID = { pat: 0x00, nit: 0x10, sdt: 0x11, eit: 0x12, tdt: 0x14 } as const;

const MAX_OTHER_SERVICES = 5000;
const ACTUAL_SDT = 0x42;

/** What a section has changed. */
export type TableChange =
  | { readonly kind: "pat" }
  /** Streams of a service are known, or differ in something that matters. */
  | { readonly kind: "streams"; readonly serviceId: number; readonly streams: ServiceStreams }
  /** Names, numbers or flags of services. */
  | { readonly kind: "lineup" };

/** A service of another multiplex, named by SDT other. */
export interface OtherService {
  readonly originalNetworkId: number;
  readonly transportStreamId: number;
  readonly service: SdtService;
  /** As the NIT says, or null. */
  readonly lcn: number | null;
}

/**
 * What the tables of one multiplex say, kept up to date section by section. Pure: bytes in, changes out.
 * @see ISO/IEC 13818-1 §2.4.4, EN 300 468 §5.2
 */
export class MuxTables {
  readonly #multiplex: Multiplex;
  readonly #text: TextOptions;
  readonly #pat = new TableVersion();
  readonly #sdt = new TableVersion();
  readonly #network = new NetworkTables();
  readonly #otherSdt = new SeenSections();
  readonly #eit: EitCollector;
  #transportStreamId = 0;
  /** Service to PMT PID, of the newest whole PAT. */
  #programs = new Map<number, number>();
  #programsToCome = new Map<number, number>();
  readonly #streams = new Map<number, ServiceStreams>();
  /** CRC of each service's newest PMT: a repetition is not decoded again. */
  readonly #pmtCrcs = new Map<number, number>();
  #originalNetworkId: number | null = null;
  readonly #described = new Map<number, SdtService>();
  readonly #others = new Map<string, Omit<OtherService, "lcn">>();
  #time: number | null = null;

  constructor(multiplex: Multiplex) {
    this.#multiplex = multiplex;
    this.#text = { system: multiplex.delivery.system };
    this.#eit = new EitCollector(this.#text);
  }

  /** A whole PAT was seen. */
  get hasPat(): boolean {
    return this.#pat.complete;
  }

  /** A whole SDT of this transport stream was seen. */
  get hasSdt(): boolean {
    return this.#sdt.complete;
  }

  /** A whole NIT of this network was seen. */
  get hasNit(): boolean {
    return this.#network.hasNit;
  }

  /** PAT, SDT, NIT, every PMT and present/following of every service that says it has them: nothing more to wait for. */
  get complete(): boolean {
    return (
      this.#pat.complete &&
      this.#sdt.complete &&
      this.#network.hasNit &&
      this.hasEveryPmt &&
      [...this.#described.values()].every(
        (service) => !service.eitPresentFollowing || this.#eit.hasPresentFollowing(service.serviceId),
      )
    );
  }

  /** A PMT of every service of the PAT was seen. */
  get hasEveryPmt(): boolean {
    return [...this.#programs.keys()].every((serviceId) => this.#streams.has(serviceId));
  }

  /** A BAT has begun to come and is not whole. */
  get batPending(): boolean {
    return this.#network.batPending;
  }

  /** Of the PAT; null before a whole one was seen. */
  get transportStreamId(): number | null {
    return this.#pat.complete ? this.#transportStreamId : null;
  }

  /** Of the SDT; null before. */
  get originalNetworkId(): number | null {
    return this.#originalNetworkId;
  }

  /** Every transport stream that the NITs name, this network's first. */
  networks(): readonly NitTransportStream[] {
    return this.#network.streams();
  }

  /** service_id of those that the SDT names and the PAT has not: they exist, and are off air now. */
  offAir(): readonly number[] {
    return [...this.#described.keys()].filter((serviceId) => !this.#programs.has(serviceId));
  }

  /** Service to PMT PID. */
  get programs(): ReadonlyMap<number, number> {
    return this.#programs;
  }

  /** UTC as the last TDT or TOT said, epoch milliseconds. */
  get broadcastTime(): number | null {
    return this.#time;
  }

  streams(serviceId: number): ServiceStreams | null {
    return this.#streams.get(serviceId) ?? null;
  }

  /** Services of other transport streams. */
  others(): OtherService[] {
    return [...this.#others.values()].map((other) => ({
      ...other,
      lcn: this.#network.channel(other.originalNetworkId, other.transportStreamId, other.service.serviceId)
        .lcn,
    }));
  }

  /** Every service of the PAT, described as well as the tables allow. */
  services(): Service[] {
    return [...this.#programs.keys()].map((serviceId) =>
      asListed(this.#describe(serviceId), this.#programs.size),
    );
  }

  /** What the EIT said. */
  get guide(): EitCollector {
    return this.#eit;
  }

  /** A service of this transport stream says that it has a schedule. @see EN 300 468 §5.2.3 (EIT_schedule_flag) */
  get promisesSchedule(): boolean {
    return [...this.#described.values()].some((service) => service.eitSchedule);
  }

  /** Every schedule that services of this transport stream promise, and every other that is here, was seen whole. */
  get guideComplete(): boolean {
    const promised = [...this.#described.values()].filter((service) => service.eitSchedule);
    return this.#eit.complete(
      promised.map((service) => service.serviceId),
      this.#time,
    );
  }

  /** Takes events decoded since the last call, at most `limit`. */
  takeEvents(limit: number): GuideEvent[] {
    return listedEvents(this.#eit.take(limit), this.#own, this.#networkId);
  }

  /** Takes the stretches of schedules that have become whole. */
  takeStretches(): GuideStretch[] {
    return listedEvents(this.#eit.takeStretches(), this.#own, this.#networkId);
  }

  get #own(): { originalNetworkId: number; transportStreamId: number } {
    return {
      originalNetworkId: this.#originalNetworkId ?? 0,
      transportStreamId: this.#transportStreamId,
    };
  }

  /** @param section whole and checked; not kept */
  push(pid: number, section: Buffer): readonly TableChange[] {
    switch (pid) {
      case TABLE_PID.pat:
        return this.#onPat(section);
      case TABLE_PID.sdt:
        return this.#onSdt(section);
      case TABLE_PID.nit:
        return this.#onNit(section);
      case TABLE_PID.eit:
        this.#eit.push(section);
        return [];
      case TABLE_PID.tdt:
        this.#time = (decodeTdt(section) ?? decodeTot(section))?.utc ?? this.#time;
        return [];
      default:
        return this.#onPmt(pid, section);
    }
  }

  #onPat(section: Buffer): TableChange[] {
    const pat = decodePat(section);
    if (pat === null || !pat.current || !this.#pat.accepts(pat, pat.transportStreamId)) return [];
    if (this.#pat.begins) this.#programsToCome = new Map();
    for (const { serviceId, pid } of pat.programs) this.#programsToCome.set(serviceId, pid);
    this.#pat.note(pat);
    if (!this.#pat.complete) return [];
    this.#transportStreamId = pat.transportStreamId;
    this.#programs = this.#programsToCome;
    this.#pmtCrcs.clear();
    for (const serviceId of this.#streams.keys())
      if (!this.#programs.has(serviceId)) this.#streams.delete(serviceId);
    return [{ kind: "pat" }, { kind: "lineup" }];
  }

  #onPmt(pid: number, section: Buffer): TableChange[] {
    if (section.length < 12) return [];
    const crc = section.readUInt32BE(section.length - 4);
    if (this.#pmtCrcs.get(section.readUInt16BE(3)) === crc) return [];
    const pmt = decodePmt(section);
    // Several services may share a PMT PID; a PMT of a service that the PAT does not have there is a stray one.
    if (pmt === null || !pmt.current || this.#programs.get(pmt.serviceId) !== pid) return [];
    this.#pmtCrcs.set(pmt.serviceId, crc);
    const before = this.#streams.get(pmt.serviceId);
    const streams = describeStreams(pmt);
    if (before !== undefined && sameStreams(before, streams)) return [];
    this.#streams.set(pmt.serviceId, streams);
    return [{ kind: "streams", serviceId: pmt.serviceId, streams }, { kind: "lineup" }];
  }

  #onSdt(section: Buffer): TableChange[] {
    if (section[0] === BAT_TABLE) return this.#network.pushBat(section) ? [{ kind: "lineup" }] : [];
    if (section[0] !== ACTUAL_SDT && !this.#otherSdt.isNew(section)) return [];
    const sdt = decodeSdt(section, this.#text);
    if (sdt === null || !sdt.current) return [];
    const { originalNetworkId, transportStreamId } = sdt;
    if (!sdt.actual) {
      if (this.#others.size > MAX_OTHER_SERVICES) this.#others.clear();
      for (const service of sdt.services)
        this.#others.set(`${originalNetworkId}.${transportStreamId}.${service.serviceId}`, {
          originalNetworkId,
          transportStreamId,
          service,
        });
      return [];
    }
    if (!this.#sdt.accepts(sdt, transportStreamId)) return [];
    this.#originalNetworkId = originalNetworkId;
    for (const service of sdt.services) this.#described.set(service.serviceId, service);
    this.#sdt.note(sdt);
    return [{ kind: "lineup" }];
  }

  #onNit(section: Buffer): TableChange[] {
    return this.#network.pushNit(section) ? [{ kind: "lineup" }] : [];
  }

  /** The original_network_id that its services are known by. */
  get #networkId(): number {
    return networkIdOf(this.#multiplex, this.#originalNetworkId ?? 0, this.#programs.size);
  }

  #describe(serviceId: number): Service {
    const described = this.#described.get(serviceId);
    const streams = this.#streams.get(serviceId);
    const originalNetworkId = this.#networkId;
    const { lcn, visible, simulcastLcn } = this.#channel(serviceId);
    return {
      key: { originalNetworkId, transportStreamId: this.#transportStreamId, serviceId },
      multiplex: this.#multiplex,
      name: nonEmpty(described?.name) ?? placeholderName(serviceId),
      provider: nonEmpty(described?.provider),
      kind:
        described !== undefined && described.serviceType !== 0
          ? serviceKindOf(described.serviceType)
          : kindOfStreams(streams),
      lcn,
      ...(simulcastLcn !== null && { simulcastLcn }),
      visible,
      // The PMT knows better than a flag that says "one or more streams may be".
      scrambled: streams?.scrambled ?? described?.freeCaMode ?? false,
      onAir: streams !== undefined,
    };
  }

  #channel(serviceId: number): NumberedService {
    return this.#network.channel(this.#originalNetworkId ?? 0, this.#transportStreamId, serviceId);
  }
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text.trim() === "" ? null : text;
}

/** What a service without a service descriptor most likely is. */
function kindOfStreams(streams: ServiceStreams | undefined): Service["kind"] {
  if (streams === undefined) return "tv";
  const codecs = streams.streams.map((stream) => stream.codec);
  if (codecs.some((codec) => codec === "h264" || codec === "hevc" || codec === "mpeg2-video")) return "tv";
  return codecs.some((codec) => AUDIO.has(codec)) ? "radio" : "data";
}

const AUDIO: ReadonlySet<string> = new Set(["aac-adts", "aac-latm", "mpeg-audio", "ac-3", "ec-3"]);
