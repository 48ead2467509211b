import { ms } from "../../../kernel/units.ts";
import {
  aacDescriptor,
  ac3Descriptor,
  caDescriptor,
  iso639Descriptor,
  streamIdentifierDescriptor,
  supplementaryAudioDescriptor,
  teletextDescriptor,
} from "../../si/descriptors.ts";
import { encodeEit, type EitEvent } from "../../si/eit.ts";
import { encodeNit } from "../../si/nit.ts";
import { encodePat } from "../../si/pat.ts";
import { encodePmt, type PmtStream } from "../../si/pmt.ts";
import { encodeSdt } from "../../si/sdt.ts";
import { encodeTdt, encodeTot } from "../../si/tdt.ts";
import { eventAt, eventsBetween, type MockEvent } from "./guide.ts";
import { NETWORK, servicePids, type AudioTrack, type MockMultiplex, type MockService } from "./lineup.ts";

/** PSI/SI of the mock: sections from line-up and time, nothing else. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A segment of the schedule. @see EN 300 468 §5.2.4, TS 101 211 §4.1.4.2 */
const SEGMENT = 3 * HOUR;
const SECTIONS_PER_SEGMENT = 8;

/** PIDs of one service as they are now: the faults can move the sound. */
export interface ServicePids {
  readonly pmt: number;
  readonly video: number;
  readonly audio: readonly number[];
  readonly teletext: number;
  readonly pcr: number;
}

/** @param shift added to every audio PID; default 0 */
export function pidsOf(service: MockService, position: number, shift = 0): ServicePids {
  const pmt = servicePids(position);
  const audio = service.audio.map((_, index) => pmt + 2 + index + shift);
  return {
    pmt,
    video: pmt + 1,
    audio,
    teletext: pmt + 8,
    pcr: service.video === undefined ? (audio[0] ?? 0x1fff) : pmt + 1,
  };
}

const whole = { version: 0, current: true, sectionNumber: 0, lastSectionNumber: 0 } as const;

export function patSection(multiplex: MockMultiplex): Buffer {
  return encodePat({
    ...whole,
    transportStreamId: multiplex.transportStreamId,
    networkPid: 0x10,
    programs: multiplex.services.map((service, position) => ({
      serviceId: service.id,
      pid: servicePids(position),
    })),
  });
}

const VIDEO_TYPES = { h264: 0x1b, "h264-no-idr": 0x1b, hevc: 0x24, "mpeg2-video": 0x02 } as const;
const AUDIO_TYPES = { "aac-adts": 0x0f, "ac-3": 0x06, "mpeg-audio": 0x03 } as const;
const PRIVATE_DATA = 0x06;
/** BISS: fixed keys, hence no ECM. @see EBU Tech 3292 */
const CA_SYSTEM = 0x2600;
const NO_PID = 0x1fff;
/** AAC profile, level 2. @see EN 300 468 Annex H */
const AAC_LEVEL_2 = 0x51;

function audioDescriptors(track: AudioTrack, tag: number): Buffer {
  const parts = [
    streamIdentifierDescriptor(tag),
    iso639Descriptor(track.language, track.audioDescription ? 3 : 0),
  ];
  if (track.codec === "ac-3") parts.push(ac3Descriptor());
  if (track.codec === "aac-adts") parts.push(aacDescriptor(AAC_LEVEL_2));
  if (track.audioDescription) parts.push(supplementaryAudioDescriptor(true, 1, track.language));
  return Buffer.concat(parts);
}

export function pmtSection(service: MockService, pids: ServicePids, version: number): Buffer {
  const streams: PmtStream[] = [];
  if (service.video !== undefined) {
    streams.push({
      streamType: VIDEO_TYPES[service.video.codec],
      pid: pids.video,
      descriptors: streamIdentifierDescriptor(1),
    });
  }
  for (const [index, track] of service.audio.entries()) {
    streams.push({
      streamType: AUDIO_TYPES[track.codec],
      pid: pids.audio[index] ?? NO_PID,
      descriptors: audioDescriptors(track, 2 + index),
    });
  }
  if (service.teletext !== undefined) {
    const { language, page } = service.teletext;
    streams.push({
      streamType: PRIVATE_DATA,
      pid: pids.teletext,
      descriptors: Buffer.concat([
        streamIdentifierDescriptor(8),
        teletextDescriptor([{ language, teletextType: 2, page }]),
      ]),
    });
  }
  return encodePmt({
    serviceId: service.id,
    version: version & 0x1f,
    current: true,
    pcrPid: pids.pcr,
    descriptors: service.scrambled ? caDescriptor(CA_SYSTEM, NO_PID) : Buffer.alloc(0),
    streams,
  });
}

/** @see EN 300 468 table 87 */
export function serviceType(service: MockService): number {
  if (service.kind === "radio") return service.audio[0]?.codec === "aac-adts" ? 0x0a : 0x02;
  switch (service.video?.codec) {
    case "hevc":
      return 0x1f;
    case "h264":
    case "h264-no-idr":
      return service.video.height >= 720 ? 0x19 : 0x16;
    default:
      return 0x01;
  }
}

/** The SDT of one's own transport stream, then those of the others. */
export function sdtSections(multiplex: MockMultiplex, lineup: readonly MockMultiplex[]): Buffer[] {
  const others = lineup.filter((one) => one !== multiplex && one.services.length > 0);
  return [multiplex, ...others].map((one) =>
    encodeSdt({
      ...whole,
      tableId: one === multiplex ? 0x42 : 0x46,
      actual: one === multiplex,
      transportStreamId: one.transportStreamId,
      originalNetworkId: NETWORK.originalNetworkId,
      services: one.services.map((service) => ({
        serviceId: service.id,
        eitSchedule: one === multiplex,
        eitPresentFollowing: one === multiplex,
        runningStatus: 4,
        freeCaMode: service.scrambled === true,
        serviceType: serviceType(service),
        name: service.name,
        provider: one.provider,
      })),
    }),
  );
}

