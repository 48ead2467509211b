import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyPluginAsync } from "fastify";
import type { Clock, Timer } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { LINES_OF_CLIENTS, SparingLog } from "../kernel/log-sparingly.ts";
import type { Metric } from "../kernel/prometheus.ts";
import type { Database } from "../kernel/store/database.ts";
import type { ScanProgress, ServerEvents } from "../protocol/api.ts";
import { describeTuner } from "../tuner/index.ts";
import type { Tuners } from "../tuner/ports.ts";
import { ChannelList } from "./channels/channel-list.ts";
import { channelRoutes } from "./channels/channel-routes.ts";
import { createChannelSettingsStore } from "./channels/channel-settings.ts";
import { createChannelStore } from "./channels/channel-store.ts";
import { describeChannels } from "./channels/describe-channels.ts";
import { Prober } from "./channels/prober.ts";
import { eventRoutes } from "./events/event-routes.ts";
import { EventStreams } from "./events/event-streams.ts";
import { TunerWatch } from "./events/tuner-watch.ts";
import { Guide } from "./guide/guide.ts";
import { guideRoutes } from "./guide/guide-routes.ts";
import { createGuideStore } from "./guide/guide-store.ts";
import type { XmltvSource } from "./guide/xmltv/xmltv-feed.ts";
import { logoRoutes } from "./logos/logo-routes.ts";
import { LogoStore } from "./logos/logo-store.ts";
import { XmltvFeeds } from "./guide/xmltv/xmltv-feeds.ts";
import { xmltvRoutes } from "./guide/xmltv/xmltv-routes.ts";
import { MediaBudget } from "./live/hls/media-budget.ts";
import { mediaRoutes } from "./live/hls/media-routes.ts";
import { LiveStreams } from "./live/live-streams.ts";
import { extentFolder } from "./live/timeshift/extent-folder.ts";
import { TimeShiftDisk } from "./live/timeshift/time-shift-disk.ts";
import { watchingRoutes } from "./live/watching-routes.ts";
import { playbackRoutes } from "./live/playback-routes.ts";
import { Playbacks } from "./live/playbacks.ts";
import { Predictor } from "./live/prediction/predictor.ts";
import type { Converter, PackagerFactory, SourceFactory } from "./live/source-factories.ts";
import type { PlaybackUsage, PrincipalUsage } from "./live/usage.ts";
import { SHARE_DEFAULTS, type ShareOptions } from "./options.ts";
import { NO_RULES, type GrantPort, type ViewingNote, type ViewingRules } from "./ports.ts";
import { principalOf } from "./principal-of.ts";
import { SHARE_MIGRATIONS } from "./schema.ts";
import { boxIsBusy } from "./stills/box-load.ts";
import { receivedNow } from "./stills/received.ts";
import { stillRoutes } from "./stills/still-routes.ts";
import { StillStore } from "./stills/still-store.ts";
import { StillTaker } from "./stills/still-taker.ts";
import type { StillMaker } from "./stills/still.ts";
import { viewOf, WHOLE_VIEW } from "./view.ts";

/** So long after the guide has changed it is looked whether what runs may go on, ms. */
const GUIDE_SETTLES = 300;
/** How often now, next and availability are compared with what listeners know, ms. */
const LOOK = 5_000;

export interface SharePartsDeps {
  readonly tuners: Tuners;
  readonly database: Database;
  /** Programmes; may be lost. Default: `database`. */
  readonly guideDatabase?: Database;
  /** Listings that the guide is completed with; default: none. */
  readonly xmltv?: readonly XmltvSource[] | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly grants: GrantPort;
  /** Whether an address is in the home network, or is this machine; default: none is. */
  readonly atHome?: ((address: string) => boolean) | undefined;
  /** Where a request for media came from, when others may ask in somebody's name; default: its socket's peer. */
  readonly peerOf?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Default: everybody may everything. */
  readonly rules?: ViewingRules;
  /** How a client is called; default: by nothing. */
  readonly nameOf?: ((client: string) => string | null) | undefined;
  readonly createSource: SourceFactory;
  readonly createPackager: PackagerFactory;
  readonly convert: Converter;
  /** Absent: no stills are taken. */
  readonly makeStill?: StillMaker;
  readonly options?: Partial<ShareOptions> | undefined;
}

