import fastify, { type FastifyInstance } from "fastify";
import { pino } from "pino";
import type { ErrorCode } from "../../src/kernel/errors.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { openDatabase, type Database } from "../../src/kernel/store/database.ts";
import { ms, seconds, ticks, type Milliseconds } from "../../src/kernel/units.ts";
import type { RequestOrigin } from "../../src/protocol/access.ts";
import type { Principal, Role } from "../../src/protocol/principal.ts";
import { sendProblem } from "../../src/http-server/problem.ts";
import type {
  AudioTrack,
  MediaSink,
  MediaSource,
  Track,
  VideoTrack,
} from "../../src/share/live/media-source.ts";
import type {
  MediaBytes,
  PackagedPart,
  PackagedSegment,
  Rendition,
  SegmentSink,
} from "../../src/share/live/packaging/ports.ts";
import type { ShareOptions } from "../../src/share/options.ts";
import { NO_RULES, type GrantPort, type ViewingRules } from "../../src/share/ports.ts";
import { createShareFrom, type Share } from "../../src/share/share.ts";
import type {
  Service,
  ServiceAvailability,
  ServiceKey,
  SubscribeRequest,
  Subscription,
  TunerEvent,
  Tuners,
  WeightClass,
} from "../../src/tuner/ports.ts";
import { serviceKeyText } from "../../src/tuner/ports.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

export const silent = pino({ level: "silent" });

// ---- tuners

export function service(serviceId: number, more: Partial<Omit<Service, "key">> = {}): Service {
  return {
    key: { originalNetworkId: 1, transportStreamId: 10, serviceId },
    multiplex: { id: "mock-1", delivery: { system: "mock", index: 1 } },
    name: `Channel ${serviceId}`,
    provider: "Tellyport",
    kind: "tv",
    lcn: null,
    visible: true,
    scrambled: false,
    onAir: true,
    ...more,
  };
}

/** A line-up and its availability, set by the test. */
export class FakeTuners implements Tuners {
  list: Service[];
  readonly states = new Map<string, ServiceAvailability>();
  readonly #listeners = new Set<(event: TunerEvent) => void>();

  constructor(list: Service[] = []) {
    this.list = list;
  }

  services(): readonly Service[] {
    return this.list;
  }

  subscribe(_request: SubscribeRequest): Promise<Subscription> {
    return Promise.reject(new TellyportError("no-tuner-free", "not in this test"));
  }

  /** Whoever leaves another service finds this one free. */
  availability(
    key: ServiceKey,
    _weight?: WeightClass,
    leaving: readonly ServiceKey[] = [],
  ): ServiceAvailability {
    const state = this.states.get(serviceKeyText(key)) ?? "free";
    return state === "busy" && leaving.length > 0 ? "free" : state;
  }

  snapshot(): [] {
    return [];
  }