/** The whole network, also the transport stream that nobody can receive. */
export function nitSection(lineup: readonly MockMultiplex[]): Buffer {
  return encodeNit({
    ...whole,
    tableId: 0x40,
    actual: true,
    networkId: NETWORK.id,
    networkName: NETWORK.name,
    transportStreams: lineup.map((one) => ({
      transportStreamId: one.transportStreamId,
      originalNetworkId: NETWORK.originalNetworkId,
      delivery: { system: "dvbt", frequencyHz: one.frequencyHz, bandwidthHz: 8_000_000, plp: null },
      lcns: one.services.map((service) => ({ serviceId: service.id, number: service.lcn, visible: true })),
      hdSimulcastLcns: [],
      services: one.services.map((service) => ({ serviceId: service.id, serviceType: serviceType(service) })),
    })),
  });
}

/** Sections that hold until a time. */
export interface Timed {
  readonly sections: Buffer[];
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Ratings in place of the guide's, by service_id; years. */
export type Ratings = ReadonlyMap<number, number>;

function event(
  from: MockEvent,
  language: keyof typeof COUNTRIES,
  scrambled: boolean,
  runningStatus: number,
  rated: number | null = from.minimumAge,
): EitEvent {
  return {
    eventId: from.id,
    startsAt: from.startsAt,
    durationMs: from.duration,
    runningStatus,
    freeCaMode: scrambled,
    title: from.title,
    description: from.description,
    language,
    content: [],
    rating: rated === null ? [] : [{ country: COUNTRIES[language].country, age: rated }],
  };
}

/**
 * @param at epoch milliseconds
 * @param ratings of what is on now; default: as the guide has it
 * @param changes how often they were changed: another version of the table
 */
export function presentFollowing(
  multiplex: MockMultiplex,
  at: number,
  ratings: Ratings = new Map(),
  changes = 0,
): Timed {
  const sections: Buffer[] = [];
  let until = Infinity;
  for (const service of multiplex.services) {
    const present = eventAt(service.id, multiplex.language, at);
    const end = present.startsAt + present.duration;
    const following = eventAt(service.id, multiplex.language, end);
    until = Math.min(until, end);
    for (const [sectionNumber, one] of [present, following].entries()) {
      sections.push(
        encodeEit({
          ...eitHeader(multiplex, service),
          tableId: 0x4e,
          schedule: false,
          // Events follow each other with other numbers, hence other versions.
          version: (present.id + changes) & 0x1f,
          sectionNumber,
          lastSectionNumber: 1,
          segmentLastSectionNumber: 1,
          lastTableId: 0x4e,
          events: [
            sectionNumber === 0
              ? event(one, multiplex.language, service.scrambled === true, 4, ratings.get(service.id))
              : event(one, multiplex.language, service.scrambled === true, 1),
          ],
        }),
      );
    }
  }
  return { sections, until: ms(until) };
}

/**
 * Schedule from the present segment of three hours to a day ahead. Segments of today that are over are sent empty.
 * @param at epoch milliseconds
 * @see TS 101 211 §4.1.4.2.1
 */
export function schedule(multiplex: MockMultiplex, at: number): Timed {
  const midnight = Math.floor(at / DAY) * DAY;
  const present = Math.floor((at - midnight) / SEGMENT);
  const last = Math.floor((at + DAY - midnight) / SEGMENT);
  const sections: Buffer[] = [];
  for (const service of multiplex.services) {
    for (let segment = 0; segment <= last; segment++) {
      const from = midnight + segment * SEGMENT;
      const events =
        segment < present ? [] : eventsBetween(service.id, multiplex.language, from, from + SEGMENT);
      sections.push(
        encodeEit({
          ...eitHeader(multiplex, service),
          tableId: 0x50,
          schedule: true,
          version: Math.floor(at / SEGMENT) & 0x1f,
          sectionNumber: segment * SECTIONS_PER_SEGMENT,
          lastSectionNumber: last * SECTIONS_PER_SEGMENT,
          segmentLastSectionNumber: segment * SECTIONS_PER_SEGMENT,
          lastTableId: 0x50,
          events: events.map((one) => event(one, multiplex.language, service.scrambled === true, 0)),
        }),
      );
    }
  }
  return { sections, until: midnight + (present + 1) * SEGMENT };
}

const eitHeader = (multiplex: MockMultiplex, service: MockService) => ({
  actual: true,
  current: true,
  serviceId: service.id,
  transportStreamId: multiplex.transportStreamId,
  originalNetworkId: NETWORK.originalNetworkId,
});

const COUNTRIES = {
  zho: { country: "CHN", offsetMinutes: 480 },
  fra: { country: "FRA", offsetMinutes: 60 },
  eng: { country: "GBR", offsetMinutes: 0 },
} as const;

/** The time: TDT and TOT in turn, each with the second it is sent in. @param at epoch milliseconds */
export function timeSection(multiplex: MockMultiplex, at: number, offsets: boolean): Buffer {
  const utc = Math.floor(at / 1000) * 1000;
  if (!offsets) return encodeTdt({ utc });
  const zone = COUNTRIES[multiplex.language];
  return encodeTot({
    utc,
    offsets: [{ ...zone, region: 0, changesAt: null, nextOffsetMinutes: zone.offsetMinutes }],
  });
}