/** Resource sharing: channels, guide and live streams for the clients of this box (requirements A5, A6). */
export interface Share extends Component {
  readonly routes: FastifyPluginAsync;
  /** Answers a request for media that is there already. @returns false: nothing was done, the routes have to */
  answerAtOnce(request: IncomingMessage, response: ServerResponse): boolean;
  start(): void;
  /** All but the files of time-shift is stopped when it returns. */
  stop(): Promise<void>;
  /** Ends all of a client's playbacks and event streams at once: it was revoked. */
  endPlaybacksOf(client: string, code: ErrorCode, message: string): void;
  /** Told what was watched, and what the rules refused. @returns a function that unsubscribes */
  onViewing(listener: (note: ViewingNote) => void): () => void;
  /** What would be told so of the playbacks that run, by their ids. */
  unfinishedViewing(): { playback: string; note: ViewingNote }[];
  /** Tells every owner who listens how far a channel scan is. */
  tellScan(progress: ScanProgress): void;
  /** Tells every owner who listens of something around access. */
  tellOwners<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): void;
  /** As {@link tellOwners}, and the box's own screen. */
  tellAtBox<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): void;
  /** Who watches or watched what, with bytes and seconds. */
  playbacks(): { playbacks: PlaybackUsage[]; principals: PrincipalUsage[] };
  /** Who watches by which multiplex now. */
  watching(): { client: string; multiplex: string }[];
  /** What the guide takes on disk, bytes, and until when it has programmes, epoch ms; null: it has none. */
  guideSize(): { bytes: number; until: number | null };
  /** How watching goes where it is seen, as clients say, for metrics. */
  clientFigures(): readonly Metric[];
  /** How many streams run and what they hold in memory, for metrics and owners. */
  live(): {
    streams: number;
    mediaBytes: number;
    mediaLimit: number;
    timeShiftLimit: number;
    /** The folder for time-shift can be used; false without one. */
    timeShiftReady: boolean;
    timeShiftBytes: number;
    timeShiftSkipped: number;
    /** Receivers of media that were cut off for being too slow, since the start. */
    cutOffs: number;
  };
}

