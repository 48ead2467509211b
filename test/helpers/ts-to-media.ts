import { readFileSync } from "node:fs";
import { ms, pid as pidOf } from "../../src/kernel/units.ts";
import { createLog } from "../../src/kernel/log.ts";
import { Packager, type PackagerOptions } from "../../src/share/live/packaging/packager.ts";
import type { PackagedPart, PackagedSegment, Rendition } from "../../src/share/live/packaging/ports.ts";
import { SlabPool } from "../../src/share/live/packaging/slab-pool.ts";
import { createServiceSource } from "../../src/share/live/service-source.ts";
import type { AccessUnit, MediaSink, Track } from "../../src/share/live/media-source.ts";
import type {
  ElementaryStream,
  ServiceSink,
  StreamCodec,
  SubscribeRequest,
  Tuners,
} from "../../src/tuner/ports.ts";
import { FakeClock } from "./fake-clock.ts";

/** A demultiplexer for tests alone: plain, slow, made to be read, and not the one under test. */

const PACKET = 188;

interface Program {
  readonly id: number;
  readonly pmtPid: number;
}

function section(ts: Buffer, wanted: number, from = 0): Buffer | null {
  let body: Buffer | null = null;
  for (let at = from; at + PACKET <= ts.length; at += PACKET) {
    if ((ts.readUInt16BE(at + 1) & 0x1fff) !== wanted) continue;
    const payload = payloadOf(ts, at);
    if (payload === null) continue;
    if ((ts[at + 1] ?? 0) & 0x40) body = Buffer.from(payload.subarray(1 + (payload[0] ?? 0)));
    else if (body !== null) body = Buffer.concat([body, payload]);
    if (body !== null && body.length >= 3) {
      const size = (body.readUInt16BE(1) & 0xfff) + 3;
      if (body.length >= size) return body.subarray(0, size);
    }
  }
  return null;
}

function payloadOf(ts: Buffer, at: number): Buffer | null {
  const control = (ts[at + 3] ?? 0) >> 4;
  if ((control & 1) === 0) return null;
  const start = at + 4 + (control & 2 ? 1 + (ts[at + 4] ?? 0) : 0);
  return start < at + PACKET ? ts.subarray(start, at + PACKET) : null;
}

/** The programmes of the PAT. */
export function programsOf(ts: Buffer): Program[] {
  const pat = section(ts, 0);
  const programs: Program[] = [];
  for (let at = 8; pat !== null && at + 4 <= pat.length - 4; at += 4) {
    const id = pat.readUInt16BE(at);
    if (id !== 0) programs.push({ id, pmtPid: pat.readUInt16BE(at + 2) & 0x1fff });
  }
  return programs;
}

function codecOf(type: number, descriptors: Buffer): StreamCodec {
  const tags = new Set<number>();
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + (descriptors[at + 1] ?? 0))
    tags.add(descriptors[at] ?? 0);
  switch (type) {
    case 0x1b:
      return "h264";
    case 0x24:
      return "hevc";
    case 1:
    case 2:
      return "mpeg2-video";
    case 3:
    case 4:
      return "mpeg-audio";
    case 0x0f:
      return "aac-adts";
    case 0x11:
      return "aac-latm";
    case 0x81:
      return "ac-3";
    case 0x87:
      return "ec-3";
    case 6:
      if (tags.has(0x6a)) return "ac-3";
      if (tags.has(0x7a)) return "ec-3";
      if (tags.has(0x56)) return "teletext";
      if (tags.has(0x59)) return "dvb-subtitles";
      return "other";
    default:
      return "other";
  }
}