  on(listener: (event: TunerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: TunerEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

// ---- media

export function videoTrack(more: Partial<VideoTrack> = {}): VideoTrack {
  return {
    kind: "video",
    id: 100,
    family: "avc",
    codec: "avc1.64001f",
    width: 1280,
    height: 720,
    sar: [1, 1],
    frameRate: 25,
    interlaced: false,
    colour: null,
    config: Buffer.alloc(0),
    ...more,
  };
}

export function audioTrack(more: Partial<AudioTrack> = {}): AudioTrack {
  return {
    kind: "audio",
    id: 101,
    family: "aac",
    codec: "mp4a.40.2",
    sampleRate: 48_000,
    channels: 2,
    frameSamples: 1024,
    language: "eng",
    audioDescription: false,
    config: Buffer.alloc(0),
    ...more,
  };
}

export function rendition(id: string, track: Track, initVersion = 1): Rendition {
  const init = Buffer.from(`init ${id} ${initVersion}`);
  return { id, track, muxed: [], format: "fmp4", init, initVersion, partTarget: seconds(0.334) };
}

/** Reference-counted bytes that are overwritten when the last reference goes, as a pool would. */
export class FakeBytes implements MediaBytes {
  readonly buffers: readonly Buffer[];
  readonly length: number;
  references = 1;

  constructor(buffers: readonly Buffer[]) {
    this.buffers = buffers;
    this.length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  }

  retain(): void {
    if (this.references === 0) throw new Error("retained after recycling");
    this.references++;
  }

  release(): void {
    if (this.references === 0) throw new Error("released too often");
    if (--this.references === 0) for (const buffer of this.buffers) buffer.fill(0xee);
  }
}

/** Several of them one after another. */
export class FakeJoined extends FakeBytes {
  readonly #pieces: readonly FakeBytes[];

  constructor(pieces: readonly FakeBytes[]) {
    super(pieces.flatMap(({ buffers }) => buffers));
    this.#pieces = pieces;
  }

  override retain(): void {
    for (const piece of this.#pieces) piece.retain();
  }

  override release(): void {
    for (const piece of this.#pieces) piece.release();
  }
}

export function segment(
  of: string,
  sequence: number,
  more: Partial<Omit<PackagedSegment, "data">> & { data?: FakeBytes } = {},
): PackagedSegment & { data: FakeBytes } {
  const duration = more.duration ?? seconds(2);
  return {
    rendition: of,
    sequence,
    initVersion: 1,
    data: new FakeBytes([Buffer.from(`moof ${of} ${sequence} `), Buffer.from("mdat")]),
    duration,
    programDateTime: ms(Date.UTC(2026, 10, 20, 12) + sequence * 2000),
    discontinuity: false,
    independent: true,
    gap: false,
    ...more,
  };
}

/** One part of a segment; its serial number is the caller's. */
export function part(
  of: string,
  sequence: number,
  serial: number,
  more: Partial<Omit<PackagedPart, "data">> & { data?: FakeBytes } = {},
): PackagedPart & { data: FakeBytes } {
  return {
    rendition: of,
    sequence,
    serial,
    initVersion: 1,
    offset: seconds(0),
    data: new FakeBytes([Buffer.from(`moof ${of} p${serial} `), Buffer.from("mdat")]),
    duration: seconds(0.32),
    programDateTime: ms(Date.UTC(2026, 10, 20, 12) + sequence * 2000),
    discontinuity: false,
    independent: false,
    ...more,
  };
}

/** A source whose events the test calls. */
export class FakeSource implements MediaSource {
  readonly service: Service;
  weight: string;
  sink: MediaSink | null = null;
  stopped = false;
  /** Set before it starts: how starting goes. */
  static failWith: TellyportError | null = null;

  constructor(of: Service, weight: string) {
    this.service = of;
    this.weight = weight;
  }

  start(sink: MediaSink): Promise<{ lock: Milliseconds; pmt: Milliseconds }> {
    this.sink = sink;
    return FakeSource.failWith === null
      ? Promise.resolve({ lock: ms(150), pmt: ms(200) })
      : Promise.reject(FakeSource.failWith);
  }

  stop(): void {
    this.stopped = true;
  }

  reweigh(weight: string): void {
    this.weight = weight;
  }

  /** A random access point of the video. */
  randomAccess(idr = true): void {
    const data = Buffer.alloc(4);
    const time = ticks(0);
    this.sink?.accessUnit({ track: 100, pts: time, dts: time, randomAccess: true, idr, data });
  }
}

/** A packager that makes renditions of the tracks, and segments when the test says so. */
export class FakePackager implements MediaSink {
  readonly sink: SegmentSink;
  readonly longest: number;
  #renditions: Rendition[] = [];
  #sequence = 0;
  #version = 0;
  #seen = false;
  readonly made: (PackagedSegment & { data: FakeBytes })[] = [];

  constructor(sink: SegmentSink, longest: number) {
    this.sink = sink;
    this.longest = longest;
  }

  tracks(tracks: readonly Track[]): void {
    this.#version++;
    let audio = 0;
    this.#renditions = tracks.map((track) =>
      rendition(track.kind === "video" ? "v0" : `a${audio++}`, track, this.#version),
    );
    this.sink.renditions(this.#renditions);
  }

  accessUnit(unit: { randomAccess: boolean; idr: boolean }): void {
    if (!unit.randomAccess || this.#seen) return;
    this.#seen = true;
    this.sink.randomAccess(unit.idr);
  }

  discontinuity(): void {}

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.sink.ended(code, message, detail);
  }

  /** One segment in every rendition. */
  cut(more: Partial<Omit<PackagedSegment, "data">> & { data?: () => FakeBytes } = {}): void {
    this.#sequence++;
    for (const { id } of this.#renditions) {
      const { data, ...rest } = more;
      const made = segment(id, this.#sequence, {
        initVersion: this.#version,
        ...rest,
        ...(data !== undefined && { data: data() }),
      });
      this.made.push(made);
      this.sink.segment(made);
    }
  }
}

/** What a box without ffmpeg makes of a source. */
export class NoConverter implements MediaSource {
  start(): Promise<never> {
    return Promise.reject(new TellyportError("transcoder-missing", "The box has no ffmpeg."));
  }

  stop(): void {}
}

// ---- grants

/** Opaque and checkable; the real ones are signed. */
export class FakeGrants implements GrantPort {
  readonly #live = new Set<string>();

  issue(playback: string): string {
    this.#live.add(playback);
    return `grant.${playback}`;
  }

  check(grant: string): string {
    const playback = /^grant\.(.+)$/.exec(grant)?.[1];
    if (playback === undefined) throw new TellyportError("grant-invalid", "forged");
    if (!this.#live.has(playback)) throw new TellyportError("grant-ended", "ended");
    return playback;
  }

  end(playback: string): void {
    this.#live.delete(playback);
  }
}

// ---- all of it

export function principal(client: string, role: Role = "viewer"): Principal {
  return { client, user: client, terminalType: "mobile", role, payer: client };
}

/** Where the clients of tests are. */
export const AT_HOME: RequestOrigin = {
  listener: "https",
  address: "192.168.1.20",
  onLink: true,
  confidential: true,
};

export interface House {
  readonly share: Share;
  readonly app: FastifyInstance;
  readonly tuners: FakeTuners;
  readonly clock: FakeClock;
  readonly sources: FakeSource[];
  readonly packagers: FakePackager[];
  readonly database: Database;
}

/**
 * A started share behind the HTTP server's error mapping. A request's principal is its `x-client` header, `name` or
 * `name:role`; it is at home unless `x-from` says `away`.
 */
export async function house(
  t: { teardown(fn: () => unknown): unknown },
  services: Service[],
  options: Partial<ShareOptions> = {},
  database: Database = openDatabase(":memory:"),
  tuners = new FakeTuners(services),
  rules: ViewingRules = NO_RULES,
): Promise<House> {
  FakeSource.failWith = null;
  const clock = new FakeClock();
  const sources: FakeSource[] = [];
  const packagers: FakePackager[] = [];
  const share = createShareFrom({
    tuners,
    database,
    clock,
    log: silent,
    grants: new FakeGrants(),
    atHome: (address) => address === "127.0.0.1" || address.startsWith("192.168."),
    rules,
    createSource: (of, weight) => {
      const source = new FakeSource(of, weight);
      sources.push(source);
      return source;
    },
    createPackager: (sink, longest) => {
      const packager = new FakePackager(sink, longest);
      packagers.push(packager);
      return packager;
    },
    convert: () => new NoConverter(),
    options: { probe: false, ...options },
  });
  share.start();
  const app = await serve(share);
  t.teardown(async () => {
    share.stop();
    await app.close();
    database.close();
  });
  return { share, app, tuners, clock, sources, packagers, database };
}

/** Client that {@link playing} plays for. */
export const PHONE = { "x-client": "phone" };

/**
 * Has the first channel of a house played, with picture and sound that have begun.
 * @param wish what the request says beside the channel
 */
export async function playing(
  h: House,
  wish: Readonly<Record<string, unknown>> = {},
): Promise<{
  /** Of the playback. */
  id: string;
  /** Path of the picture's playlist. */
  playlist: string;
  /** The same without the name. */
  base: string;
}> {
  const list = await h.app.inject({ url: "/api/v1/channels", headers: PHONE });
  const channel = list.json().channels[0].id as string;
  const payload = { channel, ...wish };
  const answer = h.app.inject({ method: "POST", url: "/api/v1/playback", headers: PHONE, payload });
  await settle();
  h.sources[0]?.sink?.tracks([videoTrack(), audioTrack()]);
  h.sources[0]?.randomAccess();
  const { hls, id } = (await answer).json<{ hls: string; id: string }>();
  const path = /^[^#].*\/v0\/index\.m3u8$/m.exec((await h.app.inject(hls)).body)?.[0] ?? "";
  const playlist = hls.replace("index.m3u8", path);
  return { id, playlist, base: playlist.replace("index.m3u8", "") };
}

/** A share's routes behind the HTTP server's error mapping; principals as for {@link house}. */
export async function serve(share: Share): Promise<FastifyInstance> {
  const app = fastify({ routerOptions: { maxParamLength: 512 }, exposeHeadRoutes: true });
  app.decorateRequest("principal", null);
  app.decorateRequest("origin");
  app.addHook("onRequest", async (request) => {
    request.origin = { ...AT_HOME, onLink: request.headers["x-from"] !== "away" };
    const header = request.headers["x-client"];
    if (typeof header !== "string") return;
    const [client = "", role = "viewer"] = header.split(":");
    request.principal = principal(client, role as Role);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silent));
  await app.register(share.routes);
  await app.ready();
  return app;
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