/** Wires the parts; sources and packagers are given, so that they can be others. */
export function createShareFrom(deps: SharePartsDeps): Share {
  const { tuners, database, clock, log, createSource, createPackager, convert, rules = NO_RULES } = deps;
  const options: ShareOptions = { ...SHARE_DEFAULTS, ...deps.options };
  database.migrate("share", SHARE_MIGRATIONS);
  const channels = new ChannelList({
    tuners,
    store: createChannelStore(database),
    settings: createChannelSettingsStore(database),
    clock,
    log,
  });
  const guide = new Guide({ tuners, store: createGuideStore(deps.guideDatabase ?? database), clock, log });
  const feeds = new XmltvFeeds({
    sources: deps.xmltv ?? [],
    channels: () => channels.all(),
    guide,
    clock,
    log,
  });
  const budget = new MediaBudget(options.mediaBudgetBytes);
  const { timeShiftDirectory: directory, timeShiftDiskBytes: limit, timeShiftSeconds: window } = options;
  const disk =
    directory === "" ? null : new TimeShiftDisk({ folder: extentFolder(directory), limit, clock, log });
  const lines = new SparingLog(log, clock, LINES_OF_CLIENTS);
  const streams = new LiveStreams({
    channels,
    createSource,
    createPackager,
    convert,
    budget,
    timeShift: { window, disk },
    clock,
    log: lines,
    idleMs: options.streamIdleMs,
  });
  const playbacks = new Playbacks({
    channels,
    streams,
    grants: deps.grants,
    atHome: deps.atHome,
    rules,
    minimumAge: ({ key }) => guide.minimumAgeNow(key),
    beganAt: ({ key }) => guide.beganAt(key),
    titleAt: ({ key }, at) => guide.schedule(key, Math.floor(at), Math.floor(at) + 1, 1)[0]?.title ?? null,
    clock,
    log: lines,
    idleMs: options.playbackIdleMs,
    startTimeoutMs: options.startTimeoutMs,
    longestMs: options.playbackLongestMs,
    perClient: options.playbacksPerClient,
    inAll: options.playbacksInAll,
  });
  const media = mediaRoutes({
    playbacks,
    firstMediaMs: options.firstMediaMs,
    noProgressMs: options.noProgressMs,
    peerOf: deps.peerOf,
  });
  const stills = new StillStore({ clock });
  const logos = new LogoStore(database);
  const pictures = {
    takenAt: (channel: string) => stills.takenAt(channel),
    logoOf: (channel: string) => logos.versionOf(channel),
  };
  const stillTaker =
    deps.makeStill === undefined || !options.stills
      ? null
      : new StillTaker({
          channels,
          createSource,
          makeStill: deps.makeStill,
          store: stills,
          received: () => receivedNow(tuners),
          busy: boxIsBusy,
          clock,
          log,
        });
  const events = new EventStreams({
    channels: (principal) =>
      describeChannels(
        channels,
        guide,
        playbacks.availability(principal),
        pictures,
        false,
        viewOf(rules, principal),
      ),
    hasOwnView: (principal) =>
      playbacks.isWatching(principal.client) || viewOf(rules, principal) !== WHOLE_VIEW,
    clock,
    inAll: options.eventStreamsInAll,
    perClient: options.eventStreamsPerClient,
  });
  const predictor =
    options.predictiveTuners === 0
      ? null
      : new Predictor({
          tuners,
          channels,
          watching: () => playbacks.watching(),
          most: options.predictiveTuners,
          clock,
          log,
        });
  const prober = new Prober({ channels, createSource, clock, log });
  const undo: (() => void)[] = [];
  let guideSettled: Timer | null = null;

  return {
    name: "share",
    start() {
      channels.start();
      logos.keepOnly(new Set(channels.all().map(({ id }) => id)));
      guide.start();
      feeds.start();
      void disk?.start(); // streams begin in memory meanwhile
      streams.start();
      playbacks.startSweeping();
      events.start();
      if (options.probe) prober.start();
      stillTaker?.start();
      predictor?.start();
      const watch = new TunerWatch({
        clock,
        tuners: () => tuners.snapshot().map(describeTuner),
        tell: (all) => events.tellOwners("tuners", { tuners: all }),
      });
      const look = clock.every(LOOK, () => {
        events.channelsChanged();
        watch.look();
      });
      undo.push(
        () => look.cancel(),
        () => watch.stop(),
        () => guideSettled?.cancel(),
        guide.changed.on(() => {
          guideSettled ??= clock.after(GUIDE_SETTLES, () => {
            guideSettled = null;
            playbacks.enforce();
          });
        }),
        rules.onChanged((client) => {
          playbacks.rulesChanged(client);
          events.channelsChanged();
        }),
        tuners.on((event) => void (event.kind === "tuners" && watch.look())),
        channels.changed.on(() => events.channelsChanged()),
        guide.changed.on(() => events.channelsChanged()),
        tuners.on((event) => void (event.kind === "tuners" && events.channelsChanged())),
        playbacks.started.on(() => predictor?.look()),
        playbacks.started.on(() => events.tellAtBox("watching", {})),
        playbacks.ended.on(() => events.tellAtBox("watching", {})),
        playbacks.ended.on(() => predictor?.look()),
        playbacks.ended.on(({ id, client, code, message, wanted, detail }) => {
          events.channelsChanged();
          if (wanted) return;
          const end = { id, code, title: message, ...(detail !== undefined && { detail }) };
          events.tell(client, "playback-ended", end);
        }),
      );
    },
    async stop() {
      for (const off of undo.splice(0)) off();
      predictor?.stop();
      prober.stop();
      const stillsOver = stillTaker?.stop();
      playbacks.stop();
      streams.stop();
      events.stop();
      feeds.stop();
      guide.stop();
      channels.stop();
      await stillsOver;
      await disk?.stop();
    },
    routes: async (app) => {
      await app.register(channelRoutes(channels, guide, playbacks, pictures, rules));
      await app.register(
        stillRoutes(channels, stills, {
          view: (principal) => viewOf(rules, principal),
          now: (service) => guide.nowAndNext(service).now,
        }),
      );
      await app.register(
        logoRoutes(
          channels,
          logos,
          (principal) => viewOf(rules, principal),
          () => events.channelsChanged(),
        ),
      );
      await app.register(guideRoutes(channels, guide, clock, rules));
      await app.register(
        xmltvRoutes(channels, guide, clock, (request) => viewOf(rules, principalOf(request))),
      );
      await app.register(playbackRoutes(playbacks));
      await app.register(watchingRoutes({ playbacks, channels, nameOf: deps.nameOf ?? (() => null) }));
      await app.register(eventRoutes(events));
      await app.register(media.plugin);
    },
    answerAtOnce: (request, response) => media.atOnce(request, response),
    endPlaybacksOf(client, code, message) {
      playbacks.endOf(client, code, message);
      events.closeOf(client);
    },
    onViewing: (listener) => playbacks.noted.on(listener),
    unfinishedViewing: () => playbacks.unfinished(),
    tellScan: (progress) => events.tellOwners("scan", progress),
    tellOwners: (name, data) => events.tellOwners(name, data),
    tellAtBox: (name, data) => events.tellAtBox(name, data),
    playbacks: () => playbacks.usage(),
    watching: () =>
      playbacks.watching().flatMap(({ client, channel }) => {
        const multiplex = channels.service(channel)?.multiplex.id;
        return multiplex === undefined ? [] : [{ client, multiplex }];
      }),
    guideSize: () => guide.size(),
    clientFigures: () => playbacks.figures.metrics(),
    live: () => ({
      streams: streams.size,
      mediaBytes: budget.used,
      mediaLimit: budget.limit,
      timeShiftLimit: disk?.limit ?? 0,
      timeShiftReady: disk?.ready ?? false,
      timeShiftBytes: disk?.used ?? 0,
      timeShiftSkipped: disk?.skipped ?? 0,
      cutOffs: playbacks.cutOffs,
    }),
  };
}