/** The elementary streams of a programme's PMT. */
export function streamsOf(ts: Buffer, program: Program): { pcrPid: number; streams: ElementaryStream[] } {
  const pmt = section(ts, program.pmtPid);
  const streams: ElementaryStream[] = [];
  if (pmt === null) return { pcrPid: 0x1fff, streams };
  let at = 12 + (pmt.readUInt16BE(10) & 0xfff);
  while (at + 5 <= pmt.length - 4) {
    const size = pmt.readUInt16BE(at + 3) & 0xfff;
    const descriptors = Buffer.from(pmt.subarray(at + 5, at + 5 + size));
    let language: string | null = null;
    let audioDescription = false;
    for (let d = 0; d + 2 <= descriptors.length; d += 2 + (descriptors[d + 1] ?? 0)) {
      if (descriptors[d] === 0x0a && descriptors.length >= d + 6) {
        language = descriptors.toString("latin1", d + 2, d + 5).toLowerCase();
        audioDescription = descriptors[d + 5] === 3;
      }
    }
    const streamType = pmt[at] ?? 0;
    streams.push({
      pid: pidOf(pmt.readUInt16BE(at + 1) & 0x1fff),
      streamType,
      codec: codecOf(streamType, descriptors),
      language,
      audioDescription,
      descriptors,
    });
    at += 5 + size;
  }
  return { pcrPid: pmt.readUInt16BE(8) & 0x1fff, streams };
}

interface Assembly {
  chunks: Buffer[];
  length: number;
  randomAccess: boolean;
  damaged: boolean;
  counter: number;
}

const timeAt = (data: Buffer, at: number): number =>
  (((data[at] ?? 0) >> 1) & 7) * 2 ** 30 +
  (data.readUInt16BE(at + 1) >> 1) * 2 ** 15 +
  (data.readUInt16BE(at + 3) >> 1);

export interface DemuxOptions {
  /** Default: the first programme whose PMT is there. */
  readonly service?: number;
  readonly select?: (stream: ElementaryStream) => boolean;
  /** Told how far the stream's own clock has come, ms since the start: tests move their clock with it. */
  readonly onTime?: (elapsed: number) => void;
  /** The file ends somewhere: what it cuts short is not delivered. */
  readonly cut?: boolean;
  /** Bit rate when there is no PCR; default 8 Mb/s. */
  readonly bitrate?: number;
}

/** Feeds one programme of a transport stream to a sink, as a tuner would. Returns the programme's streams. */
export function demux(ts: Buffer, sink: ServiceSink, options: DemuxOptions = {}): ElementaryStream[] {
  const program = programsOf(ts).find((candidate) =>
    options.service === undefined
      ? streamsOf(ts, candidate).streams.length > 0
      : candidate.id === options.service,
  );
  if (program === undefined) return [];
  const { pcrPid, streams } = streamsOf(ts, program);
  const selected = streams.filter(options.select ?? (() => true));
  const open = new Map<number, Assembly | null>(selected.map(({ pid }) => [pid, null]));
  let elapsed = 0;
  let lastPcr: number | null = null;
  let lastAt = 0;
  let rate = (options.bitrate ?? 8e6) / 8000;
  sink.streams({ serviceId: program.id, pcrPid: pidOf(pcrPid), streams, scrambled: false });
  const finish = (pid: number, assembly: Assembly): void => {
    const data = Buffer.concat(assembly.chunks);
    if (data.length < 9 || data.readUIntBE(0, 3) !== 1) return;
    const flags = (data[7] ?? 0) >> 6;
    const header = 9 + (data[8] ?? 0);
    const pts = flags & 2 && data.length >= 14 ? timeAt(data, 9) : null;
    const dts = flags === 3 && data.length >= 19 ? timeAt(data, 14) : pts;
    sink.pes({
      pid: pidOf(pid),
      pts,
      dts,
      randomAccess: assembly.randomAccess,
      damaged: assembly.damaged,
      data: data.subarray(header),
      arrivedAt: ms(elapsed),
    });
  };
  for (let at = 0; at + PACKET <= ts.length; at += PACKET) {
    if (ts[at] !== 0x47) {
      at -= PACKET - 1;
      continue;
    }
    const pid = ts.readUInt16BE(at + 1) & 0x1fff;
    const adaptation = (ts[at + 3] ?? 0) & 0x20 && (ts[at + 4] ?? 0) > 0 ? (ts[at + 5] ?? 0) : 0;
    if (pid === pcrPid && adaptation & 0x10) {
      const base = ts.readUInt32BE(at + 6) * 2 + ((ts[at + 10] ?? 0) >> 7);
      const delta = lastPcr === null ? 0 : (base - lastPcr) / 90;
      if (delta > 0 && delta < 2000) {
        rate = (at - lastAt) / delta;
        elapsed += delta;
        options.onTime?.(elapsed);
      }
      lastPcr = base;
      lastAt = at;
      sink.pcr(base, (adaptation & 0x80) !== 0, ms(elapsed));
    } else if (lastPcr === null && (at / PACKET) % 100 === 0) {
      elapsed = at / rate;
      options.onTime?.(elapsed);
    }
    const assembly = open.get(pid);
    if (assembly === undefined) continue;
    const payload = payloadOf(ts, at);
    if (payload === null) continue;
    const counter = (ts[at + 3] ?? 0) & 15;
    const start = ((ts[at + 1] ?? 0) & 0x40) !== 0;
    const transportError = ((ts[at + 1] ?? 0) & 0x80) !== 0;
    let damaged = transportError;
    if (assembly !== null && assembly.counter !== counter) {
      if (assembly.counter === ((counter + 1) & 15)) continue;
      damaged = true;
    }
    if (start) {
      if (assembly !== null) {
        if (damaged) assembly.damaged = true;
        finish(pid, assembly);
      }
      open.set(pid, {
        chunks: [payload],
        length: payload.length,
        randomAccess: (adaptation & 0x40) !== 0,
        damaged,
        counter: (counter + 1) & 15,
      });
    } else if (assembly !== null) {
      assembly.chunks.push(payload);
      assembly.damaged ||= damaged;
      assembly.counter = (counter + 1) & 15;
    }
  }
  if (options.cut !== true) for (const [pid, assembly] of open) if (assembly !== null) finish(pid, assembly);
  return streams;
}

/** A tuner that plays a transport stream once, as soon as somebody subscribes and as fast as it goes. */
export class FileTuners implements Tuners {
  readonly #ts: Buffer;
  readonly #options: DemuxOptions;

  constructor(ts: Buffer, options: DemuxOptions = {}) {
    this.#ts = ts;
    this.#options = options;
  }

  services(): readonly [] {
    return [];
  }

  async subscribe(
    request: SubscribeRequest,
  ): Promise<{ timings: { lock: number; pmt: number }; close(): void }> {
    let closed = false;
    const { sink, select } = request;
    queueMicrotask(() => {
      const guarded: ServiceSink = {
        streams: (streams) => void (closed || sink.streams(streams)),
        pes: (packet) => void (closed || sink.pes(packet)),
        pcr: (base, discontinuity, at) => void (closed || sink.pcr(base, discontinuity, at)),
        scrambling: (scrambled) => void (closed || sink.scrambling(scrambled)),
        ended: (code, message) => void (closed || sink.ended(code, message)),
      };
      demux(this.#ts, guarded, { ...(select && { select }), ...this.#options });
      guarded.ended("no-data", "The file is over.");
    });
    return { timings: { lock: 1, pmt: 2 }, close: () => void (closed = true) };
  }

  availability(): "free" {
    return "free";
  }

  snapshot(): readonly [] {
    return [];
  }

  on(): () => void {
    return () => undefined;
  }
}

/** A copy of an access unit, and what came between them. */
export interface MediaLog {
  readonly tracks: (readonly Track[])[];
  readonly units: AccessUnit[];
  /** Index into `units` before which a discontinuity was told. */
  readonly discontinuities: number[];
  readonly announcedAt: number[];
  ended: string | null;
}

/** Everything that a service source delivers of a transport stream. */
export async function mediaOf(ts: Buffer, options: DemuxOptions = {}): Promise<MediaLog> {
  const log: MediaLog = { tracks: [], units: [], discontinuities: [], announcedAt: [], ended: null };
  await play(ts, options, new FakeClock(), {
    tracks(tracks) {
      log.tracks.push(tracks);
      log.announcedAt.push(log.units.length);
    },
    accessUnit: (unit) => log.units.push({ ...unit, data: Buffer.from(unit.data) }),
    discontinuity: () => log.discontinuities.push(log.units.length),
    ended: (code) => (log.ended = code),
  });
  return log;
}

async function play(ts: Buffer, options: DemuxOptions, clock: FakeClock, sink: MediaSink): Promise<void> {
  let at = 0;
  const tuners = new FileTuners(ts, {
    ...options,
    onTime(elapsed) {
      clock.advance(Math.max(0, elapsed - at));
      at = Math.max(at, elapsed);
      options.onTime?.(elapsed);
    },
  });
  const source = createServiceSource({
    tuners,
    service: { originalNetworkId: 1, transportStreamId: 1, serviceId: options.service ?? 1 },
    weight: "viewer",
    consumer: "test",
    clock,
    log: createLog({ level: "silent" }),
  });
  await source.start(sink, new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
}

/** A segment with its bytes taken out of the pool. */
export interface StoredSegment extends Omit<PackagedSegment, "data"> {
  readonly bytes: Buffer;
}

/** A rendition of picture or sound. */
export interface MediaRendition extends Rendition {
  readonly track: Track;
}

const isMedia = (rendition: Rendition): rendition is MediaRendition => rendition.track.kind !== "subtitle";

/** The same of a part. */
export interface StoredPart extends Omit<PackagedPart, "data"> {
  readonly bytes: Buffer;
}

export interface Packaged {
  /** The renditions as last told, and every version of them. */
  readonly renditions: MediaRendition[];
  readonly versions: (readonly MediaRendition[])[];
  /** As last told. */
  readonly subtitles: Rendition[];
  readonly segments: StoredSegment[];
  readonly parts: StoredPart[];
  /** IDR or not, of the first random access point; null when none came. */
  idr: boolean | null;
  ended: string | null;
  readonly pool: SlabPool;
  of(rendition: string): StoredSegment[];
  /** Init segment and segments of one rendition, as a player would append them. */
  file(rendition: string): Buffer;
}

/** A sink that keeps copies and releases at once. */
export function collector(pool: SlabPool): Packaged & { sink: PackagerOptions["sink"] } {
  const result: Packaged = {
    renditions: [],
    versions: [],
    subtitles: [],
    segments: [],
    parts: [],
    idr: null,
    ended: null,
    pool,
    of: (rendition) => result.segments.filter((segment) => segment.rendition === rendition),
    file(rendition) {
      const init = result.versions[0]?.find(({ id }) => id === rendition)?.init ?? Buffer.alloc(0);
      return Buffer.concat([init, ...result.of(rendition).map(({ bytes }) => bytes)]);
    },
  };
  return Object.assign(result, {
    sink: {
      renditions(renditions: readonly Rendition[]) {
        const media = renditions.filter(isMedia);
        result.renditions.splice(0, result.renditions.length, ...media);
        result.versions.push(media);
        result.subtitles.splice(
          0,
          result.subtitles.length,
          ...renditions.filter((rendition) => !isMedia(rendition)),
        );
      },
      part({ data, ...part }: PackagedPart) {
        result.parts.push({ ...part, bytes: Buffer.concat(data.buffers) });
        data.release();
      },
      segment({ data, ...segment }: PackagedSegment) {
        result.segments.push({ ...segment, bytes: Buffer.concat(data.buffers) });
        data.release();
      },
      randomAccess: (idr: boolean) => (result.idr = idr),
      ended: (code: string) => (result.ended = code),
    },
  });
}

/** Packages a transport stream. */
export async function packageTs(
  ts: Buffer,
  options: DemuxOptions & Partial<PackagerOptions> = {},
): Promise<Packaged> {
  const clock = new FakeClock();
  const pool = new SlabPool();
  const result = collector(pool);
  await play(ts, options, clock, new Packager({ clock, pool, ...options, sink: result.sink }));
  return result;
}

/** As {@link packageTs}, of a file. */
export const packageFile = (
  path: string,
  options: DemuxOptions & Partial<PackagerOptions> = {},
): Promise<Packaged> => packageTs(readFileSync(path), options);
